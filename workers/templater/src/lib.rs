//! Writes what to say to the clinics of each segment, and the words of sequences: Claude's where they can be had.

mod alert;
mod campaign;
pub mod check;
pub mod decide;
mod filling;
pub mod generic;
mod invented;
pub mod prompt;
mod sequence;
mod templater;

#[cfg(test)]
mod tests;

pub use campaign::CampaignWriter;
pub use sequence::SequenceWriter;
pub use templater::{Config, Templater};
