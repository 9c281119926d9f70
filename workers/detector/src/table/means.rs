//! Groups of rows of which each has a number: their means, and how often chance alone would make them differ as much.

use patterns::Verdict;
use patterns::card::rounded;
use serde::Serialize;
use statrs::distribution::{ContinuousCDF as _, StudentsT};
use stats::{Rate, Z};

use super::factors::Factor;
use super::outcome::Measured;
use conversion::card::significant;

/// The spread of a small group is known badly: that of all rows counts as so many rows of it.
const SPREAD_ROWS: f64 = 10.0;
/// The mean of all counts as so many rows of each group.
const PRIOR_ROWS: f64 = 20.0;
/// A group that weighs less than the mean of all is not judged, and makes no other one harder to tell from chance.
pub(super) const LEAST_ROWS: u64 = 20;

/// What is said of a group whose rows have numbers; the names are those of a card of a rate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MeanCard {
    /// The mean over the rows: a row counts once, however many trials it has, but for how well they are known.
    pub conversion_rate: f64,
    pub sample: u64,
    /// Against all rows.
    pub lift: Option<f64>,
    /// Of all rows together, where the number is a share.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub successes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trials: Option<u64>,
    pub ci_low: f64,
    pub ci_high: f64,
    pub rate_shrunk: f64,
    pub shrunk_low: f64,
    pub shrunk_high: f64,
    pub lift_shrunk: Option<f64>,
    /// The mean of the other rows.
    pub rest: f64,
    /// Two-sided, by Welch, against the rest.
    pub p: f64,
    pub q: f64,
    pub verdict: Verdict,
    pub denominator: &'static str,
    pub comparison: &'static str,
}

/// A group, compared with the rest.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) rows: u64,
    pub(super) p: f64,
    own: Mean,
    rest: f64,
    all: f64,
    counts: Option<Rate>,
    /// Whether the number is a share, and its interval ends at 0.
    is_share: bool,
}

/// A weighted mean.
#[derive(Debug, Clone, Copy)]
struct Mean {
    mean: f64,
    variance: f64,
    /// As many rows of equal weight would tell as much.
    rows: f64,
}

/// The rows of each of these levels against those of all others of them.
pub(super) fn groups(factor: &Factor, levels: &[usize], measured: &Measured) -> Vec<Group> {
    let of = |take: &dyn Fn(usize) -> bool| {
        let rows = (0..measured.values.len()).filter(|row| take(factor.codes[*row] as usize));
        mean(rows.map(|row| (measured.values[row], measured.weights[row])))
    };
    let all = of(&|level| levels.contains(&level));
    let group = |level: &usize| {
        let (own, rest) =
            (of(&|other| other == *level), of(&|other| other != *level && levels.contains(&other)));
        let rows = || (0..measured.values.len()).filter(|row| factor.codes[*row] as usize == *level);
        let counts = measured.counts.as_ref();
        let spread = |one: Mean| {
            let weight = (one.rows - 1.0).max(0.0);
            Mean {
                variance: (weight * one.variance + SPREAD_ROWS * all.variance) / (weight + SPREAD_ROWS),
                ..one
            }
        };
        let own = spread(own);
        Group {
            rows: rows().count() as u64,
            p: welch(own, spread(rest)),
            own,
            rest: rest.mean,
            all: all.mean,
            counts: counts.map(|counts| rows().fold(Rate::default(), |sum, row| sum.and(counts[row]))),
            is_share: counts.is_some(),
        }
    };
    levels.iter().map(group).collect()
}

fn mean(rows: impl Iterator<Item = (f64, f64)> + Clone) -> Mean {
    let (weight, sum, squares) = rows.clone().fold((0.0, 0.0, 0.0), |(weight, sum, squares), (value, w)| {
        (weight + w, sum + w * value, squares + w * w)
    });
    if weight <= 0.0 {
        return Mean { mean: 0.0, variance: 0.0, rows: 0.0 };
    }
    let (mean, effective) = (sum / weight, weight * weight / squares);
    let spread: f64 = rows.map(|(value, w)| w * (value - mean).powi(2)).sum::<f64>() / weight;
    let variance = if effective > 1.0 { spread * effective / (effective - 1.0) } else { 0.0 };
    Mean { mean, variance, rows: effective }
}

