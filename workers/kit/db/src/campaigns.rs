//! Campaigns: what was asked for, what was written, by which patterns, and who was assigned which channels.

use crate::{Error, Tx};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// A campaign as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Campaign {
    pub id: Uuid,
    /// `asked` or `written`.
    pub state: String,
    pub segment: Option<String>,
    pub icp: Value,
    pub steps: i16,
    pub context: String,
    pub sequence: Value,
    pub days: Vec<String>,
    /// `claude` or `templates`.
    pub source: Option<String>,
    pub model: String,
    pub cost_micros: i64,
    pub note: String,
    pub patterns_used: Value,
    pub created_at: DateTime<Utc>,
    pub written_at: Option<DateTime<Utc>>,
}

/// Writes down that a campaign is asked for.
pub async fn ask(
    tx: &mut Tx,
    id: Uuid,
    segment: Option<&str>,
    icp: &Value,
    steps: i16,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let client = tx.client();
    sqlx::query!(
        "INSERT INTO campaigns (client_id, id, segment, icp, steps, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        client,
        id,
        segment,
        icp,
        steps,
        now
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// What was written for a campaign.
#[derive(Clone, Debug)]
pub struct Written<'a> {
    pub id: Uuid,
    pub segment: Option<&'a str>,
    pub icp: &'a Value,
    pub steps: i16,
    pub context: &'a str,
    pub sequence: &'a Value,
    pub days: &'a [String],
    pub source: &'a str,
    pub model: &'a str,
    pub cost_micros: i64,
    pub note: &'a str,
    pub patterns_used: &'a Value,
}

/// Keeps what was written; false if something is kept already. Whoever asked may not be done with writing that down.
pub async fn keep(tx: &mut Tx, written: &Written<'_>, now: DateTime<Utc>) -> Result<bool, Error> {
    let client = tx.client();
    let query = sqlx::query!(
        "INSERT INTO campaigns AS c (client_id, id, state, segment, icp, steps, context, sequence, days, source, model,
            cost_micros, note, patterns_used, created_at, written_at)
        VALUES ($1, $2, 'written', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)
        ON CONFLICT (client_id, id) DO UPDATE SET (state, context, sequence, days, source, model, cost_micros, note,
            patterns_used, written_at) = (excluded.state, excluded.context, excluded.sequence, excluded.days,
            excluded.source, excluded.model, excluded.cost_micros, excluded.note, excluded.patterns_used,
            excluded.written_at)
        WHERE c.state = 'asked'",
        client,
        written.id,
        written.segment,
        written.icp,
        written.steps,
        written.context,
        written.sequence,
        written.days,
        written.source,
        written.model,
        written.cost_micros,
        written.note,
        written.patterns_used,
        now
    );
    Ok(query.execute(tx.connection()).await?.rows_affected() == 1)
}

/// The newest first.
pub async fn newest(tx: &mut Tx, limit: i64) -> Result<Vec<Campaign>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Campaign,
        "SELECT id, state, segment, icp, steps, context, sequence, days, source, model, cost_micros, note, patterns_used,
            created_at, written_at
        FROM campaigns WHERE client_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2",
        client,
        limit
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

pub async fn find(tx: &mut Tx, id: Uuid) -> Result<Option<Campaign>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Campaign,
        "SELECT id, state, segment, icp, steps, context, sequence, days, source, model, cost_micros, note, patterns_used,
            created_at, written_at
        FROM campaigns WHERE client_id = $1 AND id = $2",
        client,
        id
    );
    Ok(query.fetch_optional(tx.connection()).await?)
}

/// The channels of a lead in a campaign.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    pub lead_id: Uuid,
    pub week: NaiveDate,
    pub tier: Option<String>,
    pub channels: Vec<String>,
    /// Of each channel in its place.
    pub propensities: Vec<f64>,
    pub reason: String,
}

/// The channels of a lead, and in which campaign.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Assigned {
    pub campaign_id: Uuid,
    pub week: NaiveDate,
    pub tier: Option<String>,
    pub channels: Vec<String>,
    pub propensities: Vec<f64>,
    pub reason: String,
    pub assigned_at: DateTime<Utc>,
}

/// Assigns a lead its channels; whoever has some keeps them. What is assigned afterwards.
pub async fn assign(tx: &mut Tx, campaign: Uuid, wanted: &Assignment) -> Result<Assignment, Error> {
    let client = tx.client();
    sqlx::query!(
        "INSERT INTO campaign_assignments (client_id, campaign_id, lead_id, week, tier, channels, propensities, reason)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (client_id, campaign_id, lead_id) DO NOTHING",
        client,
        campaign,
        wanted.lead_id,
        wanted.week,
        wanted.tier,
        &wanted.channels,
        &wanted.propensities,
        wanted.reason
    )
    .execute(tx.connection())
    .await?;
    let query = sqlx::query_as!(
        Assignment,
        "SELECT lead_id, week, tier, channels, propensities, reason FROM campaign_assignments
        WHERE client_id = $1 AND campaign_id = $2 AND lead_id = $3",
        client,
        campaign,
        wanted.lead_id
    );
    Ok(query.fetch_one(tx.connection()).await?)
}

/// The campaigns in which a lead has channels, the newest first.
pub async fn of_lead(tx: &mut Tx, lead: Uuid) -> Result<Vec<Assigned>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Assigned,
        "SELECT campaign_id, week, tier, channels, propensities, reason, assigned_at FROM campaign_assignments
        WHERE client_id = $1 AND lead_id = $2 ORDER BY assigned_at DESC, campaign_id",
        client,
        lead
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// The tiers of leads, as far as they are scored.
pub async fn tiers(tx: &mut Tx, leads: &[Uuid]) -> Result<Vec<(Uuid, String)>, Error> {
    let client = tx.client();
    let rows = sqlx::query!(
        r#"SELECT id, als_tier AS "tier!" FROM leads WHERE client_id = $1 AND id = ANY($2) AND als_tier IS NOT NULL"#,
        client,
        leads
    )
    .fetch_all(tx.connection())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.tier)).collect())
}

/// The first channel of a lead in its first campaign, and what came of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FirstChannel {
    /// Whether it was the one that is asked about.
    pub same: bool,
    /// How likely it was, whichever it was.
    pub propensity: f64,
    /// Whether the lead booked in the days that are counted.
    pub booked: bool,
}

/// Which first channels to look at.
#[derive(Clone, Copy, Debug)]
pub struct Beginning<'a> {
    pub channel: &'a str,
    /// As it was when the channels were assigned.
    pub tier: Option<&'a str>,
    pub now: DateTime<Utc>,
    /// Bookings of so many days count; who was assigned channels later than that is left out.
    pub days: i32,
    /// The newest.
    pub limit: i64,
}

/// How leads began who could have begun with a channel. Whoever had booked before is left out.
pub async fn first_channels(tx: &mut Tx, asked: &Beginning<'_>) -> Result<Vec<FirstChannel>, Error> {
    let client = tx.client();
    let query = sqlx::query_file_as!(
        FirstChannel,
        "queries/first_channels.sql",
        client,
        asked.channel,
        asked.tier,
        asked.now,
        asked.days,
        asked.limit
    );
    Ok(query.fetch_all(tx.connection()).await?)
}
