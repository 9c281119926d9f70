//! What happened to prospects: every engagement event once.

use crate::{Error, Tx};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// Something that happened.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Activity {
    pub id: Uuid,
    pub lead_id: Option<Uuid>,
    pub action: String,
    pub channel: String,
    pub created_at: DateTime<Utc>,
    pub source: String,
    pub event_id: String,
    pub enrolment_id: Option<Uuid>,
    pub touch_id: Option<Uuid>,
    pub kind: Option<String>,
    pub step: Option<i16>,
    pub variant: Option<String>,
    pub segment: Option<String>,
    pub sequence_type: Option<String>,
    pub intent: Option<String>,
    pub machine: bool,
    pub machine_reason: Option<String>,
    pub meeting_id: Option<String>,
    /// The meeting that it takes the place of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    /// What a touch said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_snapshot: Option<Value>,
}

/// Whom an event is about.
#[derive(Clone, Debug)]
pub struct Who {
    pub id: Uuid,
    pub name: String,
    pub company: String,
    /// As it was given, else as the tags have it; empty when neither says.
    pub industry: String,
    pub company_name: String,
    pub email_key: Option<Vec<u8>>,
    pub profile_key: Option<Vec<u8>>,
    pub phone_key: Option<Vec<u8>>,
    /// Whether there is an address and no profile: then nobody has to accept anything.
    pub by_mail: bool,
    pub time_zone: String,
    pub state: String,
    pub country: String,
}

/// Records an event; false if it, or the meeting that it is about, is recorded already.
pub async fn record(tx: &mut Tx, activity: &Activity) -> Result<bool, Error> {
    let client = tx.client();
    let query = sqlx::query!(
        "INSERT INTO activities (client_id, id, lead_id, action, channel, created_at, source, event_id, enrolment_id,
            touch_id, kind, step, variant, segment, sequence_type, intent, machine, machine_reason, meeting_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
        ON CONFLICT DO NOTHING",
        client,
        activity.id,
        activity.lead_id,
        activity.action,
        activity.channel,
        activity.created_at,
        activity.source,
        activity.event_id,
        activity.enrolment_id,
        activity.touch_id,
        activity.kind,
        activity.step,
        activity.variant,
        activity.segment,
        activity.sequence_type,
        activity.intent,
        activity.machine,
        activity.machine_reason,
        activity.meeting_id
    );
    Ok(query.execute(tx.connection()).await?.rows_affected() == 1)
}

/// Whether what an event names is there, and whether the event is recorded already.
#[derive(Clone, Copy, Debug)]
pub struct Named {
    pub user: bool,
    pub prospect: bool,
    pub recorded: bool,
}

/// Looks up what an event names, all in one journey: many events come at once.
pub async fn named(
    tx: &mut Tx,
    user_id: &str,
    prospect_id: &str,
    source: &str,
    event_id: &str,
) -> Result<Named, Error> {
    let client = tx.client();
    let query = sqlx::query_file_as!(
        Named,
        "queries/event_named.sql",
        client,
        user_id,
        prospect_id,
        source,
        event_id
    );
    Ok(query.fetch_one(tx.connection()).await?)
}

/// Which step of a prospect's newest sequence an event is about that does not say its number: that of the touch, else
/// the next one of that kind, else, for a sending, the one that a tool has in hand.
pub async fn step_of(
    tx: &mut Tx,
    prospect_id: &str,
    key: &[u8],
    touch: Option<Uuid>,
    kind: Option<&str>,
    is_sending: bool,
) -> Result<Option<i16>, Error> {
    let client = tx.client();
    let query =
        sqlx::query_file_scalar!("queries/step_of.sql", client, prospect_id, key, touch, kind, is_sending);
    Ok(query.fetch_optional(tx.connection()).await?.flatten())
}

/// Whether a meeting was booked in the place of this one before this one was heard of.
pub async fn is_replaced(tx: &mut Tx, meeting_id: &str) -> Result<bool, Error> {
    let client = tx.client();
    let query = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM activities WHERE client_id = $1 AND detail ? 'replaces'
            AND detail ->> 'replaces' = $2) AS "there!""#,
        client,
        meeting_id
    );
    Ok(query.fetch_one(tx.connection()).await?)
}

