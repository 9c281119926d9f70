//! Learns from any table of outcomes: what stands out in it, how well outcomes can be foretold, and what must not be believed.

pub mod arms;
mod base;
pub mod columns;
mod drivers;
pub mod factors;
pub mod judged;
pub mod leaks;
mod logistic;
pub mod means;
mod model;
mod order;
mod outcome;
mod phrases;
pub mod quality;
pub mod report;
mod summary;
#[cfg(test)]
mod tests;

use base::Base;
use columns::{Kind, Table};
use factors::{Factor, Factors, Grain};
use leaks::{Certainty, Leak};
use outcome::{Measured, Outcome, Read};
use patterns::Verdict;
use patterns::card::rounded;
use quality::{RandomFolds, TimeSplit};
use report::{Driver, Excluded, OutcomeKind, OutcomeRead, Report, Verdicts, rounded_interval};

/// Ranges that people read, and the finer ones of the model.
const READ: Grain = Grain { ranges: 5, values: 40, least: 5 };
const LEARNED: Grain = Grain { ranges: 32, values: 30, least: 20 };
/// With many columns of numbers each has fewer ranges: a model of more takes long.
const MOST_RANGES: usize = 240;
/// The rarest value of the model has one in so many rows.
const RAREST: usize = 500;

/// What is to be learned.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub outcome: String,
    /// The value that counts as converted, where it cannot be told.
    pub positive: Option<String>,
    /// The column that says of how many the outcome is counted.
    pub trials: Option<String>,
    /// Rows with fewer trials are left out.
    pub least_trials: u64,
    /// The column that orders the rows; without it they are in order.
    pub time: Option<String>,
    pub exclude: Vec<String>,
    /// What else means that nothing is known.
    pub missing: Vec<String>,
    pub keep_leaks: bool,
    pub shuffle: Option<u64>,
    /// How many shuffles are made to see what the same search finds where there is nothing.
    pub nulls: u32,
}

/// Why nothing can be learned.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum Error {
    #[error("there is no column {0:?}")]
    NoColumn(String),
    #[error("no row has a value in the column {0:?}")]
    NoOutcome(String),
    #[error("the column {column:?} is no plain yes or no: it holds {}", listed(.values, *.more))]
    Outcome { column: String, positive: Option<String>, values: Vec<String>, more: usize },
    #[error("row {row} has {successes} in the column {column:?}, of {trials} trials")]
    MoreThanTrials { column: String, row: usize, successes: f64, trials: f64 },
    #[error("no row has {least} trials or more in the column {column:?}")]
    FewTrials { column: String, least: u64 },
    #[error("row {row} has {text:?} in the column {column:?}, which is no time")]
    Time { column: String, row: usize, text: String },
}

fn listed(values: &[String], more: usize) -> String {
    let quoted: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", quoted.join(", "))
}

/// Learns from a table. The same table and request give the same report.
pub fn learn(table: &Table, request: &Request) -> Result<Report, Error> {
    let ordered = in_order(table, request)?;
    let Read { outcome, rows, positive, trials, few_trials } = outcome::read(&ordered, request)?;
    let table = ordered.taken(&rows);
    let outcome = request.shuffle.map_or(outcome.clone(), |seed| outcome.shuffled(seed));
    let Columns { mut usable, excluded } = sorted(&table, request, trials.as_deref())?;
    let numbers = usable.iter().filter(|(_, kind)| *kind == Kind::Numbers).count();
    let ranges = (MOST_RANGES / numbers.max(1)).clamp(READ.ranges, LEARNED.ranges);
    let learned = Grain { ranges, least: LEARNED.least.max(table.rows / RAREST), ..LEARNED };
    let parted = Factors::of(&table, &usable, &request.missing, learned);
    let leaks = leaks(&table, &usable, &parted, &outcome);
    if !request.keep_leaks {
        let is_leak =
            |name: &str| leaks.iter().any(|leak| leak.column == name && leak.certainty == Certainty::Leak);
        usable.retain(|(place, _)| !is_leak(&table.columns[*place].name));
    }
    let is_used = |name: &str| usable.iter().any(|(place, _)| table.columns[*place].name == name);
    let factors: Vec<&Factor> =
        parted.factors.iter().filter(|factor| is_used(&parted.lists[factor.list].column)).collect();
    let base = Base::of(&outcome);
    let foretold = if base.enough { Foretold::of(&factors, &parted, &outcome) } else { Foretold::default() };
    let read = Factors::of(&table, &usable, &request.missing, READ);
    let mut judged = judged::judge(&read, &outcome);
    let no_model = match &outcome {
        Outcome::Measured(_) => Some("the outcome is no yes or no"),
        Outcome::YesNo(_) if !base.enough => {
            Some("there are fewer than 30 rows, or fewer than 10 of one outcome")
        }
        Outcome::YesNo(_) if factors.is_empty() => Some("no column is left to learn from"),
        Outcome::YesNo(_) => None,
    };
    if !base.enough {
        let all = judged.iter_mut().flat_map(|list| &mut list.found);
        all.for_each(|found| found.said.set(Verdict::TooLittleData));
    }
    let count = |verdict: Verdict| {
        judged.iter().flat_map(|list| &list.found).filter(|found| found.said.verdict() == verdict).count()
    };
    let verdicts = Verdicts { better: count(Verdict::Better), worse: count(Verdict::Worse) };
    let Foretold { random_folds, time_split, drivers } = foretold;
    let of_folds = random_folds.as_ref().map(|folds| &folds.quality);
    let of_time = time_split.as_ref().map(|split| &split.quality);
    Ok(Report {
        rows: table.rows,
        rows_left_out: ordered.rows - table.rows,
        rows_with_few_trials: few_trials,
        outcome: outcome_read(request, &outcome, positive, trials),
        base_rate: rounded(base.rate, 4),
        base_rate_ci: rounded_interval(base.interval),
        converted: base.converted,
        confidence: base.confidence(table.rows),
        evidence_quality: base.evidence_quality,
        shuffled: request.shuffle,
        auc: of_folds.map(|quality| quality.auc),
        lift_at_20: of_folds.map(|quality| quality.lift_at_20),
        auc_time: of_time.map(|quality| quality.auc),
        lift_at_20_time: of_time.map(|quality| quality.lift_at_20),
        calibration: of_folds.map(|quality| quality.calibration.clone()),
        random_folds,
        time_split,
        no_model,
        drivers,
        leaks,
        leaks_kept: request.keep_leaks,
        excluded,
        verdicts,
        null_control: base.enough.then(|| summary::null_control(&read, &outcome, request.nulls, verdicts)),
        columns: summary::summaries(&read, &judged, &outcome),
        cards: summary::cards(&read, judged),
    })
}

