//! What is planned to go out, and what became of it.

use crate::{Db, Error, Tx};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::Serialize;
use uuid::Uuid;

/// One planned message or connection request.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Touch {
    pub id: Uuid,
    pub enrolment_id: Uuid,
    pub lead_id: Uuid,
    pub prospect_id: String,
    pub kind: String,
    pub step: i16,
    pub variant: String,
    pub channel: String,
    pub segment: String,
    pub week: NaiveDate,
    pub local_date: NaiveDate,
    pub local_time: NaiveTime,
    pub due_at: DateTime<Utc>,
    pub late: bool,
    /// `planned`, `due`, `sent` or `cancelled`.
    pub state: String,
    pub reason: Option<String>,
}

/// A touch to plan. Serialised for `jsonb_to_recordset`.
#[derive(Clone, Debug, Serialize)]
pub struct Planned {
    pub id: Uuid,
    pub enrolment_id: Uuid,
    pub lead_id: Uuid,
    pub kind: &'static str,
    pub step: i16,
    pub variant: String,
    pub channel: &'static str,
    pub segment: String,
    pub week: NaiveDate,
    pub local_date: NaiveDate,
    pub local_time: NaiveTime,
    pub due_at: DateTime<Utc>,
    pub late: bool,
}

/// Plans touches; one whose step is planned already is left as it is.
pub async fn plan(tx: &mut Tx, touches: &[Planned]) -> Result<u64, Error> {
    let client = tx.client();
    let rows = serde_json::to_value(touches).map_err(|error| Error::Rows(error.into()))?;
    let query = sqlx::query!(
        "INSERT INTO touches (client_id, id, enrolment_id, lead_id, kind, step, variant, channel, segment, week,
            local_date, local_time, due_at, late)
        SELECT $1, r.id, r.enrolment_id, r.lead_id, r.kind, r.step, r.variant, r.channel, r.segment, r.week,
            r.local_date, r.local_time, r.due_at, r.late
        FROM jsonb_to_recordset($2) AS r (id uuid, enrolment_id uuid, lead_id uuid, kind text, step smallint,
            variant text, channel text, segment text, week date, local_date date, local_time time,
            due_at timestamptz, late boolean)
        ON CONFLICT (client_id, enrolment_id, step) WHERE state <> 'cancelled' DO NOTHING",
        client,
        rows
    );
    Ok(query.execute(tx.connection()).await?.rows_affected())
}

/// The touches of a week that are not cancelled, in the order of time.
pub async fn of_week(tx: &mut Tx, monday: NaiveDate) -> Result<Vec<Touch>, Error> {
    let client = tx.client();
    let query = sqlx::query_file_as!(Touch, "queries/touches_of_week.sql", client, monday);
    Ok(query.fetch_all(tx.connection()).await?)
}

