//! Whether the world is still the one that was learned from.

/// A distribution that has moved this far is worth a look; this far, and learning stops.
pub const WATCH: f64 = 0.10;
pub const ACT: f64 = 0.25;
/// The sum at which a rate counts as fallen.
pub const ALARM: f64 = 4.0;
/// Shares of nothing would count without end.
const LEAST: f64 = 1e-6;

/// The population stability index of two distributions over the same bins: 0 when they are the same.
pub fn population_stability(before: &[f64], now: &[f64]) -> f64 {
    let share = |shares: &[f64], place: usize| {
        let whole: f64 = shares.iter().sum();
        if whole > 0.0 { (shares[place] / whole).max(LEAST) } else { LEAST }
    };
    (0..before.len().min(now.len()))
        .map(|place| {
            let (before, now) = (share(before, place), share(now, place));
            (now - before) * (now / before).ln()
        })
        .sum()
}

/// Adds up the evidence that a rate has fallen from one to another; starts anew whenever there is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cusum {
    success: f64,
    failure: f64,
    pub sum: f64,
}

impl Cusum {
    /// Both rates lie between 0 and 1, and `fallen` below `usual`.
    pub fn new(usual: f64, fallen: f64) -> Self {
        Self { success: (fallen / usual).ln(), failure: ((1.0 - fallen) / (1.0 - usual)).ln(), sum: 0.0 }
    }

    /// Whether the rate counts as fallen after this outcome.
    pub fn after(&mut self, success: bool) -> bool {
        self.sum = (self.sum + if success { self.success } else { self.failure }).max(0.0);
        self.sum >= ALARM
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distribution_that_moves_is_noticed() {
        let before = [0.2; 5];
        let found = population_stability(&before, &[0.10, 0.15, 0.20, 0.25, 0.30]);
        assert!((found - 0.1354).abs() < 5e-5, "{found}");
        assert!((WATCH..ACT).contains(&found));
        assert_eq!(population_stability(&before, &[3.0; 5]), 0.0);
        assert!(population_stability(&before, &[1.0, 0.0, 0.0, 0.0, 0.0]).is_finite());
    }

    #[test]
    fn a_rate_that_has_fallen_is_noticed_after_as_many_failures_as_in_the_reference() {
        let mut cusum = Cusum::new(0.03, 0.015);
        assert!((cusum.success - 0.5_f64.ln()).abs() < 5e-5 && (cusum.failure - 0.015_35).abs() < 5e-6);
        let failures = (1..).find(|_| cusum.after(false)).unwrap();
        assert_eq!(failures, 261);
        assert!(!cusum.after(true));
        assert!((0..10).all(|_| !cusum.after(true)) && cusum.sum == 0.0);
    }
}
