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
    pub id: i32,
    /// None of who was erased.
    pub contractor_id: Option<i32>,
    pub pattern_id: i32,
    pub goal_completed: bool,
    pub contractor_satisfaction: Option<i16>,
    pub pattern_confidence: Option<f64>,
    /// As what it counted at the last learning: 0, 0.5 or 1.
    pub counted_as: Option<f64>,
}

/// Clients of whose contractors something can be learned.
pub async fn clients(db: &Db) -> Result<Vec<Uuid>, Error> {
    let query = sqlx::query_scalar!(r#"SELECT leadfleet_clients_growing() AS "client!""#);
    Ok(query.fetch_all(db.pool()).await?)
}

/// Makes others wait who learn for the same client, for as long as it takes.
pub async fn lock(tx: &mut Tx) -> Result<(), Error> {
    let client = tx.client();
    // While it is read and learned elsewhere, this transaction waits.
    sqlx::query(
        "SELECT set_config('statement_timeout', '1h', true),
            set_config('idle_in_transaction_session_timeout', '1h', true)",
    )
    .execute(tx.connection())
    .await?;
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
        "SELECT id, nullif(contractor_id, 0) AS contractor_id, pattern_id, goal_completed, contractor_satisfaction,
            pattern_confidence::float8 AS pattern_confidence, counted_as::float8 AS counted_as
        FROM pattern_success_tracking WHERE client_id = $1 AND created_at <= $2 ORDER BY id",
        client,
        until
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// Keeps as what outcomes were counted, by their ids.
pub async fn keep_counted(tx: &mut Tx, counted: &[(i32, Option<f64>)]) -> Result<(), Error> {
    let client = tx.client();
    let (ids, values): (Vec<i32>, Vec<Option<f64>>) = counted.iter().copied().unzip();
    sqlx::query!(
        "UPDATE pattern_success_tracking AS t SET counted_as = given.counted_as
        FROM unnest($2::integer[], $3::float8[]) AS given (id, counted_as)
        WHERE t.client_id = $1 AND t.id = given.id",
        client,
        &ids,
        &values as &[Option<f64>]
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// What a told outcome was.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Told {
    New,
    /// Something was known of it, and what is told now was added.
    Added,
    /// It was told before.
    Known,
}

/// What is known of an outcome, now that something was told of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tracked {
    pub told: Told,
    pub goal_completed: bool,
    /// 1 to 5.
    pub contractor_satisfaction: Option<i16>,
}

/// Keeps what came of a goal, or of a pattern that a contractor acted on without one: once for each event and of each.
///
/// What is told later adds what was not known; what was told first stays, in whatever order it is told again. None if
/// the event was told of something else.
pub async fn track(tx: &mut Tx, outcome: &Outcome, now: DateTime<Utc>) -> Result<Option<Tracked>, Error> {
    let client = tx.client();
    let known = sqlx::query!(
        "SELECT pattern_id, contractor_id, goal_id, goal_completed, contractor_satisfaction
        FROM pattern_success_tracking WHERE client_id = $1 AND event_id = $2",
        client,
        outcome.event_id
    );
    if let Some(known) = known.fetch_optional(tx.connection()).await? {
        let same = (known.pattern_id, known.contractor_id, known.goal_id)
            == (outcome.pattern_id, outcome.contractor_id, outcome.goal_id);
        let (goal_completed, contractor_satisfaction) = (known.goal_completed, known.contractor_satisfaction);
        return Ok(same.then_some(Tracked { told: Told::Known, goal_completed, contractor_satisfaction }));
    }
    let inserted = sqlx::query!(
        "INSERT INTO pattern_success_tracking (client_id, pattern_id, contractor_id, goal_id, goal_completed,
            time_to_completion_days, contractor_satisfaction, outcome_notes, revenue_impact, what_worked,
            what_didnt_work, pattern_confidence, created_at, completed_at, event_id, without_goal)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::float8::numeric(3,2), $13::timestamptz,
            CASE WHEN $5 THEN $13::timestamptz END, $14, $4::integer IS NULL)
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
        let (goal_completed, contractor_satisfaction) =
            (outcome.goal_completed, outcome.contractor_satisfaction);
        return Ok(Some(Tracked { told: Told::New, goal_completed, contractor_satisfaction }));
    }
    let added = sqlx::query!(
        r#"UPDATE pattern_success_tracking AS t SET
            contractor_satisfaction = coalesce(t.contractor_satisfaction, $5),
            outcome_notes = coalesce(t.outcome_notes, $6), revenue_impact = coalesce(t.revenue_impact, $7),
            what_worked = coalesce(t.what_worked, $8), what_didnt_work = coalesce(t.what_didnt_work, $9)
        FROM (
            SELECT id, (contractor_satisfaction, outcome_notes, revenue_impact, what_worked, what_didnt_work)
                IS DISTINCT FROM (coalesce(contractor_satisfaction, $5), coalesce(outcome_notes, $6),
                coalesce(revenue_impact, $7), coalesce(what_worked, $8), coalesce(what_didnt_work, $9)) AS added
            FROM pattern_success_tracking WHERE client_id = $1 AND contractor_id = $2
                AND (goal_id = $3 OR $3 IS NULL AND without_goal AND pattern_id = $4) FOR UPDATE
        ) AS known
        WHERE t.client_id = $1 AND t.id = known.id
        RETURNING known.added AS "added!", t.goal_completed, t.contractor_satisfaction"#,
        client,
        outcome.contractor_id,
        outcome.goal_id,
        outcome.pattern_id,
        outcome.contractor_satisfaction,
        outcome.outcome_notes,
        outcome.revenue_impact,
        outcome.what_worked,
        outcome.what_didnt_work
    );
    // Nothing is there when the event was told of something else at the same moment.
    let added = added.fetch_optional(tx.connection()).await?;
    Ok(added.map(|row| Tracked {
        told: if row.added { Told::Added } else { Told::Known },
        goal_completed: row.goal_completed,
        contractor_satisfaction: row.contractor_satisfaction,
    }))
}
