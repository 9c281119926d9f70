//! Columns that were written after the outcome, or because of it: a model that reads them foretells the past.

use patterns::card::rounded;
use serde::Serialize;
use stats::{Rate, scores};

use super::columns::{Table, number};
use super::factors::{Factor, Factors, Part, Role};
use super::model::rates;
use super::outcome::Measured;
use super::quality;

/// A column that ranks rows this well by itself is the outcome in other words.
const TOO_GOOD: f64 = 0.90;
/// A column that ranks this well by itself is compared with all others together.
const STRONG: f64 = 0.70;
/// Others that rank worse are no measure for it.
const MEASURE: f64 = 0.65;
/// A group without exception has to have so high a rate by Wilson's lower end: 73 rows or more.
const DETERMINED: f64 = 0.95;
/// Without exception in the other direction, so many were to be expected.
const EXPECTED: f64 = 30.0;
/// What a column explains of the outcome when its values all but settle it in both directions.
const EXPLAINED: f64 = 0.20;
const SETTLED: (f64, f64) = (0.05, 0.90);
const LEAST_SETTLED: u64 = 30;
/// Fewer rows of either outcome cannot convict a column.
const LEAST_OF_A_KIND: usize = 20;
/// A name is a weak hint: the column has to tell so much besides.
const NAMED_LATER: f64 = 0.65;
const NAMED_RESULT: f64 = 0.55;
/// Rows behind a level's rate, so that levels with few rows rank in the middle.
const PRIOR_ROWS: f64 = 5.0;

/// Words of what is written while or after somebody decides.
const LATER: [&str; 10] =
    ["last", "latest", "final", "tag", "tags", "quality", "duration", "closed", "result", "disposition"];
/// Words of what recipients do.
const RESULTS: [&str; 17] = [
    "opens",
    "opened",
    "clicks",
    "clicked",
    "ctr",
    "unsubs",
    "unsubscribes",
    "unsubscribed",
    "spams",
    "complaints",
    "bounces",
    "bounced",
    "replies",
    "replied",
    "conversion",
    "conversions",
    "converted",
];
/// What is named so was before.
const EARLIER: [&str; 8] = ["previous", "prev", "prior", "past", "before", "earlier", "first", "total"];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// It stays out of the model and of the cards unless it is asked for.
    Leak,
    /// It stays in.
    Suspect,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Leak {
    pub column: String,
    pub certainty: Certainty,
    pub reason: &'static str,
    /// What gave it away.
    pub why: String,
    /// How well it ranks rows by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auc_alone: Option<f64>,
}

const AFTER: &str = "known only after the outcome";
const GOOD: &str = "too good to be true";

/// What a column tells of the outcome by itself.
struct Alone<'a> {
    place: usize,
    column: &'a str,
    factor: &'a Factor,
    rates: Vec<Rate>,
    /// On rows that its rates were not counted on.
    auc: f64,
    /// The share of the uncertainty that is gone when it is known.
    explained: f64,
}

pub(super) fn find(factors: &Factors, outcomes: &[bool]) -> Vec<Leak> {
    let converted = outcomes.iter().filter(|outcome| **outcome).count();
    if converted.min(outcomes.len() - converted) < LEAST_OF_A_KIND {
        return Vec::new();
    }
    let Some(folds) = quality::folds(outcomes) else { return Vec::new() };
    let columns: Vec<Alone<'_>> = factors
        .factors
        .iter()
        .enumerate()
        .filter(|(_, factor)| matches!(factors.lists[factor.list].part, Part::Values | Part::Ranges))
        .map(|(place, factor)| alone(place, &factors.lists[factor.list].column, factor, outcomes, &folds))
        .collect();
    let mut found: Vec<(usize, Leak)> = Vec::new();
    let is_new =
        |found: &[(usize, Leak)], one: &Alone<'_>| found.iter().all(|(place, _)| *place != one.place);
    for one in &columns {
        found.extend(
            given_away(one).map(|(reason, why)| (one.place, leak(one, Certainty::Leak, reason, why))),
        );
    }
    // The strongest first: what is left is measured without it.
    let mut strong: Vec<&Alone<'_>> =
        columns.iter().filter(|one| one.auc >= STRONG && is_new(&found, one)).collect();
    strong.sort_by(|one, other| other.auc.total_cmp(&one.auc));
    for one in strong {
        let others: Vec<&Factor> = (0..factors.factors.len())
            .filter(|place| *place != one.place && found.iter().all(|(leak, _)| leak != place))
            .map(|place| &factors.factors[place])
            .collect();
        let Some(together) = quality::random_folds(&others, outcomes).map(|folds| folds.quality.auc) else {
            continue;
        };
        if together >= MEASURE && one.auc >= together {
            let why = format!(
                "alone it ranks rows better ({:.3}) than all other columns together ({together:.3})",
                one.auc
            );
            found.push((one.place, leak(one, Certainty::Leak, GOOD, why)));
        }
    }
    for one in &columns {
        if is_new(&found, one) {
            let hint = named_later(one).or_else(|| ruled_out(one, converted as f64 / outcomes.len() as f64));
            found.extend(hint.map(|(certainty, why)| (one.place, leak(one, certainty, AFTER, why))));
        }
    }
    found.sort_by_key(|(place, _)| *place);
    found.into_iter().map(|(_, leak)| leak).collect()
}

