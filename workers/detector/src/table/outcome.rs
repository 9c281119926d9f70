//! What came of each row: whether it converted, or how much of it did.

use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;
use stats::{Rate, family};

use super::columns::{Column, Table, number};
use super::{Error, Request};

/// Numbers with fewer different values are answers, and one of them has to be named.
const LEAST_DIFFERENT: usize = 10;
/// So many values are named in an error.
const NAMED: usize = 6;

const YES: [&str; 14] = [
    "yes",
    "y",
    "true",
    "t",
    "1",
    "1.0",
    "converted",
    "won",
    "closed won",
    "booked",
    "success",
    "positive",
    "replied",
    "interested",
];
const NO: [&str; 15] = [
    "no",
    "n",
    "false",
    "f",
    "0",
    "0.0",
    "not converted",
    "lost",
    "closed lost",
    "not booked",
    "failure",
    "failed",
    "negative",
    "no reply",
    "not interested",
];

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outcome {
    YesNo(Vec<bool>),
    Measured(Measured),
}

/// A number of each row; rows of which it is known better weigh more.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Measured {
    pub(super) values: Vec<f64>,
    pub(super) weights: Vec<f64>,
    /// Where the number is a share: of how many.
    pub(super) counts: Option<Vec<Rate>>,
}

/// The outcome of the rows that have one.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) outcome: Outcome,
    /// Places of these rows.
    pub(super) rows: Vec<usize>,
    pub(super) positive: Option<String>,
    pub(super) trials: Option<String>,
    /// How many rows had trials, but too few.
    pub(super) few_trials: usize,
}

impl Outcome {
    pub(super) fn rows(&self) -> usize {
        match self {
            Self::YesNo(outcomes) => outcomes.len(),
            Self::Measured(measured) => measured.values.len(),
        }
    }

    /// The same outcomes, each of another row.
    #[must_use]
    pub(super) fn shuffled(&self, seed: u64) -> Self {
        let mut order: Vec<usize> = (0..self.rows()).collect();
        order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        match self {
            Self::YesNo(outcomes) => Self::YesNo(order.into_iter().map(|row| outcomes[row]).collect()),
            Self::Measured(measured) => Self::Measured(Measured {
                values: order.iter().map(|row| measured.values[*row]).collect(),
                weights: order.iter().map(|row| measured.weights[*row]).collect(),
                counts: measured.counts.as_ref().map(|counts| order.iter().map(|row| counts[*row]).collect()),
            }),
        }
    }
}

pub(super) fn read(table: &Table, request: &Request) -> Result<Read, Error> {
    let column = table.column(&request.outcome).ok_or_else(|| Error::NoColumn(request.outcome.clone()))?;
    if let Some(trials) = &request.trials {
        let trials = table.column(trials).ok_or_else(|| Error::NoColumn(trials.clone()))?;
        return counted(column, trials, request.least_trials);
    }
    let missing = column.missing(&request.missing);
    let rows: Vec<usize> = (0..table.rows).filter(|row| !missing[column.codes[*row] as usize]).collect();
    let there: Vec<&str> = column
        .values
        .iter()
        .zip(&missing)
        .filter(|(_, missing)| !**missing)
        .map(|(value, _)| value.trim())
        .collect();
    if there.is_empty() {
        return Err(Error::NoOutcome(column.name.clone()));
    }
    let Some(positive) = positive(&there, request.positive.as_deref()) else {
        if request.positive.is_none()
            && there.len() >= LEAST_DIFFERENT
            && there.iter().all(|value| number(value).is_some())
        {
            return match share_of(table, column) {
                Some((part, whole)) => counted(part, whole, request.least_trials),
                None => Ok(measured(column, rows)),
            };
        }
        return Err(Error::Outcome {
            column: column.name.clone(),
            positive: request.positive.clone(),
            values: there.iter().take(NAMED).map(|value| (*value).to_owned()).collect(),
            more: there.len().saturating_sub(NAMED),
        });
    };
    let is_positive: Vec<bool> = column.values.iter().map(|value| is(value, &positive)).collect();
    let outcomes = rows.iter().map(|row| is_positive[column.codes[*row] as usize]).collect();
    Ok(Read {
        outcome: Outcome::YesNo(outcomes),
        rows,
        positive: Some(positive),
        trials: None,
        few_trials: 0,
    })
}

fn is(value: &str, other: &str) -> bool {
    let (value, other) = (value.trim(), other.trim());
    let same = number(value).zip(number(other)).is_some_and(|(one, other)| one == other);
    same || value.to_lowercase() == other.to_lowercase()
}

/// The value that counts as converted, if it can be told.
fn positive(values: &[&str], asked: Option<&str>) -> Option<String> {
    let found = |wanted: &str| values.iter().find(|value| is(value, wanted)).map(|value| (*value).to_owned());
    if let Some(asked) = asked {
        return found(asked);
    }
    let is_one_of = |value: &str, names: &[&str]| names.iter().any(|name| value.eq_ignore_ascii_case(name));
    let mut different: Vec<String> = values.iter().map(|value| value.to_lowercase()).collect();
    different.sort();
    different.dedup();
    if different.len() > 2 {
        return None;
    }
    if let Some(yes) = values.iter().find(|value| is_one_of(value, &YES)) {
        // Of 1 and 2, or yes and true, nobody knows.
        let is_no = |value: &String| is_one_of(value, &NO);
        return (different.len() == 1 || different.iter().any(is_no)).then(|| (*yes).to_owned());
    }
    let no = values.iter().position(|value| is_one_of(value, &NO))?;
    match different.len() {
        // Nothing converted: it would have been called yes.
        1 => Some("yes".to_owned()),
        _ if number(values[no]).is_some() => None,
        _ => values.iter().find(|value| !is_one_of(value, &NO)).map(|value| (*value).to_owned()),
    }
}

