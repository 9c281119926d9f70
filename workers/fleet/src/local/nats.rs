//! A private nats-server with JetStream on a free port, alone or one of a cluster.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;
use serde::Deserialize;

use super::binaries::{Binary, dotted};
use super::child::{Launch, Server};
use super::error::{Error, file};
use super::lock::Lock;

/// Room for what all streams are promised, also where the disk has less: the server starts there too. Without a figure
/// it takes three quarters of the free disk, and refuses streams when that is too little.
const CONFIG: &str = "jetstream { max_file_store: 64GB }\n";
const START: Duration = Duration::from_secs(20);
/// How long one that starts may take to say how it is.
const ANSWER: Duration = Duration::from_secs(2);
const STOP: Duration = Duration::from_secs(15);

#[derive(Debug)]
pub(super) struct Nats {
    pub(super) name: String,
    pub(super) route: Option<Route>,
    /// What its configuration says beside that.
    pub(super) config: String,
    pub(super) binary: Binary,
    /// JetStream's store and the version that wrote it.
    pub(super) data: PathBuf,
    /// Where the server writes which ports it got.
    pub(super) run: PathBuf,
    pub(super) log: PathBuf,
    /// Asked for, or got at the first start and kept for the next.
    pub(super) port: Option<u16>,
    pub(super) monitoring_port: Option<u16>,
    pub(super) server: Option<Server>,
}

/// nats-servers that know each other.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// Where each of them listens for the others.
    pub ports: Vec<u16>,
    /// Where each of them reaches the others.
    pub routes: Vec<Vec<u16>>,
}

/// How one of them meets the others.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) port: u16,
    pub(super) others: Vec<u16>,
}

impl Cluster {
    /// Three of them on free ports: with one of them away the others go on.
    pub fn of_three() -> io::Result<Self> {
        // Held until all are known, so that they differ.
        let held: Vec<_> = (0..3).map(|_| TcpListener::bind(("127.0.0.1", 0))).collect::<Result<_, _>>()?;
        let ports: Vec<u16> =
            held.iter().map(|held| Ok(held.local_addr()?.port())).collect::<io::Result<_>>()?;
        let others = |own: &u16| ports.iter().copied().filter(|port| port != own).collect();
        Ok(Self { routes: ports.iter().map(others).collect(), ports })
    }
}

impl Route {
    /// Nothing is told of other ways, so that there are none but these.
    fn config(&self) -> String {
        let others: Vec<_> = self.others.iter().map(|port| format!("\"nats://127.0.0.1:{port}\"")).collect();
        format!(
            "cluster {{ name: leadfleet, listen: \"127.0.0.1:{}\", no_advertise: true, routes: [{}] }}\n",
            self.port,
            others.join(", ")
        )
    }
}

#[derive(Deserialize)]
struct Ports {
    nats: Vec<String>,
    monitoring: Vec<String>,
}

impl Nats {
    pub(super) fn start(&mut self, lock: &Lock) -> Result<(), Error> {
        if self.server.is_some() {
            return Ok(());
        }
        let route = self.route.as_ref();
        for port in [self.port, self.monitoring_port, route.map(|route| route.port)].into_iter().flatten() {
            TcpListener::bind(("127.0.0.1", port)).map_err(|_taken| Error::PortTaken { port })?;
        }
        for dir in [&self.data, &self.run] {
            fs::create_dir_all(dir).map_err(file("create", dir))?;
        }
        self.refuse_newer_store()?;
        let config = self.write_config()?;
        let launch = Launch {
            program: "nats-server",
            path: &self.binary.path,
            log: &self.log,
            account: None,
            when_orphaned: "TERM",
            stdin: lock.share().map_err(file("lock", &self.data))?,
        };
        // -1 asks for any free port; 0 would mean 4222.
        let ask = |port: Option<u16>| port.map_or("-1".to_owned(), |port| port.to_string());
        let (port, monitoring) = (ask(self.port), ask(self.monitoring_port));
        let mut server = launch.start(&[
            OsStr::new("--addr=127.0.0.1"),
            OsStr::new("-p"),
            OsStr::new(&port),
            OsStr::new("-m"),
            OsStr::new(&monitoring),
            OsStr::new("-js"),
            OsStr::new("-sd"),
            self.data.as_os_str(),
            OsStr::new("--ports_file_dir"),
            self.run.as_os_str(),
            OsStr::new("-c"),
            config.as_os_str(),
        ])?;
        let suffix = format!("_{}.ports", server.pid());
        let ports = server.wait_for(START, || ports(&self.run, &suffix))?;
        self.port = ports.nats.first().and_then(|url| port_of(url));
        self.monitoring_port = ports.monitoring.first().and_then(|url| port_of(url));
        self.server = Some(server);
        Ok(())
    }

