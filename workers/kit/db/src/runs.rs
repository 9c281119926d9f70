//! The runs that were stored, with their summaries.

use crate::{Error, Tx};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Run {
    pub run_id: String,
    pub run_date: NaiveDate,
    pub generation: i32,
    pub summary: serde_json::Value,
    pub stored_at: DateTime<Utc>,
    /// Whether its rows are the ones in `matched_segments`.
    pub current: bool,
}

/// Sets the summary of a stored run. False when no such run is stored.
pub async fn set_summary(tx: &mut Tx, run_id: &str, summary: &serde_json::Value) -> Result<bool, Error> {
    todo!("{tx:?} {run_id} {summary}")
}

/// The newest runs first.
pub async fn list(tx: &mut Tx, limit: i64) -> Result<Vec<Run>, Error> {
    todo!("{tx:?} {limit}")
}

pub async fn get(tx: &mut Tx, run_id: &str) -> Result<Option<Run>, Error> {
    todo!("{tx:?} {run_id}")
}
