//! One connection to the broker, and the workers that run on it.

use crate::config::Config;
use crate::connect::{Connection, connection};
use crate::consume::{ConsumeError, consume};
use crate::consumers::{Consumer, consumer_name, provision_consumer};
use crate::gate::{self, GateError, Gates};
use crate::intents::{self, Intents};
use crate::join::Joiner;
use crate::ledger::{self, Ledger};
use crate::letters::{self, Letters};
use crate::login::LoginError;
use crate::loss;
use crate::metrics::{Lag, Metrics};
use crate::processes::Working;
use crate::provision::{ProvisionError, provision};
use crate::publish::{Context, Outlet, PublishError, Publisher};
use crate::quarantine::{Cell, Quarantine, handle_alone};
use crate::raw;
use crate::refusals::Refusals;
use crate::runs::Runs;
use crate::sweep::sweep;
use crate::trace::TraceContext;
use crate::unreadable;
use crate::worker::Worker;
use async_nats::jetstream;
use chrono::{DateTime, Utc};
use proto::Outgoing;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;

/// Why a process could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    #[error("could not reach nats-server at {url}: start it, or name another with NATS_URL")]
    Connect { url: String, source: async_nats::ConnectError },
    #[error("nats-server at {url} does not know this process: name the file with its seed in NATS_SEED_FILE")]
    Stranger { url: String, source: async_nats::ConnectError },
    #[error(transparent)]
    Login(#[from] LoginError),
    #[error(
        "nats-server lets this process not use {subject}: it has the seed of another user, or the server is not prepared (`leadfleet provision` as the operator, with the same LEADFLEET_LEASE)"
    )]
    Refused { subject: String },
    #[error(transparent)]
    Provision(#[from] ProvisionError),
    #[error("could not open the bucket {bucket}: run `leadfleet provision` first")]
    Bucket { bucket: &'static str, source: Box<dyn std::error::Error + Send + Sync> },
    #[error(transparent)]
    Gate(#[from] GateError),
    #[error("could not set up the metrics")]
    Metrics(#[from] prometheus::Error),
    #[error(transparent)]
    Consume(#[from] ConsumeError),
    #[error("{0}")]
    Alone(String),
}

/// What all workers of a process share. Cheap to clone.
#[derive(Clone)]
pub struct Runtime {
    shared: Arc<Shared>,
}

/// A runtime that may have ended.
pub(crate) struct Weak {
    shared: std::sync::Weak<Shared>,
}

impl Weak {
    pub(crate) fn upgrade(&self) -> Option<Runtime> {
        Some(Runtime { shared: self.shared.upgrade()? })
    }
}

struct Shared {
    config: Config,
    jetstream: Arc<jetstream::Context>,
    outlet: Arc<Outlet>,
    joiner: Joiner,
    ledger: Ledger,
    intents: Intents,
    gates: Gates,
    metrics: Metrics,
    stop: watch::Sender<bool>,
    reconnects: watch::Receiver<u64>,
    refusals: Refusals,
    letters: Letters,
    working: Working,
    cell: OnceLock<Cell>,
    /// Reply subject of the only message that this process handles.
    alone: Option<String>,
}

/// What a process cannot start without, unless the server refuses it: it would wait for an answer in vain.
async fn allowed<T>(
    asking: impl Future<Output = Result<T, RuntimeError>>,
    refusals: &Refusals,
) -> Result<T, RuntimeError> {
    let started = Instant::now();
    tokio::select! {
        answer = asking => answer,
        subject = refusals.of(|_| true, started) => Err(RuntimeError::Refused { subject }),
    }
}

impl Runtime {
    /// Connects, creates what is missing on the broker, and starts to follow the gates.
    pub async fn start(config: Config) -> Result<Self, RuntimeError> {
        Self::start_as(config, None).await
    }

    /// Starts a process that handles one message, the one with this reply subject, and nothing else.
    pub async fn start_alone(config: Config, reply: String) -> Result<Self, RuntimeError> {
        Self::start_as(Config { health_listen: None, ..config }, Some(reply)).await
    }

    async fn start_as(config: Config, alone: Option<String>) -> Result<Self, RuntimeError> {
        let connection = connection(&config.nats_url, &config.login).await?;
        let refusals = connection.refusals.clone();
        allowed(Self::start_on(connection, config, alone), &refusals).await
    }

    async fn start_on(
        connection: Connection,
        config: Config,
        alone: Option<String>,
    ) -> Result<Self, RuntimeError> {
        let Connection { client, reconnects, refusals } = connection;
        let jetstream = Arc::new(jetstream::new(client));
        provision(&jetstream, &config).await?;
        let bucket = async |bucket: &'static str| {
            jetstream
                .get_key_value(bucket)
                .await
                .map_err(|source| RuntimeError::Bucket { bucket, source: source.into() })
        };
        let outlet = Arc::new(Outlet::new(Arc::clone(&jetstream), refusals.clone()));
        let shared = Shared {
            ledger: Ledger::new(bucket(ledger::BUCKET).await?),
            letters: Letters { store: bucket(letters::BUCKET).await? },
            working: Working::default(),
            cell: OnceLock::new(),
            alone,
            intents: Intents { store: bucket(intents::BUCKET).await? },
            gates: Gates::follow(bucket(gate::BUCKET).await?).await?,
            joiner: Joiner::new(Runs::of(&outlet), Arc::clone(&outlet)),
            outlet,
            metrics: Metrics::new()?,
            stop: watch::Sender::new(false),
            reconnects,
            refusals,
            jetstream,
            config,
        };
        let runtime = Self { shared: Arc::new(shared) };
        loss::watch(&runtime, runtime.reconnects());
        Ok(runtime)
    }

    /// Says how a process is started for a message that processes die on; without it such a message is a dead letter sooner.
    pub fn quarantine_by(&self, quarantine: Quarantine) {
        // Who says it first is heard: it is said once, at the start.
        let _ = self.shared.cell.set(Cell { quarantine, turn: Semaphore::new(1) });
    }

    /// Runs a worker until a stop is asked for; in a process for one message, until that is settled.
    pub async fn run<W: Worker>(&self, worker: W) -> Result<(), RuntimeError> {
        if let Some(reply) = self.alone() {
            return handle_alone(self, worker, reply).await;
        }
        self.provision::<W>().await?;
        let connection = self.connects();
        // Before anything is pulled: the process may have ended at a message that ends it again.
        let looked = Box::pin(unreadable::look::<W>(self, &mut 0)).await;
        if let Err(error) = &looked {
            tracing::warn!(worker = W::NAME, %error, "could not look for messages that cannot be read");
        }
        tracing::info!(worker = W::NAME, "started");
        let _shift = self.working().begin(W::NAME);
        let (worker, lag) = (Arc::new(worker), self.watch_lag::<W>());
        let (sender, looked) = watch::channel(looked.map_or(0, |()| connection));
        tokio::select! {
            ended = consume(self, Arc::clone(&worker), looked) => ended?,
            () = lag => {}
            subject = self.refused::<W>() => return Err(RuntimeError::Refused { subject }),
            () = Box::pin(sweep(self, worker)) => {}
            () = Box::pin(unreadable::watch::<W>(self, sender)) => {}
        }
        tracing::info!(worker = W::NAME, "stopped");
        Ok(())
    }

    /// Waits until the server refuses what this worker lives by: its messages, or to settle them. It never would come to
    /// work, and it would be silent about it.
    async fn refused<W: Worker>(&self) -> String {
        let started = Instant::now();
        let vital = format!("{}.{}", W::SOURCE.stream(), consumer_name(W::NAME));
        let pull = format!("$JS.API.CONSUMER.MSG.NEXT.{vital}");
        let ack = format!("$JS.ACK.{vital}.");
        let is_vital = |subject: &str| subject == pull || subject.starts_with(&ack);
        self.shared.refusals.of(is_vital, started).await
    }

    /// Creates the consumer of a worker without running it, so that nothing it should get is missed.
    pub async fn provision<W: Worker>(&self) -> Result<(), RuntimeError> {
        self.create(Consumer::of::<W>(self.config().lease)).await
    }

    /// Creates a consumer, or makes one that is there as it should be.
    pub async fn create(&self, consumer: Consumer) -> Result<(), RuntimeError> {
        let creating = async { Ok(provision_consumer(self.jetstream(), consumer).await?) };
        allowed(creating, &self.shared.refusals).await
    }

    /// Serves health and metrics, if an address is configured, until a stop is asked for.
    pub async fn serve_health(&self) -> std::io::Result<()> {
        match self.shared.config.health_listen {
            Some(listen) => crate::health::serve(self.clone(), listen).await,
            None => Ok(()),
        }
    }

    /// Asks everything that runs to stop: no new messages, running ones finish.
    pub fn stop(&self) {
        self.shared.stop.send_replace(true);
    }

    /// Publishes a message of this process's own, and waits for the broker.
    pub async fn publish(&self, message: &Outgoing) -> Result<(), PublishError> {
        self.publish_in(message, &TraceContext::root()).await
    }

    async fn publish_in(&self, message: &Outgoing, trace: &TraceContext) -> Result<(), PublishError> {
        let publisher = Publisher::new(Arc::clone(self.outlet()));
        let context = Context { cause: "", generation: 0, again: None, trace };
        publisher.send(message.clone(), &context).await?;
        publisher.flush().await
    }

    pub(crate) async fn publish_quietly(&self, message: &Outgoing, trace: &TraceContext) {
        if let Err(error) = self.publish_in(message, trace).await {
            tracing::warn!(%error, "could not publish an alert");
        }
    }

    /// Reads what runs have said.
    pub fn runs(&self) -> Runs {
        Runs::of(self.outlet())
    }

    pub(crate) fn shared_jetstream(&self) -> &Arc<jetstream::Context> {
        &self.shared.jetstream
    }

    pub fn jetstream(&self) -> &jetstream::Context {
        &self.shared.jetstream
    }

    pub fn client(&self) -> async_nats::Client {
        self.shared.jetstream.client()
    }

    pub fn config(&self) -> &Config {
        &self.shared.config
    }

    pub fn metrics(&self) -> &Metrics {
        &self.shared.metrics
    }

    /// Turns true when a stop is asked for.
    pub fn stop_signal(&self) -> watch::Receiver<bool> {
        self.shared.stop.subscribe()
    }

    pub(crate) fn reconnects(&self) -> watch::Receiver<u64> {
        let mut reconnects = self.shared.reconnects.clone();
        reconnects.mark_unchanged();
        reconnects
    }

    /// Which connection it is, the first being 1.
    pub(crate) fn connects(&self) -> u64 {
        *self.shared.reconnects.borrow()
    }

    pub(crate) fn downgrade(&self) -> Weak {
        Weak { shared: Arc::downgrade(&self.shared) }
    }

    pub(crate) fn outlet(&self) -> &Arc<Outlet> {
        &self.shared.outlet
    }

    pub(crate) fn letters(&self) -> &Letters {
        &self.shared.letters
    }

    pub(crate) fn cell(&self) -> Option<&Cell> {
        self.shared.cell.get()
    }

    /// Whether this process was started for one message, and must do nothing else.
    pub fn is_alone(&self) -> bool {
        self.alone().is_some()
    }

    pub(crate) fn alone(&self) -> Option<&str> {
        self.shared.alone.as_deref()
    }

    pub(crate) fn joiner(&self) -> &Joiner {
        &self.shared.joiner
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.shared.ledger
    }

    pub(crate) fn intents(&self) -> &Intents {
        &self.shared.intents
    }

    pub(crate) fn working(&self) -> &Working {
        &self.shared.working
    }

    pub(crate) fn gates(&self) -> &Gates {
        &self.shared.gates
    }

    pub(crate) fn lease<W: Worker>(&self) -> Duration {
        self.shared.config.lease.unwrap_or(W::RETRY.lease)
    }

    /// How often the holder of a closed gate probes: often enough to keep the gate's own lease.
    pub(crate) fn probe_every<W: Worker>(&self) -> Duration {
        (self.lease::<W>() / 6).clamp(Duration::from_millis(200), Duration::from_secs(5))
    }

    /// Keeps the lag of a worker in the metrics; never ends.
    async fn watch_lag<W: Worker>(&self) {
        let (stream, name) = (W::SOURCE.stream(), consumer_name(W::NAME));
        let mut oldest = None;
        loop {
            if let Some(lag) = self.lag::<W>(stream, &name, &mut oldest).await {
                self.metrics().lag(W::NAME, stream, &name, &lag);
            }
            tokio::time::sleep(Duration::from_secs(15)).await;
        }
    }

    /// `oldest` is the message that was the oldest when this was asked before: it is read once.
    async fn lag<W: Worker>(
        &self,
        stream: &str,
        name: &str,
        oldest: &mut Option<(u64, DateTime<Utc>)>,
    ) -> Option<Lag> {
        let info = self.jetstream().get_stream_no_info(stream).await.ok()?.consumer_info(name).await.ok()?;
        let first = info.ack_floor.stream_sequence + 1;
        if info.num_pending == 0 && info.num_ack_pending == 0 {
            *oldest = None;
        } else if oldest.is_none_or(|(sequence, _)| sequence < first)
            // What cannot be asked is as it was; what is gone, or was replaced, is not waited for.
            && let Ok(found) = raw::next(self.jetstream(), stream, &W::SOURCE.filter(), first).await
        {
            *oldest = found.map(|message| (message.sequence, message.published_at));
        }
        #[expect(clippy::disallowed_methods, reason = "the runtime is where the clock is read")]
        let age = oldest.map(|(_, published_at)| Utc::now() - published_at);
        Some(Lag {
            pending: info.num_pending,
            ack_pending: info.num_ack_pending,
            redelivered: info.num_redelivered,
            oldest: age.and_then(|age| age.to_std().ok()).unwrap_or_default(),
            paused: info.paused,
        })
    }
}
