//! Experiments: who gets which arm, whether the split is sound, and when an arm may be called better.

use crate::Rate;
use serde::Serialize;
use statrs::distribution::{ChiSquared, ContinuousCDF as _};
use statrs::function::beta::ln_beta;

/// A p-value of the split below this hides the results.
const SRM: f64 = 0.001;
/// What choosing an arm may cost, in absolute rate.
const LOSS: f64 = 0.002;
const LEAST_DAYS: u32 = 7;
const MOST_DAYS: u32 = 56;
const LEAST_PER_ARM: u64 = 100;
const LEAST_PER_OUTCOME: u64 = 5;
/// A guardrail is worse when that is as likely as this.
const WORSE: f64 = 0.9;

/// The arm of a person: the same for the same names, whoever asks and how often.
///
/// `weights` are the arms' shares; what they add up to counts as all.
pub fn arm(experiment: &str, person: &str, weights: &[f64]) -> usize {
    let whole: f64 = weights.iter().sum();
    let mut left = place(experiment, person) * whole;
    for (arm, weight) in weights.iter().enumerate() {
        left -= weight;
        if left < 0.0 {
            return arm;
        }
    }
    weights.len().saturating_sub(1)
}

/// The seed of an experiment's day.
pub fn seed(experiment: &str, day: &str) -> u64 {
    fnv(experiment, day)
}

fn fnv(one: &str, other: &str) -> u64 {
    one.bytes().chain([0xff]).chain(other.bytes()).fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// A place in 0..1: the first 53 bits of FNV-1a over both names, stirred, because FNV's high bits hardly differ.
fn place(experiment: &str, person: &str) -> f64 {
    let mut hash = fnv(experiment, person);
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^= hash >> 31;
    (hash >> 11) as f64 / (1u64 << 53) as f64
}

/// The p-value of the numbers in the arms against the planned shares; below 0.001 something is wrong with the split.
pub fn sample_ratio(counts: &[u64], weights: &[f64]) -> f64 {
    let (all, whole) = (counts.iter().sum::<u64>() as f64, weights.iter().sum::<f64>());
    if all == 0.0 || whole <= 0.0 || counts.len() < 2 {
        return 1.0;
    }
    let squares = counts.iter().zip(weights).map(|(&count, weight)| {
        let expected = all * weight / whole;
        if expected > 0.0 { (count as f64 - expected).powi(2) / expected } else { 0.0 }
    });
    match ChiSquared::new((counts.len() - 1) as f64) {
        Ok(distribution) => distribution.sf(squares.sum()),
        Err(_) => 1.0,
    }
}

/// The probability that the second arm's rate is the higher one, from uniform priors.
pub fn second_is_better(first: Rate, second: Rate) -> f64 {
    let ((a, b), (c, d)) = (posterior(first), posterior(second));
    above(a, b, c, d)
}

/// What choosing the second arm is expected to cost in rate, if the first is better after all.
pub fn expected_loss_of_second(first: Rate, second: Rate) -> f64 {
    let ((a, b), (c, d)) = (posterior(first), posterior(second));
    let (mean_first, mean_second) = (a / (a + b), c / (c + d));
    mean_first * (1.0 - above(a + 1.0, b, c, d)) - mean_second * (1.0 - above(a, b, c + 1.0, d))
}

fn posterior(rate: Rate) -> (f64, f64) {
    ((rate.successes + 1) as f64, (rate.trials - rate.successes + 1) as f64)
}

/// The probability that Beta(c, d) is above Beta(a, b); c is a whole number.
fn above(a: f64, b: f64, c: f64, d: f64) -> f64 {
    let terms = (0..c as u64).map(|i| {
        let i = i as f64;
        (ln_beta(a + i, b + d) - (d + i).ln() - ln_beta(1.0 + i, d) - ln_beta(a, b)).exp()
    });
    terms.sum::<f64>().clamp(0.0, 1.0)
}

/// One arm, and what was counted in it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Arm {
    /// Who got it.
    pub people: u64,
    /// How many should have got it, or its planned share.
    pub weight: f64,
    /// Of those who have had the time to answer.
    pub outcome: Rate,
    /// Unsubscribes, complaints and negative replies among the same people.
    pub harm: Rate,
}

/// What an experiment says.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// The split is not the planned one: nothing may be read from it.
    SplitIsOff { p: f64 },
    /// It goes on; what it lacks.
    Running { lacks: &'static str },
    /// The arm is better by the stopping rule.
    Better { arm: usize, expected_loss: f64 },
    /// After eight weeks no arm is.
    NoDifference,
}

