//! What contractors that levelled up have in common, and what follows for those who have not yet.
//!
//! `Learner` looks at contractors once and gives released patterns; matches, goals, partners, content and timelines are
//! made from these and from nothing else. No clock, no database: the moment is an argument, and the same input gives the
//! same bytes.

mod about;
mod cohort;
pub mod confidence;
pub mod content;
mod document;
mod effect;
mod facts;
mod figure;
pub mod goals;
mod history;
pub mod ladder;
pub mod learned;
mod learner;
pub mod matching;
pub mod money;
mod months;
pub mod partners;
pub mod pattern;
pub mod record;
mod release;
pub mod rules;
pub mod timeline;

pub use history::elapsed_months;
pub use ladder::Ladder;
pub use learned::{Learned, Run};
pub use learner::Learner;
pub use pattern::{Pattern, PatternType, Status, Verdict};
pub use record::{Consumed, ContentKind, Observed, Outcome, Profile, Reached, Record, Used};
pub use rules::Rules;

#[cfg(test)]
mod tests;
