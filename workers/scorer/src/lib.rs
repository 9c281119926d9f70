//! Decides who is in which segment and what each segment is worth, and how promising each lead is.
//!
//! Leads: `leads` scores them when they come, change, or something is learned, `together` those of which news comes at
//! once; `missed` finds those nobody spoke of.
//! Segments: `Intake` takes the parts of a run, `propose` finds the segments, `ranking` lets Claude move the best of them a
//! little, and `settle` gives every clinic one segment. All of it is pure; `Scorer` reads, asks and publishes.

pub mod alerts;
pub mod assignment;
pub mod clinics;
pub mod confidence;
pub mod dedup;
pub mod ladder;
mod leads;
mod missed;
pub mod pairs;
pub mod priority;
pub mod proposal;
pub mod publication;
pub mod ranking;
pub mod run;
mod scorer;
pub mod segments;
mod together;

#[cfg(test)]
mod tests;

pub use dedup::{Decision, Ranked, Totals, settle};
pub use leads::{LeadScorer, LeadUpdateScorer, Rescorer};
pub use missed::announce_missed;
pub use proposal::{Proposal, Wishes, propose};
pub use run::{Error, Intake, Run};
pub use scorer::{Config, RulesError, Scorer};
pub use together::Together;
