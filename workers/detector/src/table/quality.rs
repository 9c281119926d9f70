//! How well a model does on rows it has not seen: others at random, and those that came later.

use patterns::card::rounded;
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use stats::calibrate::{Platt, sigmoid};
use stats::{Interval, Rate, Z, drift, scores};

use super::factors::Factor;
use super::model::{Foretells, Model};
use super::report::rounded_interval;

pub(super) const FOLDS: usize = 5;
/// The older part, from which the newer one is foretold.
pub(super) const OLD: f64 = 0.7;
/// Both kinds have to be in either part, a few times.
const LEAST_OF_A_KIND: u64 = 5;
const SEED: u64 = 5;

/// How good scores were on rows that the model had not seen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Quality {
    pub rows: usize,
    pub auc: f64,
    /// 95 %.
    pub auc_ci: Interval,
    /// How many times the share of all that of the best-ranked fifth is.
    pub lift_at_20: f64,
    /// The share of all who converted that is in that fifth.
    pub captured_at_20: f64,
    #[serde(flatten)]
    pub calibration: Calibration,
    /// How strongly levels were drawn to nothing.
    pub ridge: Vec<f64>,
}

/// Whether probabilities came true.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calibration {
    pub brier: f64,
    /// How much better than giving everybody the same probability.
    pub brier_skill: f64,
    /// The expected calibration error.
    pub ece: f64,
    pub observed_to_expected: f64,
}

/// Each fifth of the rows, drawn at random, foretold by the others.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RandomFolds {
    pub folds: usize,
    #[serde(flatten)]
    pub quality: Quality,
}

/// The newest rows, foretold by the older ones.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TimeSplit {
    pub train_share: f64,
    pub train_rows: usize,
    #[serde(flatten)]
    pub quality: Quality,
    pub base_rate_old: f64,
    pub base_rate_old_ci: Interval,
    pub base_rate_new: f64,
    pub base_rate_new_ci: Interval,
    /// The population stability index of the scores.
    pub psi_scores: f64,
    pub drift: Drift,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Drift {
    None,
    Watch,
    Act,
}

impl Drift {
    pub fn of(psi: f64) -> Self {
        match psi {
            psi if psi >= drift::ACT => Self::Act,
            psi if psi >= drift::WATCH => Self::Watch,
            _ => Self::None,
        }
    }
}

/// The fold of each row, at random, with as many of either outcome in each; none where a fold would lack one.
pub(super) fn folds(outcomes: &[bool]) -> Option<Vec<usize>> {
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let mut folds = vec![0; outcomes.len()];
    for kind in [true, false] {
        let mut rows: Vec<usize> = (0..outcomes.len()).filter(|row| outcomes[*row] == kind).collect();
        if rows.len() < FOLDS {
            return None;
        }
        rows.shuffle(&mut random);
        rows.iter().enumerate().for_each(|(place, row)| folds[*row] = place % FOLDS);
    }
    Some(folds)
}

pub(super) fn random_folds(factors: &[&Factor], outcomes: &[bool]) -> Option<RandomFolds> {
    let folds = folds(outcomes)?;
    let mut logits = vec![0.0; outcomes.len()];
    let mut ridges = Vec::new();
    for fold in 0..FOLDS {
        let train: Vec<usize> = (0..outcomes.len()).filter(|row| folds[*row] != fold).collect();
        let model = Model::learn(factors, &train, outcomes, Foretells::Alike);
        (0..outcomes.len()).filter(|row| folds[*row] == fold).for_each(|row| logits[row] = model.logit(row));
        ridges.push(model.ridge);
    }
    // Each fold is calibrated by what the others' scores came to.
    let mut probabilities = vec![0.0; outcomes.len()];
    for fold in 0..FOLDS {
        let others: Vec<usize> = (0..outcomes.len()).filter(|row| folds[*row] != fold).collect();
        let scores: Vec<f64> = others.iter().map(|row| logits[*row]).collect();
        let came: Vec<bool> = others.iter().map(|row| outcomes[*row]).collect();
        let calibration = Platt::fit(&scores, &came)?;
        for row in (0..outcomes.len()).filter(|row| folds[*row] == fold) {
            probabilities[row] = calibration.of(logits[row]);
        }
    }
    let quality = measured(&logits, &probabilities, outcomes, ridges)?;
    Some(RandomFolds { folds: FOLDS, quality })
}

/// Rows are in the order of time.
pub(super) fn time_split(factors: &[&Factor], outcomes: &[bool]) -> Option<TimeSplit> {
    let edge = (outcomes.len() as f64 * OLD).round() as usize;
    let rate =
        |part: &[bool]| Rate::new(part.iter().filter(|outcome| **outcome).count() as u64, part.len() as u64);
    let (old, new) = (rate(&outcomes[..edge]), rate(&outcomes[edge..]));
    if [old, new].iter().any(|rate| rate.successes.min(rate.trials - rate.successes) < LEAST_OF_A_KIND) {
        return None;
    }
    let train: Vec<usize> = (0..edge).collect();
    let model = Model::learn(factors, &train, outcomes, Foretells::Later);
    let logits: Vec<f64> = (0..outcomes.len()).map(|row| model.logit(row)).collect();
    let probabilities: Vec<f64> = logits[edge..].iter().map(|logit| sigmoid(*logit)).collect();
    let quality = measured(&logits[edge..], &probabilities, &outcomes[edge..], vec![model.ridge])?;
    let psi = psi_of_scores(&logits[..edge], &logits[edge..]);
    Some(TimeSplit {
        train_share: OLD,
        train_rows: edge,
        quality,
        base_rate_old: rounded(old.share()?, 4),
        base_rate_old_ci: rounded_interval(old.wilson()),
        base_rate_new: rounded(new.share()?, 4),
        base_rate_new_ci: rounded_interval(new.wilson()),
        psi_scores: rounded(psi, 4),
        drift: Drift::of(psi),
    })
}

fn measured(scores: &[f64], probabilities: &[f64], outcomes: &[bool], ridge: Vec<f64>) -> Option<Quality> {
    let auc = scores::auc(scores, outcomes)?;
    let top = scores::top(scores, outcomes)?;
    let calibration = scores::calibration(probabilities, outcomes)?;
    let converted = outcomes.iter().filter(|outcome| **outcome).count() as u64;
    let half = Z * scores::auc_error(auc, converted, outcomes.len() as u64 - converted);
    Some(Quality {
        rows: outcomes.len(),
        auc: rounded(auc, 4),
        auc_ci: rounded_interval(Interval { low: (auc - half).max(0.0), high: (auc + half).min(1.0) }),
        lift_at_20: rounded(top.lift, 3),
        captured_at_20: rounded(top.capture, 4),
        calibration: Calibration {
            brier: rounded(calibration.brier, 4),
            brier_skill: rounded(calibration.skill, 4),
            ece: rounded(calibration.error, 4),
            observed_to_expected: rounded(calibration.observed_to_expected, 3),
        },
        ridge,
    })
}

/// Over the fifths of the older scores.
fn psi_of_scores(old: &[f64], new: &[f64]) -> f64 {
    let mut sorted = old.to_vec();
    sorted.sort_by(f64::total_cmp);
    let edges: Vec<f64> = (1..5).map(|fifth| sorted[sorted.len() * fifth / 5]).collect();
    let shares = |scores: &[f64]| {
        let mut counts = [0.0; 5];
        scores.iter().for_each(|score| counts[edges.partition_point(|edge| edge <= score)] += 1.0);
        counts
    };
    drift::population_stability(&shares(old), &shares(new))
}
