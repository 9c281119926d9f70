//! Learns from conversions: every week, and whenever somebody asks.

mod learner;
pub mod table;
mod weekly;

pub use learner::{Learner, changed};
pub use weekly::weekly;
