//! Dead letters for operators: read, told apart, corrected, replayed, given up; every change is audited.

mod audit;
mod carry;
mod compare;
mod discard;
mod edit;
mod engine;
mod facts;
mod filter;
mod group;
mod hex;
mod holding;
mod known;
mod letter;
mod list;
mod listing;
mod message;
mod moment;
mod pace;
mod plan;
mod reader;
mod reopen;
mod replay;
mod send;
mod sequences;
mod states;

pub use audit::{By, Event, Recent, UnknownVerb, Verb, Wish};
pub use carry::{Imported, Line, LineError, Parcel};
pub use compare::{Among, Comparison, Good, unified};
pub use discard::{Discarded, FEW};
pub use edit::{Correction, EditError, Edited, blank, correction};
pub use engine::{Engine, Request};
pub use filter::Filter;
pub use group::{Group, groups};
pub use holding::{Holding, Removed};
pub use known::Known;
pub use letter::{BadStanding, Letter, Record, Standing};
pub use list::Follow;
pub use listing::Listing;
pub use message::{Message, Shown};
pub use moment::Moment;
pub use pace::Pace;
pub use plan::{DryRun, Kind, Plan, Reopened, Skipped, TRIES};
pub use replay::{BUCKET as REPLAYS, Order, Phase, Replay, Tally, bucket};
pub use sequences::{BadSequence, Sequences};

use async_nats::jetstream;

use std::sync::Arc;

/// The dead letters of a broker. Cheap to clone.
#[derive(Clone)]
pub struct Dead {
    pub(crate) jetstream: Arc<jetstream::Context>,
}

/// Why something about dead letters could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("could not {doing}")]
    Broker { doing: &'static str, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("there is no dead letter {0}")]
    NoLetter(u64),
    #[error("the dead letter {letter} is {state}")]
    NotOpen { letter: u64, state: Standing },
    #[error("there is no replay {0}")]
    NoReplay(String),
    #[error("the replay {id} is {}", .phase.as_str())]
    Over { id: String, phase: Phase },
    #[error("another process works on the replay {0}")]
    Attended(String),
    #[error("these letters are too many and too scattered for one replay")]
    TooScattered,
}

/// Names what was tried when the broker did not do it.
pub(crate) fn broker<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
    doing: &'static str,
) -> impl FnOnce(E) -> Error {
    move |source| Error::Broker { doing, source: source.into() }
}

impl Dead {
    pub fn new(jetstream: jetstream::Context) -> Self {
        Self { jetstream: Arc::new(jetstream) }
    }

    /// The connection that it reads from.
    pub fn jetstream(&self) -> Arc<jetstream::Context> {
        Arc::clone(&self.jetstream)
    }
}

#[expect(clippy::disallowed_methods, reason = "records say when they were written")]
fn now() -> chrono::DateTime<chrono::Utc> {
    chrono::Utc::now()
}
