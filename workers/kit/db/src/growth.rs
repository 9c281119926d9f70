//! Patterns of contractors that levelled up, the runs that found them, and what came of goals that were made of them.

use crate::{Db, Error, Tx};
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

/// A pattern to store. Columns are told beside the document so that they can be asked for.
#[derive(Clone, Debug)]
pub struct Pattern<'a> {
    pub from_revenue_tier: &'a str,
    pub to_revenue_tier: &'a str,
    pub pattern_type: &'a str,
    pub pattern_name: &'a str,
    pub status: &'a str,
    pub sample_size: i32,
    /// 0 to 1, two decimals.
    pub confidence_score: f64,
    /// The whole pattern, with the names of the columns.
    pub document: &'a Value,
    pub released_at: DateTime<Utc>,
}

/// A pattern as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    pub id: i32,
    pub document: Value,
}

/// What came of a goal that has ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    pub event_id: String,
    pub contractor_id: i32,
    pub pattern_id: i32,
    pub goal_id: Option<i32>,
    pub goal_completed: bool,
    pub time_to_completion_days: Option<i32>,
    /// 1 to 5.
    pub contractor_satisfaction: Option<i16>,
    pub outcome_notes: Option<String>,
    pub revenue_impact: Option<String>,
    pub what_worked: Option<String>,
    pub what_didnt_work: Option<String>,
    /// Of the pattern, when the goal was made.
    pub pattern_confidence: Option<f64>,
}

/// What patterns learn of an outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    pub pattern_id: i32,
    pub goal_completed: bool,
    pub contractor_satisfaction: Option<i16>,
    pub pattern_confidence: Option<f64>,
}

/// Clients of whose contractors something can be learned.
pub async fn clients(db: &Db) -> Result<Vec<Uuid>, Error> {
    let query = sqlx::query_scalar!(r#"SELECT leadfleet_clients_growing() AS "client!""#);
    Ok(query.fetch_all(db.pool()).await?)
}

/// Makes others wait who learn for the same client, for as long as it takes.
pub async fn lock(tx: &mut Tx) -> Result<(), Error> {
    let client = tx.client();
    sqlx::query("SELECT set_config('statement_timeout', '1h', true)").execute(tx.connection()).await?;
    sqlx::query!(
        "SELECT pg_advisory_xact_lock(hashtextextended('growth' || $1::text, 0))",
        client.to_string()
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Stores a pattern in the place of the one before, which keeps its id.
pub async fn store(tx: &mut Tx, pattern: &Pattern<'_>, now: DateTime<Utc>) -> Result<i32, Error> {
    let client = tx.client();
    let query = sqlx::query_file_scalar!(
        "queries/store_growth_pattern.sql",
        client,
        pattern.from_revenue_tier,
        pattern.to_revenue_tier,
        pattern.pattern_type,
        pattern.pattern_name,
        pattern.status,
        pattern.sample_size,
        pattern.confidence_score,
        pattern.document,
        pattern.released_at,
        now
    );
    Ok(query.fetch_one(tx.connection()).await?)
}

/// All patterns, served or not, in order of id.
pub async fn patterns(tx: &mut Tx) -> Result<Vec<Stored>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Stored,
        "SELECT id, document FROM business_growth_patterns WHERE client_id = $1 ORDER BY id",
        client
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// Keeps what a learning found.
pub async fn keep_run(tx: &mut Tx, computed_at: DateTime<Utc>, document: &Value) -> Result<(), Error> {
    let client = tx.client();
    sqlx::query!(
        "INSERT INTO growth_runs (client_id, computed_at, document) VALUES ($1, $2, $3)",
        client,
        computed_at,
        document
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// When was learned last, and what was found then.
pub async fn last_run(tx: &mut Tx) -> Result<Option<(DateTime<Utc>, Value)>, Error> {
    let client = tx.client();
    let query = sqlx::query!(
        "SELECT computed_at, document FROM growth_runs WHERE client_id = $1 ORDER BY computed_at DESC LIMIT 1",
        client
    );
    Ok(query.fetch_optional(tx.connection()).await?.map(|run| (run.computed_at, run.document)))
}

/// What a learning for a moment found, if there was one.
pub async fn run_of(tx: &mut Tx, computed_at: DateTime<Utc>) -> Result<Option<Value>, Error> {
    let client = tx.client();
    let query = sqlx::query_scalar!(
        "SELECT document FROM growth_runs WHERE client_id = $1 AND computed_at = $2",
        client,
        computed_at
    );
    Ok(query.fetch_optional(tx.connection()).await?)
}

/// What came of goals until a moment, in the order in which it was told.
pub async fn outcomes(tx: &mut Tx, until: DateTime<Utc>) -> Result<Vec<Ended>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Ended,
        "SELECT pattern_id, goal_completed, contractor_satisfaction, pattern_confidence::float8 AS pattern_confidence
        FROM pattern_success_tracking WHERE client_id = $1 AND created_at <= $2 ORDER BY id",
        client,
        until
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// What a told outcome was.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Told {
    New,
    /// Of this goal something was known, and what is told now was added.
    Added,
    /// It was told before.
    Known,
}

/// Keeps what came of a goal: once for each event, and once for each goal.
pub async fn track(tx: &mut Tx, outcome: &Outcome, now: DateTime<Utc>) -> Result<Told, Error> {
    let client = tx.client();
    let inserted = sqlx::query!(
        "INSERT INTO pattern_success_tracking (client_id, pattern_id, contractor_id, goal_id, goal_completed,
            time_to_completion_days, contractor_satisfaction, outcome_notes, revenue_impact, what_worked,
            what_didnt_work, pattern_confidence, created_at, completed_at, event_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::float8::numeric(3,2), $13::timestamptz,
            CASE WHEN $5 THEN $13::timestamptz END, $14)
        ON CONFLICT DO NOTHING",
        client,
        outcome.pattern_id,
        outcome.contractor_id,
        outcome.goal_id,
        outcome.goal_completed,
        outcome.time_to_completion_days,
        outcome.contractor_satisfaction,
        outcome.outcome_notes,
        outcome.revenue_impact,
        outcome.what_worked,
        outcome.what_didnt_work,
        outcome.pattern_confidence,
        now,
        outcome.event_id
    );
    if inserted.execute(tx.connection()).await?.rows_affected() == 1 {
        return Ok(Told::New);
    }
    let added = sqlx::query!(
        "UPDATE pattern_success_tracking SET contractor_satisfaction = coalesce($4, contractor_satisfaction),
            outcome_notes = coalesce($5, outcome_notes), revenue_impact = coalesce($6, revenue_impact),
            what_worked = coalesce($7, what_worked), what_didnt_work = coalesce($8, what_didnt_work)
        WHERE client_id = $1 AND goal_id = $2
            AND NOT EXISTS (SELECT FROM pattern_success_tracking WHERE client_id = $1 AND event_id = $3)
            AND (contractor_satisfaction, outcome_notes, revenue_impact, what_worked, what_didnt_work) IS DISTINCT FROM
                (coalesce($4, contractor_satisfaction), coalesce($5, outcome_notes), coalesce($6, revenue_impact),
                coalesce($7, what_worked), coalesce($8, what_didnt_work))",
        client,
        outcome.goal_id,
        outcome.event_id,
        outcome.contractor_satisfaction,
        outcome.outcome_notes,
        outcome.revenue_impact,
        outcome.what_worked,
        outcome.what_didnt_work
    );
    Ok(if added.execute(tx.connection()).await?.rows_affected() == 1 { Told::Added } else { Told::Known })
}
