//! The broker as somebody from outside sees it: publishes, and waits for what is said.

use std::time::Duration;

use async_nats::jetstream::consumer::pull::OrderedConfig;
use async_nats::jetstream::{self, stream::State};
use async_nats::{ConnectOptions, HeaderMap};
use futures::{StreamExt as _, TryStreamExt as _};
use proto::subject::{header, stream};
use proto::v1::{MatchConfig, RunHeader, RunRequest, RunSummary, Trigger};
use proto::{Message, Outgoing, RunId, Stage, Token};
use runtime::Runs;
use tokio::time::{Instant, interval, timeout_at};

/// How long anything may take on a busy machine.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// A worker as the broker sees it.
#[derive(Debug)]
pub struct Consumer {
    pub worker: String,
    /// Messages before it.
    pub pending: u64,
    /// Messages it was given and has not settled.
    pub in_hand: u64,
    /// Requests for messages that wait at the broker.
    pub waiting: u64,
}

/// A run that was announced.
#[derive(Debug, Clone)]
pub struct Finished {
    pub run: RunId,
    pub summary: RunSummary,
}

pub struct Broker {
    pub client: async_nats::Client,
    pub jetstream: jetstream::Context,
    pub runs: Runs,
}

impl Broker {
    pub(crate) async fn connect(url: &str, options: ConnectOptions) -> Self {
        let client = options
            .reconnect_delay_callback(|_tries| Duration::from_millis(50))
            .connect(url.split(',').collect::<Vec<_>>())
            .await
            .unwrap();
        let jetstream = jetstream::new(client.clone());
        Self { client, runs: Runs::new(jetstream.clone()), jetstream }
    }

    /// Says that a scraper is done, as a scraper in another language does: JSON, and no library of ours.
    pub async fn scraper_done(&self, source: &str, date: &str) {
        let body = format!(
            r#"{{"source": "SCRAPE_SOURCE_{}", "date": "{date}", "records": 100}}"#,
            source.to_uppercase()
        );
        self.publish_json(&format!("lf.v1.event.scrape_done.{source}"), body).await;
    }

    /// All three scrapers of a date.
    pub async fn scrapers_done(&self, date: &str) {
        for source in ["reddit", "linkedin", "google_maps"] {
            self.scraper_done(source, date).await;
        }
    }