fn leak(one: &Alone<'_>, certainty: Certainty, reason: &'static str, why: String) -> Leak {
    Leak { column: one.column.to_owned(), certainty, reason, why, auc_alone: Some(rounded(one.auc, 4)) }
}

fn alone<'a>(
    place: usize,
    column: &'a str,
    factor: &'a Factor,
    outcomes: &[bool],
    folds: &[usize],
) -> Alone<'a> {
    let all = rates(factor, 0..outcomes.len(), outcomes);
    let base = outcomes.iter().filter(|outcome| **outcome).count() as f64 / outcomes.len() as f64;
    let mut ranked = vec![0.0; outcomes.len()];
    for fold in 0..quality::FOLDS {
        let others = rates(factor, (0..outcomes.len()).filter(|row| folds[*row] != fold), outcomes);
        for row in (0..outcomes.len()).filter(|row| folds[*row] == fold) {
            let rate = others[factor.codes[row] as usize];
            ranked[row] = (rate.successes as f64 + PRIOR_ROWS * base) / (rate.trials as f64 + PRIOR_ROWS);
        }
    }
    let left: f64 = all.iter().filter_map(|rate| Some(rate.trials as f64 * entropy(rate.share()?))).sum();
    Alone {
        place,
        column,
        factor,
        auc: scores::auc(&ranked, outcomes).unwrap_or(0.5),
        explained: 1.0 - left / (outcomes.len() as f64 * entropy(base)),
        rates: all,
    }
}

fn entropy(share: f64) -> f64 {
    let part = |share: f64| if share > 0.0 { -share * share.ln() } else { 0.0 };
    part(share) + part(1.0 - share)
}

/// What the column's figures give away.
fn given_away(one: &Alone<'_>) -> Option<(&'static str, String)> {
    if one.auc >= TOO_GOOD {
        return Some((GOOD, format!("alone it ranks rows with an AUC of {:.3}", one.auc)));
    }
    if let Some((label, rate)) = determined(one).iter().find(|(_, rate)| rate.wilson().low >= DETERMINED) {
        return Some((AFTER, format!("all {} rows with {label} converted", rate.trials)));
    }
    let settled = |is: &dyn Fn(f64) -> bool| {
        one.rates.iter().any(|rate| rate.trials >= LEAST_SETTLED && rate.share().is_some_and(is))
    };
    let both = settled(&|share| share <= SETTLED.0) && settled(&|share| share >= SETTLED.1);
    (one.explained >= EXPLAINED && both).then(|| {
        let why = format!(
            "some of its values all but rule the outcome out and others all but settle it: {:.0} % of the uncertainty is gone",
            one.explained * 100.0
        );
        (GOOD, why)
    })
}

/// A name convicts a column of words, which is written over; a number may as well count what was before.
fn named_later(one: &Alone<'_>) -> Option<(Certainty, String)> {
    let word = named(one.column, &LATER, one.auc, NAMED_LATER)
        .or_else(|| named(one.column, &RESULTS, one.auc, NAMED_RESULT))?;
    let certainty = if one.factor.ordered { Certainty::Suspect } else { Certainty::Leak };
    Some((
        certainty,
        format!("its name says “{word}”, and alone it ranks rows with an AUC of {:.3}", one.auc),
    ))
}

