//! Two rates against each other: their ratio and difference with intervals, and the ratio when a third thing is held fixed.

use crate::Rate;
use crate::rate::{Interval, Z};
use serde::Serialize;
use statrs::distribution::{ContinuousCDF as _, Normal};

/// An interval whose ends are so many times apart says nothing.
const TOO_WIDE: f64 = 20.0;
/// And one whose ends are so many times apart is to be read with care.
const WIDE: f64 = 10.0;

/// How many times one rate is another.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Lift {
    pub ratio: f64,
    /// The 95 % interval, of a ratio and not of shares.
    pub low: f64,
    pub high: f64,
}

impl Lift {
    /// Whether the interval is so wide that the ratio is no knowledge.
    pub fn is_too_wide(self) -> bool {
        self.high / self.low > TOO_WIDE
    }

    /// Whether it is known badly.
    pub fn is_wide(self) -> bool {
        self.high / self.low > WIDE
    }
}

/// How many times the rate of `base` the rate of `rate` is; none when one of them was counted among nobody.
///
/// The interval is Katz's, of the logarithm. Where nobody did, half a success is added to both and one trial.
pub fn lift(rate: Rate, base: Rate) -> Option<Lift> {
    if rate.trials == 0 || base.trials == 0 {
        return None;
    }
    let more = if rate.successes == 0 || base.successes == 0 { 0.5 } else { 0.0 };
    let counts = |rate: Rate| (rate.successes as f64 + more, rate.trials as f64 + 2.0 * more);
    let ((k1, n1), (k0, n0)) = (counts(rate), counts(base));
    let ratio = (k1 / n1) / (k0 / n0);
    let half = Z * (1.0 / k1 - 1.0 / n1 + 1.0 / k0 - 1.0 / n0).max(0.0).sqrt();
    Some(Lift { ratio, low: ratio * (-half).exp(), high: ratio * half.exp() })
}

/// By how much the rate of `rate` is above that of `base`: the difference, and Newcombe's 95 % interval of it.
pub fn difference(rate: Rate, base: Rate) -> Option<(f64, Interval)> {
    let (one, other) = (rate.share()?, base.share()?);
    let (of_one, of_other) = (rate.wilson(), base.wilson());
    let difference = one - other;
    let below = ((one - of_one.low).powi(2) + (of_other.high - other).powi(2)).sqrt();
    let above = ((of_one.high - one).powi(2) + (other - of_other.low).powi(2)).sqrt();
    Some((difference, Interval { low: difference - below, high: difference + above }))
}

/// A rate and the one it is compared with, among people who are alike in something else.
pub type Stratum = (Rate, Rate);

/// The ratio of Mantel and Haenszel over all strata; none when the base has no success in a stratum with both.
pub fn stratified(strata: &[Stratum]) -> Option<f64> {
    let (mut above, mut below) = (0.0, 0.0);
    for (rate, base) in strata {
        let all = (rate.trials + base.trials) as f64;
        if all > 0.0 {
            above += rate.successes as f64 * base.trials as f64 / all;
            below += base.successes as f64 * rate.trials as f64 / all;
        }
    }
    (below > 0.0).then(|| above / below)
}

/// How often chance alone would make the rates differ as much within the strata, by Cochran, Mantel and Haenszel with
/// the correction for continuity; none when nothing varies in any of them.
pub fn stratified_p(strata: &[Stratum]) -> Option<f64> {
    let (mut beyond, mut variance) = (0.0, 0.0);
    for (rate, base) in strata {
        let (one, other) = (rate.trials as f64, base.trials as f64);
        let (all, won) = (one + other, (rate.successes + base.successes) as f64);
        if all > 1.0 {
            beyond += rate.successes as f64 - one * won / all;
            variance += one * other * won * (all - won) / (all * all * (all - 1.0));
        }
    }
    let z = (beyond.abs() - 0.5).max(0.0) / variance.sqrt();
    (variance > 0.0).then(|| 2.0 * Normal::standard().sf(z))
}

