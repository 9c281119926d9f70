//! A private broker with a runtime on it, and a worker whose handler a test writes.

use proto::v1::{Plan, RunRequest};
use proto::{Name as _, Outbox, Outgoing, Stage, Subject, Token};
use runtime::{Config, Delivery, Fault, Retry, Runtime, Source, Stored, Worker};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

pub(crate) struct Broker {
    pub(crate) server: standins::NatsServer,
}

impl Broker {
    pub(crate) async fn start() -> Self {
        Self { server: standins::nats().await }
    }

    pub(crate) async fn runtime(&self) -> Runtime {
        let config = Config { lease: Some(Duration::from_secs(1)), ..Config::of(self.server.url()) };
        Runtime::start(config).await.unwrap()
    }
}

type Handle = dyn Fn(RunRequest, &Delivery) -> Result<Outbox, Fault> + Send + Sync;

/// Consumes the jobs `probe`; tells the test of each delivery, then does what the test's closure says.
pub(crate) struct Probe {
    seen: mpsc::UnboundedSender<String>,
    handle: Box<Handle>,
    pub(crate) probed: Arc<std::sync::atomic::AtomicBool>,
}

impl Probe {
    pub(crate) fn new(
        handle: impl Fn(RunRequest, &Delivery) -> Result<Outbox, Fault> + Send + Sync + 'static,
    ) -> (Self, mpsc::UnboundedReceiver<String>) {
        let (seen, receiver) = mpsc::unbounded_channel();
        (Self { seen, handle: Box::new(handle), probed: Arc::default() }, receiver)
    }
}

impl Worker for Probe {
    const NAME: &'static str = "probe";
    const SOURCE: Source = Source::Jobs("probe");
    const RETRY: Retry = Retry {
        budget: 3,
        base: Duration::from_millis(20),
        cap: Duration::from_millis(100),
        ..Retry::DEFAULT
    };
    type Input = RunRequest;

    async fn handle(&self, input: RunRequest, delivery: &Delivery) -> Result<Outbox, Fault> {
        let _ = self.seen.send(input.request_id.clone());
        (self.handle)(input, delivery)
    }

    fn tombstones(&self, subject: &Subject, class: &'static str) -> Outbox {
        let Subject::Job { id, .. } = subject else { return Outbox::none() };
        Outbox::none().with(Outgoing::tombstone(id, Stage::Match, Token::squeezed("0"), class))
    }

    async fn probe(&self, _gate: &str) -> Result<(), Fault> {
        self.probed.store(true, std::sync::atomic::Ordering::SeqCst);
        Ok(())
    }
}

pub(crate) fn job(id: &str) -> Outgoing {
    let request = RunRequest { request_id: id.to_owned(), ..RunRequest::default() };
    Outgoing::job("probe", Token::squeezed("c"), Token::squeezed(id), &request)
}

pub(crate) fn plan(run: &str, parts: u32) -> Outgoing {
    Outgoing::plan(&run.parse().unwrap(), Stage::Match, parts)
}

pub(crate) fn part(run: &str, part: &str) -> Outgoing {
    Outgoing::part(&run.parse().unwrap(), Stage::Match, part.parse().unwrap(), &Plan { parts: 1 })
}

pub(crate) fn tombstone(run: &str, part: &str) -> Outgoing {
    Outgoing::tombstone(&run.parse().unwrap(), Stage::Match, part.parse().unwrap(), "permanent")
}

/// Runs the probe until the runtime is told to stop.
pub(crate) fn run(runtime: &Runtime, probe: Probe) -> tokio::task::JoinHandle<()> {
    let runtime = runtime.clone();
    tokio::spawn(async move { runtime.run(probe).await.unwrap() })
}

/// Waits for the first message under a filter; the broker says when, not a clock.
pub(crate) async fn first(runtime: &Runtime, stream: &'static str, filter: &str) -> Stored {
    let consumer = runtime
        .jetstream()
        .get_stream(stream)
        .await
        .unwrap()
        .create_consumer(async_nats::jetstream::consumer::pull::OrderedConfig {
            filter_subject: filter.to_owned(),
            ..Default::default()
        })
        .await
        .unwrap();
    let mut messages = consumer.messages().await.unwrap();
    let next = futures::StreamExt::next(&mut messages);
    let message =
        tokio::time::timeout(Duration::from_secs(30), next).await.expect("nothing came").unwrap().unwrap();
    let (message, _) = message.split();
    Stored {
        subject: message.subject.to_string(),
        sequence: 0,
        published_at: chrono::DateTime::UNIX_EPOCH,
        headers: message.headers.unwrap_or_default(),
        payload: message.payload,
    }
}

pub(crate) fn header<'a>(stored: &'a Stored, name: &str) -> &'a str {
    stored.headers.get(name).map_or("", |value| value.as_str())
}

pub(crate) fn schema() -> String {
    RunRequest::full_name()
}
