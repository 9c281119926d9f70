//! Goals of a contractor, from the patterns that it matches, or from its profile alone.

use crate::Rules;
use crate::pattern::{Pattern, PatternType};
use crate::record::Profile;
use crate::rules::Gap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A goal with its checklist (GR-091).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Goal {
    pub goal_type: PatternType,
    pub goal_description: String,
    pub target_milestone: String,
    /// 1 to 10.
    pub priority_score: u8,
    pub pattern_id: Option<i32>,
    /// As "Based on 47 contractors who went from $3M to $5M - 89% improved lead systems first".
    pub pattern_source: Option<String>,
    pub pattern_confidence: Option<f64>,
    pub data_gaps: Vec<Gap>,
    pub checklist: Vec<String>,
    pub expected_low_months: Option<u32>,
    pub expected_high_months: Option<u32>,
    pub timeline: Option<String>,
}

/// Goals of a contractor: one for each type that a matched pattern has, from the best match, and one for each type of its
/// focus areas that has none; never none at all. `elapsed` are months in its tier, `names` those of partners.
pub fn goals(
    _rules: &Rules,
    _profile: &Profile,
    _elapsed: Option<f64>,
    _matched: &[&Pattern],
    _names: &BTreeMap<i32, String>,
) -> Vec<Goal> {
    Vec::new()
}

/// The priority of a goal by the confidence of its pattern (default GR 42).
pub fn priority(confidence: f64) -> u8 {
    (confidence * 10.0 + 1e-9).round().clamp(1.0, 10.0) as u8
}
