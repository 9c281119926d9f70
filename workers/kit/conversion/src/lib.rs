//! What is learned of conversions: counted in one pass, decided over, stored, and led back to its leads.
//!
//! `Detector` counts cases and ends in the four documents; `gate` decides over learned weights; `Conversion` reads a
//! client's rows, and stores what follows. Rules know no clock and no database: the moment is an argument.

pub mod card;
pub mod case;
mod counts;
mod detector;
mod documents;
mod evidence;
mod fact;
pub mod gate;
mod how;
mod learning;
mod reading;
pub mod schedule;
mod sequence;
mod tally;
mod timing;
mod what;
mod when;
mod who;
mod words;

pub use counts::Lexicon;
pub use detector::{Detector, Findings, LEAST, Setting};
pub use evidence::{Behind, Counted};
pub use learning::{Outcome, Request};
pub use words::Contents;

use chrono_tz::Tz;
use db::Db;

/// What gateway, commands and workers do with what is learned of a client's conversions.
#[derive(Debug, Clone)]
pub struct Conversion {
    db: Db,
    /// Where clients are; and leads of whom nothing better is known.
    zone: Tz,
}

/// Why something could not be learned or told.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Db(#[from] db::Error),
    #[error("a document of patterns could not be read or written")]
    Document(#[from] serde_json::Error),
}

impl Conversion {
    pub fn new(db: Db, zone: Tz) -> Self {
        Self { db, zone }
    }

    pub fn db(&self) -> &Db {
        &self.db
    }
}

#[cfg(test)]
mod tests;
