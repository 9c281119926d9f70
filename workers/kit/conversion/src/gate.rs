//! Whether weights that were learned may be used: adopted on later data, mixed, or refused (statistics 4.5, 4.12).

use crate::case::TIERS;
use als::{DEFAULT_WEIGHTS, Weights};
use chrono::{DateTime, Utc};
use patterns::card::rounded;
use serde::Serialize;
use serde_json::Value;
use stats::calibrate::{Isotonic, Platt};
use stats::scores::{self, Gain, Top};
use stats::weights::{self, Objective, PARTS, Parts};
use std::collections::BTreeMap;

/// CI-054, CI-057.
pub(crate) const LEAST_OUTCOMES: usize = 30;
pub(crate) const LEAST_BOOKED: usize = 10;
/// The newest outcomes teach; of more, the older ones are left out.
pub const MOST_OUTCOMES: usize = 20_000;
/// The older part is learned from, the newer one judges.
const LEARNED_FROM: f64 = 0.7;
const LEAST_TEST_BOOKED: usize = 10;
const LEAST_TEST_FAILED: usize = 20;
const SURE_ENOUGH: f64 = 0.80;
const WORSE_BRIER: f64 = 0.002;
const LARGEST_STEP: f64 = 0.15;
/// The defaults weigh as many outcomes.
const PRIOR: f64 = 200.0;
/// From so many bookings on the calibration is isotonic.
const MANY_BOOKED: usize = 200;
/// Fits of so many runs are compared for stability.
pub const STABLE_RUNS: usize = 4;

/// A lead whose outcome is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Known {
    /// When it was contacted first, seconds since 1970.
    pub at: i64,
    /// Of its id: decides between those of the same second.
    pub hash: u64,
    pub parts: Parts,
    /// The place in `TIERS`.
    pub tier: u8,
    pub booked: bool,
}

/// Where weights come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The source document's.
    Default,
    /// Between the defaults and what was learned: too few outcomes to judge.
    Blend,
    Learned,
    /// Those that were in force stay.
    Held,
}

impl Source {
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Blend => "blend",
            Self::Learned => "learned",
            Self::Held => "held",
        }
    }
}

/// What was decided, with all that decided it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decision {
    /// In force from now on.
    #[serde(skip)]
    pub adopted: Weights,
    #[serde(skip)]
    pub candidate: Option<Weights>,
    /// Fitted to all outcomes: what runs are compared by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fitted: Option<Weights>,
    /// When the weights in force were found good last; they hold for 14 days from then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<DateTime<Utc>>,
    pub weights_source: Source,
    pub reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub solver_error: Option<String>,
    pub objective: &'static str,
    pub outcomes: usize,
    pub booked: usize,
    /// Outcomes without enough parts of their score.
    pub without_parts: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gain: Option<Gain>,
    /// How well the weights in force rank the later outcomes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auc: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auc_error: Option<f64>,
    /// The same among leads of one tier, of tiers with enough of both kinds.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub auc_by_tier: BTreeMap<&'static str, f64>,
    /// How likely a lead books by the weighted sum of its parts, which is from 0 to 0.85, under the weights in force from
    /// now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub likelihood: Option<Platt>,
    /// CI-152, X78: of the later outcomes, the fifth with the highest scores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_fifth: Option<Top>,
    /// Brier scores after calibration, of the candidate and of what is in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brier: Option<(f64, f64)>,
    pub drift: Drift,
}

/// What is known beside the outcomes.
#[derive(Debug, Clone, Default)]
pub struct Before<'a> {
    /// Weights in force, if they are not the defaults.
    pub in_force: Option<Weights>,
    /// When these were confirmed last.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// Weights that were in force a week ago, if they were not the defaults: how far weights may move is a matter of weeks,
    /// however often they are learned.
    pub week_ago: Option<Weights>,
    /// Fitted in the weekly runs before, the newest first.
    pub fitted: &'a [Weights],
    /// Documents of a month ago, whose verdicts are judged.
    pub documents: &'a [Value],
}

fn array(weights: Weights) -> Parts {
    [weights.data_quality, weights.authority, weights.company_fit, weights.timing]
}

fn named(parts: Parts) -> Weights {
    let [data_quality, authority, company_fit, timing] = parts;
    Weights { data_quality, authority, company_fit, timing }
}

