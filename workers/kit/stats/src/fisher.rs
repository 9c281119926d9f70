//! Fisher's exact test: how often chance alone would make two rates differ as much.

use crate::Rate;
use statrs::function::factorial::ln_factorial;

/// What rounding may add to a table that is as likely as the one that was seen.
const SLACK: f64 = 1e-7;

/// The two-sided p-value of both rates being the same: the tables that are no likelier than the one that was seen.
pub fn two_sided(one: Rate, other: Rate) -> f64 {
    let successes = one.successes + other.successes;
    let all = one.trials + other.trials;
    let choose = |n: u64, k: u64| ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k);
    let whole = choose(all, successes);
    let likelihood = |k: u64| (choose(one.trials, k) + choose(other.trials, successes - k) - whole).exp();
    let seen = likelihood(one.successes) * (1.0 + SLACK);
    let tables = successes.saturating_sub(other.trials)..=successes.min(one.trials);
    tables.map(likelihood).filter(|likely| *likely <= seen).sum::<f64>().min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(one: (u64, u64), other: (u64, u64), expected: f64) {
        let found = two_sided(Rate::new(one.0, one.1), Rate::new(other.0, other.1));
        assert!((found - expected).abs() < 5e-4_f64.min(expected * 0.02), "{found} is not {expected}");
    }

    #[test]
    fn p_values_are_those_of_the_reference() {
        check((30, 60), (20, 140), 2.8e-7);
        check((3, 6), (5, 94), 0.0061);
        check((42, 47), (51, 60), 0.574);
        check((8, 45), (6, 38), 1.0);
    }

    #[test]
    fn each_title_is_compared_with_the_rest() {
        check((14, 45), (51, 247), 0.1236);
        check((26, 112), (39, 180), 0.7737);
        check((16, 89), (49, 203), 0.2860);
        check((4, 40), (61, 252), 0.0633);
        check((5, 6), (60, 286), 0.0024);
    }

    #[test]
    fn nothing_counted_proves_nothing() {
        check((0, 0), (0, 0), 1.0);
        check((0, 0), (3, 9), 1.0);
        check((0, 50), (0, 9), 1.0);
    }

    proptest::proptest! {
        #[test]
        fn the_order_does_not_matter(a in 0u64..40, b in 0u64..40, n in 1u64..40, m in 1u64..40) {
            let (one, other) = (Rate::new(a, n), Rate::new(b, m));
            let (there, back) = (two_sided(one, other), two_sided(other, one));
            proptest::prop_assert!((there - back).abs() < 1e-9 && (0.0..=1.0).contains(&there));
        }
    }
}
