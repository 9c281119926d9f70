//! Finds what conversions have in common: who books, what was said to them, when, and how.
//!
//! `Detector` counts cases in one pass and ends in the four documents; `gate` decides over learned weights.

pub mod card;
pub mod case;
mod counts;
mod detector;
mod documents;
mod fact;
pub mod gate;
mod how;
mod sequence;
mod tally;
mod timing;
mod what;
mod when;
mod who;
mod words;

pub use counts::Lexicon;
pub use detector::{Detector, Findings, LEAST, Setting};
pub use words::Contents;

#[cfg(test)]
mod tests;
