//! What was learned of conversions: the documents, and what they tell those who write messages.

pub mod card;

pub use card::{Adjusted, Card, Evidence, Verdict};
