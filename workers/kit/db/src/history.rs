//! What became of leads before they came here: brought in once, and left as it is when it comes again.

use crate::{Error, Tx};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// What is known of a lead beside what every prospect has; none keeps what is there. Serialised for
/// `jsonb_to_recordset`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AddedFacts {
    pub id: Uuid,
    pub employee_count: Option<i32>,
    pub is_new_role: Option<bool>,
    pub is_hiring: Option<bool>,
    pub recently_funded: Option<bool>,
    pub status: Option<&'static str>,
    pub converted_at: Option<DateTime<Utc>>,
    /// Parts of its score, as somebody else has given them.
    pub als_given: Option<Value>,
}

/// Something that happened before. Serialised for `jsonb_to_recordset`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PastActivity {
    pub id: Uuid,
    pub lead_id: Uuid,
    pub action: String,
    pub channel: String,
    pub created_at: DateTime<Utc>,
    pub source: String,
    pub event_id: String,
    pub step: Option<i16>,
    pub variant: Option<String>,
    pub intent: Option<String>,
    pub machine: bool,
    pub meeting_id: Option<String>,
    /// What a touch said, and what is counted of it.
    pub content_snapshot: Option<Value>,
    pub content_features: Option<String>,
}

/// To whom touches went.
#[derive(Clone, Debug)]
pub struct Recipient {
    pub id: Uuid,
    pub name: String,
    pub company: String,
    /// As it was given, else as the tags have it; empty when neither says.
    pub industry: String,
}

/// A lead by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeadName {
    pub prospect_id: String,
    pub id: Uuid,
}

/// Whether the client of the transaction is one.
pub async fn is_client(tx: &mut Tx) -> Result<bool, Error> {
    let client = tx.client();
    let query =
        sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM clients WHERE id = $1) AS "there!""#, client);
    Ok(query.fetch_one(tx.connection()).await?)
}

/// A status only moves a lead forward, in the order in which events do.
pub async fn add_facts(tx: &mut Tx, facts: &[AddedFacts]) -> Result<u64, Error> {
    is_import(tx).await?;
    let client = tx.client();
    let rows = serde_json::to_value(facts).map_err(|error| Error::Rows(error.into()))?;
    let query = sqlx::query_file!("queries/add_facts.sql", client, rows);
    Ok(query.execute(tx.connection()).await?.rows_affected())
}

/// Every lead of the client.
pub async fn lead_names(tx: &mut Tx) -> Result<Vec<LeadName>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(LeadName, "SELECT prospect_id, id FROM leads WHERE client_id = $1", client);
    Ok(query.fetch_all(tx.connection()).await?)
}

/// Those of these leads that are there.
pub async fn recipients(tx: &mut Tx, leads: &[Uuid]) -> Result<Vec<Recipient>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Recipient,
        r#"SELECT id, name, company,
            coalesce(nullif(industry, ''), nullif(tags ->> 'industry', 'other'), '') AS "industry!"
        FROM leads WHERE client_id = $1 AND id = ANY($2)"#,
        client,
        leads
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// How many are new: what is there already, by source and event, by meeting or by step, stays.
pub async fn add_activities(tx: &mut Tx, activities: &[PastActivity]) -> Result<u64, Error> {
    is_import(tx).await?;
    let client = tx.client();
    let rows = serde_json::to_value(activities).map_err(|error| Error::Rows(error.into()))?;
    let query = sqlx::query!(
        "INSERT INTO activities (client_id, id, lead_id, action, channel, created_at, source, event_id, step, variant,
            intent, machine, meeting_id, content_snapshot, content_features)
        SELECT $1, r.id, r.lead_id, r.action, r.channel, r.created_at, r.source, r.event_id, r.step, r.variant,
            r.intent, r.machine, r.meeting_id, r.content_snapshot, r.content_features
        FROM jsonb_to_recordset($2) AS r (id uuid, lead_id uuid, action text, channel text, created_at timestamptz,
            source text, event_id text, step smallint, variant text, intent text, machine boolean, meeting_id text,
            content_snapshot jsonb, content_features text)
        ON CONFLICT DO NOTHING",
        client,
        rows
    );
    Ok(query.execute(tx.connection()).await?.rows_affected())
}

/// Nobody contacts these leads by their addresses any more: on one channel, or, if it is empty, on any.
pub async fn suppress(tx: &mut Tx, leads: &[Uuid], channel: &str, reason: &str) -> Result<(), Error> {
    let client = tx.client();
    sqlx::query!(
        "INSERT INTO suppressions (client_id, scope, key, channel, reason, source)
        SELECT DISTINCT $1::uuid, 'address', key, $3::text, $4::text, 'import'
        FROM leads, unnest(ARRAY[email_key, phone_key, profile_key]) AS key
        WHERE client_id = $1 AND id = ANY($2) AND key IS NOT NULL ON CONFLICT DO NOTHING",
        client,
        leads,
        channel,
        reason
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// What the rest of the transaction writes is of the past: a conversion whose time nobody knows was not now.
async fn is_import(tx: &mut Tx) -> Result<(), Error> {
    sqlx::query!("SET LOCAL app.import = 'on'").execute(tx.connection()).await?;
    Ok(())
}