    fn write_config(&self) -> Result<PathBuf, Error> {
        let path = self.run.join("nats-server.conf");
        let route = self.route.as_ref().map(Route::config).unwrap_or_default();
        // Not an argument: a server with one takes no other configuration while it runs.
        let name = format!("server_name: \"{}\"\n", self.name);
        fs::write(&path, [&name, CONFIG, &route, &self.config].concat()).map_err(file("write", &path))?;
        Ok(path)
    }

    /// Tells a server that runs another configuration.
    pub(super) fn configure(&mut self, config: String) -> Result<(), Error> {
        self.config = config;
        self.write_config()?;
        if let Some(server) = &self.server {
            server.signal(Signal::HUP);
        }
        Ok(())
    }

    /// One of a cluster takes nothing before it knows who leads.
    pub(super) fn wait_for_the_cluster(&mut self) -> Result<(), Error> {
        match (&self.route, &mut self.server, self.monitoring_port) {
            (Some(_), Some(server), Some(port)) => server.wait_for(START, || knows_its_leader(port)),
            _ => Ok(()),
        }
    }

    /// Itself, if it ended unasked.
    pub(super) fn has_ended(&mut self) -> Option<&mut Self> {
        self.server.as_mut()?.ended()?;
        Some(self)
    }

    pub(super) fn ask_to_stop(&self) {
        if let Some(server) = &self.server {
            server.signal(Signal::TERM);
        }
    }

    pub(super) fn stop(&mut self) -> Result<(), Error> {
        self.ask_to_stop();
        self.server.take().map_or(Ok(()), |mut server| server.wait_for_end(STOP))
    }

    pub(super) fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill();
        }
    }

    /// A store may not be opened by an older server than the one that wrote it.
    fn refuse_newer_store(&self) -> Result<(), Error> {
        let path = self.data.join("version");
        let written = fs::read_to_string(&path).unwrap_or_default();
        let numbers: Vec<u32> = written.trim().split('.').filter_map(|part| part.parse().ok()).collect();
        let ours = &self.binary.version[..2];
        if numbers.as_slice() > ours {
            return Err(Error::OtherData {
                program: "nats-server",
                path: self.data.clone(),
                written: written.trim().to_owned(),
                found: dotted(ours),
            });
        }
        fs::write(&path, dotted(ours)).map_err(file("write", &path))
    }
}

/// Whether a server of a cluster says who leads. Its health says more, and fills its log when it is asked often.
fn knows_its_leader(port: u16) -> Option<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(ANSWER)).ok()?;
    stream.write_all(b"GET /jsz HTTP/1.0\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.contains("\"leader\": \"").then_some(())
}

/// The server's ports file, once it is there and whole.
fn ports(dir: &Path, suffix: &str) -> Option<Ports> {
    let entry = fs::read_dir(dir)
        .ok()?
        .flatten()
        .find(|entry| entry.file_name().to_string_lossy().ends_with(suffix))?;
    serde_json::from_slice(&fs::read(entry.path()).ok()?).ok()
}

/// The port of `nats://127.0.0.1:43051`.
fn port_of(url: &str) -> Option<u16> {
    url.rsplit(':').next()?.trim_end_matches('/').parse().ok()
}
