//! How much a pattern is worth: how many had its action in common, and then what came of its goals (X48, default GR 43).

use crate::figure::rounded;
use crate::learned::{Bin, Calibration};
use crate::pattern::{Counted, Pattern, Status, Validation};
use crate::record::Outcome;
use stats::anonymity::LEAST;
use stats::calibrate::Platt;
use stats::scores;
use std::collections::{BTreeMap, BTreeSet};

/// Fewer contractors than this lower confidence (GR-120).
const FULL: f64 = 10.0;
/// What is thought before outcomes weighs as many of them.
const PRIOR: f64 = 10.0;
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

fn halves(success: f64) -> u8 {
    (success * 2.0) as u8
}

/// The same as two outcomes, which halves need.
fn twice(success: f64) -> [bool; 2] {
    [success > 0.0, success > 0.5]
}

/// A contractor with what came of a pattern's goals.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Person {
    pattern_id: i32,
    /// As it was told with the first of its goals.
    confidence: Option<f64>,
    success: f64,
}

/// What counts.
#[derive(Debug, Default)]
pub(crate) struct Counting {
    pub(crate) people: Vec<Person>,
    /// What each outcome counts as.
    pub(crate) counted: Vec<Option<f64>>,
}

/// Counts each contractor once for a pattern, by the newest outcome.
///
/// Contractors begin to count, or change what they count as, when there are five of whom the same is to be told, of one
/// pattern and one bin of calibration. So of all that is made of these counts nothing tells of fewer than five, and
/// neither does what differs from any earlier time. Up to four of each kind wait.
pub(crate) fn count(outcomes: &[Outcome]) -> Counting {
    // Places of their outcomes, by contractor.
    let mut contractors: Vec<Vec<usize>> = Vec::new();
    let mut known: BTreeMap<(i32, i32), usize> = BTreeMap::new();
    for (place, outcome) in outcomes.iter().enumerate() {
        let next = contractors.len();
        let contractor = match outcome.contractor_id {
            Some(id) => *known.entry((outcome.pattern_id, id)).or_insert(next),
            None => next,
        };
        if contractor == next {
            contractors.push(Vec::new());
        }
        contractors[contractor].push(place);
    }
    let now = |places: &[usize]| places.last().map(|&place| success(&outcomes[place]));
    // It stays with the outcome that it was kept with, also when an earlier one becomes known.
    let before = |places: &[usize]| places.iter().find_map(|&place| outcomes[place].counted_as);
    let mut waiting: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (contractor, places) in contractors.iter().enumerate() {
        let (now, before, first) = (now(places), before(places), &outcomes[places[0]]);
        if now != before {
            let kind = (first.pattern_id, bin(first), before.map(halves), now.map(halves));
            waiting.entry(kind).or_default().push(contractor);
        }
    }
    let mut counts: Vec<Option<f64>> = contractors.iter().map(|places| before(places)).collect();
    for enough in waiting.values().filter(|waiting| waiting.len() as u64 >= LEAST) {
        enough.iter().for_each(|&contractor| counts[contractor] = now(&contractors[contractor]));
    }
    let mut counting = Counting { people: Vec::new(), counted: vec![None; outcomes.len()] };
    for (places, counts) in contractors.iter().zip(counts) {
        let kept = places.iter().find(|&&place| outcomes[place].counted_as.is_some());
        counting.counted[*kept.unwrap_or(&places[0])] = counts;
        let first = &outcomes[places[0]];
        let (pattern_id, confidence) = (first.pattern_id, said(first));
        counting.people.extend(counts.map(|success| Person { pattern_id, confidence, success }));
    }
    counting
}

/// The confidence that was told.
fn said(outcome: &Outcome) -> Option<f64> {
    outcome.confidence.filter(|confidence| (0.0..=1.0).contains(confidence))
}

/// The bin of calibration that it falls into.
fn bin(outcome: &Outcome) -> Option<usize> {
    said(outcome).map(|said| ((said * scores::BINS as f64) as usize).min(scores::BINS - 1))
}

/// Sets confidence and status of patterns by what came of their goals.
pub(crate) fn settle(patterns: &mut [Pattern], people: &[Person]) {
    let bases: BTreeMap<i32, f64> =
        patterns.iter().filter(|one| one.id != 0).map(|one| (one.id, one.confidence_base)).collect();
    let mut counted: BTreeMap<i32, Vec<f64>> = BTreeMap::new();
    for person in people.iter().filter(|one| bases.contains_key(&one.pattern_id)) {
        counted.entry(person.pattern_id).or_default().push(person.success);
    }
    let speaks = |one: &Pattern| one.modal.is_some() && one.validation != Validation::Failed;
    let spoken: BTreeSet<(String, String)> =
        patterns.iter().filter(|one| speaks(one)).map(Pattern::way).collect();
    for pattern in patterns {
        let successes = counted.get(&pattern.id).map(Vec::as_slice).unwrap_or_default();
        let (n, sum) = (successes.len() as f64, successes.iter().sum::<f64>());
        // Of a pattern that says nothing nothing is expected.
        let calibrated = pattern.modal.as_ref().and_then(|_| calibrated(&bases, &counted, pattern.id));
        let prior = calibrated.map_or(pattern.confidence_base, |platt| platt.of(pattern.confidence_base));
        let sure = prior.clamp(EDGE, 1.0 - EDGE);
        let (with, without) = (PRIOR * sure + sum, PRIOR * (1.0 - sure) + n - sum);
        let likely_below = rounded(stats::likely_below(with, without, FLOOR), 3);
        pattern.confidence_score = if n > 0.0 { with / (with + without) } else { prior };
        pattern.confidence_score = rounded(pattern.confidence_score.clamp(0.0, 1.0), 2);
        pattern.outcomes = Counted { n: successes.len() as u64, successes: sum, likely_below };
        let is_spoken = spoken.contains(&pattern.way());
        (pattern.status, pattern.status_reason) = status(pattern, is_spoken);
    }
}

/// What confidence has been worth for the goals of all patterns but one: what came of its own goals counts for it once,
/// and not in what was thought before. None where more confidence came with less success.
fn calibrated(bases: &BTreeMap<i32, f64>, counted: &BTreeMap<i32, Vec<f64>>, but: i32) -> Option<Platt> {
    let (mut scores, mut came) = (Vec::new(), Vec::new());
    for (id, successes) in counted.iter().filter(|(id, _)| **id != but) {
        for success in successes {
            scores.extend([bases[id]; 2]);
            came.extend(twice(*success));
        }
    }
    Platt::fit(&scores, &came).filter(|fit| scores.len() >= 2 * LEAST_CALIBRATED && fit.slope > 0.0)
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
    } else if pattern.validation == Validation::TooFew && pattern.modal.is_some() {
        (Status::Served, Some("too few level-ups came later to judge it by".to_owned()))
    } else {
        (Status::Served, None)
    }
}

/// Whether confidence that was told came true; none without outcomes.
pub(crate) fn calibration(people: &[Person]) -> Option<Calibration> {
    let (mut said, mut came) = (Vec::new(), Vec::new());
    for person in people {
        let Some(confidence) = person.confidence else { continue };
        said.extend([confidence; 2]);
        came.extend(twice(person.success));
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
