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
    pub ready_at: DateTime<Utc>,
    /// Whether its rows are the ones in `matched_segments`.
    pub current: bool,
}

/// Sets the summary of a stored run. False when no such run is stored.
pub async fn set_summary(tx: &mut Tx, run_id: &str, summary: &serde_json::Value) -> Result<bool, Error> {
    let client = tx.client();
    let query = sqlx::query!(
        "UPDATE runs SET summary = $3 WHERE client_id = $1 AND run_id = $2",
        client,
        run_id,
        summary
    );
    Ok(query.execute(tx.connection()).await?.rows_affected() == 1)
}

/// The newest runs first.
pub async fn list(tx: &mut Tx, limit: i64) -> Result<Vec<Run>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Run,
        "SELECT run_id, run_date, generation, summary, stored_at, ready_at, current FROM runs
        WHERE client_id = $1 ORDER BY run_date DESC, ready_at DESC, run_id LIMIT $2",
        client,
        limit
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

pub async fn get(tx: &mut Tx, run_id: &str) -> Result<Option<Run>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Run,
        "SELECT run_id, run_date, generation, summary, stored_at, ready_at, current FROM runs
        WHERE client_id = $1 AND run_id = $2",
        client,
        run_id
    );
    Ok(query.fetch_optional(tx.connection()).await?)
}

/// The run whose rows are the ones in `matched_segments`.
pub async fn current(tx: &mut Tx) -> Result<Option<Run>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Run,
        "SELECT run_id, run_date, generation, summary, stored_at, ready_at, current FROM runs
        WHERE client_id = $1 AND current",
        client
    );
    Ok(query.fetch_optional(tx.connection()).await?)
}