/// CI-074, X62: three decimals that still add up; what is left over goes to the largest weight that is not at a bound.
fn shown(parts: Parts) -> Weights {
    let mut rounded = parts.map(|weight| rounded(weight, 3));
    let rest = weights::SUM - rounded.iter().sum::<f64>();
    let free = (0..PARTS).filter(|&place| rounded[place] > 0.05 && rounded[place] < 0.50);
    if let Some(place) = free.max_by(|&one, &other| rounded[one].total_cmp(&rounded[other])) {
        rounded[place] = patterns::card::rounded(rounded[place] + rest, 3);
    }
    named(rounded)
}

fn booked(known: &[Known]) -> usize {
    known.iter().filter(|one| one.booked).count()
}

fn fit(known: &[Known], objective: Objective) -> Option<Parts> {
    let people: Vec<(Parts, bool)> = known.iter().map(|one| (one.parts, one.booked)).collect();
    weights::learn(&people, objective).map(|learned| learned.weights)
}

fn score(parts: &Parts, weights: Parts) -> f64 {
    parts.iter().zip(weights).map(|(part, weight)| part * weight).sum()
}

/// Decides over the weights. The same outcomes in whatever order, and the same `seed`, decide the same.
pub fn decide(
    mut known: Vec<Known>,
    without_parts: u64,
    before: &Before<'_>,
    objective: Objective,
    seed: u64,
) -> Decision {
    known.sort_by_key(|one| (one.at, one.hash));
    let mut decision = decided(&known, without_parts, before, objective, seed);
    let (scores, outcomes) = scored(&known, array(decision.adopted));
    decision.likelihood = Platt::fit(&scores, &outcomes).filter(|_| decision.booked >= LEAST_BOOKED);
    decision
}

fn decided(
    known: &[Known],
    without_parts: u64,
    before: &Before<'_>,
    objective: Objective,
    seed: u64,
) -> Decision {
    let in_force = before.in_force.unwrap_or(DEFAULT_WEIGHTS);
    let booked = booked(known);
    let mut decision = Decision {
        adopted: in_force,
        candidate: None,
        fitted: None,
        confirmed_at: before.confirmed_at,
        weights_source: Source::Held,
        reason: String::new(),
        solver_error: None,
        objective: if objective == Objective::Seed { "seed" } else { "centred" },
        outcomes: known.len(),
        booked,
        without_parts,
        gain: None,
        auc: None,
        auc_error: None,
        auc_by_tier: BTreeMap::new(),
        likelihood: None,
        top_fifth: None,
        brier: None,
        drift: Drift::default(),
    };
    if known.len() < LEAST_OUTCOMES || booked < LEAST_BOOKED {
        decision.reason = format!(
            "{} outcomes, {booked} of them booked: {LEAST_OUTCOMES} and {LEAST_BOOKED} are needed",
            known.len()
        );
        if before.in_force.is_none() {
            decision.weights_source = Source::Default;
        }
        return decision;
    }
    let middle = (known.len() as f64 * LEARNED_FROM) as usize;
    let (older, newer) = known.split_at(middle);
    measure(&mut decision, newer, array(in_force));
    let Some(whole) = fit(known, objective) else { return unsolved(decision) };
    decision.fitted = Some(shown(whole));
    decision.drift = drift::drift(older, newer, array(in_force), whole, before.fitted);
    if !decision.drift.frozen.is_empty() {
        decision.candidate = Some(shown(whole));
        decision.reason = format!("learning is frozen: {}", decision.drift.frozen.join("; "));
        return decision;
    }
    let test_booked = self::booked(newer);
    let (parts, source) = if test_booked < LEAST_TEST_BOOKED || newer.len() - test_booked < LEAST_TEST_FAILED
    {
        decision.candidate = Some(shown(whole));
        let share = known.len() as f64 / (known.len() as f64 + PRIOR);
        let defaults = array(DEFAULT_WEIGHTS);
        decision.reason = format!(
            "too few later outcomes to judge by ({test_booked} booked of {}): {:.0} % learned, the rest default",
            newer.len(),
            share * 100.0
        );
        (std::array::from_fn(|place| share * whole[place] + (1.0 - share) * defaults[place]), Source::Blend)
    } else {
        let Some(candidate) = fit(older, objective) else { return unsolved(decision) };
        decision.candidate = Some(shown(candidate));
        if let Some(refused) = refuse(&mut decision, older, newer, candidate, array(in_force), seed) {
            decision.reason = refused;
            return decision;
        }
        decision.reason = "better on later outcomes".to_owned();
        (candidate, Source::Learned)
    };
    let (stepped, short) = step(array(before.week_ago.unwrap_or(DEFAULT_WEIGHTS)), parts);
    if short {
        decision
            .reason
            .push_str("; half of the way, because a weight would move by more than 0.15 in a week");
    }
    decision.adopted = shown(stepped);
    decision.weights_source = source;
    decision
}