fn measured(column: &Column, rows: Vec<usize>) -> Read {
    let (mut kept, mut values) = (Vec::new(), Vec::new());
    for row in rows {
        if let Some(value) = number(&column.values[column.codes[row] as usize]) {
            kept.push(row);
            values.push(value);
        }
    }
    let weights = vec![1.0; values.len()];
    Read {
        outcome: Outcome::Measured(Measured { values, weights, counts: None }),
        rows: kept,
        positive: None,
        trials: None,
        few_trials: 0,
    }
}

/// The columns whose quotient the outcome is: a click rate is the clicks of the deliveries.
fn share_of<'a>(table: &'a Table, outcome: &Column) -> Option<(&'a Column, &'a Column)> {
    let numbers =
        |column: &Column| -> Vec<Option<f64>> { column.values.iter().map(|value| number(value)).collect() };
    let at = |column: &Column, numbers: &[Option<f64>], row: usize| numbers[column.codes[row] as usize];
    let shares = numbers(outcome);
    if shares.iter().flatten().any(|share| !(0.0..=1.0).contains(share)) {
        return None;
    }
    let counts: Vec<(&Column, Vec<Option<f64>>)> = table
        .columns
        .iter()
        .filter(|column| column.name != outcome.name)
        .map(|column| (column, numbers(column)))
        .filter(|(_, numbers)| numbers.iter().flatten().all(|number| *number >= 0.0 && number.fract() == 0.0))
        .collect();
    let is_share = |(part, parts): &(&Column, Vec<Option<f64>>),
                    (whole, wholes): &(&Column, Vec<Option<f64>>)| {
        let (mut rows, mut fits) = (0, 0);
        for row in 0..table.rows {
            let (Some(share), Some(part), Some(whole)) =
                (at(outcome, &shares, row), at(part, parts, row), at(whole, wholes, row))
            else {
                continue;
            };
            rows += 1;
            // As tables round shares.
            fits += usize::from(whole > 0.0 && part <= whole && (part / whole - share).abs() <= 0.000_6);
            if rows >= 20 && fits * 2 < rows {
                return false;
            }
        }
        rows >= 20 && fits as f64 >= 0.95 * rows as f64
    };
    counts.iter().find_map(|part| {
        let whole = counts.iter().find(|whole| whole.0.name != part.0.name && is_share(part, whole))?;
        Some((part.0, whole.0))
    })
}

/// So many of so many in each row. Rows with few trials tell little of their share, and are left out below `least`; of
/// the others those with more weigh more, but no row weighs for all its trials: those of one row are alike.
fn counted(column: &Column, trials: &Column, least: u64) -> Result<Read, Error> {
    let (mut rows, mut rates, mut few_trials) = (Vec::new(), Vec::new(), 0);
    for row in 0..column.codes.len() {
        let of = |column: &Column| number(&column.values[column.codes[row] as usize]);
        let (Some(successes), Some(of)) = (of(column), of(trials)) else { continue };
        if of < 1.0 || of < least as f64 {
            few_trials += 1;
            continue;
        }
        if successes < 0.0 || successes > of {
            return Err(Error::MoreThanTrials {
                column: column.name.clone(),
                row: row + 1,
                successes,
                trials: of,
            });
        }
        // A share instead of a number is meant as one.
        let successes = if successes < 1.0 && successes.fract() != 0.0 { successes * of } else { successes };
        rows.push(row);
        rates.push(Rate::new(successes.round() as u64, of.round() as u64));
    }
    if rows.is_empty() {
        return Err(match few_trials {
            0 => Error::NoOutcome(column.name.clone()),
            _ => Error::FewTrials { column: trials.name.clone(), least },
        });
    }
    let alike = family::alike_within(&rates).unwrap_or(1.0);
    let weights =
        rates.iter().map(|rate| rate.trials as f64 / (1.0 + (rate.trials as f64 - 1.0) * alike)).collect();
    let values = rates.iter().map(|rate| rate.share().unwrap_or_default()).collect();
    let measured = Measured { values, weights, counts: Some(rates) };
    Ok(Read {
        outcome: Outcome::Measured(measured),
        rows,
        positive: None,
        trials: Some(trials.name.clone()),
        few_trials,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[&str], asked: Option<&str>, expected: Option<&str>) {
        assert_eq!(positive(values, asked).as_deref(), expected, "{values:?}");
    }

    #[test]
    fn the_value_that_counts_is_told_where_it_can_be() {
        check(&["no", "yes"], None, Some("yes"));
        check(&["0", "1"], None, Some("1"));
        check(&["False", "TRUE", "true"], None, Some("TRUE"));
        check(&["Converted", "Not converted"], None, Some("Converted"));
        check(&["Hired", "No"], None, Some("Hired"));
        check(&["1", "2"], None, None);
        check(&["0", "2"], None, None);
        check(&["red", "blue"], None, None);
        check(&["red", "blue"], Some("Blue"), Some("blue"));
        check(&["won", "lost", "open"], None, None);
        check(&["won", "lost", "open"], Some("won"), Some("won"));
        check(&["0"], None, Some("yes"));
        check(&["1.0", "0.0"], Some("1"), Some("1.0"));
    }
}