/// Whether an experiment may stop: at least a week and 100 people an arm, five of each outcome, a small expected
/// loss, and no guardrail that got worse; after eight weeks there is no difference.
pub fn verdict(arms: &[Arm], full_days: u32) -> Verdict {
    let counts: Vec<u64> = arms.iter().map(|arm| arm.people).collect();
    let weights: Vec<f64> = arms.iter().map(|arm| arm.weight).collect();
    let p = sample_ratio(&counts, &weights);
    if p < SRM {
        return Verdict::SplitIsOff { p };
    }
    let lacks = |arm: &Arm| arm.outcome.trials - arm.outcome.successes < LEAST_PER_OUTCOME;
    if full_days < LEAST_DAYS {
        return Verdict::Running { lacks: "seven full days" };
    }
    if arms.len() < 2 || arms.iter().any(|arm| arm.outcome.trials < LEAST_PER_ARM) {
        return Verdict::Running { lacks: "100 people an arm" };
    }
    if arms.iter().any(|arm| arm.outcome.successes < LEAST_PER_OUTCOME || lacks(arm)) {
        return Verdict::Running { lacks: "five of each outcome an arm" };
    }
    let better = (0..arms.len()).filter_map(|best| {
        let others = || arms.iter().enumerate().filter(move |(place, _)| *place != best).map(|(_, arm)| arm);
        let loss = others()
            .map(|other| expected_loss_of_second(other.outcome, arms[best].outcome))
            .fold(0.0, f64::max);
        let harms = others().any(|other| second_is_better(other.harm, arms[best].harm) > WORSE);
        (loss < LOSS && !harms).then_some((best, loss))
    });
    // Of several that cost next to nothing, the best.
    match better.min_by(|(_, a), (_, b)| a.total_cmp(b)) {
        Some((arm, expected_loss)) => Verdict::Better { arm, expected_loss },
        None if full_days >= MOST_DAYS => Verdict::NoDifference,
        None => Verdict::Running { lacks: "a clear difference" },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Rate = Rate { successes: 12, trials: 200 };
    const B: Rate = Rate { successes: 21, trials: 200 };

    #[track_caller]
    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 5e-6, "{found} is not {expected}");
    }

    #[test]
    fn a_split_that_is_off_is_noticed() {
        assert!((sample_ratio(&[520, 480], &[0.5, 0.5]) - 0.206).abs() < 5e-4);
        assert!((sample_ratio(&[560, 440], &[0.5, 0.5]) - 0.00015).abs() < 5e-6);
        close(sample_ratio(&[0, 0], &[0.5, 0.5]), 1.0);
    }

    #[test]
    fn two_arms_are_compared_as_in_the_reference() {
        close(second_is_better(A, B), 0.94723);
        close(expected_loss_of_second(A, B), 0.000_625);
        close(expected_loss_of_second(B, A), 0.045_179);
    }

    proptest::proptest! {
        #[test]
        fn swapped_arms_have_the_rest_of_the_probability(k in 0u64..50, l in 0u64..50) {
            let (first, second) = (Rate::new(k, 50), Rate::new(l, 60));
            let sum = second_is_better(first, second) + second_is_better(second, first);
            proptest::prop_assert!((sum - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn a_person_keeps_the_arm_and_arms_get_their_shares() {
        let weights = [0.7, 0.2, 0.1];
        let mut counts = [0u32; 3];
        for person in 0..30_000 {
            let person = format!("prospect_{person}");
            let chosen = arm("subject", &person, &weights);
            assert_eq!(chosen, arm("subject", &person, &weights));
            counts[chosen] += 1;
        }
        for (count, weight) in counts.iter().zip(weights) {
            assert!((f64::from(*count) / 30_000.0 - weight).abs() < 0.01, "{counts:?}");
        }
    }

    fn arms(first: Rate, second: Rate, harm: Rate) -> [Arm; 2] {
        let none = Rate::new(2, 200);
        let arm = |outcome: Rate, harm| Arm { people: outcome.trials, weight: 0.5, outcome, harm };
        [arm(first, none), arm(second, harm)]
    }

    #[test]
    fn an_arm_is_better_only_by_the_stopping_rule() {
        let calm = Rate::new(2, 200);
        assert_eq!(verdict(&arms(A, B, calm), 6), Verdict::Running { lacks: "seven full days" });
        let Verdict::Better { arm: 1, .. } = verdict(&arms(A, B, calm), 7) else { panic!("not better") };
        let angry = Rate::new(20, 200);
        assert_eq!(verdict(&arms(A, B, angry), 7), Verdict::Running { lacks: "a clear difference" });
        let same = Rate::new(15, 200);
        assert_eq!(verdict(&arms(same, same, calm), 56), Verdict::NoDifference);
        let few = Rate::new(12, 99);
        assert_eq!(verdict(&arms(few, few, calm), 7), Verdict::Running { lacks: "100 people an arm" });
        // Either costs next to nothing here.
        let near = verdict(&arms(Rate::new(10, 2_000), Rate::new(12, 2_000), calm), 7);
        let Verdict::Better { arm: 1, .. } = near else { panic!("{near:?}") };
        let off = arms(Rate::new(30, 560), Rate::new(30, 440), calm);
        assert!(matches!(verdict(&off, 7), Verdict::SplitIsOff { .. }));
    }
}
