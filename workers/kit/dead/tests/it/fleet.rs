//! A private broker with a worker that fails while a test says so, and counts what it does.

use dead::{By, Dead, Engine, Filter, Pace, Plan, Replay, Request, Standing};
use proto::v1::RunRequest;
use proto::{Outbox, Outgoing, Token};
use runtime::{Config, Delivery, Fault, Retry, Runtime, Source, Worker};
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

pub(crate) struct Fleet {
    _server: standins::NatsServer,
    pub(crate) runtime: Runtime,
    pub(crate) dead: Dead,
    pub(crate) counter: Counter,
}

/// Consumes the jobs `counter`; each id it handles is an effect.
#[derive(Clone)]
pub(crate) struct Counter {
    pub(crate) broken: Arc<AtomicBool>,
    /// While it is held, it finishes nothing.
    pub(crate) held: Arc<watch::Sender<bool>>,
    effects: Arc<Mutex<HashMap<String, u32>>>,
    pub(crate) done: Arc<watch::Sender<usize>>,
}

impl Worker for Counter {
    const NAME: &'static str = "counter";
    const SOURCE: Source = Source::Jobs("counter");
    const RETRY: Retry = Retry { concurrency: 64, ..Retry::DEFAULT };
    type Input = RunRequest;

    async fn handle(&self, input: RunRequest, _delivery: &Delivery) -> Result<Outbox, Fault> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(Fault::reject("permanent", format!("could not count {}", input.request_id)));
        }
        self.held.subscribe().wait_for(|held| !held).await.unwrap();
        let mut effects = self.effects.lock().unwrap();
        *effects.entry(input.request_id).or_default() += 1;
        self.done.send_replace(effects.len());
        Ok(Outbox::none())
    }
}

impl Fleet {
    pub(crate) async fn start() -> Self {
        let server = standins::nats().await;
        let config = Config { lease: Some(Duration::from_secs(5)), ..Config::of(server.url()) };
        let runtime = Runtime::start(config).await.unwrap();
        let counter = Counter {
            broken: Arc::new(AtomicBool::new(true)),
            held: Arc::new(watch::Sender::new(false)),
            effects: Arc::default(),
            done: Arc::new(watch::Sender::new(0)),
        };
        let (running, worker) = (runtime.clone(), counter.clone());
        tokio::spawn(async move { running.run(worker).await.unwrap() });
        Self { dead: Dead::new(runtime.jetstream().clone()), _server: server, runtime, counter }
    }

    /// Jobs that die, all of them, and then the worker is mended.
    pub(crate) async fn with_dead(letters: usize) -> Self {
        let fleet = Self::start().await;
        fleet.kill(0..letters).await;
        fleet.mend();
        fleet
    }

    /// Publishes jobs and waits until their letters are there.
    pub(crate) async fn kill(&self, ids: std::ops::Range<usize>) {
        let (mut follow, count) = (self.dead.follow(&Filter::default()).await.unwrap(), ids.end);
        for chunk in ids.collect::<Vec<_>>().chunks(500) {
            futures::future::join_all(chunk.iter().map(async |id| {
                self.runtime.publish(&job(&format!("j{id}"))).await.unwrap();
            }))
            .await;
        }
        for _ in 0..count {
            follow.next().await.unwrap();
        }
    }

    pub(crate) fn mend(&self) {
        self.counter.broken.store(false, Ordering::SeqCst);
    }

    pub(crate) async fn plan(&self) -> Plan {
        self.dead.plan(&Filter::default(), false).await.unwrap()
    }

    pub(crate) async fn begin(&self, plan: Plan) -> Engine {
        self.dead.begin(plan, request(Filter::default())).await.unwrap()
    }

    /// Replays everything there is to replay.
    pub(crate) async fn replay(&self) -> Replay {
        let plan = self.plan().await;
        self.begin(plan).await.run(std::future::pending()).await.unwrap()
    }

    /// How many letters are in each state.
    pub(crate) async fn states(&self) -> BTreeMap<Standing, usize> {
        let mut states = BTreeMap::new();
        for letter in self.dead.list(&Filter::default()).await.unwrap() {
            *states.entry(letter.state).or_default() += 1;
        }
        states
    }

    /// How often each effect was done: the number of ids, and the most of one.
    pub(crate) fn effects(&self) -> (usize, u32) {
        let effects = self.counter.effects.lock().unwrap();
        (effects.len(), effects.values().copied().max().unwrap_or_default())
    }
}

/// More than the worker handles at once.
pub(crate) const IN_FLIGHT: u64 = 256;

pub(crate) fn request(filter: Filter) -> Request {
    Request { by: by("mended"), filter, force: false, pace: Pace { rate: 100_000.0, in_flight: IN_FLIGHT } }
}

#[expect(clippy::disallowed_methods, reason = "a test has no other clock")]
pub(crate) fn by(reason: &str) -> By {
    By { operator: "ann".into(), reason: reason.into(), at: chrono::Utc::now() }
}

pub(crate) fn job(id: &str) -> Outgoing {
    let request = RunRequest { request_id: id.to_owned(), ..RunRequest::default() };
    Outgoing::job("counter", Token::squeezed("c"), Token::squeezed(id), &request)
}
