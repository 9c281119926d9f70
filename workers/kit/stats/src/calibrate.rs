//! Turns scores into probabilities that come true.

use serde::{Deserialize, Serialize};

/// Keeps few data from being sure.
const RIDGE: f64 = 0.01;
const ROUNDS: usize = 100;
const STILL: f64 = 1e-12;

/// The logistic function.
pub fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

/// Platt's calibration: a logistic curve of the score.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Platt {
    pub intercept: f64,
    pub slope: f64,
}

impl Platt {
    /// Fits intercept and slope by Newton's method; the slope is held back a little, the intercept is free. None
    /// without any of one kind.
    pub fn fit(scores: &[f64], outcomes: &[bool]) -> Option<Self> {
        let n = outcomes.len() as f64;
        let converted = outcomes.iter().filter(|outcome| **outcome).count() as f64;
        if converted == 0.0 || converted == n {
            return None;
        }
        // Beside the sum of the losses, so that many data outweigh it.
        let ridge = RIDGE / n;
        let mut fit = Self { intercept: (converted / (n - converted)).ln(), slope: 0.0 };
        for _ in 0..ROUNDS {
            let (mut g0, mut g1) = (0.0, 2.0 * ridge * fit.slope);
            let (mut h00, mut h01, mut h11) = (0.0, 0.0, 2.0 * ridge);
            for (&score, &outcome) in scores.iter().zip(outcomes) {
                let probability = fit.of(score);
                let off = (probability - f64::from(u8::from(outcome))) / n;
                let weight = probability * (1.0 - probability) / n;
                g0 += off;
                g1 += off * score;
                h00 += weight;
                h01 += weight * score;
                h11 += weight * score * score;
            }
            let whole = h00 * h11 - h01 * h01;
            if whole <= 0.0 {
                break;
            }
            let (down, along) = ((h11 * g0 - h01 * g1) / whole, (h00 * g1 - h01 * g0) / whole);
            fit = Self { intercept: fit.intercept - down, slope: fit.slope - along };
            if down.abs().max(along.abs()) < STILL {
                break;
            }
        }
        Some(fit)
    }

    pub fn of(self, score: f64) -> f64 {
        sigmoid(self.intercept + self.slope * score)
    }
}

/// Isotonic calibration: steps that never fall, by pooling adjacent violators.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Isotonic {
    /// Scores from which a step holds, rising, with its probability.
    steps: Vec<(f64, f64)>,
}

impl Isotonic {
    pub fn fit(scores: &[f64], outcomes: &[bool]) -> Self {
        let mut points: Vec<(f64, f64)> = scores
            .iter()
            .copied()
            .zip(outcomes.iter().map(|outcome| f64::from(u8::from(*outcome))))
            .collect();
        points.sort_by(|one, other| one.0.total_cmp(&other.0));
        // Score from which on, successes, people.
        let mut pools: Vec<(f64, f64, f64)> = Vec::new();
        for tied in points.chunk_by(|one, other| one.0 == other.0) {
            let successes: f64 = tied.iter().map(|point| point.1).sum();
            let mut pool = (tied[0].0, successes, tied.len() as f64);
            while let Some(last) = pools.last()
                && last.1 / last.2 >= pool.1 / pool.2
            {
                pool = (last.0, last.1 + pool.1, last.2 + pool.2);
                pools.pop();
            }
            pools.push(pool);
        }
        Self {
            steps: pools.into_iter().map(|(from, successes, people)| (from, successes / people)).collect(),
        }
    }

    /// The probability at a score; that of the lowest step below it, and 0 when nothing was fitted.
    pub fn of(&self, score: f64) -> f64 {
        let after = self.steps.partition_point(|step| step.0 <= score);
        self.steps.get(after.saturating_sub(1)).map_or(0.0, |step| step.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logistic_curve_is_found_again() {
        let scores: Vec<f64> = (0..4_000).map(|i| f64::from(i) / 4_000.0).collect();
        // Each score as often as it converts, spread by a fixed pattern.
        let outcomes: Vec<bool> = scores
            .iter()
            .enumerate()
            .map(|(place, score)| (place as f64 * 0.618_034).fract() < sigmoid(-2.0 + 3.0 * score))
            .collect();
        let fit = Platt::fit(&scores, &outcomes).unwrap();
        assert!((fit.intercept + 2.0).abs() < 0.4 && (fit.slope - 3.0).abs() < 0.8, "{fit:?}");
        let mean: f64 = scores.iter().map(|score| fit.of(*score)).sum::<f64>() / 4_000.0;
        let share = outcomes.iter().filter(|outcome| **outcome).count() as f64 / 4_000.0;
        assert!((mean - share).abs() < 1e-6, "{mean} {share}");
        assert_eq!(Platt::fit(&[1.0], &[true]), None);
    }

    #[test]
    fn steps_never_fall_and_keep_the_mean() {
        let scores = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let fit = Isotonic::fit(&scores, &[false, true, false, false, true, true]);
        let found: Vec<f64> = scores.iter().map(|score| fit.of(*score)).collect();
        let third = 1.0 / 3.0;
        assert_eq!(found, [0.0, third, third, third, 1.0, 1.0]);
        assert_eq!(fit.of(-1.0), 0.0);
        assert_eq!(Isotonic::fit(&[], &[]).of(0.5), 0.0);
    }
}
