//! Which patterns contractors match, and the goals with their checklists that are made of them.

use crate::{Error, Tx};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// A pattern that fits a contractor.
#[derive(Clone, Debug, PartialEq)]
pub struct Match {
    pub pattern_id: i32,
    /// 0 to 1, two decimals.
    pub match_score: f64,
    pub match_reason: String,
}

/// The same as it is stored, and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StoredMatch {
    pub pattern_id: i32,
    pub match_score: f64,
    pub match_reason: String,
    pub pattern_applied_at: DateTime<Utc>,
    /// `pending`, `in_progress`, `successful` or `unsuccessful`.
    pub pattern_result: String,
    pub goals_generated: i32,
    pub checklist_items_generated: i32,
}

impl StoredMatch {
    /// Whether the contractor acts on it, or did: a match that was only found waits for that.
    pub fn is_applied(&self) -> bool {
        self.pattern_result != "pending"
    }
}

/// A goal to keep.
#[derive(Clone, Debug, PartialEq)]
pub struct NewGoal {
    pub pattern_id: Option<i32>,
    pub goal_type: String,
    pub goal_description: String,
    pub target_milestone: String,
    /// 1 to 10.
    pub priority_score: i16,
    pub pattern_source: Option<String>,
    pub pattern_confidence: Option<f64>,
    pub data_gaps: Vec<String>,
    pub expected_low_months: Option<i32>,
    pub expected_high_months: Option<i32>,
    pub timeline: Option<String>,
    pub checklist: Vec<String>,
}

/// A goal as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    pub id: i32,
    pub contractor_id: i32,
    pub pattern_id: Option<i32>,
    pub goal_type: String,
    pub goal_description: String,
    pub target_milestone: String,
    pub priority_score: i16,
    pub pattern_source: Option<String>,
    pub pattern_confidence: Option<f64>,
    pub data_gaps: Vec<String>,
    pub expected_low_months: Option<i32>,
    pub expected_high_months: Option<i32>,
    pub timeline: Option<String>,
    /// `open`, `completed` or `abandoned`.
    pub status: String,
    pub created_at: DateTime<Utc>,
    pub completed_at: Option<DateTime<Utc>>,
}

/// An item of a goal's checklist.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Item {
    pub id: i32,
    pub goal_id: i32,
    pub item: String,
    pub done_at: Option<DateTime<Utc>>,
}

