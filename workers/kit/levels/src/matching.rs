//! How well a pattern fits a contractor: tier 30 %, focus areas 40 %, team size 15 %, stage 15 % (GR-072 to GR-075).

use crate::Rules;
use crate::pattern::{Pattern, Status};
use crate::record::Profile;
use crate::rules::slug;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// So many patterns are told of a contractor (GR-078).
pub const TOP: usize = 3;
/// A pattern that fits less is no match (default GR 39).
pub const LEAST: f64 = 0.30;

/// A pattern that fits a contractor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Match {
    pub pattern_id: i32,
    /// 0 to 1, two decimals.
    pub match_score: f64,
    /// As "Revenue tier and focus areas align".
    pub match_reason: String,
    pub parts: Parts,
}

/// How far each part fits, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Parts {
    pub revenue_tier: f64,
    pub focus_areas: f64,
    pub team_size: f64,
    pub current_stage: f64,
}

impl Parts {
    /// 0 to 1, half up to two decimals.
    pub fn score(self) -> f64 {
        let sum = 0.30 * self.revenue_tier
            + 0.40 * self.focus_areas
            + 0.15 * self.team_size
            + 0.15 * self.current_stage;
        // 0.755 is a little less than that in binary, and is 0.76 nevertheless.
        ((sum * 100.0 + 0.5 + 1e-9).floor() / 100.0).clamp(0.0, 1.0)
    }
}

/// The three patterns that fit best, the best first; downgraded ones after all others.
///
/// What is not served is no match, nor is a pattern to a tier that the contractor has reached already.
pub fn matches<'a>(
    rules: &Rules,
    profile: &Profile,
    patterns: impl IntoIterator<Item = &'a Pattern>,
) -> Vec<Match> {
    let known = Known::of(rules, profile);
    let mut found: Vec<(&Pattern, Parts, f64)> = patterns
        .into_iter()
        .filter(|pattern| pattern.status.is_served() && known.is_ahead(rules, pattern))
        .map(|pattern| (pattern, known.parts(rules, pattern)))
        .map(|(pattern, parts)| (pattern, parts, parts.score()))
        .filter(|(_, _, score)| *score >= LEAST)
        .collect();
    found.sort_by(|(one, _, one_score), (other, _, other_score)| {
        let is_last = |pattern: &Pattern| pattern.status == Status::Downgraded;
        (is_last(one).cmp(&is_last(other)))
            .then(other_score.total_cmp(one_score))
            .then(other.confidence_score.total_cmp(&one.confidence_score))
            .then(other.sample_size.cmp(&one.sample_size))
            .then_with(|| one.key().cmp(&other.key()))
    });
    found.truncate(TOP);
    let matched = found.into_iter().map(|(pattern, parts, match_score)| Match {
        pattern_id: pattern.id,
        match_score,
        match_reason: reason(parts),
        parts,
    });
    matched.collect()
}

/// Whether any pattern is a match; those after the first one are not looked at.
pub fn fits_any<'a>(
    rules: &Rules,
    profile: &Profile,
    patterns: impl IntoIterator<Item = &'a Pattern>,
) -> bool {
    let known = Known::of(rules, profile);
    patterns.into_iter().any(|pattern| {
        pattern.status.is_served()
            && known.is_ahead(rules, pattern)
            && known.parts(rules, pattern).score() >= LEAST
    })
}

/// What of a profile patterns are held against, read once.
struct Known {
    rank: Option<usize>,
    focus: BTreeSet<String>,
    band: Option<usize>,
    stage: Option<String>,
}

impl Known {
    fn of(rules: &Rules, profile: &Profile) -> Self {
        let stage = profile.current_stage.as_deref().map(slug).filter(|stage| !stage.is_empty());
        Self {
            rank: profile.revenue_tier.as_deref().and_then(|tier| rules.ladder().rank(tier)),
            focus: profile.focus_areas.iter().map(|name| rules.canonical(name)).collect(),
            band: profile.team_size.map(band),
            stage,
        }
    }

    fn is_ahead(&self, rules: &Rules, pattern: &Pattern) -> bool {
        let to = rules.ladder().rank(&pattern.to_revenue_tier);
        to.is_some_and(|to| self.rank.is_none_or(|own| own < to))
    }

    fn parts(&self, rules: &Rules, pattern: &Pattern) -> Parts {
        let from = rules.ladder().rank(&pattern.from_revenue_tier);
        let revenue_tier = match self.rank.zip(from).map(|(own, from)| own.abs_diff(from)) {
            Some(0) => 1.0,
            Some(1) => 0.7,
            Some(2) => 0.4,
            Some(3) => 0.2,
            _ => 0.0,
        };
        let team_size = match self.band.zip(pattern.team_size.map(band)).map(|(a, b)| a.abs_diff(b)) {
            None => 0.5,
            Some(0) => 1.0,
            Some(1) => 0.7,
            Some(2) => 0.4,
            Some(_) => 0.2,
        };
        let current_stage = match (&self.stage, &pattern.current_stage) {
            (Some(own), Some(other)) => stages(rules, own, &slug(other)),
            _ => 0.5,
        };
        Parts { revenue_tier, focus_areas: self.overlap(pattern), team_size, current_stage }
    }

    /// Jaccard's: what both have of what either has (default GR 35).
    fn overlap(&self, pattern: &Pattern) -> f64 {
        let both = pattern.common_focus_areas.iter().filter(|name| self.focus.contains(*name)).count();
        let either = self.focus.len() + pattern.common_focus_areas.len() - both;
        if either == 0 { 0.0 } else { both as f64 / either as f64 }
    }
}

fn stages(rules: &Rules, own: &str, other: &str) -> f64 {
    if own == other {
        return 1.0;
    }
    match rules.stage(own).zip(rules.stage(other)) {
        Some((own, other)) if own.abs_diff(other) == 1 => 0.7,
        _ => 0.3,
    }
}

/// Teams of 1-5, 6-10, 11-25, 26-50, 51-100 and more are alike.
fn band(team_size: i32) -> usize {
    [5, 10, 25, 50, 100].iter().filter(|most| team_size > **most).count()
}

fn reason(parts: Parts) -> String {
    let aligned: Vec<&str> = [
        (parts.revenue_tier >= 0.7, "revenue tier"),
        (parts.focus_areas >= 0.5, "focus areas"),
        (parts.team_size >= 0.7, "team size"),
        (parts.current_stage >= 0.7, "current stage"),
    ]
    .into_iter()
    .filter_map(|(is_aligned, name)| is_aligned.then_some(name))
    .collect();
    let listed = match aligned.as_slice() {
        [] => return "No part aligns fully".to_owned(),
        [one] if *one == "focus areas" => "focus areas align".to_owned(),
        [one] => format!("{one} aligns"),
        [most @ .., last] => format!("{} and {last} align", most.join(", ")),
    };
    let mut letters = listed.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests;
