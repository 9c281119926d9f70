//! What contractors that levelled up have in common, and what follows for those who have not yet.
//!
//! `Learner` looks at contractors once and gives released patterns; matches, goals, partners, content and timelines are
//! made from these and from nothing else. No clock, no database: the moment is an argument, and the same input gives the
//! same bytes.

pub mod content;
pub mod goals;
pub mod ladder;
pub mod learned;
mod learner;
pub mod matching;
pub mod money;
pub mod partners;
pub mod pattern;
pub mod record;
pub mod rules;
pub mod timeline;

pub use ladder::Ladder;
pub use learned::{Learned, Run};
pub use learner::Learner;
pub use pattern::{Pattern, PatternType, Status, Verdict};
pub use record::{Consumed, ContentKind, Observed, Outcome, Profile, Reached, Record, Used};
pub use rules::Rules;

#[cfg(test)]
mod tests;