fn in_order(table: &Table, request: &Request) -> Result<Table, Error> {
    let Some(time) = &request.time else { return Ok(table.clone()) };
    let column = table.column(time).ok_or_else(|| Error::NoColumn(time.clone()))?;
    let order = order::oldest_first(column).map_err(|(row, text)| Error::Time {
        column: time.clone(),
        row: row + 1,
        text,
    })?;
    Ok(table.taken(&order))
}

/// The columns that can be learned from, and why the others cannot.
struct Columns {
    usable: Vec<(usize, Kind)>,
    excluded: Vec<Excluded>,
}

fn sorted(table: &Table, request: &Request, trials: Option<&str>) -> Result<Columns, Error> {
    if let Some(unknown) = request.exclude.iter().find(|name| table.column(name).is_none()) {
        return Err(Error::NoColumn(unknown.clone()));
    }
    let (mut usable, mut excluded) = (Vec::new(), Vec::new());
    for (place, column) in table.columns.iter().enumerate() {
        let name = &column.name;
        let why = if *name == request.outcome {
            continue;
        } else if trials == Some(name) {
            "it says of how many"
        } else if request.time.as_ref() == Some(name) {
            "it orders the rows"
        } else if request.exclude.contains(name) {
            "as asked"
        } else {
            match column.kind(&request.missing) {
                Kind::Unused(why) => why,
                kind => {
                    usable.push((place, kind));
                    continue;
                }
            }
        };
        excluded.push(Excluded { column: name.clone(), why: why.to_owned() });
    }
    Ok(Columns { usable, excluded })
}

fn leaks(table: &Table, usable: &[(usize, Kind)], parted: &Factors, outcome: &Outcome) -> Vec<Leak> {
    match outcome {
        Outcome::YesNo(outcomes) => leaks::find(parted, outcomes),
        Outcome::Measured(measured) => {
            let numbers = usable.iter().filter(|(_, kind)| *kind == Kind::Numbers).map(|(place, _)| *place);
            leaks::of_numbers(table, &numbers.collect::<Vec<_>>(), measured)
        }
    }
}

fn outcome_read(
    request: &Request,
    outcome: &Outcome,
    positive: Option<String>,
    trials: Option<String>,
) -> OutcomeRead {
    let kind = match outcome {
        Outcome::YesNo(_) => OutcomeKind::YesNo,
        Outcome::Measured(Measured { counts: Some(_), .. }) => OutcomeKind::Share,
        Outcome::Measured(_) => OutcomeKind::Number,
    };
    OutcomeRead { column: request.outcome.clone(), kind, positive, trials }
}

/// What a model of all columns is worth, and what it says.
#[derive(Default)]
struct Foretold {
    random_folds: Option<RandomFolds>,
    time_split: Option<TimeSplit>,
    drivers: Vec<Driver>,
}

impl Foretold {
    fn of(factors: &[&Factor], parted: &Factors, outcome: &Outcome) -> Self {
        let Outcome::YesNo(outcomes) = outcome else { return Self::default() };
        if factors.is_empty() {
            return Self::default();
        }
        Self {
            random_folds: quality::random_folds(factors, outcomes),
            time_split: quality::time_split(factors, outcomes),
            drivers: drivers::drivers(factors, parted, outcomes),
        }
    }
}
