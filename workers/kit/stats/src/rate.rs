//! A share of a number, and how well it is known.

use crate::posterior::Posterior;
use serde::Serialize;

/// The two-sided 95 % quantile of the normal distribution.
pub const Z: f64 = 1.959_963_984_540_054;

/// So many of so many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Rate {
    pub successes: u64,
    pub trials: u64,
}

/// A range of shares, each in 0..=1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

impl Rate {
    /// `successes` of `trials`; more successes than trials count as all of them.
    pub fn new(successes: u64, trials: u64) -> Self {
        Self { successes: successes.min(trials), trials }
    }

    /// Both counted together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { successes: self.successes + other.successes, trials: self.trials + other.trials }
    }

    /// The share, if there was anything to count.
    pub fn share(self) -> Option<f64> {
        (self.trials > 0).then(|| self.successes as f64 / self.trials as f64)
    }

    /// Wilson's 95 % score interval, for display; all shares when nothing was counted.
    pub fn wilson(self) -> Interval {
        let Some(share) = self.share() else { return Interval { low: 0.0, high: 1.0 } };
        let n = self.trials as f64;
        let square = Z * Z;
        let whole = 1.0 + square / n;
        let centre = (share + square / (2.0 * n)) / whole;
        let half = Z * (share * (1.0 - share) / n + square / (4.0 * n * n)).sqrt() / whole;
        // What rounding leaves beside 0 and 1 is no knowledge.
        let low = if self.successes == 0 { 0.0 } else { centre - half };
        let high = if self.successes == self.trials { 1.0 } else { centre + half };
        Interval { low, high }
    }

    /// The 95 % credible interval under Jeffreys' prior, where a posterior is needed.
    pub fn jeffreys(self) -> Interval {
        let (successes, failures) = (self.successes as f64, (self.trials - self.successes) as f64);
        let Some(posterior) = Posterior::new(successes + 0.5, failures + 0.5) else {
            return Interval { low: 0.0, high: 1.0 };
        };
        let low = if self.successes == 0 { 0.0 } else { posterior.quantile(0.025) };
        let high = if self.successes == self.trials { 1.0 } else { posterior.quantile(0.975) };
        Interval { low, high }
    }
}

/// The probability that a rate is below `share`, under the Beta distribution of so many successes and failures; a prior
/// counts among them.
pub fn likely_below(successes: f64, failures: f64, share: f64) -> f64 {
    Posterior::new(successes, failures).map_or(0.5, |posterior| 1.0 - posterior.above(share))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(successes: u64, trials: u64, wilson: (f64, f64), jeffreys: (f64, f64)) {
        let rate = Rate::new(successes, trials);
        for (found, expected) in [(rate.wilson(), wilson), (rate.jeffreys(), jeffreys)] {
            let close = |found: f64, expected: f64| (found - expected).abs() < 5e-4;
            assert!(close(found.low, expected.0) && close(found.high, expected.1), "{found:?} {expected:?}");
        }
    }

    #[test]
    fn intervals_are_those_of_the_tables() {
        check(2, 3, (0.2077, 0.9385), (0.1767, 0.9613));
        check(4, 5, (0.3755, 0.9638), (0.3714, 0.9775));
        check(0, 5, (0.0, 0.4345), (0.0, 0.3794));
        check(5, 5, (0.5655, 1.0), (0.6206, 1.0));
        check(0, 20, (0.0, 0.1611), (0.0, 0.1166));
        check(14, 45, (0.1953, 0.4566), (0.1908, 0.4549));
        check(26, 112, (0.1636, 0.3184), (0.1614, 0.3165));
        check(16, 89, (0.1138, 0.2723), (0.1109, 0.2691));
        check(42, 47, (0.7741, 0.9537), (0.7825, 0.9582));
        check(50, 200, (0.1951, 0.3143), (0.1939, 0.3133));
    }

    #[test]
    fn nothing_counted_is_nothing_known() {
        assert_eq!(Rate::new(0, 0).share(), None);
        assert_eq!(Rate::new(0, 0).wilson(), Interval { low: 0.0, high: 1.0 });
    }

    #[test]
    fn few_successes_make_a_low_rate_likely() {
        assert!((likely_below(1.0, 1.0, 0.4) - 0.4).abs() < 1e-9);
        // Of 20 with a uniform prior, 4 and 12 successes.
        assert!((likely_below(5.0, 17.0, 0.4) - 0.963_04).abs() < 5e-4, "{}", likely_below(5.0, 17.0, 0.4));
        assert!(likely_below(13.0, 9.0, 0.4) < 0.05);
    }

    proptest::proptest! {
        #[test]
        fn the_share_lies_in_its_interval(trials in 1u64..5_000, part in 0.0f64..=1.0) {
            let rate = Rate::new((trials as f64 * part) as u64, trials);
            let (share, interval) = (rate.share().unwrap(), rate.wilson());
            proptest::prop_assert!(interval.low <= share && share <= interval.high);
            proptest::prop_assert!(interval.low >= 0.0 && interval.high <= 1.0);
        }
    }
}
