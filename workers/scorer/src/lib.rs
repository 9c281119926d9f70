//! Decides who is in which segment and what each segment is worth.
//!
//! `Intake` takes the parts of a run, `propose` finds the segments, `ranking` lets Claude move the best of them a
//! little, and `settle` gives every clinic one segment. All of it is pure; `Scorer` reads, asks and publishes.

mod clinics;
mod confidence;
mod dedup;
mod ladder;
mod pairs;
mod priority;
mod proposal;
mod ranking;
mod run;
mod segments;

#[cfg(test)]
mod tests;

pub use dedup::{Decision, Ranked, Totals, settle};
pub use proposal::{Proposal, Wishes, propose};
pub use run::{Error, Intake, Run};
