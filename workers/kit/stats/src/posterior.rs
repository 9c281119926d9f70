//! What is known of a share after some were counted: a beta distribution, of few and of hundreds of millions alike.

use statrs::distribution::{Beta, Continuous as _, ContinuousCDF as _, Normal};

/// Where both parameters are larger, the distribution is so close to a normal one that a series gives its quantiles to
/// a ten thousandth of its width, and the continued fraction that is exact for fewer takes ever longer.
const LARGE: f64 = 1_000.0;
/// Where their sum is larger, Newton's way to a quantile may not end.
const LONG: f64 = 50_000.0;
/// Halvings of where a quantile may lie.
const HALVINGS: u32 = 60;
/// It lies within so many standard deviations of the mean.
const WIDTH: f64 = 12.0;

/// A beta distribution.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Posterior {
    beta: Beta,
    sum: f64,
    series: Series,
    /// Whether the series is used.
    is_large: bool,
}

/// The first moments, for the series of Edgeworth and of Cornish and Fisher.
#[derive(Debug, Clone, Copy)]
struct Series {
    mean: f64,
    deviation: f64,
    skewness: f64,
    kurtosis: f64,
}

impl Posterior {
    /// None unless both are positive and finite.
    pub(crate) fn new(successes: f64, failures: f64) -> Option<Self> {
        let beta = Beta::new(successes, failures).ok()?;
        let series = Series::of(successes, failures);
        Some(Self { beta, sum: successes + failures, series, is_large: successes.min(failures) > LARGE })
    }

    /// The share below which it is with a probability.
    pub(crate) fn quantile(&self, probability: f64) -> f64 {
        if self.is_large {
            return self.series.quantile(probability);
        }
        if self.sum <= LONG {
            return self.beta.inverse_cdf(probability);
        }
        let Series { mean, deviation, .. } = self.series;
        let (mut low, mut high) = ((mean - WIDTH * deviation).max(0.0), (mean + WIDTH * deviation).min(1.0));
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(low, high);
            if self.beta.cdf(middle) < probability { low = middle } else { high = middle }
        }
        high
    }

    /// How likely the share is above another one.
    pub(crate) fn above(&self, share: f64) -> f64 {
        if self.is_large { 1.0 - self.series.below(share) } else { self.beta.sf(share) }
    }
}

impl Series {
    fn of(a: f64, b: f64) -> Self {
        let n = a + b;
        let deviation = (a / n * (b / n) / (n + 1.0)).sqrt();
        let skewness = 2.0 * (b - a) * (n + 1.0).sqrt() / ((n + 2.0) * (a * b).sqrt());
        let (square, product) = ((a - b) * (a - b), a * b);
        let kurtosis = 6.0 * (square * (n + 1.0) - product * (n + 2.0)) / (product * (n + 2.0) * (n + 3.0));
        Self { mean: a / n, deviation, skewness, kurtosis }
    }

    fn quantile(&self, probability: f64) -> f64 {
        let z = Normal::standard().inverse_cdf(probability);
        let (s, k) = (self.skewness, self.kurtosis);
        let moved = z + s / 6.0 * (z * z - 1.0) + k / 24.0 * (z.powi(3) - 3.0 * z)
            - s * s / 36.0 * (2.0 * z.powi(3) - 5.0 * z);
        (self.mean + self.deviation * moved).clamp(0.0, 1.0)
    }

    fn below(&self, share: f64) -> f64 {
        let z = (share - self.mean) / self.deviation;
        let normal = Normal::standard();
        let (s, k) = (self.skewness, self.kurtosis);
        let series = s / 6.0 * (z * z - 1.0)
            + k / 24.0 * (z.powi(3) - 3.0 * z)
            + s * s / 72.0 * (z.powi(5) - 10.0 * z.powi(3) + 15.0 * z);
        (normal.cdf(z) - normal.pdf(z) * series).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_series_goes_on_where_the_exact_way_ends() {
        for (a, b) in [(1_001.0, 1_500.0), (1_200.0, 9_000.0), (9_000.0, 1_001.0)] {
            let posterior = Posterior::new(a, b).unwrap();
            let series = posterior.series;
            for probability in [0.025, 0.3, 0.975] {
                let off = series.quantile(probability) - posterior.beta.inverse_cdf(probability);
                assert!(off.abs() < 1e-4 * series.deviation, "{a} {b} {probability}: {off}");
                let share = posterior.beta.inverse_cdf(probability);
                assert!((series.below(share) - probability).abs() < 1e-5, "{a} {b} {probability}");
            }
        }
    }

    /// With `SciPy` 1.17: `beta.ppf([.025, .975], a, b)`.
    #[test]
    fn millions_take_no_longer() {
        let check = |a: f64, b: f64, low: f64, high: f64| {
            let posterior = Posterior::new(a, b).unwrap();
            let found = (posterior.quantile(0.025), posterior.quantile(0.975));
            let near = |one: f64, other: f64| (one - other).abs() < 1e-5 * posterior.series.deviation;
            assert!(near(found.0, low) && near(found.1, high), "{a} {b}: {found:?}");
        };
        check(3_450_000.5, 6_550_000.5, 0.344_705_413_998, 0.345_294_675_726);
        check(20_000.5, 50_000_000.5, 0.000_394_328_636_7, 0.000_405_409_307_8);
        check(0.5, 1_200_000.0, 4.091_955_506_55e-10, 2.093_284_156_56e-6);
        check(900.5, 10_000_000.0, 8.425_641_630_98e-5, 9.601_673_144_50e-5);
        check(10_000_000.0, 3.5, 0.999_999_199_362_207, 0.999_999_915_506_555);
        check(0.5, 500_000_000.0, 9.820_691_176_66e-13, 5.023_886_177_21e-9);
    }

    #[test]
    fn nothing_is_no_posterior() {
        assert!(Posterior::new(0.0, 3.0).is_none());
    }
}
