//! A Slack incoming webhook: `ok`, or the way it refuses.

mod blocks;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::sync::watch;

use crate::http::{Fault, Reply, Request, Response, Server};

const HOOK: &str = "/services/T0STANDIN/B0STANDIN/s3cr3tStandin";

/// One scripted reply of the webhook.
#[derive(Debug, Clone)]
pub enum SlackStep {
    /// A status with Slack's word for it: 404 `no_service`, 410 `channel_is_archived`, 400 `invalid_payload`.
    Refuse(u16, &'static str),
    /// 429, to be tried again after this many seconds.
    Limit { retry_after: u64 },
    /// 302 to another address.
    Redirect(String),
    /// The message is read, and what becomes of it stays unknown.
    Network(Fault),
}

pub struct SlackStandIn {
    server: Server,
    shared: Arc<Mutex<State>>,
    arrivals: watch::Receiver<usize>,
}

struct State {
    script: VecDeque<SlackStep>,
    journal: Vec<Value>,
    delivered: usize,
    arrivals: watch::Sender<usize>,
}

impl SlackStandIn {
    pub async fn start() -> Self {
        let (sender, arrivals) = watch::channel(0);
        let state = State {
            script: VecDeque::new(),
            journal: Vec::new(),
            delivered: 0,
            arrivals: sender,
        };
        let shared = Arc::new(Mutex::new(state));
        let handling = Arc::clone(&shared);
        let server = Server::start(move |request| lock(&handling).take(&request)).await;
        Self {
            server,
            shared,
            arrivals,
        }
    }

    /// The whole webhook address, a secret in real life.
    pub fn url(&self) -> String {
        format!("{}{HOOK}", self.server.url)
    }

    pub fn script(&self, steps: impl IntoIterator<Item = SlackStep>) {
        lock(&self.shared).script.extend(steps);
    }

    /// Every payload that arrived, refused ones included.
    pub fn journal(&self) -> Vec<Value> {
        lock(&self.shared).journal.clone()
    }

    /// Messages that a channel would show, also those whose `ok` was lost on the way.
    pub fn delivered(&self) -> usize {
        lock(&self.shared).delivered
    }

    /// Returns once this many payloads have arrived since the start.
    pub async fn arrived(&self, payloads: usize) {
        // The sender lives in `shared`, so the channel cannot close while `self` exists.
        let _ = self
            .arrivals
            .clone()
            .wait_for(|seen| *seen >= payloads)
            .await;
    }
}

fn lock(shared: &Mutex<State>) -> MutexGuard<'_, State> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    fn take(&mut self, request: &Request) -> Reply {
        let payload = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        self.journal.push(payload.clone());
        self.arrivals.send_replace(self.journal.len());
        if request.method != "POST" || request.path != HOOK {
            return plain(404, "no_service").into();
        }
        let fault = match self.script.pop_front() {
            Some(SlackStep::Refuse(status, word)) => return plain(status, word).into(),
            Some(SlackStep::Limit { retry_after }) => {
                return plain(429, "rate_limited")
                    .with("retry-after", &retry_after.to_string())
                    .into();
            }
            Some(SlackStep::Redirect(to)) => return plain(302, "").with("location", &to).into(),
            Some(SlackStep::Network(fault)) => Some(fault),
            None => None,
        };
        let response = match blocks::check(&payload) {
            Ok(()) => {
                self.delivered += 1;
                plain(200, "ok")
            }
            Err(word) => plain(400, word),
        };
        Reply { response, fault }
    }
}

fn plain(status: u16, body: &str) -> Response {
    Response::new(status, "text/plain", body)
}
