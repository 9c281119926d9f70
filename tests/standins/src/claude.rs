//! The Messages API: what it checks, what it answers, and every way in which it may fail.

mod answer;
mod campaign;
mod limit;
mod rules;
mod schema;
mod script;
mod sequence;

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::http::{Fault, Reply, Request, Response, Server};
use crate::shared::lock;

pub use answer::{Decide, Manner};
pub use script::{Seen, Step, Twist};

const KEY: &str = "sk-ant-standin-7c1e";
const MODELS: [&str; 5] =
    ["claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5", "claude-haiku-4-5", "claude-sonnet-4-5"];
/// Below this many tokens the real API does not cache a prefix, and does not say so.
const LEAST_CACHED_TOKENS: usize = 512;

pub struct ClaudeStandIn {
    server: Server,
    shared: Arc<Mutex<State>>,
    arrivals: watch::Receiver<usize>,
}

struct State {
    script: VecDeque<Step>,
    journal: Vec<Seen>,
    manner: Manner,
    retired: HashSet<String>,
    bucket: limit::Bucket,
    latency: Option<limit::Latency>,
    cached_prefixes: HashSet<String>,
    arrivals: watch::Sender<usize>,
}

impl ClaudeStandIn {
    pub async fn start() -> Self {
        let (sender, arrivals) = watch::channel(0);
        let shared = Arc::new(Mutex::new(State {
            script: VecDeque::new(),
            journal: Vec::new(),
            manner: Manner::Plausible,
            retired: HashSet::new(),
            bucket: limit::Bucket::per_minute(1000),
            latency: None,
            cached_prefixes: HashSet::new(),
            arrivals: sender,
        }));
        let handling = Arc::clone(&shared);
        let server = Server::start(move |request| lock(&handling).take(&request)).await;
        Self { server, shared, arrivals }
    }

    /// The base URL: append `/v1/messages`, with or without a prefix of your own before it.
    pub fn url(&self) -> &str {
        &self.server.url
    }

    pub fn key(&self) -> &'static str {
        KEY
    }

    pub fn script(&self, steps: impl IntoIterator<Item = Step>) {
        lock(&self.shared).script.extend(steps);
    }

    /// Forgets what is left of the script.
    pub fn behave(&self) {
        lock(&self.shared).script.clear();
    }

    pub fn journal(&self) -> Vec<Seen> {
        lock(&self.shared).journal.clone()
    }

    /// Message requests that arrived, answered or not.
    pub fn calls(&self) -> usize {
        lock(&self.shared).journal.iter().filter(|seen| seen.path.ends_with("/v1/messages")).count()
    }

    /// Answers that would have been billed.
    pub fn paid(&self) -> usize {
        lock(&self.shared).journal.iter().filter(|seen| seen.paid).count()
    }

    pub fn answer_as(&self, manner: Manner) {
        lock(&self.shared).manner = manner;
    }

    /// From now on this model is unknown.
    pub fn retire(&self, model: &str) {
        lock(&self.shared).retired.insert(model.to_owned());
    }

    /// A real token bucket of this many requests a minute for each model.
    pub fn limit_requests(&self, per_minute: u32) {
        lock(&self.shared).bucket = limit::Bucket::per_minute(per_minute);
    }

    /// Answers take this long: half of them less than `median`, one in a hundred more than `p99`.
    pub fn latency(&self, median: Duration, p99: Duration, seed: u64) {
        lock(&self.shared).latency = Some(limit::Latency { median, p99, seed });
    }

    /// Returns once this many requests have arrived since the start.
    pub async fn arrived(&self, requests: usize) {
        // The sender lives in `shared`, so the channel cannot close while `self` exists.
        let _ = self.arrivals.clone().wait_for(|seen| *seen >= requests).await;
    }
}

impl State {
    fn take(&mut self, request: &Request) -> Reply {
        #[expect(clippy::disallowed_methods, reason = "a rate-limit reset is a time of day")]
        let now = chrono::Utc::now();
        let steps = self.script.len();
        let (reply, paid) = self.reply(request);
        let number = self.journal.len() + 1;
        let body = serde_json::from_slice::<Value>(&request.body).unwrap_or(Value::Null);
        let model = body["model"].as_str().unwrap_or_default();
        let mut reply = reply;
        reply.response.headers.push(("request-id".into(), format!("req_standin{number:06}")));
        reply.response.headers.push(("anthropic-organization-id".into(), "org-standin".into()));
        let scripted = reply.response.headers.iter().any(|(name, _)| name.starts_with("anthropic-ratelimit"));
        if !scripted {
            reply.response.headers.extend(self.bucket.headers(model, now));
        }
        self.journal.push(Seen {
            method: request.method.clone(),
            path: request.path.clone(),
            headers: redacted(&request.headers),
            body_sha256: hex(&Sha256::digest(&request.body)),
            body,
            at: Instant::now(),
            status: reply.response.status,
            paid,
            scripted: self.script.len() < steps,
        });
        self.arrivals.send_replace(number);
        reply
    }

