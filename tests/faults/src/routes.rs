//! The ways between the nats-servers of a cluster: a proxy from each to each other.

use fleet::local::Cluster;

use crate::proxy::{Proxy, Upstream};

pub(crate) struct Routes {
    cluster: Cluster,
    ways: Vec<Way>,
}

struct Way {
    from: usize,
    to: usize,
    proxy: Proxy,
}

impl Routes {
    pub(crate) async fn between(servers: usize) -> anyhow::Result<Self> {
        let mut cluster = Cluster::of_three()?;
        cluster.ports.truncate(servers);
        let mut ways = Vec::new();
        for (to, port) in cluster.ports.iter().enumerate() {
            for from in (0..servers).filter(|from| *from != to) {
                ways.push(Way { from, to, proxy: Proxy::start(Upstream::Port(*port)).await? });
            }
        }
        let ports = |server| ways.iter().filter(move |way| way.from == server).map(|way| way.proxy.port());
        cluster.routes = (0..servers).map(|server| ports(server).collect()).collect();
        Ok(Self { cluster, ways })
    }

    pub(crate) fn cluster(&self) -> Cluster {
        self.cluster.clone()
    }

    /// From now on nothing passes between this server and the others, on connections that stay open.
    pub(crate) fn cut_off(&self, server: usize) {
        self.of(server).for_each(Proxy::stall);
    }

    pub(crate) fn reconnect(&self, server: usize) {
        self.of(server).for_each(Proxy::clear_up);
    }

    fn of(&self, server: usize) -> impl Iterator<Item = &Proxy> {
        let own = self.ways.iter().filter(move |way| way.from == server || way.to == server);
        own.map(|way| &way.proxy)
    }
}
