//! Writes what to say to the clinics of each segment: Claude's words where they can be had, generic ones where not.

mod alert;
pub mod check;
pub mod decide;
pub mod generic;
pub mod prompt;
mod templater;

#[cfg(test)]
mod tests;

pub use templater::{Config, Templater};
