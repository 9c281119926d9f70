//! The gateway as a process, with a key, and whoever calls it.

use std::net::SocketAddr;
use std::sync::Mutex;

use serde_json::Value;

use crate::fleet::TestFleet;
use crate::process::Process;

/// A running gateway and a key that may do everything.
pub struct Api {
    pub base: String,
    pub key: String,
    http: reqwest::Client,
    _process: Process,
}

impl Api {
    /// Starts `leadfleet run gateway` on a port that the system gives.
    pub async fn start(fleet: &TestFleet) -> Self {
        // Whoever is first decides; all say the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let scopes = "read,write,track,admin";
        let (made, log) =
            fleet.leadfleet(&["key", "create", "--name", "test", "--scope", scopes]).end().await;
        assert!(made.success(), "{log}");
        let key = log.split_whitespace().find(|word| word.starts_with("lf_live_")).unwrap().to_owned();
        let process = Mutex::new(fleet.run(&["gateway"]));
        let listens = || async { address(&process.lock().unwrap().log()).is_some() };
        fleet.broker.until("the gateway to listen", listens).await;
        let process = process.into_inner().unwrap();
        let base = format!("http://{}", address(&process.log()).unwrap());
        Self { base, key, http: reqwest::Client::new(), _process: process }
    }

    pub async fn post(&self, path: &str, body: &Value) -> Value {
        let request = self.http.post(format!("{}{path}", self.base));
        Self::answer(request.bearer_auth(&self.key).json(body), path).await
    }

    pub async fn get(&self, path: &str) -> Value {
        Self::answer(self.http.get(format!("{}{path}", self.base)).bearer_auth(&self.key), path).await
    }

    async fn answer(request: reqwest::RequestBuilder, path: &str) -> Value {
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status}: {text}");
        serde_json::from_str(&text).unwrap()
    }
}

/// Where the log says that it listens.
fn address(log: &str) -> Option<SocketAddr> {
    let line = log.lines().find(|line| line.contains("gateway") && line.contains("127.0.0.1:"))?;
    let start = line.find("127.0.0.1:")?;
    let end = line[start..].find(|c: char| c != '.' && c != ':' && !c.is_ascii_digit());
    line[start..end.map_or(line.len(), |end| start + end)].parse().ok()
}
