//! How much a pattern is worth: how many had its action in common, and then what came of its goals (X48, default GR 43).

use crate::figure::rounded;
use crate::learned::{Bin, Calibration};
use crate::pattern::{Counted, Pattern, Status, Validation};
use crate::record::Outcome;
use stats::calibrate::Platt;
use stats::scores;
use std::collections::{BTreeMap, BTreeSet};

/// Fewer contractors than this lower confidence (GR-120).
const FULL: f64 = 10.0;
/// What is thought before outcomes weighs as many of them.
const PRIOR: f64 = 10.0;
/// Outcomes count in groups of so many, so that none can be told by what it changed.
const STEP: usize = 5;
/// From so many outcomes on, confidence learns what it has been worth.
const LEAST_CALIBRATED: usize = 30;
/// A pattern should have more goals succeed than this share.
const FLOOR: f64 = 0.4;
const LEAST_JUDGED: u64 = 10;
const DOWNGRADED: f64 = 0.9;
const REMOVED: f64 = 0.975;
/// No outcome is ever sure.
const EDGE: f64 = 0.01;

/// Before outcomes: the share of the most common action, lowered for fewer than ten contractors.
pub fn base(count: u64, n: u64) -> f64 {
    if n == 0 {
        return 0.0;
    }
    let n = n as f64;
    rounded(count as f64 / n * (n / FULL).min(1.0), 2)
}

/// 1 for success, 0 for failure; 3 of 5 is half of each.
fn success(outcome: &Outcome) -> f64 {
    match (outcome.goal_completed, outcome.contractor_satisfaction) {
        (false, _) | (_, Some(..=2)) => 0.0,
        (true, Some(3)) => 0.5,
        (true, _) => 1.0,
    }
}

/// The same as two outcomes, which halves need.
fn twice(success: f64) -> [bool; 2] {
    [success > 0.0, success > 0.5]
}

/// Those that count: of each group the oldest, in steps.
fn stepped<K: Ord, T>(grouped: impl IntoIterator<Item = (K, T)>) -> BTreeMap<K, Vec<T>> {
    let mut groups: BTreeMap<K, Vec<T>> = BTreeMap::new();
    grouped.into_iter().for_each(|(key, one)| groups.entry(key).or_default().push(one));
    groups.values_mut().for_each(|group| group.truncate(group.len() / STEP * STEP));
    groups
}

/// Sets confidence and status of patterns by what came of their goals.
pub(crate) fn settle(patterns: &mut [Pattern], outcomes: &[Outcome]) {
    let bases: BTreeMap<i32, f64> =
        patterns.iter().filter(|one| one.id != 0).map(|one| (one.id, one.confidence_base)).collect();
    let known = outcomes.iter().filter(|one| bases.contains_key(&one.pattern_id));
    let counted = stepped(known.map(|one| (one.pattern_id, success(one))));
    let (mut scores, mut came) = (Vec::new(), Vec::new());
    for (id, successes) in &counted {
        for success in successes {
            scores.extend([bases[id]; 2]);
            came.extend(twice(*success));
        }
    }
    let speaks = |one: &Pattern| one.modal.is_some() && one.validation != Validation::Failed;
    let spoken: BTreeSet<(String, String)> =
        patterns.iter().filter(|one| speaks(one)).map(Pattern::way).collect();
    let calibrated = Platt::fit(&scores, &came).filter(|_| scores.len() >= 2 * LEAST_CALIBRATED);
    for pattern in patterns {
        let successes = counted.get(&pattern.id).map(Vec::as_slice).unwrap_or_default();
        let (n, sum) = (successes.len() as f64, successes.iter().sum::<f64>());
        // Of a pattern that says nothing nothing is expected.
        let prior = match &calibrated {
            Some(platt) if pattern.modal.is_some() => platt.of(pattern.confidence_base),
            _ => pattern.confidence_base,
        };
        let sure = prior.clamp(EDGE, 1.0 - EDGE);
        let (with, without) = (PRIOR * sure + sum, PRIOR * (1.0 - sure) + n - sum);
        let likely_below = rounded(stats::likely_below(with, without, FLOOR), 3);
        pattern.outcomes = Counted { n: n as u64, successes: sum, likely_below };
        pattern.confidence_score = if n > 0.0 { with / (with + without) } else { prior };
        pattern.confidence_score = rounded(pattern.confidence_score.clamp(0.0, 1.0), 2);
        let is_spoken = spoken.contains(&pattern.way());
        (pattern.status, pattern.status_reason) = status(pattern, is_spoken);
    }
}

/// `is_spoken` tells whether some pattern of the transition has something to say.
fn status(pattern: &Pattern, is_spoken: bool) -> (Status, Option<String>) {
    let Counted { n, successes, likely_below } = pattern.outcomes;
    let came = format!("{successes} of {n} goals succeeded");
    if n >= LEAST_JUDGED && likely_below > REMOVED {
        (Status::Removed, Some(came))
    } else if pattern.validation == Validation::Failed {
        let reason = "fewer of the newest level-ups had it, which it was not found on";
        (Status::Held, Some(reason.to_owned()))
    } else if pattern.modal.is_none() && is_spoken {
        (Status::Held, Some("nothing of this type is common any more".to_owned()))
    } else if n >= LEAST_JUDGED && likely_below > DOWNGRADED {
        (Status::Downgraded, Some(came))
    } else {
        (Status::Served, None)
    }
}

/// Whether confidence that was told came true; none without outcomes.
pub(crate) fn calibration(outcomes: &[Outcome]) -> Option<Calibration> {
    let told = outcomes.iter().filter_map(|one| {
        let confidence = one.confidence.filter(|confidence| (0.0..=1.0).contains(confidence))?;
        let bin = (confidence * scores::BINS as f64) as usize;
        Some((bin.min(scores::BINS - 1), (confidence, success(one))))
    });
    let (mut said, mut came) = (Vec::new(), Vec::new());
    for (confidence, success) in stepped(told).into_values().flatten() {
        said.extend([confidence; 2]);
        came.extend(twice(success));
    }
    let found = scores::calibration(&said, &came)?;
    let bins = scores::bins(&said, &came).into_iter().filter(|bin| bin.n > 0.0).map(|bin| Bin {
        confidence: rounded(bin.said / bin.n, 3),
        succeeded: rounded(bin.came / bin.n, 3),
        n: (bin.n / 2.0) as u64,
    });
    Some(Calibration {
        outcomes: (said.len() / 2) as u64,
        error: rounded(found.error, 4),
        brier: rounded(found.brier, 4),
        bins: bins.collect(),
    })
}

#[cfg(test)]
mod tests;
