//! A private nats-server with JetStream on a free port, gone when dropped.

use std::path::PathBuf;
use std::process::Stdio;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

pub struct NatsServer {
    url: String,
    _process: Child,
    _store: TempDir,
}

impl NatsServer {
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// Starts the server named by `NATS_SERVER`, else the one of the repository's `.tools` folder, else the one on `PATH`.
#[expect(clippy::expect_used, reason = "a test without its broker can only stop")]
pub async fn nats() -> NatsServer {
    let store = tempfile::tempdir().expect("could not create a folder for the store");
    let program = program();
    let mut process = Command::new(&program)
        .args(["-js", "-a", "127.0.0.1", "-p", "-1", "-sd"])
        .arg(store.path())
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| {
            panic!("could not start {}: {error}; set NATS_SERVER to a nats-server binary", program.display())
        });
    let mut log = BufReader::new(process.stderr.take().expect("stderr is piped")).lines();
    let mut address = None;
    while let Some(line) = log.next_line().await.expect("could not read the log of nats-server") {
        if let Some((_, found)) = line.split_once("Listening for client connections on ") {
            address = Some(found.to_owned());
        }
        if line.ends_with("Server is ready") {
            break;
        }
    }
    let address = address.expect("nats-server ended before it was ready");
    // An unread pipe fills up and stops the server.
    tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
    NatsServer { url: format!("nats://{address}"), _process: process, _store: store }
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
