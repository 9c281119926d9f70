//! What a score could become, if something that is not known yet were found out.

use crate::judged::Judged;
use crate::rules::Rule;
use crate::{Part, Tier, Weights};
use serde::Serialize;
use utoipa::ToSchema;

/// The score of a lead of which one more thing is true.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct WhatIf {
    pub part: Part,
    pub rule: String,
    /// What would be true of it.
    pub says: String,
    pub score: u8,
    pub gain: u8,
    pub tier: Tier,
}

impl Judged<'_> {
    /// What could still be found out in favour of a lead; what brings the most comes first. Of rules of which one
    /// counts it is the best.
    pub fn what_ifs(&self, weights: &Weights) -> Vec<WhatIf> {
        let now = self.score(weights).score;
        let best_of_its_kind = |rule: &&&Rule| {
            rule.among.is_none()
                || self.unknown.iter().all(|other| {
                    (other.part, &other.among) != (rule.part, &rule.among) || other.points <= rule.points
                })
        };
        let open = self.unknown.iter().filter(|rule| rule.part != Part::Risk).filter(best_of_its_kind);
        let mut found: Vec<WhatIf> = open
            .map(|rule| {
                let score = self.meeting(rule).score(weights);
                WhatIf {
                    part: rule.part,
                    rule: rule.name.clone(),
                    says: rule.says.clone(),
                    gain: score.score.saturating_sub(now),
                    score: score.score,
                    tier: score.tier,
                }
            })
            .collect();
        // Two of one kind that are worth the same say the same.
        found.sort_by(|one, other| {
            other.gain.cmp(&one.gain).then_with(|| (one.part, &one.rule).cmp(&(other.part, &other.rule)))
        });
        found
    }
}
