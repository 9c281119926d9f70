//! The values of a column from the best to the worst, and which neighbours really differ.

use serde::Serialize;
use stats::{Rate, family, fisher, ratio};

use super::factors::{Factor, Role};
use super::model::rates;
use conversion::card::{FALSE_DISCOVERIES, significant};
use patterns::card::rounded;

/// More values have no order that anybody would read.
const MOST: usize = 8;
const LEAST_ROWS: u64 = 100;
const LEAST_OF_A_KIND: u64 = 10;

/// A value and the next worse one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    pub higher: String,
    pub lower: String,
    pub difference: f64,
    /// Newcombe's 95 %.
    pub difference_low: f64,
    pub difference_high: f64,
    pub p: f64,
    pub q: f64,
    pub differs: bool,
}

/// None unless all values have enough rows. `raised` and `selected` are those of the column's list: in a column that
/// does not stand out no two values differ.
pub(super) fn order(factor: &Factor, outcomes: &[bool], raised: f64, selected: bool) -> Option<Vec<Step>> {
    let rates = rates(factor, 0..outcomes.len(), outcomes);
    let mut arms: Vec<(&str, Rate)> = factor
        .levels
        .iter()
        .zip(rates)
        .filter(|(level, _)| level.role == Role::Told)
        .map(|(level, rate)| (level.label.as_str(), rate))
        .collect();
    let enough = |rate: Rate| {
        rate.trials >= LEAST_ROWS && rate.successes.min(rate.trials - rate.successes) >= LEAST_OF_A_KIND
    };
    if !(2..=MOST).contains(&arms.len()) || !arms.iter().all(|(_, rate)| enough(*rate)) {
        return None;
    }
    arms.sort_by(|one, other| {
        other.1.share().partial_cmp(&one.1.share()).unwrap_or(std::cmp::Ordering::Equal)
    });
    let p: Vec<f64> = arms.windows(2).map(|pair| fisher::two_sided(pair[0].1, pair[1].1)).collect();
    let q = family::adjusted(&p);
    let steps = arms.windows(2).zip(p.iter().zip(q)).filter_map(|(pair, (p, q))| {
        let (difference, interval) = ratio::difference(pair[0].1, pair[1].1)?;
        let q = (q * raised).min(1.0);
        Some(Step {
            higher: pair[0].0.to_owned(),
            lower: pair[1].0.to_owned(),
            difference: rounded(difference, 4),
            difference_low: rounded(interval.low, 4),
            difference_high: rounded(interval.high, 4),
            p: significant(*p),
            q: significant(q),
            differs: selected && q <= FALSE_DISCOVERIES,
        })
    });
    Some(steps.collect())
}
