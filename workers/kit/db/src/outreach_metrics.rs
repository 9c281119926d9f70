//! What outreach has brought: counts by segment, sequence type, step, variant and week.

use crate::{Error, Tx};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

/// Which part of the whole.
#[derive(Clone, Debug)]
pub struct Span<'a> {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub segment: Option<&'a str>,
    pub sequence_type: Option<&'a str>,
}

/// Counts of one group. Machines are not counted; a person counts once for each group it is in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// `all`, `segment`, `sequence_type`, `step`, `variant` or `week`.
    pub dimension: String,
    pub value: String,
    /// Messages and connection requests that went out.
    pub sends: i64,
    /// People who got at least one: what bounced was not received, unless they reacted to it.
    pub people: i64,
    pub accepted: i64,
    /// Messages and requests that were answered.
    pub replies: i64,
    /// People who replied.
    pub replied: i64,
    /// People who replied that they are interested, or booked.
    pub positive: i64,
    /// Messages and requests upon which a meeting was booked.
    pub bookings: i64,
    /// People who booked a meeting.
    pub meetings: i64,
    /// People who unsubscribed, complained or are not interested.
    pub harmed: i64,
    /// People of whom something came back.
    pub bounced: i64,
    /// Opens and clicks of machines, which count nowhere else.
    pub machine_events: i64,
}

/// Counts by every dimension.
///
/// A reply, meeting or complaint belongs to the last touch before it, whether that one is asked about or not, so that
/// every outcome knows its step and variant.
pub async fn groups(tx: &mut Tx, span: &Span<'_>) -> Result<Vec<Group>, Error> {
    let client = tx.client();
    let query = sqlx::query_file_as!(
        Group,
        "queries/outreach_metrics.sql",
        client,
        span.from,
        span.to,
        span.segment,
        span.sequence_type
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// The first day on which anything went out.
pub async fn first_day(tx: &mut Tx) -> Result<Option<NaiveDate>, Error> {
    let client = tx.client();
    let query = sqlx::query_scalar!(
        r#"SELECT min(created_at)::date AS day FROM activities WHERE client_id = $1 AND action = 'sent'"#,
        client
    );
    Ok(query.fetch_one(tx.connection()).await?)
}
