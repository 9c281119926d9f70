//! When whom to contact: business days, weekly slots, sequences of steps, and what stops them.
//!
//! Pure rules: the time is an argument, and the same input gives the same week.

mod apportion;
mod calendar;
mod hours;
mod intent;
mod sequence;
mod state;
mod week;

pub use apportion::{Quota, apportion, quotas};
pub use calendar::{Calendar, local};
pub use hours::may_go_out;
pub use intent::{Intent, LONGEST_AWAY, back_on, intent};
pub use sequence::{Kind, SequenceType, Step, Style, followup_days};
pub use state::{Cause, Enrolment, State, Stop};
pub use week::{
    Candidate, Due, HARD_CAP, Plan, Reason, SEGMENTS, Shortfall, Touch, WEEKLY_CAP, WEIGHTS, Week,
    first_week, plan,
};
