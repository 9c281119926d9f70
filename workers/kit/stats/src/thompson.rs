//! Thompson sampling: arms get people as often as they may be the best, and none is given up.

use crate::Rate;
use crate::posterior::Posterior;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// No arm gets fewer than this share, so that each can still prove itself.
pub const FLOOR: f64 = 0.10;
/// Draws from the posteriors.
const DRAWS: u32 = 2_000;

/// The share of people each arm is to get: how often it won `DRAWS` draws from the posteriors, at least a tenth.
///
/// The same rates and seed give the same shares, so a logged seed explains every assignment.
pub fn shares(arms: &[Rate], seed: u64) -> Vec<f64> {
    let floor = FLOOR.min(1.0 / arms.len().max(1) as f64);
    let free = 1.0 - floor * arms.len() as f64;
    won(arms, seed).into_iter().map(|won| floor + free * won).collect()
}

/// Of `DRAWS` draws from the posteriors, the share that each arm won.
pub fn won(arms: &[Rate], seed: u64) -> Vec<f64> {
    let posteriors: Vec<Posterior> = arms
        .iter()
        .filter_map(|rate| {
            let (successes, failures) = (rate.successes as f64, (rate.trials - rate.successes) as f64);
            Posterior::new(successes + 1.0, failures + 1.0)
        })
        .collect();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut won = vec![0u32; arms.len()];
    for _ in 0..DRAWS {
        let draws = posteriors.iter().map(|posterior| posterior.quantile(random.random()));
        let best = draws.enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b));
        if let Some((best, _)) = best {
            won[best] += 1;
        }
    }
    won.into_iter().map(|won| f64::from(won) / f64::from(DRAWS)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_better_arm_gets_more_and_the_other_its_floor() {
        let shares = shares(&[Rate::new(12, 200), Rate::new(40, 200), Rate::new(1, 200)], 7);
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(shares[1] > 0.75 && shares[0] >= 0.10 && shares[2] >= 0.10, "{shares:?}");
    }

    #[test]
    fn the_same_seed_gives_the_same_shares() {
        let arms = [Rate::new(3, 20), Rate::new(5, 20)];
        assert_eq!(shares(&arms, 1), shares(&arms, 1));
        assert_ne!(shares(&arms, 1), shares(&arms, 2));
    }

    #[test]
    fn arms_of_which_nothing_is_known_get_about_the_same() {
        for share in shares(&[Rate::default(); 4], 3) {
            assert!((share - 0.25).abs() < 0.05);
        }
    }

    #[test]
    fn no_arms_get_nothing() {
        assert_eq!(shares(&[], 1), Vec::<f64>::new());
    }
}