/// A value with which nobody converts may be the mark of those who did not, or a plain rule.
fn ruled_out(one: &Alone<'_>, base: f64) -> Option<(Certainty, String)> {
    let none = |(_, rate): &(String, Rate)| rate.successes == 0 && rate.trials as f64 * base >= EXPECTED;
    let (label, rate) = determined(one).into_iter().find(none)?;
    Some((Certainty::Suspect, format!("none of the {} rows with {label} converted", rate.trials)))
}

/// Groups without exception, of the values, of having one at all, and of having another than most.
fn determined(one: &Alone<'_>) -> Vec<(String, Rate)> {
    let levels = || one.factor.levels.iter().zip(&one.rates);
    let sum = |rates: &mut dyn Iterator<Item = Rate>| rates.fold(Rate::default(), Rate::and);
    let value = levels().filter(|(level, _)| level.role == Role::Told);
    let mut groups: Vec<(String, Rate)> =
        value.map(|(level, rate)| (format!("the value {}", level.label), *rate)).collect();
    let known = || levels().filter(|(level, _)| level.role != Role::Missing).map(|(_, rate)| *rate);
    if levels().any(|(level, rate)| level.role == Role::Missing && rate.trials > 0) {
        groups.push(("a value".to_owned(), sum(&mut known())));
    }
    let most = known().enumerate().max_by_key(|(_, rate)| rate.trials).map(|(place, _)| place);
    if let Some(most) = most {
        let others = &mut known().enumerate().filter(|(place, _)| *place != most).map(|(_, rate)| rate);
        groups.push(("another value than most".to_owned(), sum(others)));
    }
    groups.retain(|(_, rate)| rate.trials > 0 && (rate.successes == 0 || rate.successes == rate.trials));
    groups
}

/// The word of the name that says so, if the column tells something.
fn named(column: &str, after: &[&'static str], auc: f64, least: f64) -> Option<&'static str> {
    let words = words(column);
    let earlier = words.iter().any(|word| EARLIER.contains(&word.as_str()));
    let found = after.iter().find(|word| words.iter().any(|own| own == *word)).copied();
    found.filter(|_| !earlier && auc.max(1.0 - auc) >= least)
}

/// The words of a name: `LastActivity`, `last_activity` and `Last Activity` have the same ones.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && was_lower) {
            words.push(String::new());
        }
        if let (true, Some(word)) = (c.is_alphanumeric(), words.last_mut()) {
            word.extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Numbers of rows that have a number for an outcome: those that rank them alike, and those named as results.
pub(super) fn of_numbers(table: &Table, columns: &[usize], measured: &Measured) -> Vec<Leak> {
    let mut sorted = measured.values.clone();
    sorted.sort_by(f64::total_cmp);
    let Some(middle) = sorted.get(sorted.len() / 2) else { return Vec::new() };
    let mut leaks = Vec::new();
    for column in columns.iter().map(|place| &table.columns[*place]) {
        let numbers: Vec<Option<f64>> = column.values.iter().map(|value| number(value)).collect();
        let (mut values, mut high) = (Vec::new(), Vec::new());
        for (code, outcome) in column.codes.iter().zip(&measured.values) {
            if let Some(number) = numbers[*code as usize] {
                values.push(number);
                high.push(outcome > middle);
            }
        }
        let Some(auc) = scores::auc(&values, &high) else { continue };
        if values.len() < LEAST_OF_A_KIND {
            continue;
        }
        let found = if auc.max(1.0 - auc) >= TOO_GOOD {
            Some((GOOD, format!("alone it ranks the rows over the median with an AUC of {auc:.3}")))
        } else {
            let word = named(&column.name, &RESULTS, auc, 0.0)
                .or_else(|| named(&column.name, &LATER, auc, NAMED_LATER));
            word.map(|word| (AFTER, format!("its name says “{word}”: what recipients did")))
        };
        if let Some((reason, why)) = found {
            let auc_alone = Some(rounded(auc, 4));
            leaks.push(Leak {
                column: column.name.clone(),
                certainty: Certainty::Leak,
                reason,
                why,
                auc_alone,
            });
        }
    }
    leaks
}