/// The days of connection requests that were sent, or are to be, since a day.
pub async fn request_days(tx: &mut Tx, since: NaiveDate) -> Result<Vec<NaiveDate>, Error> {
    let client = tx.client();
    let query = sqlx::query_scalar!(
        "SELECT local_date FROM touches WHERE client_id = $1 AND kind = 'connection_request' AND state <> 'cancelled'
            AND local_date >= $2",
        client,
        since
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// Planned touches whose time has come, locked; those that somebody else is looking at are left out.
pub async fn ripe(tx: &mut Tx, now: DateTime<Utc>, limit: i64) -> Result<Vec<Touch>, Error> {
    let client = tx.client();
    let query = sqlx::query_file_as!(Touch, "queries/touches_ripe.sql", client, now, limit);
    Ok(query.fetch_all(tx.connection()).await?)
}

/// The clients that have planned touches whose time has come.
pub async fn clients_due(db: &Db, now: DateTime<Utc>) -> Result<Vec<Uuid>, Error> {
    let query = sqlx::query_scalar!(r#"SELECT leadfleet_clients_due($1) AS "client!""#, now);
    Ok(query.fetch_all(db.pool()).await?)
}

/// Says that a planned touch is due.
pub async fn make_due(tx: &mut Tx, id: Uuid) -> Result<bool, Error> {
    let client = tx.client();
    let query = sqlx::query!(
        "UPDATE touches SET state = 'due' WHERE client_id = $1 AND id = $2 AND state = 'planned'",
        client,
        id
    );
    Ok(query.execute(tx.connection()).await?.rows_affected() == 1)
}

/// Touches that are due and have not gone out, the longest due first.
pub async fn due(tx: &mut Tx, now: DateTime<Utc>, limit: i64) -> Result<Vec<Touch>, Error> {
    let client = tx.client();
    let query = sqlx::query_file_as!(Touch, "queries/touches_due.sql", client, now, limit);
    Ok(query.fetch_all(tx.connection()).await?)
}

/// Connection requests that have gone out since then, or that a tool has had since then.
pub async fn requests_out(tx: &mut Tx, since: DateTime<Utc>) -> Result<u32, Error> {
    let client = tx.client();
    let query = sqlx::query_scalar!(
        r#"SELECT count(*) AS "requests!" FROM touches WHERE client_id = $1 AND kind = 'connection_request'
            AND (state = 'sent' AND sent_at > $2 OR state = 'due' AND taken_at > $2)"#,
        client,
        since
    );
    Ok(u32::try_from(query.fetch_one(tx.connection()).await?).unwrap_or(u32::MAX))
}

/// Hands due touches to a tool. What a tool has had without a word for longer than its lease is handed to it again,
/// to others only when that is long ago: it may have it in a queue of its own.
pub async fn take(
    tx: &mut Tx,
    tool: &str,
    now: DateTime<Utc>,
    lease_ends_before: DateTime<Utc>,
    lost_before: DateTime<Utc>,
    limit: i64,
    channel: Option<&str>,
) -> Result<Vec<Touch>, Error> {
    let client = tx.client();
    let query = sqlx::query_file_as!(
        Touch,
        "queries/touches_take.sql",
        client,
        tool,
        now,
        lease_ends_before,
        limit,
        channel,
        lost_before
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// Takes a due touch out of a tool's hands again.
pub async fn give_back(tx: &mut Tx, id: Uuid) -> Result<(), Error> {
    let client = tx.client();
    sqlx::query!(
        "UPDATE touches SET taken_by = NULL, taken_at = NULL WHERE client_id = $1 AND id = $2",
        client,
        id
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Whose a touch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whose {
    pub lead_id: Uuid,
    pub enrolment_id: Uuid,
}

pub async fn whose(tx: &mut Tx, id: Uuid) -> Result<Option<Whose>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Whose,
        "SELECT lead_id, enrolment_id FROM touches WHERE client_id = $1 AND id = $2",
        client,
        id
    );
    Ok(query.fetch_optional(tx.connection()).await?)
}

/// A touch, locked until the transaction ends.
pub async fn locked(tx: &mut Tx, id: Uuid) -> Result<Option<Touch>, Error> {
    let client = tx.client();
    let query = sqlx::query_file_as!(Touch, "queries/touches_locked.sql", client, id);
    Ok(query.fetch_optional(tx.connection()).await?)
}

/// Says that a touch has gone out.
pub async fn sent(tx: &mut Tx, id: Uuid, at: DateTime<Utc>) -> Result<bool, Error> {
    let client = tx.client();
    let query = sqlx::query!(
        "UPDATE touches SET state = 'sent', sent_at = $3, reason = NULL
        WHERE client_id = $1 AND id = $2 AND state <> 'sent'",
        client,
        id,
        at
    );
    Ok(query.execute(tx.connection()).await?.rows_affected() == 1)
}

/// Says that the touch of a step has gone out, whichever tool sent it.
pub async fn sent_step(tx: &mut Tx, enrolment: Uuid, step: i16, at: DateTime<Utc>) -> Result<bool, Error> {
    let client = tx.client();
    let query = sqlx::query!(
        "UPDATE touches SET state = 'sent', sent_at = $4
        WHERE client_id = $1 AND enrolment_id = $2 AND step = $3 AND state IN ('planned', 'due')",
        client,
        enrolment,
        step,
        at
    );
    Ok(query.execute(tx.connection()).await?.rows_affected() == 1)
}

/// Takes back other touches of the same step that have not gone out; whether one of them has.
pub async fn cancel_twins(tx: &mut Tx, touch: &Touch, reason: &str) -> Result<bool, Error> {
    let client = tx.client();
    let query = sqlx::query_scalar!(
        r#"WITH twins AS (
            SELECT id, state FROM touches WHERE client_id = $1 AND enrolment_id = $2 AND step = $3 AND id <> $4
        ), cancelled AS (
            UPDATE touches SET state = 'cancelled', reason = $5 FROM twins
            WHERE touches.client_id = $1 AND touches.id = twins.id AND twins.state IN ('planned', 'due')
        )
        SELECT EXISTS (SELECT FROM twins WHERE state = 'sent') AS "sent!""#,
        client,
        touch.enrolment_id,
        touch.step,
        touch.id,
        reason
    );
    Ok(query.fetch_one(tx.connection()).await?)
}

/// Takes back what has not gone out.
pub async fn cancel(tx: &mut Tx, id: Uuid, reason: &str) -> Result<bool, Error> {
    let client = tx.client();
    let query = sqlx::query!(
        "UPDATE touches SET state = 'cancelled', reason = $3
        WHERE client_id = $1 AND id = $2 AND state IN ('planned', 'due')",
        client,
        id,
        reason
    );
    Ok(query.execute(tx.connection()).await?.rows_affected() == 1)
}

/// Takes back everything of an enrolment that has not gone out.
pub async fn cancel_all(tx: &mut Tx, enrolment: Uuid, reason: &str) -> Result<u64, Error> {
    let client = tx.client();
    let query = sqlx::query!(
        "UPDATE touches SET state = 'cancelled', reason = $3
        WHERE client_id = $1 AND enrolment_id = $2 AND state IN ('planned', 'due')",
        client,
        enrolment,
        reason
    );
    Ok(query.execute(tx.connection()).await?.rows_affected())
}