    pub async fn publish_json(&self, subject: &str, body: String) {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, "application/json");
        self.publish(subject, headers, body.into()).await;
    }

    /// Publishes and waits until the broker has it.
    pub async fn publish(&self, subject: &str, headers: HeaderMap, body: Vec<u8>) {
        let sent =
            self.jetstream.publish_with_headers(subject.to_owned(), headers, body.into()).await.unwrap();
        sent.await.unwrap_or_else(|error| panic!("{subject} was not stored: {error}"));
    }

    /// Publishes what a worker would.
    pub async fn say(&self, message: &Outgoing) {
        let mut headers = HeaderMap::new();
        headers.insert(header::MESSAGE_ID, message.id(0));
        headers.insert(header::SCHEMA, message.schema.as_str());
        self.publish(&message.subject.to_string(), headers, message.payload.clone()).await;
    }

    /// Asks for a run and waits until it is announced.
    pub async fn run(&self, id: &str, date: &str, config: MatchConfig) -> Finished {
        self.request(&request(id, date, config)).await;
        self.finished(id).await
    }

    pub async fn request(&self, request: &RunRequest) {
        let client = Token::squeezed(&request.client_id);
        let id = Token::squeezed(&request.request_id);
        self.say(&Outgoing::job("loader", client, id, request)).await;
    }

    /// The run that a request became.
    pub async fn run_of(&self, request: &str) -> RunId {
        let header = self.said(&format!("lf.v1.run.{request}.profile.part.run")).await;
        RunHeader::decode(header.payload).unwrap().run_id.parse().unwrap()
    }

    /// Waits until the run of a request is announced.
    pub async fn finished(&self, request: &str) -> Finished {
        let run = self.run_of(request).await;
        let summary = self.said(&format!("lf.v1.run.{run}.notify.part.summary")).await;
        let summary = RunSummary::decode(summary.payload).unwrap();
        Finished { run, summary }
    }

    /// Waits until the stage of a run is complete.
    pub async fn complete(&self, run: &RunId, stage: Stage) {
        self.said(&format!("lf.v1.run.{run}.{stage}.complete.0")).await;
    }

    /// Waits for the first message that a filter ever matched.
    pub async fn said(&self, filter: &str) -> async_nats::Message {
        self.said_that(filter, |_any| true).await
    }

    /// Waits for the first message under a filter that is the wanted one. A restart of the broker may lie between.
    pub async fn said_that(
        &self,
        filter: &str,
        wanted: impl Fn(&async_nats::Message) -> bool,
    ) -> async_nats::Message {
        let deadline = now() + DEADLINE;
        let mut again = interval(Duration::from_millis(100));
        loop {
            match timeout_at(deadline, self.search(filter, &wanted)).await {
                Ok(Some(message)) => return message,
                Ok(None) => again.tick().await,
                Err(_elapsed) => panic!("nothing was said on {filter} in {DEADLINE:?}"),
            };
        }
    }

    /// Gives up when the broker goes away or is not prepared yet.
    async fn search(
        &self,
        filter: &str,
        wanted: impl Fn(&async_nats::Message) -> bool,
    ) -> Option<async_nats::Message> {
        let stream = self.jetstream.get_stream(stream_of(filter)).await.ok()?;
        let config = OrderedConfig { filter_subject: filter.to_owned(), ..OrderedConfig::default() };
        let mut messages = stream.create_consumer(config).await.ok()?.messages().await.ok()?;
        loop {
            let (message, _) = messages.next().await?.ok()?.split();
            if wanted(&message) {
                return Some(message);
            }
        }
    }

    /// Everything said under a filter so far.
    pub async fn all(&self, filter: &str) -> Vec<runtime::Stored> {
        let mut messages = self.runs.messages(stream_of(filter), filter.to_owned()).await.unwrap();
        let mut all = Vec::new();
        while let Some(message) = messages.next().await.unwrap() {
            all.push(message);
        }
        all
    }

    /// Waits until a worker has been given a message that it has not settled.
    pub async fn given(&self, worker: &str) {
        self.until(&format!("a message for {worker}"), || async {
            self.consumers().await.iter().any(|one| one.worker == worker && one.in_hand > 0)
        })
        .await;
    }

    /// Whether a worker has at least so many messages that it has not settled.
    pub async fn has_in_hand(&self, worker: &str, messages: u64) -> bool {
        self.consumers().await.iter().any(|one| one.worker == worker && one.in_hand >= messages)
    }

    /// Waits until the holder of a closed gate has said so often that it is still closed.
    pub async fn gate_is_kept_closed(&self, gate: &str, times: usize) {
        let gates = self.jetstream.get_key_value(runtime::GATES).await.unwrap();
        let words = gates.watch(gate).await.unwrap().take(times).count();
        timeout_at(now() + DEADLINE, words).await.expect("the gate was not kept closed");
    }

    /// Waits until the worker has asked for messages.
    pub async fn waits(&self, worker: &str) {
        self.until(&format!("{worker} to ask for messages"), || async {
            self.consumers().await.iter().any(|one| one.worker == worker && one.waiting > 0)
        })
        .await;
    }

    /// Waits until no consumer has anything left to do, and nothing was said meanwhile.
    pub async fn settled(&self) {
        self.settled_within(DEADLINE).await;
    }

    /// The same, for more than a minute's work.
    pub async fn settled_within(&self, patience: Duration) {
        self.until_within(patience, "the fleet to settle", || async {
            let before = self.last_sequences().await;
            let idle = self.consumers().await.iter().all(|one| one.pending + one.in_hand == 0);
            idle && before == self.last_sequences().await
        })
        .await;
    }

    /// Asks the broker until it is so.
    pub async fn until<F: Future<Output = bool>>(&self, what: &str, is_so: impl Fn() -> F) {
        self.until_within(DEADLINE, what, is_so).await;
    }

    async fn until_within<F: Future<Output = bool>>(
        &self,
        patience: Duration,
        what: &str,
        is_so: impl Fn() -> F,
    ) {
        let deadline = now() + patience;
        let mut again = interval(Duration::from_millis(20));
        while !is_so().await {
            assert!(now() < deadline, "waited {patience:?} for {what}: {:?}", self.consumers().await);
            again.tick().await;
        }
    }

    /// Every worker that ever consumed.
    pub async fn consumers(&self) -> Vec<Consumer> {
        let mut consumers = Vec::new();
        for name in [stream::RUN, stream::EVENTS, stream::JOBS] {
            let Ok(stream) = self.jetstream.get_stream(name).await else { continue };
            let Ok(infos) = stream.consumers().try_collect::<Vec<_>>().await else { continue };
            let durable = infos.into_iter().filter(|info| info.config.durable_name.is_some());
            consumers.extend(durable.map(|info| Consumer {
                worker: info.name.strip_suffix("-v1").unwrap_or(&info.name).to_owned(),
                pending: info.num_pending,
                in_hand: info.num_ack_pending as u64,
                waiting: info.num_waiting as u64,
            }));
        }
        consumers
    }

    async fn last_sequences(&self) -> Vec<u64> {
        let mut last = Vec::new();
        for name in [stream::RUN, stream::EVENTS, stream::JOBS, stream::DEAD] {
            let stream = self.jetstream.get_stream(name).await.unwrap();
            let State { last_sequence, .. } = stream.cached_info().state;
            last.push(last_sequence);
        }
        last
    }
}

/// A request for the default tenant.
pub fn request(id: &str, date: &str, config: MatchConfig) -> RunRequest {
    RunRequest {
        request_id: id.to_owned(),
        client_id: db::DEFAULT_CLIENT.to_string(),
        run_date: date.to_owned(),
        trigger: Trigger::Manual.into(),
        config: Some(config),
        as_of: crate::rows::as_of().to_rfc3339(),
        ..RunRequest::default()
    }
}

fn stream_of(filter: &str) -> &'static str {
    match filter.split('.').nth(2) {
        Some("run") => stream::RUN,
        Some("event") => stream::EVENTS,
        Some("job") => stream::JOBS,
        Some("dead") => stream::DEAD,
        other => panic!("{filter} is on no stream: {other:?}"),
    }
}

fn now() -> Instant {
    Instant::now()
}
