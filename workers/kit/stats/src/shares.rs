//! Shares of several kinds with how well they are known, and which of them is truly the largest.

use crate::posterior::Posterior;
use serde::Serialize;
use statrs::distribution::{Continuous as _, ContinuousCDF as _, Gamma};

/// Points at which densities are added up.
const POINTS: usize = 2_000;

/// The share of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Share {
    pub share: f64,
    /// The 95 % credible interval.
    pub low: f64,
    pub high: f64,
    /// The probability that no other kind has a larger share.
    pub largest: f64,
}

/// The shares of kinds that were counted, under Jeffreys' prior of half a case each: a Dirichlet distribution, whose
/// marginals are betas (statistics 4.7). Empty when nothing was counted.
pub fn shares(counts: &[u64]) -> Vec<Share> {
    let all: u64 = counts.iter().sum();
    if all == 0 {
        return Vec::new();
    }
    let weights: Vec<f64> = counts.iter().map(|count| *count as f64 + 0.5).collect();
    let sum: f64 = weights.iter().sum();
    let largest = largest(&weights);
    let of = |(place, weight): (usize, &f64)| {
        let posterior = Posterior::new(*weight, (sum - weight).max(f64::MIN_POSITIVE));
        let (low, high) =
            posterior.map_or((0.0, 1.0), |share| (share.quantile(0.025), share.quantile(0.975)));
        Share { share: counts[place] as f64 / all as f64, low, high, largest: largest[place] }
    };
    weights.iter().enumerate().map(of).collect()
}

/// How likely each is the largest. The parts of a Dirichlet variable are gammas over their sum, so the largest of these is
/// the largest share: the density of one times the probabilities of the others to be below, added up.
fn largest(weights: &[f64]) -> Vec<f64> {
    if weights.len() == 1 {
        return vec![1.0];
    }
    let gammas: Vec<Gamma> = weights.iter().filter_map(|weight| Gamma::new(*weight, 1.0).ok()).collect();
    let most = weights.iter().copied().fold(0.0, f64::max);
    // Below, the largest is all but never.
    let width = 10.0 * most.sqrt() + 10.0;
    let begin = (most - width).max(0.0);
    let step = (most + width - begin) / POINTS as f64;
    let mut found = vec![0.0; weights.len()];
    for point in 0..POINTS {
        let at = begin + (point as f64 + 0.5) * step;
        let below: Vec<f64> = gammas.iter().map(|gamma| gamma.cdf(at)).collect();
        for (place, gamma) in gammas.iter().enumerate() {
            let others = below.iter().enumerate().filter(|(other, _)| *other != place);
            found[place] += gamma.ln_pdf(at).exp() * others.map(|(_, below)| below).product::<f64>();
        }
    }
    let sum: f64 = found.iter().sum();
    found.iter().map(|part| part / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_third_touch_has_the_largest_share_most_likely() {
        let found = shares(&[7, 13, 25, 20, 16, 8]);
        let third = found[2];
        assert!((third.low - 0.191).abs() < 5e-4 && (third.high - 0.372).abs() < 5e-4, "{third:?}");
        assert!((third.largest - 0.73).abs() < 0.01, "{third:?}");
        assert!((found.iter().map(|one| one.largest).sum::<f64>() - 1.0).abs() < 1e-9);
        assert!((found.iter().map(|one| one.share).sum::<f64>() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn equal_counts_are_as_likely_and_nothing_says_nothing() {
        let found = shares(&[10, 10, 10, 10]);
        assert!(found.iter().all(|one| (one.largest - 0.25).abs() < 1e-9), "{found:?}");
        assert_eq!(shares(&[0, 0]), []);
        assert_eq!(shares(&[3])[0].largest, 1.0);
        let one_only = shares(&[0, 0, 150, 0, 0, 0]);
        assert!(
            one_only[2].largest > 0.999 && one_only.iter().all(|one| one.largest.is_finite()),
            "{one_only:?}"
        );
        let sure = shares(&[100_000, 0, 1]);
        assert!(sure[0].largest > 0.999 && sure[1].high < 1e-3, "{sure:?}");
    }
}
