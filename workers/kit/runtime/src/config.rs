//! Settings of the runtime: where the broker is, and how this process shows itself.

use crate::login::Login;
use std::net::SocketAddr;
use std::time::Duration;

#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
pub struct Config {
    /// Address of nats-server; of a cluster the addresses of its servers, with commas between them.
    #[arg(long, env = "NATS_URL", default_value = "nats://127.0.0.1:4222")]
    pub nats_url: String,

    #[command(flatten)]
    pub login: Login,

    /// Seconds after which an unattended message is given to somebody else; default: each worker's own.
    #[arg(long, env = "LEADFLEET_LEASE", value_parser = seconds)]
    pub lease: Option<Duration>,

    /// Address for /livez, /readyz and /metrics; none by default.
    #[arg(long, env = "LEADFLEET_HEALTH_LISTEN")]
    pub health_listen: Option<SocketAddr>,

    /// Servers of a NATS cluster that keep a copy of each stream: 1, 3 or 5; default: as many as do, 1 at first.
    #[arg(long, env = "LEADFLEET_REPLICAS", value_parser = replicas)]
    pub replicas: Option<usize>,

    /// Tags that a server must have to keep a copy, with commas between them; default: any server may.
    #[arg(long, env = "LEADFLEET_PLACEMENT_TAGS", value_delimiter = ',')]
    pub placement_tags: Vec<String>,
}

impl Config {
    /// Of a process that is nothing but connected.
    pub fn of(nats_url: impl Into<String>) -> Self {
        Self {
            nats_url: nats_url.into(),
            login: Login::default(),
            lease: None,
            health_listen: None,
            replicas: None,
            placement_tags: Vec::new(),
        }
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.2..=3600.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("use a number of seconds from 0.2 to 3600".to_owned()),
    }
}

fn replicas(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(replicas @ (1 | 3 | 5)) => Ok(replicas),
        _ => Err("use 1, 3 or 5: two copies stop as soon as one is lost".to_owned()),
    }
}
