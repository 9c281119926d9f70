//! Evidence that may be looked at at any time, without the looking making false findings.

use crate::Rate;
use statrs::function::beta::ln_beta;

/// The e-value at which the rate is another one: one in twenty by chance, however often one looks.
pub const REJECT: f64 = 20.0;

/// Half the width of an asymptotic 95 % confidence sequence of a mean after `n` observations of deviation `sigma`,
/// narrowest near `planned` observations.
pub fn half_width(sigma: f64, n: f64, planned: f64) -> f64 {
    const ALPHA: f64 = 0.05;
    let rho = ((-2.0 * ALPHA.ln() + (-2.0 * ALPHA.ln() + 1.0).ln()) / planned).sqrt();
    let scaled = n * rho * rho + 1.0;
    sigma * (2.0 * scaled / (n * n * rho * rho) * (scaled.sqrt() / ALPHA).ln()).sqrt()
}

/// How much likelier a rate is under a Beta(a, b) prior than under the rate `known`.
pub fn e_value(rate: Rate, known: f64, a: f64, b: f64) -> f64 {
    let (successes, failures) = (rate.successes as f64, (rate.trials - rate.successes) as f64);
    let log = ln_beta(a + successes, b + failures)
        - ln_beta(a, b)
        - successes * known.ln()
        - failures * (1.0 - known).ln();
    log.exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_is_wider_than_an_interval_of_fixed_size() {
        for (n, expected) in [(100.0, 0.3364), (400.0, 0.1520), (2000.0, 0.0699)] {
            let found = half_width(1.0, n, 500.0);
            assert!((found - expected).abs() < 5e-5, "{found} is not {expected}");
            assert!(found > 1.96 / f64::sqrt(n));
        }
    }

    #[test]
    fn evidence_against_a_known_rate() {
        // With a uniform prior, as in the reference.
        let found = e_value(Rate::new(21, 200), 0.03, 1.0, 1.0);
        assert!((found / 8022.0 - 1.0).abs() < 1e-3, "{found}");
        let found = e_value(Rate::new(12, 200), 0.03, 1.0, 1.0);
        assert!((found - 0.470).abs() < 5e-4, "{found}");
    }
}
