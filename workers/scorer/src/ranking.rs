//! Claude's word on the ten best segments: at most one point up or down, kept beside the computed score (X98).

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::confidence::rounded;
use crate::priority;
use crate::proposal::{Candidate, Proposal, Wishes, order};
use crate::run::Run;
use crate::segments;

/// Raised when the question changes, so that old answers are asked anew.
pub const VERSION: &str = "1";
const ASKED: usize = 10;
const MOST: f64 = 1.0;
const LONGEST_REASON: usize = 300;

pub const SYSTEM: &str = "You help the sales team of a vendor to physical therapy (PT) clinics to decide which \
    segments of clinics to contact first. You know only the numbers in the data. A score between 1 and 10 was \
    computed for each segment; you may move it by at most 1 up or down. Use 0 where you have no good reason.";

/// The source document's words (PT-074).
pub const TASK: &str = "Rank these PT clinic segments by business opportunity. Consider: market size, pain severity, \
    solution fit. Answer with one item for each segment, under its exact name: the delta to its score and the reason \
    in one sentence.";

#[derive(Debug, Clone, PartialEq)]
pub struct Adjustment {
    /// Between -1 and 1, one decimal.
    pub delta: f64,
    pub reason: String,
}

/// The ten best, and the best of each category that matters even when it is not among them (PT-013).
pub fn asked(run: &Run, wishes: &Wishes, proposal: &Proposal) -> Vec<usize> {
    let candidates = &proposal.candidates;
    let order = order(run, wishes, candidates, &vec![0.0; candidates.len()]);
    let category = |at: usize| candidates[at].category(run);
    let guaranteed: Vec<usize> = wishes
        .priority_categories
        .iter()
        .filter_map(|wished| order.iter().copied().find(|at| category(*at) == wished))
        .take(ASKED)
        .collect();
    let mut room = ASKED.saturating_sub(guaranteed.len());
    let mut asked = Vec::new();
    for at in order {
        if guaranteed.contains(&at) {
            asked.push(at);
        } else if room > 0 {
            room -= 1;
            asked.push(at);
        }
    }
    asked
}

pub fn data(run: &Run, proposal: &Proposal, asked: &[usize]) -> Value {
    let segment = |candidate: &Candidate| {
        json!({
            "segment": candidate.name,
            "pain_category": candidate.category(run),
            "match_strategy": segments::strategies(run, candidate.labels.iter().copied()),
            "score": priority::score(candidate.raw),
            "clinics": candidate.clinics,
            "with_decision_maker": candidate.with_decision_maker,
            "with_email": candidate.with_email,
            "mean_confidence": rounded(candidate.facts.mean_confidence),
            "mean_severity": rounded(candidate.facts.mean_severity),
            "total_mentions": candidate.facts.total_mentions,
        })
    };
    json!({ "segments": asked.iter().map(|at| segment(&proposal.candidates[*at])).collect::<Vec<_>>() })
}

pub fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "ranking": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "segment": {"type": "string"},
                        "delta": {"type": "number", "description": "minimum: -1, maximum: 1"},
                        "reason": {"type": "string"},
                    },
                    "required": ["segment", "delta", "reason"],
                    "additionalProperties": false,
                },
            },
        },
        "required": ["ranking"],
        "additionalProperties": false,
    })
}

/// The adjustments by candidate. What lies outside the bounds is drawn to them, what was not asked is left out.
pub fn adjustments(proposal: &Proposal, asked: &[usize], answer: &Value) -> Vec<Option<Adjustment>> {
    let known: HashMap<&str, usize> =
        asked.iter().map(|at| (proposal.candidates[*at].name.as_str(), *at)).collect();
    let mut adjustments = vec![None; proposal.candidates.len()];
    for item in answer["ranking"].as_array().into_iter().flatten() {
        let at = item["segment"].as_str().and_then(|name| known.get(name));
        let delta = item["delta"].as_f64().filter(|delta| delta.is_finite());
        if let (Some(&at), Some(delta)) = (at, delta) {
            let reason = item["reason"].as_str().unwrap_or_default();
            let reason = reason.chars().filter(|c| !c.is_control()).take(LONGEST_REASON).collect();
            adjustments[at] = Some(Adjustment { delta: rounded(delta.clamp(-MOST, MOST)), reason });
        }
    }
    adjustments
}