/// Stores which patterns fit, each once; what became of one stays.
pub async fn keep_matches(
    tx: &mut Tx,
    contractor: i32,
    matches: &[Match],
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let client = tx.client();
    let ids: Vec<i32> = matches.iter().map(|one| one.pattern_id).collect();
    let scores: Vec<f64> = matches.iter().map(|one| one.match_score).collect();
    let reasons: Vec<&str> = matches.iter().map(|one| one.match_reason.as_str()).collect();
    sqlx::query!(
        "INSERT INTO contractor_pattern_matches AS old (client_id, contractor_id, pattern_id, match_score, match_reason,
            pattern_applied_at, created_at, updated_at)
        SELECT $1, $2, pattern_id, score, reason, $6, $6, $6
        FROM unnest($3::integer[], $4::float8[], $5::text[]) AS given (pattern_id, score, reason)
        ON CONFLICT ON CONSTRAINT contractor_pattern_matches_once DO UPDATE SET match_score = excluded.match_score,
            match_reason = excluded.match_reason, updated_at = excluded.updated_at
        WHERE (old.match_score, old.match_reason) <> (excluded.match_score, excluded.match_reason)",
        client,
        contractor,
        &ids,
        &scores,
        &reasons as &[&str],
        now
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Notes that patterns are acted on, and counts the goals that were made of them.
pub async fn apply(tx: &mut Tx, contractor: i32, patterns: &[i32], now: DateTime<Utc>) -> Result<(), Error> {
    let client = tx.client();
    sqlx::query!(
        "UPDATE contractor_pattern_matches AS m SET updated_at = $4,
            pattern_applied_at = CASE WHEN pattern_result = 'pending' THEN $4 ELSE pattern_applied_at END,
            pattern_result = CASE WHEN pattern_result = 'pending' THEN 'in_progress' ELSE pattern_result END,
            goals_generated = (SELECT count(*) FROM ai_concierge_goals AS g WHERE g.client_id = $1
                AND g.contractor_id = $2 AND g.pattern_id = m.pattern_id),
            checklist_items_generated = (SELECT count(*) FROM ai_concierge_goals AS g
                JOIN ai_concierge_checklist_items AS i ON i.client_id = $1 AND i.goal_id = g.id
                WHERE g.client_id = $1 AND g.contractor_id = $2 AND g.pattern_id = m.pattern_id)
        WHERE m.client_id = $1 AND m.contractor_id = $2 AND m.pattern_id = ANY($3)",
        client,
        contractor,
        patterns,
        now
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Says what became of acting on a pattern: `successful` or `unsuccessful`.
pub async fn set_result(
    tx: &mut Tx,
    contractor: i32,
    pattern: i32,
    result: &str,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let client = tx.client();
    sqlx::query!(
        "UPDATE contractor_pattern_matches SET pattern_result = $4, updated_at = $5
        WHERE client_id = $1 AND contractor_id = $2 AND pattern_id = $3",
        client,
        contractor,
        pattern,
        result,
        now
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The patterns that were found to fit a contractor, the best first.
pub async fn matches(tx: &mut Tx, contractor: i32) -> Result<Vec<StoredMatch>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        StoredMatch,
        r#"SELECT pattern_id, match_score::float8 AS "match_score!", match_reason, pattern_applied_at, pattern_result,
            goals_generated, checklist_items_generated
        FROM contractor_pattern_matches WHERE client_id = $1 AND contractor_id = $2
        ORDER BY match_score DESC, pattern_id"#,
        client,
        contractor
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// Keeps a goal with its checklist; an open one of the same type becomes as this one, and what is done stays done.
pub async fn keep(tx: &mut Tx, contractor: i32, goal: &NewGoal, now: DateTime<Utc>) -> Result<i32, Error> {
    let client = tx.client();
    let id = sqlx::query_scalar!(
        "INSERT INTO ai_concierge_goals AS old (client_id, contractor_id, pattern_id, goal_type, goal_description,
            target_milestone, priority_score, pattern_source, pattern_confidence, data_gaps, expected_low_months,
            expected_high_months, timeline, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::float8::numeric(3,2), $10, $11, $12, $13, $14, $14)
        ON CONFLICT (client_id, contractor_id, goal_type) WHERE status = 'open' DO UPDATE SET
            (pattern_id, goal_description, target_milestone, priority_score, pattern_source, pattern_confidence,
            data_gaps, expected_low_months, expected_high_months, timeline, updated_at) =
            (excluded.pattern_id, excluded.goal_description, excluded.target_milestone, excluded.priority_score,
            excluded.pattern_source, excluded.pattern_confidence, excluded.data_gaps, excluded.expected_low_months,
            excluded.expected_high_months, excluded.timeline, excluded.updated_at)
        RETURNING id",
        client,
        contractor,
        goal.pattern_id,
        goal.goal_type,
        goal.goal_description,
        goal.target_milestone,
        goal.priority_score,
        goal.pattern_source,
        goal.pattern_confidence,
        &goal.data_gaps,
        goal.expected_low_months,
        goal.expected_high_months,
        goal.timeline,
        now
    )
    .fetch_one(tx.connection())
    .await?;
    sqlx::query!(
        "DELETE FROM ai_concierge_checklist_items
        WHERE client_id = $1 AND goal_id = $2 AND done_at IS NULL AND item <> ALL($3)",
        client,
        id,
        &goal.checklist
    )
    .execute(tx.connection())
    .await?;
    sqlx::query!(
        "INSERT INTO ai_concierge_checklist_items (client_id, goal_id, position, item)
        SELECT $1, $2, min(position), item FROM unnest($3::text[]) WITH ORDINALITY AS given (item, position)
        GROUP BY item ORDER BY min(position)
        ON CONFLICT ON CONSTRAINT ai_concierge_checklist_items_once DO UPDATE SET position = excluded.position",
        client,
        id,
        &goal.checklist
    )
    .execute(tx.connection())
    .await?;
    Ok(id)
}

/// The goals of a contractor, open ones and the most urgent first.
pub async fn of_contractor(tx: &mut Tx, contractor: i32) -> Result<Vec<Goal>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Goal,
        "SELECT id, contractor_id, pattern_id, goal_type, goal_description, target_milestone, priority_score,
            pattern_source, pattern_confidence::float8 AS pattern_confidence, data_gaps, expected_low_months,
            expected_high_months, timeline, status, created_at, completed_at
        FROM ai_concierge_goals WHERE client_id = $1 AND contractor_id = $2
        ORDER BY status <> 'open', priority_score DESC, id",
        client,
        contractor
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// A goal, locked until the end of the transaction.
pub async fn find(tx: &mut Tx, id: i32) -> Result<Option<Goal>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Goal,
        "SELECT id, contractor_id, pattern_id, goal_type, goal_description, target_milestone, priority_score,
            pattern_source, pattern_confidence::float8 AS pattern_confidence, data_gaps, expected_low_months,
            expected_high_months, timeline, status, created_at, completed_at
        FROM ai_concierge_goals WHERE client_id = $1 AND id = $2 FOR UPDATE",
        client,
        id
    );
    Ok(query.fetch_optional(tx.connection()).await?)
}

/// The checklists of goals, in their order.
pub async fn items(tx: &mut Tx, goals: &[i32]) -> Result<Vec<Item>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Item,
        "SELECT id, goal_id, item, done_at FROM ai_concierge_checklist_items
        WHERE client_id = $1 AND goal_id = ANY($2) ORDER BY goal_id, position, id",
        client,
        goals
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// Notes that an item is done; the first time stays.
pub async fn tick(tx: &mut Tx, item: i32, now: DateTime<Utc>) -> Result<Option<Item>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Item,
        "UPDATE ai_concierge_checklist_items SET done_at = coalesce(done_at, $3)
        WHERE client_id = $1 AND id = $2 RETURNING id, goal_id, item, done_at",
        client,
        item,
        now
    );
    Ok(query.fetch_optional(tx.connection()).await?)
}

/// Ends an open goal as `completed` or `abandoned`; false if it has ended.
pub async fn end(tx: &mut Tx, id: i32, status: &str, now: DateTime<Utc>) -> Result<bool, Error> {
    let client = tx.client();
    let query = sqlx::query!(
        "UPDATE ai_concierge_goals SET status = $3, completed_at = $4, updated_at = $4
        WHERE client_id = $1 AND id = $2 AND status = 'open'",
        client,
        id,
        status,
        now
    );
    Ok(query.execute(tx.connection()).await?.rows_affected() == 1)
}