/// Makes others wait who do something to a company's people, so that two colleagues do not wait for each other.
pub async fn lock_company(tx: &mut Tx, company_name: &str) -> Result<(), Error> {
    let client = tx.client();
    sqlx::query!(
        "SELECT pg_advisory_xact_lock(hashtextextended('company' || $1::text || $2::text, 0))",
        client.to_string(),
        company_name
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Gives a booked meeting another id: it was moved. False if there is no such meeting.
pub async fn move_meeting(tx: &mut Tx, from: &str, to: &str) -> Result<bool, Error> {
    let client = tx.client();
    let query = sqlx::query!(
        "UPDATE activities SET meeting_id = $3
        WHERE client_id = $1 AND action = 'meeting_booked' AND meeting_id = $2",
        client,
        from,
        to
    );
    Ok(query.execute(tx.connection()).await?.rows_affected() == 1)
}

/// Records an event of the prospect of that name, else of the one with that keyed hash of an address; with the
/// newest sequence, and the words of the step that the event names.
///
/// None if it, its step's sending or its meeting is recorded already; else the prospect, if one is known.
pub async fn record_of(
    tx: &mut Tx,
    activity: &Activity,
    prospect_id: &str,
    key: &[u8],
) -> Result<Option<Option<Uuid>>, Error> {
    let client = tx.client();
    let query = sqlx::query_file_scalar!(
        "queries/record_activity.sql",
        client,
        activity.id,
        prospect_id,
        key,
        activity.action,
        activity.channel,
        activity.created_at,
        activity.source,
        activity.event_id,
        activity.step,
        activity.touch_id,
        activity.variant,
        activity.intent,
        activity.machine,
        activity.machine_reason,
        activity.meeting_id,
        activity.replaces
    );
    Ok(query.fetch_optional(tx.connection()).await?)
}

/// The prospect of that name, else the one with that keyed hash of an address; locked, so that its events are applied
/// one by one.
pub async fn who(tx: &mut Tx, prospect_id: &str, key: &[u8]) -> Result<Option<Who>, Error> {
    let client = tx.client();
    let query = sqlx::query_file_as!(Who, "queries/who.sql", client, prospect_id, key);
    Ok(query.fetch_optional(tx.connection()).await?)
}

/// A prospect by its id, locked in the same way.
pub async fn locked(tx: &mut Tx, lead: Uuid) -> Result<Option<Who>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Who,
        r#"SELECT id, name, company,
            coalesce(nullif(industry, ''), nullif(tags ->> 'industry', 'other'), '') AS "industry!",
            company_name, email_key, profile_key, phone_key,
            linkedin_url = '' AND email <> '' AS "by_mail!", time_zone, state, country
        FROM leads WHERE client_id = $1 AND id = $2 FOR NO KEY UPDATE"#,
        client,
        lead
    );
    Ok(query.fetch_optional(tx.connection()).await?)
}

/// Keeps what a touch said, and what is counted of it.
pub async fn said(tx: &mut Tx, id: Uuid, snapshot: &Value, features: &str) -> Result<(), Error> {
    let client = tx.client();
    sqlx::query!(
        "UPDATE activities SET content_snapshot = $3, content_features = $4 WHERE client_id = $1 AND id = $2",
        client,
        id,
        snapshot,
        features
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Counts a reply of a person.
pub async fn replied(tx: &mut Tx, lead: Uuid) -> Result<(), Error> {
    let client = tx.client();
    sqlx::query!("UPDATE leads SET replies = replies + 1 WHERE client_id = $1 AND id = $2", client, lead)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Sets the status of a prospect; a weaker one changes nothing.
pub async fn set_status(tx: &mut Tx, lead: Uuid, status: &str) -> Result<(), Error> {
    let client = tx.client();
    sqlx::query!(
        "UPDATE leads SET status = $3, updated_at = now() WHERE client_id = $1 AND id = $2
            AND leadfleet_strength(status) < leadfleet_strength($3)",
        client,
        lead,
        status
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Everything that happened to a prospect, the first first.
pub async fn of(tx: &mut Tx, lead: Uuid) -> Result<Vec<Activity>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Activity,
        "SELECT id, lead_id, action, channel, created_at, source, event_id, enrolment_id, touch_id, kind, step, variant,
            segment, sequence_type, intent, machine, machine_reason, meeting_id, detail ->> 'replaces' AS replaces,
            content_snapshot
        FROM activities WHERE client_id = $1 AND lead_id = $2 ORDER BY created_at, id",
        client,
        lead
    );
    Ok(query.fetch_all(tx.connection()).await?)
}