    fn reply(&mut self, request: &Request) -> (Reply, bool) {
        let Some((_, path)) = request.path.split_once("/v1/") else {
            return (error(404, "not_found_error", "no such path", None).into(), false);
        };
        if let Err(refusal) = rules::credentials(request) {
            return (refusal.into(), false);
        }
        match (request.method.as_str(), path) {
            ("POST", "messages") => self.message(request),
            ("POST", "messages/count_tokens") => (self.count(request).into(), false),
            ("GET", "models") => {
                let all: Vec<Value> = MODELS.iter().map(|id| model_card(id)).collect();
                (json_response(200, &json!({"data": all, "has_more": false})).into(), false)
            }
            ("GET", path) if path.starts_with("models/") => {
                let id = path.trim_start_matches("models/");
                let known = self.knows(id);
                let response = if known { json_response(200, &model_card(id)) } else { unknown_model(id) };
                (response.into(), false)
            }
            (_, "messages" | "messages/count_tokens" | "models") => {
                (error(405, "invalid_request_error", "method not allowed", None).into(), false)
            }
            _ => (error(404, "not_found_error", "no such path", None).into(), false),
        }
    }

    fn knows(&self, model: &str) -> bool {
        MODELS.contains(&model) && !self.retired.contains(model)
    }

    fn count(&self, request: &Request) -> Response {
        match serde_json::from_slice::<Value>(&request.body) {
            Ok(body) => json_response(
                200,
                &json!({"input_tokens": tokens(&body["messages"]) + tokens(&body["system"])}),
            ),
            Err(_) => error(400, "invalid_request_error", "the body is not JSON", None),
        }
    }

    fn message(&mut self, request: &Request) -> (Reply, bool) {
        let step = self.script.pop_front();
        if let Some(Step::Reply(response)) = step {
            return (response.into(), false);
        }
        let body = match rules::message(request) {
            Ok(body) => body,
            Err(refusal) => return (refusal.into(), false),
        };
        let model = body["model"].as_str().unwrap_or_default();
        if !self.knows(model) {
            return (unknown_model(model).into(), false);
        }
        if let Err(wait) = self.bucket.take(model) {
            let seconds = wait.as_secs_f64().ceil().to_string();
            let refusal =
                error(429, "rate_limit_error", "too many requests", None).with("retry-after", &seconds);
            return (refusal.into(), false);
        }
        let (twist, fault) = match step {
            Some(Step::Answer(twist)) => (Some(twist), None),
            Some(Step::Network(fault)) => (None, Some(fault)),
            _ => (None, self.latency.as_mut().map(|latency| Fault::SlowHeaders(latency.next()))),
        };
        let usage = self.usage(&body);
        let response = json_response(200, &answer::message(&body, &self.manner, twist.as_ref(), usage));
        // An empty refusal is not billed.
        let paid = !matches!(twist, Some(Twist::Refusal { partial: false, .. }));
        (Reply { response, fault }, paid)
    }

    fn usage(&mut self, body: &Value) -> Value {
        let system = &body["system"];
        let marked = system
            .as_array()
            .is_some_and(|blocks| blocks.iter().any(|block| block.get("cache_control").is_some()));
        let prefix = if marked && tokens(system) >= LEAST_CACHED_TOKENS { tokens(system) } else { 0 };
        let fresh = prefix > 0 && self.cached_prefixes.insert(format!("{}{system}", body["model"]));
        json!({
            "input_tokens": tokens(system) + tokens(&body["messages"]) - prefix,
            "output_tokens": 0,
            "cache_creation_input_tokens": if fresh { prefix } else { 0 },
            "cache_read_input_tokens": if fresh { 0 } else { prefix },
            "service_tier": "standard",
        })
    }
}

fn tokens(value: &Value) -> usize {
    if value.is_null() { 0 } else { value.to_string().len() / 4 }
}

fn model_card(id: &str) -> Value {
    let lifecycle = if id == "claude-sonnet-4-5" { "deprecated" } else { "active" };
    json!({
        "type": "model", "id": id, "display_name": id, "lifecycle": lifecycle,
        "max_input_tokens": 1_000_000, "max_tokens": 128_000,
        "capabilities": {"structured_outputs": {"supported": true}, "batch": {"supported": true}},
    })
}

fn unknown_model(model: &str) -> Response {
    error(404, "not_found_error", &format!("model: {model}"), None)
}

fn json_response(status: u16, body: &Value) -> Response {
    Response::new(status, "application/json", body.to_string())
}

fn error(status: u16, kind: &str, message: &str, code: Option<&str>) -> Response {
    let mut body =
        json!({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_standin"});
    if let Some(code) = code {
        body["error"]["details"] = json!({"error_code": code});
    }
    json_response(status, &body)
}

fn redacted(headers: &[(String, String)]) -> Vec<(String, String)> {
    let secret = ["x-api-key", "authorization"];
    let hide = |(name, value): &(String, String)| {
        let value = if secret.contains(&name.as_str()) { "[redacted]".into() } else { value.clone() };
        (name.clone(), value)
    };
    headers.iter().map(hide).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
