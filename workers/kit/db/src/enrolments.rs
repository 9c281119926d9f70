//! The prospects in sequences, and every change of where they stand.

use crate::{Db, Error, Tx};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// A prospect in a sequence.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Enrolment {
    pub id: Uuid,
    pub lead_id: Uuid,
    pub segment: String,
    pub sequence_type: String,
    pub version: i32,
    pub messages: Value,
    pub state: String,
    pub stop: Option<String>,
    pub step: Option<i16>,
    pub since: Option<NaiveDate>,
    pub paused_until: Option<NaiveDate>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A change of where somebody stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Transition {
    pub from_state: String,
    pub to_state: String,
    pub cause: String,
    pub activity_id: Option<Uuid>,
    pub at: DateTime<Utc>,
}

/// Where somebody stands from now on.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    pub state: &'a str,
    pub stop: Option<&'a str>,
    pub step: Option<i16>,
    pub since: Option<NaiveDate>,
    pub paused_until: Option<NaiveDate>,
}

/// A prospect in a running sequence, with what planning needs to know of it.
#[derive(Clone, Debug)]
pub struct Running {
    pub id: Uuid,
    pub lead_id: Uuid,
    pub prospect_id: String,
    pub segment: String,
    pub step: Option<i16>,
    pub since: Option<NaiveDate>,
    pub paused_until: Option<NaiveDate>,
    /// Kind, variant and distance of the next message; its words are not needed for planning.
    pub next_kind: Option<String>,
    pub next_variant: Option<String>,
    pub next_after_business_days: Option<i64>,
    pub company_name: String,
    pub email: String,
    pub phone: String,
    pub linkedin_url: String,
    pub time_zone: String,
    pub lead_state: String,
    pub country: String,
    pub priority_score: Option<f64>,
    /// Whether a touch of the next step is planned or due already.
    pub planned: bool,
}

/// The clients that have enrolled somebody since then.
pub async fn clients_enrolling(db: &Db, since: DateTime<Utc>) -> Result<Vec<Uuid>, Error> {
    let query = sqlx::query_scalar!(r#"SELECT leadfleet_clients_enrolling($1) AS "client!""#, since);
    Ok(query.fetch_all(db.pool()).await?)
}

/// Enrols a prospect; none when it is in a running sequence already.
pub async fn enrol(
    tx: &mut Tx,
    id: Uuid,
    lead: Uuid,
    segment: &str,
    sequence_type: &str,
    version: i32,
    messages: &Value,
) -> Result<Option<Uuid>, Error> {
    let client = tx.client();
    let query = sqlx::query_scalar!(
        "INSERT INTO enrolments (client_id, id, lead_id, segment, sequence_type, version, messages)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (client_id, lead_id) WHERE state NOT IN ('finished', 'stopped') DO NOTHING RETURNING id",
        client,
        id,
        lead,
        segment,
        sequence_type,
        version,
        messages
    );
    Ok(query.fetch_optional(tx.connection()).await?)
}

/// The newest enrolment of a prospect, locked until the transaction ends.
pub async fn newest(tx: &mut Tx, lead: Uuid) -> Result<Option<Enrolment>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Enrolment,
        "SELECT id, lead_id, segment, sequence_type, version, messages, state, stop, step, since, paused_until,
            created_at, updated_at
        FROM enrolments WHERE client_id = $1 AND lead_id = $2 ORDER BY created_at DESC, id DESC LIMIT 1
        FOR NO KEY UPDATE",
        client,
        lead
    );
    Ok(query.fetch_optional(tx.connection()).await?)
}

/// An enrolment by its id, locked until the transaction ends.
pub async fn locked(tx: &mut Tx, id: Uuid) -> Result<Option<Enrolment>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Enrolment,
        "SELECT id, lead_id, segment, sequence_type, version, messages, state, stop, step, since, paused_until,
            created_at, updated_at
        FROM enrolments WHERE client_id = $1 AND id = $2 FOR NO KEY UPDATE",
        client,
        id
    );
    Ok(query.fetch_optional(tx.connection()).await?)
}

