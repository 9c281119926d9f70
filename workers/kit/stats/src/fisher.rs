//! Fisher's exact test: how often chance alone would make two rates differ as much.

use crate::Rate;

/// What rounding may add to a table that is as likely as the one that was seen.
const SLACK: f64 = 1e-7;
/// A share of the whole that changes nothing any more.
const NOTHING: f64 = 1e-18;

/// The two-sided p-value of both rates being the same: the tables that are no likelier than the one that was seen.
///
/// Likelihoods relative to the seen one follow from each other, so millions of trials cost no more than their spread.
pub fn two_sided(one: Rate, other: Rate) -> f64 {
    let successes = one.successes + other.successes;
    let (n, m, k) = (one.trials as f64, other.trials as f64, successes as f64);
    // How much likelier one success more in the first is, or one less.
    let up = |i: f64| (n - i) * (k - i) / ((i + 1.0) * (m - k + i + 1.0));
    let down = |i: f64| i * (m - k + i) / ((n - i + 1.0) * (k - i + 1.0));
    let (least, most) = (successes.saturating_sub(other.trials), successes.min(one.trials));
    let (mut as_unlikely, mut all) = (1.0, 1.0);
    let mut add = |steps: &mut dyn Iterator<Item = u64>, next: &dyn Fn(f64) -> f64| {
        let mut likely = 1.0f64;
        for place in steps {
            likely *= next(place as f64);
            all += likely;
            if likely <= 1.0 + SLACK {
                as_unlikely += likely;
                if likely < all * NOTHING && next(place as f64) < 1.0 {
                    break;
                }
            }
        }
    };
    add(&mut (one.successes..most), &up);
    add(&mut (least + 1..=one.successes).rev(), &down);
    if all.is_finite() { f64::min(as_unlikely / all, 1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::function::factorial::ln_factorial;

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

    /// Every table looked at.
    fn throughout(one: Rate, other: Rate) -> f64 {
        let successes = one.successes + other.successes;
        let choose = |n: u64, k: u64| ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k);
        let likelihood = |k: u64| {
            (choose(one.trials, k) + choose(other.trials, successes - k)
                - choose(one.trials + other.trials, successes))
            .exp()
        };
        let seen = likelihood(one.successes) * (1.0 + SLACK);
        let tables = successes.saturating_sub(other.trials)..=successes.min(one.trials);
        tables.map(likelihood).filter(|likely| *likely <= seen).sum::<f64>().min(1.0)
    }

    #[test]
    fn many_thousands_are_compared_at_once() {
        let (one, other) = (Rate::new(3_130, 21_300), Rate::new(6_264, 42_700));
        assert!((two_sided(one, other) - throughout(one, other)).abs() < 1e-9);
    }

    proptest::proptest! {
        #[test]
        fn no_table_that_counts_is_left_out(a in 0u64..60, b in 0u64..60, n in 0u64..60, m in 0u64..60) {
            let (one, other) = (Rate::new(a, n), Rate::new(b, m));
            let (found, expected) = (two_sided(one, other), throughout(one, other));
            proptest::prop_assert!((found - expected).abs() < 1e-9, "{} {}", found, expected);
        }

        #[test]
        fn the_order_does_not_matter(a in 0u64..40, b in 0u64..40, n in 1u64..40, m in 1u64..40) {
            let (one, other) = (Rate::new(a, n), Rate::new(b, m));
            let (there, back) = (two_sided(one, other), two_sided(other, one));
            proptest::prop_assert!((there - back).abs() < 1e-9 && (0.0..=1.0).contains(&there));
        }
    }
}
