//! A Slack incoming webhook: `ok`, or the way it refuses.

mod blocks;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::sync::watch;

use crate::http::{Fault, Reply, Request, Response, Server};
use crate::shared::lock;

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
    shown: Vec<Value>,
    arrivals: watch::Sender<usize>,
}

impl SlackStandIn {
    pub async fn start() -> Self {
        let (sender, arrivals) = watch::channel(0);
        let state =
            State { script: VecDeque::new(), journal: Vec::new(), shown: Vec::new(), arrivals: sender };
        let shared = Arc::new(Mutex::new(state));
        let handling = Arc::clone(&shared);
        let server = Server::start(move |request| lock(&handling).take(&request)).await;
        Self { server, shared, arrivals }
    }

    /// The whole webhook address, a secret in real life.
    pub fn url(&self) -> String {
        format!("{}{HOOK}", self.server.url)
    }

    pub fn script(&self, steps: impl IntoIterator<Item = SlackStep>) {
        lock(&self.shared).script.extend(steps);
    }

    /// Forgets what is left of the script.
    pub fn behave(&self) {
        lock(&self.shared).script.clear();
    }

    /// Every payload that arrived, refused ones included.
    pub fn journal(&self) -> Vec<Value> {
        lock(&self.shared).journal.clone()
    }

    /// Messages that a channel would show, also those whose `ok` was lost on the way.
    pub fn shown(&self) -> Vec<Value> {
        lock(&self.shared).shown.clone()
    }

    /// How many they are.
    pub fn delivered(&self) -> usize {
        lock(&self.shared).shown.len()
    }

    /// Returns once this many payloads have arrived since the start.
    pub async fn arrived(&self, payloads: usize) {
        // The sender lives in `shared`, so the channel cannot close while `self` exists.
        let _ = self.arrivals.clone().wait_for(|seen| *seen >= payloads).await;
    }
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
                return plain(429, "rate_limited").with("retry-after", &retry_after.to_string()).into();
            }
            Some(SlackStep::Redirect(to)) => return plain(302, "").with("location", &to).into(),
            Some(SlackStep::Network(fault)) => Some(fault),
            None => None,
        };
        let response = match blocks::check(&payload) {
            Ok(()) => {
                self.shown.push(payload);
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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;

    /// Posts the payload and returns the whole reply.
    async fn post(standin: &SlackStandIn, payload: &str) -> String {
        let url = standin.url();
        let (host, path) = url.trim_start_matches("http://").split_once('/').expect("a path");
        let mut stream = TcpStream::connect(host).await.expect("a connection");
        let request = format!("POST /{path} HTTP/1.1\r\ncontent-length: {}\r\n\r\n{payload}", payload.len());
        stream.write_all(request.as_bytes()).await.expect("sent");
        stream.shutdown().await.expect("no more");
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.expect("a reply");
        reply
    }

    #[tokio::test]
    async fn a_message_is_delivered() {
        let standin = SlackStandIn::start().await;
        let reply = post(&standin, r#"{"text":"hello"}"#).await;
        assert!(reply.starts_with("HTTP/1.1 200") && reply.ends_with("\r\n\r\nok"), "{reply}");
        assert_eq!((standin.delivered(), standin.journal().len()), (1, 1));
    }

    #[tokio::test]
    async fn refusals_follow_the_script_and_then_end() {
        let standin = SlackStandIn::start().await;
        standin.script([SlackStep::Refuse(410, "channel_is_archived"), SlackStep::Limit { retry_after: 30 }]);
        assert!(post(&standin, r#"{"text":"x"}"#).await.ends_with("channel_is_archived"));
        let limited = post(&standin, r#"{"text":"x"}"#).await;
        assert!(limited.contains("429") && limited.contains("retry-after: 30"), "{limited}");
        assert!(post(&standin, r#"{"text":"x"}"#).await.ends_with("ok"));
        assert_eq!(standin.delivered(), 1);
    }

    #[tokio::test]
    async fn a_message_whose_reply_is_lost_was_delivered() {
        let standin = SlackStandIn::start().await;
        standin.script([SlackStep::Network(Fault::CloseBeforeHeaders)]);
        assert_eq!(post(&standin, r#"{"text":"x"}"#).await, "");
        assert_eq!(standin.delivered(), 1);
    }

    #[tokio::test]
    async fn broken_blocks_are_refused() {
        let standin = SlackStandIn::start().await;
        let reply = post(&standin, r#"{"text":"x","blocks":[{"type":"carousel"}]}"#).await;
        assert!(reply.contains("400") && reply.ends_with("invalid_blocks"), "{reply}");
        assert_eq!(standin.delivered(), 0);
    }
}