impl Decision {
    /// Whether the weights in force from now on were found good by these outcomes.
    pub fn is_confirmed(&self) -> bool {
        match self.weights_source {
            Source::Learned | Source::Blend => true,
            // Judged against others, and better than they.
            Source::Held => self.brier.is_some(),
            Source::Default => false,
        }
    }
}

/// X92: what could not be fitted says so, and the weights stay.
fn unsolved(mut decision: Decision) -> Decision {
    decision.solver_error = Some("the weights could not be fitted".to_owned());
    decision.reason = "the weights could not be fitted: they stay as they were".to_owned();
    decision
}

/// At most 0.15 in a week, else half of the way; from the defaults to a first fit too.
fn step(from: Parts, to: Parts) -> (Parts, bool) {
    let largest = from.iter().zip(to).map(|(from, to)| (to - from).abs()).fold(0.0, f64::max);
    if largest <= LARGEST_STEP {
        return (to, false);
    }
    (std::array::from_fn(|place| f64::midpoint(from[place], to[place])), true)
}

/// How well the weights in force rank later outcomes.
fn measure(decision: &mut Decision, newer: &[Known], in_force: Parts) {
    let (scores, outcomes) = scored(newer, in_force);
    decision.auc = scores::auc(&scores, &outcomes).map(|auc| rounded(auc, 4));
    let won = booked(newer) as u64;
    let lost = newer.len() as u64 - won;
    decision.auc_error = decision.auc.map(|auc| rounded(scores::auc_error(auc, won, lost), 4));
    decision.top_fifth = scores::top(&scores, &outcomes);
    for (tier, name) in (0..).zip(TIERS) {
        let own: Vec<Known> = newer.iter().filter(|one| one.tier == tier).copied().collect();
        let won = booked(&own);
        if won >= LEAST_TEST_BOOKED && own.len() - won >= LEAST_TEST_FAILED {
            let (scores, outcomes) = scored(&own, in_force);
            decision.auc_by_tier.extend(scores::auc(&scores, &outcomes).map(|auc| (name, rounded(auc, 4))));
        }
    }
}

fn scored(known: &[Known], weights: Parts) -> (Vec<f64>, Vec<bool>) {
    known.iter().map(|one| (score(&one.parts, weights), one.booked)).unzip()
}

/// Why a candidate is not adopted, if so.
fn refuse(
    decision: &mut Decision,
    older: &[Known],
    newer: &[Known],
    candidate: Parts,
    in_force: Parts,
    seed: u64,
) -> Option<String> {
    let (new, outcomes) = scored(newer, candidate);
    let (old, _) = scored(newer, in_force);
    let unjudged = || Some("could not be judged: older or later outcomes are all alike".to_owned());
    let Some(gain) = scores::gain(&new, &old, &outcomes, seed) else { return unjudged() };
    decision.gain = Some(gain);
    let briers = (brier(older, newer, candidate), brier(older, newer, in_force));
    let (Some(new), Some(old)) = briers else { return unjudged() };
    let briers = (new, old);
    decision.brier = Some((rounded(briers.0, 5), rounded(briers.1, 5)));
    match () {
        () if gain.gain < 0.0 => Some(format!("ranks later outcomes worse: AUC {:+.3}", gain.gain)),
        () if gain.above_zero < SURE_ENOUGH => Some(format!(
            "not surely better on later outcomes: AUC {:+.3}, better in {:.0} % of draws, 80 are needed",
            gain.gain,
            gain.above_zero * 100.0
        )),
        () if briers.0 - briers.1 > WORSE_BRIER => {
            Some(format!("probabilities come true less: Brier {:.4} against {:.4}", briers.0, briers.1))
        }
        () => None,
    }
}

/// The Brier score on later outcomes, calibrated on the older ones.
fn brier(older: &[Known], newer: &[Known], weights: Parts) -> Option<f64> {
    let (scores, outcomes) = scored(older, weights);
    let (later, later_outcomes) = scored(newer, weights);
    let booked = outcomes.iter().filter(|booked| **booked).count();
    let said: Vec<f64> = if booked >= MANY_BOOKED {
        let isotonic = Isotonic::fit(&scores, &outcomes);
        later.iter().map(|score| isotonic.of(*score)).collect()
    } else {
        let platt = Platt::fit(&scores, &outcomes)?;
        later.iter().map(|score| platt.of(*score)).collect()
    };
    scores::calibration(&said, &later_outcomes).map(|calibration| calibration.brier)
}

mod drift;
#[cfg(test)]
mod tests;

pub use drift::Drift;
