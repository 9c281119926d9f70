//! Writes what to say to the clinics of each segment: Claude's words where they can be had, generic ones where not.

pub mod check;
pub mod generic;
pub mod prompt;
