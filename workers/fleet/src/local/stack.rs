//! The servers together: started, stopped and restarted as one thing, gone when it is dropped.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt};
use std::path::{Path, PathBuf};
use std::thread;

use super::account::Account;
use super::binaries::{Binaries, Binary};
use super::child::Server;
use super::error::{Error, file};
use super::lock::Lock;
use super::nats::{Cluster, Nats, Route};
use super::postgres::Postgres;
use super::scratch::Scratch;

#[derive(Debug, Clone, Default)]
pub struct StackOptions {
    /// Where the data lives and stays; `None`: in a temporary directory that goes with the stack.
    pub data_dir: Option<PathBuf>,
    /// Whether Postgres makes sure that what it committed survives a power cut. A demo or a test need not.
    pub fsync: bool,
    /// `None`: any free port. Of a cluster it is the first one's.
    pub nats_port: Option<u16>,
    /// `None`: one nats-server.
    pub cluster: Option<Cluster>,
    /// What is added to the configuration of each nats-server: users, TLS.
    pub nats_config: String,
    pub binaries: Binaries,
}

/// A running nats-server and Postgres. A process that never drops it (a static in a test binary) is fine:
/// the servers end with the process, and the next start deletes the temporary directory.
#[derive(Debug)]
pub struct Stack {
    /// One, or those of a cluster.
    nats: Vec<Nats>,
    postgres: Postgres,
    data_dir: PathBuf,
    /// Present when the data directory is one that stays.
    data_lock: Option<Lock>,
    // Last: it is deleted after the servers have ended.
    scratch: Scratch,
}

/// A server that ended though nobody asked it to.
#[derive(Debug, Clone)]
pub struct Ended {
    pub program: &'static str,
    pub status: String,
    pub log_tail: String,
}

impl Stack {
    /// Starts the servers and returns when they take connections.
    pub fn start(options: StackOptions) -> Result<Self, Error> {
        let binary = options.binaries.nats_server()?;
        let binaries = options.binaries.postgres()?;
        let scratch = Scratch::new()?;
        let (data_dir, data_lock) = match &options.data_dir {
            None => (scratch.path().to_owned(), None),
            Some(dir) => {
                let dir = prepared(dir)?;
                let lock = Lock::take(&dir)?;
                (dir, Some(lock))
            }
        };
        let account = Account::for_postgres().map_err(file("read", Path::new("/etc/passwd")))?;
        let mut stack = Self {
            nats: nats_servers(&binary, &data_dir, &scratch, &options),
            postgres: Postgres {
                binaries,
                account,
                data: data_dir.join("postgres"),
                socket_dir: scratch.path().join("pg"),
                log: data_dir.join("postgres.log"),
                fsync: options.fsync,
                server: None,
            },
            data_dir,
            data_lock,
            scratch,
        };
        stack.start_all()?;
        Ok(stack)
    }

    fn start_all(&mut self) -> Result<(), Error> {
        let lock = self.data_lock.as_ref().unwrap_or(&self.scratch.lock);
        let (nats, postgres) = (&mut self.nats, &mut self.postgres);
        thread::scope(|scope| {
            let nats = scope.spawn(|| start_nats(nats, lock));
            let postgres = postgres.start(lock);
            nats.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            postgres
        })
    }

    /// Of a cluster the addresses of all, with commas between them.
    pub fn nats_url(&self) -> String {
        let url = |nats: &Nats| format!("nats://127.0.0.1:{}", nats.port.unwrap_or_default());
        self.nats.iter().map(url).collect::<Vec<_>>().join(",")
    }

    /// The address of nats-server's HTTP monitoring; of a cluster the first one's.
    pub fn nats_monitoring_url(&self) -> String {
        let port = self.nats.first().and_then(|nats| nats.monitoring_port);
        format!("http://127.0.0.1:{}", port.unwrap_or_default())
    }

    pub fn postgres_url(&self) -> String {
        self.postgres.url()
    }

    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// A file with a key that is made once and stays with the data.
    pub fn secret_file(&self) -> Result<PathBuf, Error> {
        let path = self.data_dir.join("secret");
        if !path.exists() {
            let secret: [u8; 32] = rand::random();
            let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
            let mut options = std::fs::OpenOptions::new();
            let written = options.write(true).create_new(true).mode(0o600).open(&path);
            written.and_then(|mut made| made.write_all(hex.as_bytes())).map_err(file("write", &path))?;
        }
        Ok(path)
    }

    /// Whether the data goes with the stack.
    pub fn temporary(&self) -> bool {
        self.data_lock.is_none()
    }

    /// Of a cluster the first one's.
    pub fn nats_pid(&self) -> Option<u32> {
        self.nats.first()?.server.as_ref().map(Server::pid)
    }

    pub fn postgres_pid(&self) -> Option<u32> {
        self.postgres.server.as_ref().map(Server::pid)
    }

    /// Starts every nats-server that does not run again: same port, same store.
    pub fn start_nats(&mut self) -> Result<(), Error> {
        let lock = self.data_lock.as_ref().unwrap_or(&self.scratch.lock);
        start_nats(&mut self.nats, lock)
    }

