//! Partners that those who levelled up used, and how much that adds to a partner's own score.

use crate::pattern::{Comparison, Pattern, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// A partner's score is raised only where so many used it.
const LEAST_USAGE: f64 = 0.5;
/// Usage that raises a score by the full 15 % (GR-097).
const FULL_USAGE: f64 = 0.89;
const MOST: f64 = 0.15;
const LEAST_N: u64 = 5;

/// A partner to recommend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PartnerAdvice {
    pub partner_id: i32,
    pub pattern_id: i32,
    pub name: String,
    pub usage_rate: f64,
    pub avg_satisfaction: Option<f64>,
    pub sample_size: u64,
    pub verdict: Verdict,
    /// Of those who stayed, where they are known.
    pub comparison: Option<Comparison>,
    /// As `BuildPro (used by 89% of contractors who went from $3M to $5M, avg satisfaction 4.8/5)`.
    pub text: String,
    /// What the contractor is told (GR-098), as `Contractors like you used BuildPro (89% of 47 who went from $3M to $5M)`.
    pub like_you: String,
}

/// Partners of the patterns that a contractor matches, the most used first; each once, from the first pattern that has it.
/// `names` of partners; who has none is left out.
pub fn recommend(matched: &[&Pattern], names: &BTreeMap<i32, String>) -> Vec<PartnerAdvice> {
    let mut seen = BTreeSet::new();
    let mut advice = Vec::new();
    for pattern in matched {
        for partner in pattern.common_partners.iter().filter(|partner| partner.figure.is_common()) {
            let Some(name) = names.get(&partner.partner_id) else { continue };
            if !seen.insert(partner.partner_id) {
                continue;
            }
            let satisfied = partner
                .avg_satisfaction
                .map_or(String::new(), |avg| format!(", avg satisfaction {avg:.1}/5"));
            let percent = partner.figure.percent();
            let went = format!("who went from {} to {}", pattern.from_label, pattern.to_label);
            let beside = partner.figure.also_beside();
            advice.push(PartnerAdvice {
                partner_id: partner.partner_id,
                pattern_id: pattern.id,
                name: name.clone(),
                usage_rate: partner.usage_rate,
                avg_satisfaction: partner.avg_satisfaction,
                sample_size: partner.figure.n,
                verdict: partner.figure.verdict,
                comparison: partner.figure.comparison.clone(),
                text: format!("{name} (used by {percent} of contractors {went}{satisfied}{beside})"),
                like_you: format!(
                    "Contractors like you used {name} ({percent} of {} {went}{beside})",
                    partner.figure.n
                ),
            });
        }
    }
    advice.sort_by(|one, other| {
        (other.usage_rate.total_cmp(&one.usage_rate)).then(one.partner_id.cmp(&other.partner_id))
    });
    advice
}

/// A partner's own match score, 0 to 1, raised by how many of `n` used it (default GR 41).
pub fn boosted(score: f64, usage_rate: f64, n: u64) -> f64 {
    if n < LEAST_N || usage_rate < LEAST_USAGE {
        return score;
    }
    (score * (1.0 + MOST * (usage_rate / FULL_USAGE).min(1.0))).min(1.0)
}
