//! A share of those who levelled up with its interval, and against the same share of those who stayed (statistics 4.10).

use crate::pattern::{Comparison, Figure, Verdict};
use chrono::{DateTime, Utc};
use stats::{Rate, fisher, ratio};

/// Rounds to so many decimals, as everything that is told.
pub(crate) fn rounded(value: f64, decimals: i32) -> f64 {
    let scale = 10f64.powi(decimals);
    // What is half but for the last bit is half.
    (value * scale + 1e-9).round() / scale
}

/// Half up, as months are told.
pub(crate) fn whole(value: f64) -> u32 {
    (value + 0.5 + 1e-9).max(0.0).floor() as u32
}

/// The middle of numbers that are sorted.
pub(crate) fn median(sorted: &[f64]) -> Option<f64> {
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        n if n % 2 == 1 => Some(sorted[middle]),
        _ => Some(f64::midpoint(sorted[middle - 1], sorted[middle])),
    }
}

pub(crate) fn figure(levelled: Rate, as_of: DateTime<Utc>) -> Figure {
    let wilson = levelled.wilson();
    Figure {
        count: levelled.successes,
        n: levelled.trials,
        rate: rounded(levelled.share().unwrap_or_default(), 2),
        low: rounded(wilson.low, 4),
        high: rounded(wilson.high, 4),
        median_months: None,
        undated: false,
        verdict: Verdict::CommonAmong,
        comparison: None,
        as_of,
        earlier: Vec::new(),
    }
}

/// Those who levelled up against those who stayed, by how many of either had it; none without anybody.
pub(crate) fn comparison(levelled: Rate, stayed: Rate) -> Option<Comparison> {
    let (difference, interval) = ratio::difference(levelled, stayed)?;
    let with = Rate::new(levelled.successes, levelled.successes + stayed.successes);
    let without = |rate: Rate| rate.trials - rate.successes;
    let without = Rate::new(without(levelled), without(levelled) + without(stayed));
    let shown = |rate: Rate| rate.share().map(|share| rounded(share, 3));
    Some(Comparison {
        stayed_with: stayed.successes,
        stayed: stayed.trials,
        rate: rounded(stayed.share()?, 2),
        difference: rounded(difference, 4),
        difference_low: rounded(interval.low, 4),
        difference_high: rounded(interval.high, 4),
        fisher_p: rounded(fisher::two_sided(levelled, stayed), 3),
        levelled_with: shown(with),
        levelled_without: shown(without),
        ratio: ratio::lift(with, without).map(|lift| rounded(lift.ratio, 2)),
        p: None,
        q: None,
        earlier: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levellers_are_told_with_those_who_stayed() {
        // Statistics 4.10.
        let levelled = Rate::new(42, 47);
        let found = comparison(levelled, Rate::new(51, 60)).unwrap();
        assert_eq!((found.difference, found.difference_low, found.difference_high), (0.0436, -0.0944, 0.17));
        assert_eq!((found.fisher_p, found.rate), (0.574, 0.85));
        assert_eq!((found.levelled_with, found.levelled_without), (Some(0.452), Some(0.357)));
        // .4516 and .3571 give 1.26.
        assert_eq!(found.ratio, Some(1.26));
        let figure = figure(levelled, DateTime::UNIX_EPOCH);
        assert_eq!((figure.rate, figure.low, figure.high), (0.89, 0.7741, 0.9537));
        assert_eq!(figure.percent(), "89%");
        assert_eq!(comparison(levelled, Rate::default()), None);
    }

    #[test]
    fn halves_go_up() {
        assert_eq!([9.5, 10.49, 0.0, -1.0].map(whole), [10, 10, 0, 0]);
        assert_eq!(median(&[1.0, 2.0, 4.0]), Some(2.0));
        assert_eq!(median(&[1.0, 2.0]), Some(1.5));
        assert_eq!(median(&[]), None);
    }
}
