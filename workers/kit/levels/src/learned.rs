//! What a learning found, beside the patterns.

use crate::pattern::Pattern;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// All that a learning gives back.
#[derive(Debug, Clone, PartialEq)]
pub struct Learned {
    /// Every pattern to store: those of before by their `id`, new ones with 0.
    pub patterns: Vec<Pattern>,
    pub run: Run,
    /// What each of the outcomes counts as, in their order, to be kept with it; none while it does not count, and of
    /// all but the first of a contractor.
    pub counted: Vec<Option<f64>>,
}

/// The document of a learning.
///
/// What it counts of all contractors, of transitions that too few have made (X50) and of names on lists is exact, and moves
/// by one: it tells who is known, and nothing of what they did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Run {
    pub as_of: DateTime<Utc>,
    /// Contractors that were looked at, and those of them with a history.
    pub contractors: u64,
    pub with_history: u64,
    /// Rows of the history whose tier is not on the ladder.
    pub unknown_tiers: u64,
    /// Whether the history looks like lists that appear once a year.
    pub yearly_lists: bool,
    pub breaks: Vec<Break>,
    /// Whether hardly any revenue ever fell: the rows were chosen for growth, and nothing is compared.
    pub selected_for_growth: bool,
    pub eligible: Vec<Transition>,
    /// Those of which no pattern is served, and why (GR-115).
    pub insufficient_data: Vec<Transition>,
    /// None without outcomes.
    pub calibration: Option<Calibration>,
}

/// A year in which most names vanish: what the list holds was defined anew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Break {
    /// The first year after the break.
    pub year: i32,
    /// Seen in the year before, and seen in both.
    pub seen: u64,
    pub stayed: u64,
    /// Three decimals.
    pub share: f64,
    /// The median share of all years.
    pub usual: f64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Transition {
    pub from_revenue_tier: String,
    pub to_revenue_tier: String,
    /// Of an eligible one, the `sample_size` that is told.
    pub n: u64,
    /// Why there is no pattern.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Whether confidence came true (GR-117).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Calibration {
    /// Contractors whose outcomes count.
    pub outcomes: u64,
    /// Expected calibration error over ten bins.
    pub error: f64,
    pub brier: f64,
    /// Bins with at least five outcomes.
    pub bins: Vec<Bin>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Bin {
    /// The mean confidence that was told.
    pub confidence: f64,
    /// The share that succeeded.
    pub succeeded: f64,
    pub n: u64,
}