    /// Tells every nats-server another configuration beside its own, without a restart.
    pub fn configure_nats(&mut self, config: String) -> Result<(), Error> {
        self.nats.iter_mut().try_for_each(|nats| nats.configure(config.clone()))
    }

    /// Starts those of a cluster again that ended by themselves.
    pub fn restart_nats(&mut self) -> Result<(), Error> {
        self.nats.iter_mut().filter_map(Nats::has_ended).for_each(Nats::kill);
        self.start_nats()
    }

    pub fn stop_nats(&mut self) -> Result<(), Error> {
        self.nats.iter_mut().try_for_each(Nats::stop)
    }

    /// Ends every nats-server as `kill -9` does.
    pub fn kill_nats(&mut self) {
        self.nats.iter_mut().for_each(Nats::kill);
    }

    /// Starts one of a cluster again.
    pub fn start_nats_server(&mut self, server: usize) -> Result<(), Error> {
        let lock = self.data_lock.as_ref().unwrap_or(&self.scratch.lock);
        self.nats.get_mut(server).map_or(Ok(()), |nats| nats.start(lock))
    }

    /// Asks one of a cluster to stop, and waits until it has.
    pub fn stop_nats_server(&mut self, server: usize) -> Result<(), Error> {
        self.nats.get_mut(server).map_or(Ok(()), Nats::stop)
    }

    /// Ends one of a cluster as `kill -9` does.
    pub fn kill_nats_server(&mut self, server: usize) {
        if let Some(nats) = self.nats.get_mut(server) {
            nats.kill();
        }
    }

    /// Starts Postgres again: same address, same data.
    pub fn start_postgres(&mut self) -> Result<(), Error> {
        self.postgres.start(self.data_lock.as_ref().unwrap_or(&self.scratch.lock))
    }

    /// Stops Postgres, sending its clients away.
    pub fn stop_postgres(&mut self) -> Result<(), Error> {
        self.postgres.stop()
    }

    /// Ends Postgres as `kill -9` does; its next start recovers from the log.
    pub fn kill_postgres(&mut self) {
        self.postgres.kill();
    }

    /// Ends all servers and reports it if one had to be killed.
    pub fn stop(mut self) -> Result<(), Error> {
        self.end()
    }

    /// The first server that ended unasked, if any did.
    pub fn ended(&mut self) -> Option<Ended> {
        let nats = self.nats.iter_mut().map(|nats| ("nats-server", nats.server.as_mut()));
        nats.chain([("postgres", self.postgres.server.as_mut())]).find_map(|(program, server)| {
            let server = server?;
            let status = server.ended()?.to_string();
            Some(Ended { program, status, log_tail: server.log_tail() })
        })
    }

    fn end(&mut self) -> Result<(), Error> {
        self.nats.iter().for_each(Nats::ask_to_stop);
        self.postgres.ask_to_stop();
        // All of them, whatever becomes of one.
        let nats: Vec<_> = self.nats.iter_mut().map(Nats::stop).collect();
        self.postgres.stop()?;
        nats.into_iter().collect()
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // A server that had to be killed is gone as well.
        drop(self.end());
    }
}

fn start_nats(servers: &mut [Nats], lock: &Lock) -> Result<(), Error> {
    servers.iter_mut().try_for_each(|nats| nats.start(lock))?;
    servers.iter_mut().try_for_each(Nats::wait_for_the_cluster)
}

/// One nats-server, or those of a cluster; each with a store, a log and a place for what it says of itself.
fn nats_servers(binary: &Binary, data: &Path, scratch: &Scratch, options: &StackOptions) -> Vec<Nats> {
    let (run, port) = (scratch.path(), options.nats_port);
    // Of several each has a number.
    let server = |number: &str, port, route| Nats {
        binary: binary.clone(),
        data: data.join(format!("nats{number}")),
        run: run.join(format!("run{number}")),
        log: data.join(format!("nats-server{number}.log")),
        name: format!("leadfleet{number}"),
        config: options.nats_config.clone(),
        route,
        port,
        monitoring_port: None,
        server: None,
    };
    let Some(Cluster { ports, routes }) = options.cluster.clone() else {
        return vec![server("", port, None)];
    };
    let member = |(at, (own, others))| {
        let route = Some(Route { port: own, others });
        server(&format!("-{}", at + 1), port.filter(|_| at == 0), route)
    };
    ports.into_iter().zip(routes).enumerate().map(member).collect()
}

/// The directory as an absolute path, made if it is missing; Postgres' account must be able to pass through it.
fn prepared(dir: &Path) -> Result<PathBuf, Error> {
    if !dir.exists() {
        fs::create_dir_all(dir).map_err(file("create", dir))?;
        fs::set_permissions(dir, fs::Permissions::from_mode(0o711)).map_err(file("open", dir))?;
    }
    fs::canonicalize(dir).map_err(file("open", dir))
}
