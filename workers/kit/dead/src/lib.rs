//! Dead letters for operators: read, told apart, corrected, replayed, given up; every change is audited.

mod audit;
mod carry;
mod compare;
mod discard;
mod edit;
mod filter;
mod group;
mod hex;
mod letter;
mod list;
mod message;
mod reader;
mod sequences;
mod states;

pub use audit::{By, Event, Verb, Wish};
pub use carry::{Imported, Line, LineError, Parcel};
pub use compare::{Comparison, Good, unified};
pub use discard::{Discarded, FEW};
pub use edit::{Correction, EditError, Edited, blank, correction};
pub use filter::Filter;
pub use group::{Group, groups};
pub use letter::{BadStanding, Letter, Record, Standing};
pub use list::Follow;
pub use message::{Message, Shown};
pub use sequences::{BadSequence, Sequences};

use async_nats::jetstream;
use runtime::{ReadError, Runs};
use std::sync::Arc;

/// The dead letters of a broker. Cheap to clone.
#[derive(Clone)]
pub struct Dead {
    pub jetstream: Arc<jetstream::Context>,
    runs: Runs,
}

/// Why something about dead letters could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("could not {doing}")]
    Broker { doing: &'static str, source: Box<dyn std::error::Error + Send + Sync> },
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("there is no dead letter {0}")]
    NoLetter(u64),
    #[error("the dead letter {letter} is {state}")]
    NotOpen { letter: u64, state: Standing },
}

/// Names what was tried when the broker did not do it.
pub(crate) fn broker<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
    doing: &'static str,
) -> impl FnOnce(E) -> Error {
    move |source| Error::Broker { doing, source: source.into() }
}

impl Dead {
    pub fn new(jetstream: jetstream::Context) -> Self {
        let jetstream = Arc::new(jetstream);
        Self { runs: Runs::new(Arc::clone(&jetstream)), jetstream }
    }
}
