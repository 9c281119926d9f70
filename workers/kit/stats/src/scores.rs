//! How good scores are: whether they rank those who convert above the others, and whether probabilities come true.

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

/// The share of people that a salesperson may call first.
const TOP: f64 = 0.2;
pub const BINS: usize = 10;
const DRAWS: usize = 2_000;
/// Probabilities at the very edge would be punished without end.
const EDGE: f64 = 1e-15;

/// The probability that one who converted has the higher score than one who did not, ties as half; none when there
/// are only such or only others. `scores` and `outcomes` belong together by place.
pub fn auc(scores: &[f64], outcomes: &[bool]) -> Option<f64> {
    let positive = outcomes.iter().filter(|outcome| **outcome).count() as f64;
    let negative = outcomes.len() as f64 - positive;
    if positive == 0.0 || negative == 0.0 {
        return None;
    }
    let ranks = mid_ranks(scores);
    let sum: f64 = ranks.iter().zip(outcomes).filter(|(_, outcome)| **outcome).map(|(rank, _)| rank).sum();
    Some((sum - positive * (positive + 1.0) / 2.0) / (positive * negative))
}

/// Ranks from 1; equal scores share the middle of theirs.
fn mid_ranks(scores: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*a].total_cmp(&scores[*b]));
    let mut ranks = vec![0.0; scores.len()];
    let mut before = 0;
    for tied in order.chunk_by(|a, b| scores[*a] == scores[*b]) {
        for place in tied {
            ranks[*place] = before as f64 + (tied.len() as f64 + 1.0) / 2.0;
        }
        before += tied.len();
    }
    ranks
}

/// The standard error of an area under the curve, after Hanley.
pub fn auc_error(auc: f64, positive: u64, negative: u64) -> f64 {
    let (positive, negative) = (positive as f64, negative as f64);
    let (q1, q2) = (auc / (2.0 - auc), 2.0 * auc * auc / (1.0 + auc));
    let variance =
        auc * (1.0 - auc) + (positive - 1.0) * (q1 - auc * auc) + (negative - 1.0) * (q2 - auc * auc);
    (variance / (positive * negative)).max(0.0).sqrt()
}

/// What the best-ranked fifth is worth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Top {
    /// The share of the fifth that converted.
    pub precision: f64,
    /// The share of all.
    pub base: f64,
    /// How many times the base the precision is.
    pub lift: f64,
    /// The share of all who converted that is in the fifth.
    pub capture: f64,
    /// The precision that the best order there is would have.
    pub ceiling: f64,
    /// Whether three in five of all who converted are in the fifth, or as many as fit in it (X78).
    pub is_good: bool,
}

/// How much of all a good order has in its best fifth.
const GOOD_CAPTURE: f64 = 0.60;

/// The fifth with the highest scores; of those who share the last place a proportional part counts.
pub fn top(scores: &[f64], outcomes: &[bool]) -> Option<Top> {
    let all = outcomes.iter().filter(|outcome| **outcome).count() as f64;
    if all == 0.0 {
        return None;
    }
    let size = (TOP * scores.len() as f64).ceil();
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
    let (mut room, mut found) = (size, 0.0);
    for tied in order.chunk_by(|a, b| scores[*a] == scores[*b]) {
        let converted = tied.iter().filter(|place| outcomes[**place]).count() as f64;
        let part = (room / tied.len() as f64).min(1.0);
        found += converted * part;
        room -= tied.len() as f64 * part;
        if room <= 0.0 {
            break;
        }
    }
    let (precision, base) = (found / size, all / scores.len() as f64);
    let (lift, capture) = (precision / base, found / all);
    let is_good = capture >= GOOD_CAPTURE.min(size / all) - 1e-9;
    Some(Top { precision, base, lift, capture, ceiling: (all / size).min(1.0), is_good })
}

/// Whether probabilities come true.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Calibration {
    /// The mean squared error.
    pub brier: f64,
    pub log_loss: f64,
    /// How much better than saying the base rate of everybody: 1 is perfect, 0 no better.
    pub skill: f64,
    /// The expected calibration error over ten bins.
    pub error: f64,
    /// How many converted for each that was expected to.
    pub observed_to_expected: f64,
}