/// What both rates would be if each had the people of all: only strata in which both were counted.
pub fn standardised(strata: &[Stratum]) -> Option<(f64, f64)> {
    let both = strata
        .iter()
        .filter_map(|(rate, base)| Some((rate.share()?, base.share()?, (rate.trials + base.trials) as f64)));
    let (one, other, all) =
        both.fold((0.0, 0.0, 0.0), |sum, (one, other, n)| (sum.0 + one * n, sum.1 + other * n, sum.2 + n));
    (all > 0.0).then(|| (one / all, other / all))
}

/// Whether the rate that is higher among all is the lower one within the strata, or the other way round.
pub fn reverses(strata: &[Stratum]) -> bool {
    let pooled = strata
        .iter()
        .fold((Rate::default(), Rate::default()), |sum, (rate, base)| (sum.0.and(*rate), sum.1.and(*base)));
    match (lift(pooled.0, pooled.1), stratified(strata)) {
        (Some(raw), Some(adjusted)) => (raw.ratio - 1.0) * (adjusted - 1.0) < 0.0,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn close(found: f64, expected: f64, digits: f64) {
        assert!((found - expected).abs() < digits, "{found} is not {expected}");
    }

    #[test]
    fn what_differs_only_for_who_was_asked_is_chance_within_the_strata() {
        // The mails and profiles of the reference: beyond is -2 and the variance 8.2548.
        let channels = [(Rate::new(36, 120), Rate::new(14, 40)), (Rate::new(2, 40), Rate::new(8, 120))];
        close(stratified_p(&channels).unwrap(), 0.6016, 5e-5);
        // One stratum alone is the chi-square of Yates, but for n - 1 in the place of n.
        close(stratified_p(&[(Rate::new(30, 60), Rate::new(20, 140))]).unwrap(), 2.548e-7, 1e-10);
        assert_eq!(stratified_p(&[(Rate::new(0, 60), Rate::new(0, 140))]), None);
        assert_eq!(stratified_p(&[]), None);
    }

    #[test]
    fn a_lift_comes_with_its_interval() {
        let found = lift(Rate::new(30, 60), Rate::new(20, 140)).unwrap();
        close(found.ratio, 3.5, 1e-9);
        close(found.low, 2.170, 5e-4);
        close(found.high, 5.646, 5e-4);
        let found = lift(Rate::new(3, 6), Rate::new(5, 94)).unwrap();
        close(found.ratio, 9.4, 1e-9);
        close(found.low, 2.92, 5e-3);
        close(found.high, 30.3, 5e-2);
        assert!(found.is_wide() && !found.is_too_wide());
    }

    #[test]
    fn where_nobody_did_a_half_is_added() {
        let found = lift(Rate::new(2, 5), Rate::new(0, 40)).unwrap();
        close(found.ratio, 34.2, 5e-2);
        close(found.low, 1.86, 1e-2);
        close(found.high, 629.0, 1.0);
        assert!(found.is_too_wide());
        assert_eq!(lift(Rate::new(0, 0), Rate::new(1, 2)), None);
    }

    #[test]
    fn a_difference_comes_with_newcombes_interval() {
        let (found, interval) = difference(Rate::new(42, 47), Rate::new(51, 60)).unwrap();
        close(found, 0.0436, 5e-5);
        close(interval.low, -0.0944, 5e-5);
        close(interval.high, 0.1700, 5e-5);
        assert_eq!(difference(Rate::new(0, 0), Rate::new(1, 2)), None);
    }

    /// E-mail against LinkedIn, among hot and among cool ones.
    const CHANNELS: [Stratum; 2] = [
        (Rate { successes: 14, trials: 40 }, Rate { successes: 36, trials: 120 }),
        (Rate { successes: 8, trials: 120 }, Rate { successes: 2, trials: 40 }),
    ];

    #[test]
    fn what_wins_in_every_tier_wins_when_the_tier_is_held_fixed() {
        close(stratified(&CHANNELS).unwrap(), 1.1905, 5e-5);
        let (linkedin, email) = standardised(&CHANNELS).unwrap();
        close(email, 0.1750, 5e-5);
        close(linkedin, 0.2083, 5e-5);
        assert!(reverses(&CHANNELS));
        assert!(!reverses(&CHANNELS[..1]));
        assert_eq!(stratified(&[]), None);
    }
}