fn welch(one: Mean, other: Mean) -> f64 {
    if one.rows < 1.0 || other.rows < 1.0 {
        return 1.0;
    }
    let (a, b) = (one.variance / one.rows, other.variance / other.rows);
    if a + b <= 0.0 {
        return if one.mean == other.mean { 1.0 } else { 0.0 };
    }
    // The rows that the spread was borrowed from count as well.
    let freedom = |mean: Mean| (mean.rows - 1.0 + SPREAD_ROWS).max(1.0);
    let freedom = (a + b).powi(2) / (a * a / freedom(one) + b * b / freedom(other));
    let t = (one.mean - other.mean).abs() / (a + b).sqrt();
    StudentsT::new(0.0, 1.0, freedom).map_or(1.0, |distribution| 2.0 * distribution.sf(t))
}

impl Group {
    pub(super) fn card(&self, q: f64, level: f64) -> MeanCard {
        let Mean { mean, variance, rows } = self.own;
        let half = Z * (variance / rows.max(1.0)).sqrt();
        let shrunk = (rows * mean + PRIOR_ROWS * self.all) / (rows + PRIOR_ROWS);
        let shrunk_half = Z * (variance / (rows + PRIOR_ROWS)).sqrt();
        let verdict = match () {
            () if self.rows < LEAST_ROWS => Verdict::TooLittleData,
            () if q > level => Verdict::NotDistinguishable,
            () if shrunk - shrunk_half > self.all => Verdict::Better,
            () if shrunk + shrunk_half < self.all => Verdict::Worse,
            () => Verdict::PromisingSmallN,
        };
        let ratio = |of: f64| (self.all > 0.0).then(|| rounded(of / self.all, 2));
        let within = |end: f64| rounded(if self.is_share { end.clamp(0.0, 1.0) } else { end }, 4);
        MeanCard {
            conversion_rate: rounded(mean, 4),
            sample: self.rows,
            lift: ratio(mean),
            successes: self.counts.map(|counts| counts.successes),
            trials: self.counts.map(|counts| counts.trials),
            ci_low: within(mean - half),
            ci_high: within(mean + half),
            rate_shrunk: rounded(shrunk, 4),
            shrunk_low: within(shrunk - shrunk_half),
            shrunk_high: within(shrunk + shrunk_half),
            lift_shrunk: ratio(shrunk),
            rest: rounded(self.rest, 4),
            p: significant(self.p),
            q: significant(q),
            verdict,
            denominator: "rows_with_a_value",
            comparison: "rest",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::factors::{Level, Role};
    use super::*;

    fn two(values: Vec<f64>, weights: Vec<f64>) -> Vec<Group> {
        let level = |label: &str| Level { label: label.to_owned(), role: Role::Told };
        let codes = (0..values.len()).map(|row| (row % 2) as u16).collect();
        let factor = Factor { list: 0, levels: vec![level("a"), level("b")], codes, ordered: false };
        groups(&factor, &[0, 1], &Measured { values, weights, counts: None })
    }

    #[test]
    fn rows_and_not_their_recipients_are_counted() {
        // Twenty rows of either kind, whose shares differ by less than they spread.
        let values: Vec<f64> =
            (0..40).map(|row| 0.05 + 0.002 * f64::from(row % 2) + 0.01 * f64::from(row / 2 % 5)).collect();
        let found = two(values, vec![1.0; 40]);
        assert!(found[0].p > 0.5 && (found[0].p - found[1].p).abs() < 1e-12, "{}", found[0].p);
        assert_eq!(found[0].card(found[0].p, 0.1).verdict, Verdict::NotDistinguishable);
    }

    #[test]
    fn a_row_that_weighs_nothing_decides_nothing() {
        let mut values: Vec<f64> =
            (0..80).map(|row| 0.05 + 0.03 * f64::from(row % 2) + 0.004 * f64::from(row / 2 % 5)).collect();
        values.extend([1.0, 0.0]);
        let weighed = two(values.clone(), (0..82).map(|row| if row < 80 { 20.0 } else { 0.01 }).collect());
        assert!(weighed[0].p < 1e-6, "{}", weighed[0].p);
        assert_eq!(weighed[0].card(weighed[0].p, 0.1).verdict, Verdict::Worse);
        assert_eq!(weighed[1].card(weighed[1].p, 0.1).verdict, Verdict::Better);
        let alike = two(values, vec![1.0; 82]);
        assert!(alike[0].p > 0.01, "{}", alike[0].p);
    }
}