pub fn calibration(probabilities: &[f64], outcomes: &[bool]) -> Option<Calibration> {
    if probabilities.is_empty() {
        return None;
    }
    let n = probabilities.len() as f64;
    let (mut brier, mut log_loss, mut converted, mut expected) = (0.0, 0.0, 0.0, 0.0);
    for (&probability, &outcome) in probabilities.iter().zip(outcomes) {
        let outcome = f64::from(u8::from(outcome));
        brier += (probability - outcome).powi(2);
        let sure = probability.clamp(EDGE, 1.0 - EDGE);
        log_loss -= outcome * sure.ln() + (1.0 - outcome) * (1.0 - sure).ln();
        converted += outcome;
        expected += probability;
    }
    let base = converted / n;
    let known = base * (1.0 - base);
    let skill = if known > 0.0 { 1.0 - (brier / n) / known } else { 0.0 };
    let bins = bins(probabilities, outcomes);
    let error = bins.iter().map(|bin| (bin.said - bin.came).abs()).sum::<f64>() / n;
    let observed_to_expected = if expected > 0.0 { converted / expected } else { f64::NAN };
    Some(Calibration { brier: brier / n, log_loss: log_loss / n, skill, error, observed_to_expected })
}

/// Probabilities of a tenth, and what came.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Bin {
    /// The sum of the probabilities, and of those who converted.
    pub said: f64,
    pub came: f64,
    pub n: f64,
}

/// Probabilities in ten bins of the same width, the lowest first.
pub fn bins(probabilities: &[f64], outcomes: &[bool]) -> [Bin; BINS] {
    let mut bins = [Bin::default(); BINS];
    for (&probability, &outcome) in probabilities.iter().zip(outcomes) {
        let bin = &mut bins[((probability * BINS as f64) as usize).min(BINS - 1)];
        bin.said += probability;
        bin.came += f64::from(u8::from(outcome));
        bin.n += 1.0;
    }
    bins
}

/// People in the order of their scores: sorted once, they can be drawn again and again.
struct Sorted {
    /// Places, with whether the score is that of the one before.
    places: Vec<(usize, bool)>,
}

impl Sorted {
    fn by(scores: &[f64]) -> Self {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|a, b| scores[*a].total_cmp(&scores[*b]));
        let tied = |at: usize| at > 0 && scores[order[at]] == scores[order[at - 1]];
        Self { places: (0..order.len()).map(|at| (order[at], tied(at))).collect() }
    }

    /// The area under the curve when each person is there so many times.
    fn auc(&self, outcomes: &[bool], times: &[u32]) -> Option<f64> {
        // Pairs in which the one who converted has the higher score, ties as half.
        let (mut won, mut below, mut positive) = (0.0, 0.0, 0.0);
        let (mut tied_positive, mut tied_negative) = (0.0, 0.0);
        for &(place, tied) in &self.places {
            if !tied {
                won += tied_positive * (below + tied_negative / 2.0);
                below += tied_negative;
                (tied_positive, tied_negative) = (0.0, 0.0);
            }
            let times = f64::from(times[place]);
            if outcomes[place] {
                tied_positive += times;
                positive += times;
            } else {
                tied_negative += times;
            }
        }
        won += tied_positive * (below + tied_negative / 2.0);
        below += tied_negative;
        (positive > 0.0 && below > 0.0).then(|| won / (positive * below))
    }
}

/// By how much new scores rank better than old ones.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Gain {
    pub gain: f64,
    /// The 95 % interval of the paired bootstrap.
    pub low: f64,
    pub high: f64,
    /// In how many draws the new ones rank better.
    pub above_zero: f64,
}

