//! What was learned from a table, as it is printed.

use patterns::card::rounded;
use serde::Serialize;
use stats::Interval;

use super::arms::Step;
use super::factors::Part;
use super::judged::Said;
use super::leaks::Leak;
use super::quality::{Calibration, Drift, RandomFolds, TimeSplit};

/// All of it. What needs more rows than there are is left out or null.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// That have an outcome.
    pub rows: usize,
    pub rows_left_out: usize,
    /// Of those left out: the ones of which too few were counted.
    pub rows_with_few_trials: usize,
    pub outcome: OutcomeRead,
    pub base_rate: f64,
    /// 95 %.
    pub base_rate_ci: Interval,
    /// How many rows converted.
    pub converted: Option<usize>,
    /// By the number of rows; 0 where nothing may be concluded at all.
    pub confidence: f64,
    /// 1 less the width of what the base rate may be.
    pub evidence_quality: Option<f64>,
    /// The seed by which outcomes were given to other rows: nothing may be found then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shuffled: Option<u64>,
    /// Of the random folds.
    pub auc: Option<f64>,
    pub lift_at_20: Option<f64>,
    /// Of the newest rows, foretold by the older ones.
    pub auc_time: Option<f64>,
    pub lift_at_20_time: Option<f64>,
    pub random_folds: Option<RandomFolds>,
    pub time_split: Option<TimeSplit>,
    /// Of the random folds.
    pub calibration: Option<Calibration>,
    /// Why there is no model, if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_model: Option<&'static str>,
    pub drivers: Vec<Driver>,
    pub leaks: Vec<Leak>,
    pub leaks_kept: bool,
    pub excluded: Vec<Excluded>,
    pub verdicts: Verdicts,
    pub null_control: Option<NullControl>,
    pub columns: Vec<ColumnSummary>,
    pub cards: Vec<TableCard>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OutcomeRead {
    pub column: String,
    pub kind: OutcomeKind,
    /// The value that counts as converted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub positive: Option<String>,
    /// The column that says of how many: named, or found because the outcome is a share of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trials: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeKind {
    YesNo,
    Share,
    Number,
}

/// A group of rows and what is said of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TableCard {
    pub column: String,
    pub part: Part,
    pub value: String,
    #[serde(flatten)]
    pub said: Said,
}

/// A list of groups.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnSummary {
    pub column: String,
    pub part: Part,
    pub groups: usize,
    pub missing_rows: usize,
    /// Of all groups of the list being alike.
    pub p: f64,
    /// Among the lists of the table.
    pub q: f64,
    /// Whether anything may be said of its groups.
    pub selected: bool,
    /// How far its values have moved from the older to the newer rows.
    pub psi: f64,
    pub drift: Drift,
    /// From the best to the worst value, where all have many rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Vec<Step>>,
}

/// What a column adds to the model when all others are known.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Driver {
    pub column: String,
    pub part: Part,
    /// The spread of its log-odds over the rows.
    pub weight: f64,
    /// What raises and what lowers the odds most, and how many times.
    pub raises: Option<(String, f64)>,
    pub lowers: Option<(String, f64)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Excluded {
    pub column: String,
    pub why: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Verdicts {
    pub better: usize,
    pub worse: usize,
}

/// What the same search finds where there is nothing: the outcomes given to other rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NullControl {
    pub shuffles: u32,
    pub mean_verdicts: f64,
    pub shuffles_with_any: u32,
    /// How many were found in the table itself.
    pub found: usize,
}

pub(super) fn rounded_interval(interval: Interval) -> Interval {
    Interval { low: rounded(interval.low, 4), high: rounded(interval.high, 4) }
}
