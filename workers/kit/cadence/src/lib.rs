//! When whom to contact: business days, weekly slots, and sequences of steps.
//!
//! Pure rules: the time is an argument, and the same input gives the same week.

mod apportion;
mod calendar;
mod sequence;
mod week;

pub use apportion::{Quota, apportion, quotas};
pub use calendar::{Calendar, local};
pub use sequence::{Kind, SequenceType, Step, Style, followup_days};
pub use week::{
    Candidate, Due, HARD_CAP, Plan, Reason, SEGMENTS, Shortfall, Touch, WEEKLY_CAP, WEIGHTS, Week, plan,
};