/// Enrolments by their ids, locked in that order until the transaction ends.
pub async fn all_locked(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<Enrolment>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Enrolment,
        "SELECT id, lead_id, segment, sequence_type, version, messages, state, stop, step, since, paused_until,
            created_at, updated_at
        FROM enrolments WHERE client_id = $1 AND id = ANY($2) ORDER BY id FOR NO KEY UPDATE",
        client,
        ids
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// The running enrolments of a company's other people, locked until the transaction ends.
pub async fn of_company(tx: &mut Tx, company_name: &str, but: Uuid) -> Result<Vec<Enrolment>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Enrolment,
        "SELECT e.id, e.lead_id, e.segment, e.sequence_type, e.version, e.messages, e.state, e.stop, e.step, e.since,
            e.paused_until, e.created_at, e.updated_at
        FROM enrolments e JOIN leads l ON l.client_id = e.client_id AND l.id = e.lead_id
        WHERE e.client_id = $1 AND l.company_name = $2 AND e.lead_id <> $3
            AND e.state NOT IN ('finished', 'stopped')
        ORDER BY e.id FOR NO KEY UPDATE OF e",
        client,
        company_name,
        but
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// Writes where somebody stands, and why that changed.
pub async fn stand(
    tx: &mut Tx,
    enrolment: &Enrolment,
    standing: Standing<'_>,
    cause: &str,
    activity: Option<Uuid>,
    at: DateTime<Utc>,
) -> Result<(), Error> {
    let client = tx.client();
    sqlx::query!(
        "UPDATE enrolments SET state = $3, stop = $4, step = $5, since = $6, paused_until = $7, updated_at = now()
        WHERE client_id = $1 AND id = $2",
        client,
        enrolment.id,
        standing.state,
        standing.stop,
        standing.step,
        standing.since,
        standing.paused_until
    )
    .execute(tx.connection())
    .await?;
    sqlx::query!(
        "INSERT INTO enrolment_transitions
            (client_id, id, enrolment_id, from_state, to_state, cause, activity_id, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        client,
        Uuid::now_v7(),
        enrolment.id,
        enrolment.state,
        standing.state,
        cause,
        activity,
        at
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The first change first.
pub async fn transitions(tx: &mut Tx, enrolment: Uuid) -> Result<Vec<Transition>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Transition,
        "SELECT from_state, to_state, cause, activity_id, at FROM enrolment_transitions
        WHERE client_id = $1 AND enrolment_id = $2 ORDER BY at, id",
        client,
        enrolment
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// Everybody who waits for a next step, the most promising first.
pub async fn running(tx: &mut Tx) -> Result<Vec<Running>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Running,
        r#"SELECT e.id, e.lead_id, l.prospect_id, e.segment, e.step, e.since, e.paused_until,
            next.message ->> 'type' AS next_kind, next.message ->> 'variant' AS next_variant,
            (next.message ->> 'after_business_days')::bigint AS next_after_business_days,
            l.company_name, l.email, l.phone, l.linkedin_url, l.time_zone, l.state AS lead_state,
            l.country, l.priority_score,
            EXISTS (SELECT FROM touches t WHERE t.client_id = e.client_id AND t.enrolment_id = e.id
                AND t.step = coalesce(e.step + 1, 0) AND t.state <> 'cancelled') AS "planned!"
        FROM enrolments e JOIN leads l ON l.client_id = e.client_id AND l.id = e.lead_id
            LEFT JOIN LATERAL (
                SELECT message FROM jsonb_array_elements(e.messages) message
                WHERE (message ->> 'step')::smallint = coalesce(e.step + 1, 0) LIMIT 1
            ) next ON true
        WHERE e.client_id = $1 AND e.state IN ('enrolled', 'connected', 'contacted')
        ORDER BY l.priority_score DESC NULLS LAST, l.prospect_id"#,
        client
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// Somebody who is in no sequence and was in none.
#[derive(Clone, Debug)]
pub struct Free {
    pub lead_id: Uuid,
    pub prospect_id: String,
    pub segment: String,
    pub company_name: String,
    pub email: String,
    pub phone: String,
    pub linkedin_url: String,
    pub time_zone: String,
    pub lead_state: String,
    pub country: String,
    pub priority_score: Option<f64>,
}

/// Those who could be enrolled: of each of the segments those between two places, the most promising at 0.
pub async fn free(tx: &mut Tx, segments: &[String], from: i64, to: i64) -> Result<Vec<Free>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Free,
        r#"SELECT id AS "lead_id!", prospect_id AS "prospect_id!", segment AS "segment!",
            company_name AS "company_name!", email AS "email!", phone AS "phone!", linkedin_url AS "linkedin_url!",
            time_zone AS "time_zone!", state AS "lead_state!", country AS "country!", priority_score
        FROM (
            SELECT l.*, row_number() OVER (PARTITION BY segment ORDER BY priority_score DESC NULLS LAST, prospect_id)
                AS place
            FROM leads l
            WHERE client_id = $1 AND segment = ANY($2) AND status = 'new'
                AND NOT EXISTS (SELECT FROM enrolments e WHERE e.client_id = l.client_id AND e.lead_id = l.id)
        ) ranked
        WHERE place > $3 AND place <= $4 ORDER BY priority_score DESC NULLS LAST, prospect_id"#,
        client,
        segments,
        from,
        to
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// Those of the prospects who could be enrolled.
pub async fn free_among(tx: &mut Tx, leads: &[Uuid]) -> Result<Vec<Uuid>, Error> {
    let client = tx.client();
    let query = sqlx::query_scalar!(
        "SELECT id FROM leads l WHERE client_id = $1 AND id = ANY($2) AND segment IS NOT NULL AND status = 'new'
            AND NOT EXISTS (SELECT FROM enrolments e WHERE e.client_id = l.client_id AND e.lead_id = l.id)",
        client,
        leads
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// Companies in which somebody has given an answer: their other people are left alone.
pub async fn answered_companies(tx: &mut Tx, companies: &[String]) -> Result<Vec<String>, Error> {
    let client = tx.client();
    let query = sqlx::query_scalar!(
        "SELECT DISTINCT company_name FROM leads
        WHERE client_id = $1 AND company_name = ANY($2) AND company_name <> ''
            AND status NOT IN ('new', 'bounced', 'dead')",
        client,
        companies
    );
    Ok(query.fetch_all(tx.connection()).await?)
}
