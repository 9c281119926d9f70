//! A private nats-server with JetStream on a free port, gone when dropped.
#![expect(clippy::expect_used, reason = "a test without its broker can only stop")]

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Room for what all streams are promised, also where the disk has less: they stay small here. Without a figure the
/// server takes three quarters of the free disk, and refuses streams when that is too little.
const ROOM: u64 = 64 << 30;

pub struct NatsServer {
    port: u16,
    process: Option<Child>,
    store: TempDir,
}

impl NatsServer {
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Ends it as `kill -9` does.
    pub async fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().await.expect("could not kill nats-server");
        }
    }

    /// Starts it again on its port, with what is in its store.
    pub async fn start(&mut self) {
        let (process, port) = start(self.store.path(), self.port, ROOM).await;
        (self.process, self.port) = (Some(process), port);
    }

    /// Starts it again with room for so many bytes, fewer perhaps than its streams were promised.
    pub async fn start_with_room(&mut self, bytes: u64) {
        let (process, port) = start(self.store.path(), self.port, bytes).await;
        (self.process, self.port) = (Some(process), port);
    }

    /// A copy of the store of a server that does not run.
    pub fn save(&self) -> TempDir {
        let copy = tempfile::tempdir().expect("could not create a folder for the copy");
        copy_folder(self.store.path(), copy.path());
        copy
    }

    /// Puts a saved store in the place of the one there is.
    pub fn restore(&self, saved: &TempDir) {
        self.wipe();
        copy_folder(saved.path(), self.store.path());
    }

    /// Empties the store of a server that does not run.
    pub fn wipe(&self) {
        std::fs::remove_dir_all(self.store.path()).expect("could not remove the store");
        std::fs::create_dir(self.store.path()).expect("could not create the store");
    }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("could not create a folder");
    for entry in std::fs::read_dir(from).expect("could not read a folder") {
        let entry = entry.expect("could not read a folder");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("could not look at a file").is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("could not copy a file");
        }
    }
}

/// Starts the server named by `NATS_SERVER`, else the one of the repository's `.tools` folder, else the one on `PATH`.
pub async fn nats() -> NatsServer {
    let store = tempfile::tempdir().expect("could not create a folder for the store");
    // The server picks a free port.
    let (process, port) = start(store.path(), u16::MAX, ROOM).await;
    NatsServer { port, process: Some(process), store }
}

async fn start(store: &Path, port: u16, room: u64) -> (Child, u16) {
    let program = program();
    let port = if port == u16::MAX { "-1".to_owned() } else { port.to_string() };
    let config = store.join("room.conf");
    std::fs::write(&config, format!("jetstream {{ max_file_store: {room} }}\n"))
        .expect("could not write a configuration");
    let mut process = Command::new(&program)
        .args(["-js", "-a", "127.0.0.1", "-p", &port, "-sd"])
        .arg(store)
        .arg("-c")
        .arg(config)
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| {
            panic!("could not start {}: {error}; set NATS_SERVER to a nats-server binary", program.display())
        });
    let mut log = BufReader::new(process.stderr.take().expect("stderr is piped")).lines();
    let mut port = None;
    while let Some(line) = log.next_line().await.expect("could not read the log of nats-server") {
        if line.contains("Listening for client connections on ") {
            port = line.rsplit(':').next().and_then(|port| port.parse().ok());
        }
        if line.ends_with("Server is ready") {
            break;
        }
    }
    let port = port.expect("nats-server ended before it was ready");
    // An unread pipe fills up and stops the server.
    tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
    (process, port)
}

fn program() -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "a test helper has no configuration struct")]
    let named = std::env::var("NATS_SERVER");
    if let Ok(named) = named {
        return named.into();
    }
    let installed = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.tools/nats-server"));
    if installed.exists() { installed } else { "nats-server".into() }
}
