//! The gateway as a process, with a key, and whoever calls it.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{DateTime, Utc};
use gateway::{Clock, Gateway};
use ring::hmac;
use runtime::Runtime;
use serde_json::Value;

use crate::fleet::TestFleet;
use crate::process::Process;

/// A running gateway and a key that may do everything.
pub struct Api {
    pub base: String,
    pub key: String,
    http: reqwest::Client,
    /// None when it runs within the test.
    _process: Option<Process>,
}

/// A time that stands still until it is set.
#[derive(Clone)]
pub struct Time(Arc<Mutex<DateTime<Utc>>>);

impl Time {
    pub fn new(now: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(now)))
    }

    pub fn set(&self, now: DateTime<Utc>) {
        *self.0.lock().unwrap() = now;
    }

    fn clock(&self) -> Clock {
        let time = self.clone();
        Clock::of(move || *time.0.lock().unwrap())
    }
}

/// Where a tool reports to, and the secret that proves it.
pub struct Endpoint {
    path: String,
    key: hmac::Key,
}

impl Endpoint {
    /// As `leadfleet webhook create --source standard --json` prints it.
    pub fn of(made: &Value) -> Self {
        let secret = made["secret"].as_str().unwrap().strip_prefix("whsec_").unwrap();
        Self {
            path: format!("/api/webhooks/{}", made["endpoint_id"].as_str().unwrap()),
            key: hmac::Key::new(hmac::HMAC_SHA256, &BASE64.decode(secret).unwrap()),
        }
    }
}

impl Api {
    /// Starts `leadfleet run gateway` on a port that the system gives.
    pub async fn start(fleet: &TestFleet) -> Self {
        let key = key(fleet).await;
        let process = Mutex::new(fleet.run(&["gateway"]));
        let listens = || async { address(&process.lock().unwrap().log()).is_some() };
        fleet.broker.until("the gateway to listen", listens).await;
        let process = process.into_inner().unwrap();
        let base = format!("http://{}", address(&process.log()).unwrap());
        Self { base, key, http: reqwest::Client::new(), _process: Some(process) }
    }

    /// A gateway within the test, for which it is the time that the test says.
    pub async fn at(fleet: &TestFleet, time: &Time) -> Self {
        let key = key(fleet).await;
        let nats_url = fleet.stack.nats_url();
        let nats = runtime::Config { login: fleet.users.login("gateway"), ..runtime::Config::of(nats_url) };
        let config = gateway::Config {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            open: false,
            rate: NonZeroU32::MAX,
            burst: NonZeroU32::MAX,
            public_url: None,
            trusted_proxies: Vec::new(),
            clock: time.clock(),
        };
        let (runtime, prospects) = (Runtime::start(nats).await.unwrap(), fleet.prospects().await);
        let (scores, conversion, contractors) = (fleet.scores(), fleet.conversion(), fleet.contractors());
        let gateway =
            Gateway::bind(runtime, fleet.db.clone(), prospects, scores, conversion, contractors, config)
                .await
                .unwrap();
        let base = format!("http://{}", gateway.address());
        tokio::spawn(gateway.run());
        Self { base, key, http: reqwest::Client::new(), _process: None }
    }

    /// What comes of a delivery that a tool signed at a time.
    pub async fn deliver(
        &self,
        endpoint: &Endpoint,
        id: &str,
        at: DateTime<Utc>,
        body: &Value,
    ) -> (u16, Value) {
        let (at, body) = (at.timestamp(), body.to_string());
        let signature = BASE64.encode(hmac::sign(&endpoint.key, format!("{id}.{at}.{body}").as_bytes()));
        let answer = self
            .http
            .post(format!("{}{}", self.base, endpoint.path))
            .header("webhook-id", id)
            .header("webhook-timestamp", at)
            .header("webhook-signature", format!("v1,{signature}"))
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await
            .unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// The status of an answer to another key.
    pub async fn status(&self, key: &str, path: &str) -> u16 {
        let request = self.http.get(format!("{}{path}", self.base)).bearer_auth(key);
        request.send().await.unwrap().status().as_u16()
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

/// A new key that may do everything.
async fn key(fleet: &TestFleet) -> String {
    // Whoever is first decides; all say the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let scopes = "read,write,track,admin";
    let (made, log) = fleet.leadfleet(&["key", "create", "--name", "test", "--scope", scopes]).end().await;
    assert!(made.success(), "{log}");
    log.split_whitespace().find(|word| word.starts_with("lf_live_")).unwrap().to_owned()
}

/// Where the log says that it listens.
fn address(log: &str) -> Option<SocketAddr> {
    let line = log.lines().find(|line| line.contains("gateway") && line.contains("127.0.0.1:"))?;
    let start = line.find("127.0.0.1:")?;
    let end = line[start..].find(|c: char| c != '.' && c != ':' && !c.is_ascii_digit());
    line[start..end.map_or(line.len(), |end| start + end)].parse().ok()
}
