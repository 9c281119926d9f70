//! Several rates at once: how often chance alone would make them differ as much.

use crate::Rate;
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;
use statrs::distribution::{ChiSquared, ContinuousCDF as _};

/// Cells with fewer expected are too few for the distribution of chi-square.
const LEAST_EXPECTED: f64 = 5.0;
const SHUFFLES: usize = 2_000;
/// More people than these are not shuffled: their small cells are counted together instead.
const MOST_SHUFFLED: u64 = 20_000;

/// The p-value of all rates being the same: chi-square, or by shuffling where cells are small.
pub fn p_value(rates: &[Rate], seed: u64) -> f64 {
    let rates: Vec<Rate> = rates.iter().copied().filter(|rate| rate.trials > 0).collect();
    let all = rates.iter().fold(Rate::default(), |sum, rate| sum.and(*rate));
    if rates.len() < 2 || all.successes == 0 || all.successes == all.trials {
        return 1.0;
    }
    let seen = squares(&rates, all);
    let share = all.successes as f64 / all.trials as f64;
    let small = |rate: &Rate| rate.trials as f64 * share.min(1.0 - share) < LEAST_EXPECTED;
    if rates.iter().any(small) {
        if all.trials <= MOST_SHUFFLED {
            return shuffled(&rates, all, seen, seed);
        }
        let (few, mut many): (Vec<Rate>, Vec<Rate>) = rates.iter().copied().partition(|rate| small(rate));
        let rest = few.into_iter().fold(Rate::default(), Rate::and);
        match many.last_mut() {
            Some(last) if small(&rest) => *last = last.and(rest),
            _ => many.push(rest),
        }
        let freedom = many.len().saturating_sub(1).max(1) as f64;
        return ChiSquared::new(freedom).map_or(1.0, |distribution| distribution.sf(squares(&many, all)));
    }
    ChiSquared::new((rates.len() - 1) as f64).map_or(1.0, |distribution| distribution.sf(seen))
}

fn squares(rates: &[Rate], all: Rate) -> f64 {
    let share = all.successes as f64 / all.trials as f64;
    let square = |rate: &Rate| {
        let n = rate.trials as f64;
        (rate.successes as f64 - n * share).powi(2) / (n * share * (1.0 - share))
    };
    rates.iter().map(square).sum()
}

/// The share of shufflings of the outcomes over the groups that differ as much; the one that was seen counts.
fn shuffled(rates: &[Rate], all: Rate, seen: f64, seed: u64) -> f64 {
    let mut outcomes: Vec<bool> = (0..all.trials).map(|place| place < all.successes).collect();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut as_much = 1;
    for _ in 0..SHUFFLES {
        outcomes.shuffle(&mut random);
        let mut left = outcomes.as_slice();
        let drawn: Vec<Rate> = rates
            .iter()
            .map(|rate| {
                let (own, rest) = left.split_at(rate.trials as usize);
                left = rest;
                Rate::new(own.iter().filter(|outcome| **outcome).count() as u64, rate.trials)
            })
            .collect();
        if squares(&drawn, all) >= seen - 1e-9 {
            as_much += 1;
        }
    }
    f64::from(as_much) / (SHUFFLES + 1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_that_differ_by_chance_are_not_told_apart() {
        // The source document's best days: about 14, 12 and 11 % of 45, 52 and 48.
        let p = p_value(&[Rate::new(6, 45), Rate::new(6, 52), Rate::new(5, 48)], 1);
        assert!((p - 0.91).abs() < 0.01, "{p}");
    }

    #[test]
    fn touches_three_to_five_are_alike() {
        let p = p_value(&[Rate::new(25, 780), Rate::new(20, 650), Rate::new(16, 520)], 1);
        assert!((p - 0.987).abs() < 0.002, "{p}");
    }

    #[test]
    fn small_groups_are_shuffled_and_the_same_seed_gives_the_same() {
        let rates = [Rate::new(5, 6), Rate::new(0, 7), Rate::new(1, 8)];
        let p = p_value(&rates, 7);
        assert!(p < 0.02, "{p}");
        assert_eq!(p, p_value(&rates, 7));
    }

    #[test]
    fn nothing_to_compare_proves_nothing() {
        for rates in [&[][..], &[Rate::new(1, 2)], &[Rate::new(0, 9), Rate::new(0, 8)], &[Rate::default(); 3]]
        {
            assert_eq!(p_value(rates, 1), 1.0);
        }
    }
}
