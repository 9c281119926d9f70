//! The shape of a worker: one kind of message in, messages out.

use crate::delivery::Delivery;
use crate::fault::{Cause, Fault};
use proto::subject::{Stage, Subject, stream};
use proto::{Message, Name, Outbox};
use std::future::Future;
use std::time::Duration;

/// One kind of message in, messages out.
pub trait Worker: Send + Sync + 'static {
    /// Names the durable consumer, the command and the metric label. Never reused.
    const NAME: &'static str;
    /// Where its messages come from.
    const SOURCE: Source;
    /// How often and how long it tries.
    const RETRY: Retry = Retry::DEFAULT;
    type Input: Message + Name + Default + 'static;

    /// Handles one message. Runs again after a crash or a retry, so it must be idempotent.
    ///
    /// What it returns is published before the input is acknowledged; stages of a run are joined by the runtime.
    fn handle(
        &self,
        input: Self::Input,
        delivery: &Delivery,
    ) -> impl Future<Output = Result<Outbox, Fault>> + Send;

    /// What nobody should wait for when the message at this subject dies: tombstones of the parts it would have become.
    fn tombstones(&self, _subject: &Subject, _class: &'static str) -> Outbox {
        Outbox::none()
    }

    /// SQLSTATE, HTTP status or the like of what a message died of; part of the fingerprint of its dead letter.
    fn code(&self, _cause: &Cause) -> Option<String> {
        None
    }

    /// Whether a gate that this worker closed can open again.
    fn probe(&self, _gate: &str) -> impl Future<Output = Result<(), Fault>> + Send {
        std::future::ready(Ok(()))
    }
}

/// Which messages a worker consumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Every part of a stage, of all runs.
    Parts(Stage),
    /// One named part of a stage, of all runs.
    Part(Stage, &'static str),
    /// A stage is complete, in any run.
    Complete(Stage),
    /// Facts of one kind.
    Event(&'static str),
    /// Its own jobs.
    Jobs(&'static str),
}

impl Source {
    pub fn stream(self) -> &'static str {
        match self {
            Self::Parts(_) | Self::Part(..) | Self::Complete(_) => stream::RUN,
            Self::Event(_) => stream::EVENTS,
            Self::Jobs(_) => stream::JOBS,
        }
    }

    pub fn filter(self) -> String {
        match self {
            Self::Parts(stage) => Subject::all_parts(stage),
            Self::Part(stage, part) => Subject::all_named_parts(stage, part),
            Self::Complete(stage) => Subject::all_completes(stage),
            Self::Event(kind) => Subject::events(kind),
            Self::Jobs(worker) => Subject::jobs(worker),
        }
    }
}

/// How often and how long a worker tries.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Retry {
    /// Attempts before the message is a dead letter; waits and closed gates cost none.
    pub budget: u32,
    /// The delay after the first failure; doubles with each, with full jitter.
    pub base: Duration,
    pub cap: Duration,
    /// How long the server waits for a sign of life before it gives the message to somebody else.
    pub lease: Duration,
    /// How long one message may be worked on at all.
    pub deadline: Duration,
    /// Messages in flight in one process.
    pub concurrency: usize,
}

impl Retry {
    pub const DEFAULT: Self = Self {
        budget: 6,
        base: Duration::from_secs(1),
        cap: Duration::from_secs(300),
        lease: Duration::from_secs(30),
        deadline: Duration::from_secs(900),
        concurrency: 8,
    };

    /// The longest delay after the given number of failed attempts, 1 or more.
    pub fn ceiling(&self, attempts: u32) -> Duration {
        let doublings = attempts.saturating_sub(1).min(20);
        self.base.saturating_mul(1 << doublings).min(self.cap)
    }
}