/// The gain in area under the curve, with a paired bootstrap of 2,000 draws.
pub fn gain(new: &[f64], old: &[f64], outcomes: &[bool], seed: u64) -> Option<Gain> {
    let gain = auc(new, outcomes)? - auc(old, outcomes)?;
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let people = u32::try_from(outcomes.len()).ok()?;
    let (of_new, of_old) = (Sorted::by(new), Sorted::by(old));
    let mut gains = Vec::with_capacity(DRAWS);
    let mut drawn = vec![0u32; outcomes.len()];
    for _ in 0..DRAWS {
        drawn.fill(0);
        for _ in 0..people {
            drawn[random.random_range(0..people) as usize] += 1;
        }
        // A draw without any of one kind tells nothing.
        if let (Some(new), Some(old)) = (of_new.auc(outcomes, &drawn), of_old.auc(outcomes, &drawn)) {
            gains.push(new - old);
        }
    }
    if gains.is_empty() {
        return None;
    }
    gains.sort_by(f64::total_cmp);
    let at = |share: f64| gains[((gains.len() - 1) as f64 * share) as usize];
    let above_zero = gains.iter().filter(|gain| **gain > 0.0).count() as f64 / gains.len() as f64;
    Some(Gain { gain, low: at(0.025), high: at(0.975), above_zero })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCORES: [f64; 10] = [90.0, 80.0, 70.0, 60.0, 50.0, 40.0, 30.0, 20.0, 10.0, 5.0];
    const LABELS: [bool; 10] = [true, true, false, true, false, false, false, false, true, false];

    #[track_caller]
    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 5e-4, "{found} is not {expected}");
    }

    #[test]
    fn scores_rank_as_in_the_reference() {
        let found = auc(&SCORES, &LABELS).unwrap();
        close(found, 0.75);
        close(auc_error(found, 4, 6), 0.1710);
        close(auc_error(0.65, 15, 45), 0.086);
        close(auc_error(0.65, 50, 150), 0.047);
        close(auc(&[1.0, 1.0, 2.0, 2.0], &[false, true, false, true]).unwrap(), 0.5);
        assert_eq!(auc(&[1.0], &[true]), None);
    }

    #[test]
    fn the_best_fifth_is_worth_what_it_is() {
        let found = top(&SCORES, &LABELS).unwrap();
        assert_eq!(
            found,
            Top { precision: 1.0, base: 0.4, lift: 2.5, capture: 0.5, ceiling: 1.0, is_good: true }
        );
        // Two of four who share the place count half.
        let tied = top(&[1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], &LABELS).unwrap();
        close(tied.precision, 0.75);
        assert_eq!(top(&[1.0], &[false]), None);
    }

    #[test]
    fn probabilities_are_judged_as_in_the_reference() {
        let outcomes = [true, true, false, false, true, false];
        let found = calibration(&[0.9, 0.7, 0.6, 0.3, 0.2, 0.1], &outcomes).unwrap();
        close(found.brier, 0.2);
        close(found.log_loss, 0.57497);
        close(found.skill, 0.2);
        let (mut probabilities, mut outcomes) = (Vec::new(), Vec::new());
        for (probability, converted, all) in [(0.05, 8, 100), (0.15, 6, 60), (0.35, 16, 40)] {
            probabilities.extend(std::iter::repeat_n(probability, all));
            outcomes.extend((0..all).map(|place| place < converted));
        }
        let found = calibration(&probabilities, &outcomes).unwrap();
        close(found.error, 0.04);
        close(found.brier, 0.1135);
        close(found.observed_to_expected, 1.0714);
    }

    #[test]
    fn a_gain_is_only_as_sure_as_its_draws() {
        let worse: Vec<f64> = SCORES.iter().map(|score| (score * 7.0) % 11.0).collect();
        let found = gain(&SCORES, &worse, &LABELS, 1).unwrap();
        assert!(found.low <= found.gain && found.gain <= found.high && found.above_zero > 0.5, "{found:?}");
        assert_eq!(gain(&SCORES, &worse, &LABELS, 1), Some(found));
        let same = gain(&SCORES, &SCORES, &LABELS, 1).unwrap();
        assert_eq!((same.gain, same.above_zero), (0.0, 0.0));
    }

    proptest::proptest! {
        #[test]
        fn turned_round_scores_rank_the_other_way(
            people in proptest::collection::vec((0i32..20, proptest::bool::ANY), 2..60)
        ) {
            let scores: Vec<f64> = people.iter().map(|(score, _)| f64::from(*score)).collect();
            let turned: Vec<f64> = scores.iter().map(|score| -score).collect();
            let outcomes: Vec<bool> = people.iter().map(|(_, outcome)| *outcome).collect();
            if let Some(found) = auc(&scores, &outcomes) {
                proptest::prop_assert!((found + auc(&turned, &outcomes).unwrap() - 1.0).abs() < 1e-9);
            }
        }
    }
}
