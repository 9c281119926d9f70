//! What comes of all rows of a table, and whether there are enough of them.

use patterns::card::rounded;
use stats::calibrate::sigmoid;
use stats::{Interval, Rate, Z};

use super::outcome::{Measured, Outcome};

/// Fewer rows, or fewer of either outcome, and nothing may be concluded.
const LEAST_ROWS: usize = 30;
const LEAST_OF_A_KIND: usize = 10;

/// What comes of all rows.
pub(super) struct Base {
    pub(super) rate: f64,
    pub(super) interval: Interval,
    pub(super) converted: Option<usize>,
    pub(super) evidence_quality: Option<f64>,
    /// Whether anything may be concluded.
    pub(super) enough: bool,
}

impl Base {
    pub(super) fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::YesNo(outcomes) => {
                let converted = outcomes.iter().filter(|outcome| **outcome).count();
                let rate = Rate::new(converted as u64, outcomes.len() as u64);
                let jeffreys = rate.jeffreys();
                Self {
                    rate: rate.share().unwrap_or_default(),
                    interval: rate.wilson(),
                    converted: Some(converted),
                    evidence_quality: Some(rounded(1.0 - (jeffreys.high - jeffreys.low), 3)),
                    enough: outcomes.len() >= LEAST_ROWS
                        && converted.min(outcomes.len() - converted) >= LEAST_OF_A_KIND,
                }
            }
            Outcome::Measured(Measured { values, weights, .. }) => {
                let all: f64 = weights.iter().sum();
                let of = |value: &dyn Fn(f64) -> f64| {
                    values.iter().zip(weights).map(|(one, weight)| value(*one) * weight).sum::<f64>() / all
                };
                let mean = of(&|value| value);
                let rows = all * all / weights.iter().map(|weight| weight * weight).sum::<f64>();
                let half = Z * (of(&|value| (value - mean).powi(2)) / rows).sqrt();
                Self {
                    rate: mean,
                    interval: Interval { low: mean - half, high: mean + half },
                    converted: None,
                    evidence_quality: None,
                    enough: values.len() >= LEAST_ROWS,
                }
            }
        }
    }

    pub(super) fn confidence(&self, rows: usize) -> f64 {
        if self.enough { rounded(sigmoid((rows as f64 - 100.0) / 30.0), 2) } else { 0.0 }
    }
}
