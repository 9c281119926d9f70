//! Growth: learns of contractors every month and whenever somebody asks, and records what came of their goals.

mod learner;
mod monthly;
mod outcomes;
mod settle;

pub use learner::{JOBS, Learner, recalculated};
pub use monthly::monthly;
pub use outcomes::{OutcomeRecorder, outcome};
