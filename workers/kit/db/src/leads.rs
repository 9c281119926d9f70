//! The prospects of a client.

use crate::{Error, Tx};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// A prospect as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Lead {
    pub id: Uuid,
    pub prospect_id: String,
    pub name: String,
    pub title: String,
    pub company: String,
    pub industry: String,
    pub about: String,
    pub city: String,
    pub state: String,
    pub country: String,
    pub time_zone: String,
    pub email: String,
    pub phone: String,
    pub linkedin_url: String,
    pub website: String,
    pub company_name: String,
    pub signal_strength: Option<f64>,
    /// `fit_score`, `referral_capacity` and `signal_strength`, as far as somebody else has given them.
    pub given_scores: Value,
    pub source: String,
    pub lawful_basis: String,
    pub collected_at: DateTime<Utc>,
    pub status: String,
    pub segment: Option<String>,
    pub segment_rule: Option<String>,
    pub segment_words: Value,
    pub low_confidence: bool,
    pub tags: Option<Value>,
    pub fit_score: Option<f64>,
    pub referral_capacity: Option<f64>,
    pub signal_score: Option<f64>,
    pub priority_score: Option<f64>,
    pub score_parts: Option<Value>,
    pub replies: i32,
    pub created_at: DateTime<Utc>,
}

/// By what a prospect is known again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub id: Uuid,
    pub prospect_id: String,
    pub email_key: Option<Vec<u8>>,
    pub profile_key: Option<Vec<u8>>,
    /// In small letters.
    pub name: String,
    pub company_name: String,
}

/// What to look for; a prospect that fits one of them is found.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub prospect_ids: Vec<String>,
    pub email_keys: Vec<Vec<u8>>,
    pub profile_keys: Vec<Vec<u8>>,
    /// Names in small letters, each with the company at the same place.
    pub names: Vec<String>,
    pub companies: Vec<String>,
}

/// A prospect to write; an empty text keeps what is there. Serialised for `jsonb_to_recordset`.
#[derive(Clone, Debug, Serialize)]
pub struct Written {
    pub id: Uuid,
    pub prospect_id: String,
    pub name: String,
    pub title: String,
    pub company: String,
    pub industry: String,
    pub about: String,
    pub city: String,
    pub state: String,
    pub country: String,
    pub time_zone: String,
    pub email: String,
    pub phone: String,
    pub linkedin_url: String,
    pub website: String,
    /// Hexadecimal.
    pub email_key: Option<String>,
    pub phone_key: Option<String>,
    pub profile_key: Option<String>,
    pub company_name: String,
    pub signal_strength: Option<f64>,
    pub source: String,
    pub lawful_basis: String,
    pub collected_at: DateTime<Utc>,
}

/// What was decided of a prospect. Serialised for `jsonb_to_recordset`.
#[derive(Clone, Debug, Serialize)]
pub struct Judged {
    pub id: Uuid,
    pub segment: &'static str,
    pub segment_rule: &'static str,
    pub segment_words: Value,
    pub low_confidence: bool,
    pub tags: Value,
    pub fit_score: f64,
    pub referral_capacity: f64,
    pub signal_score: f64,
    pub priority_score: f64,
    pub score_parts: Value,
}

/// Which prospects to rank.
#[derive(Clone, Debug)]
pub struct Ranking<'a> {
    pub min_fit_score: f64,
    pub min_referral_capacity: f64,
    pub min_signal_strength: f64,
    pub segment: Option<&'a str>,
    pub limit: i64,
}

/// A clinic of the current run, with its decision maker.
#[derive(Clone, Debug, PartialEq)]
pub struct Matched {
    pub clinic_id: i32,
    pub clinic_name: String,
    pub city: String,
    pub state: String,
    pub segment_name: String,
    pub priority_score: f64,
    /// None when nobody is known who decides; then the rest says nothing.
    pub name: Option<String>,
    pub title: String,
    pub email: String,
    pub phone: String,
    pub linkedin_url: String,
    pub website: String,
    pub collected_at: Option<DateTime<Utc>>,
}

/// Whether the client has such a user.
pub async fn has_user(tx: &mut Tx, user_id: &str) -> Result<bool, Error> {
    let client = tx.client();
    let query = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM client_users WHERE client_id = $1 AND user_id = $2) AS "there!""#,
        client,
        user_id
    );
    Ok(query.fetch_one(tx.connection()).await?)
}

pub async fn add_user(tx: &mut Tx, user_id: &str) -> Result<(), Error> {
    let client = tx.client();
    sqlx::query!(
        "INSERT INTO client_users (client_id, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        client,
        user_id
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Makes others wait who write many prospects of the same client, so that nobody is written twice.
pub async fn lock(tx: &mut Tx) -> Result<(), Error> {
    let client = tx.client();
    sqlx::query!(
        "SELECT pg_advisory_xact_lock(hashtextextended('leads' || $1::text, 0))",
        client.to_string()
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Locks prospects by their names, so that nobody of them answers or is forgotten meanwhile; those that are there.
///
/// Everybody locks in this order: client, prospects, company, enrolments, each by their ids, and touches.
pub async fn lock_named(tx: &mut Tx, prospect_ids: &[String]) -> Result<Vec<Uuid>, Error> {
    let client = tx.client();
    let query = sqlx::query_scalar!(
        "SELECT id FROM leads WHERE client_id = $1 AND prospect_id = ANY($2) ORDER BY id FOR NO KEY UPDATE",
        client,
        prospect_ids
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

pub async fn identities(tx: &mut Tx, wanted: &Wanted) -> Result<Vec<Identity>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Identity,
        r#"SELECT id AS "id!", prospect_id AS "prospect_id!", email_key, profile_key, lower(name) AS "name!",
            company_name AS "company_name!"
        FROM leads WHERE client_id = $1 AND prospect_id = ANY($2)
        UNION SELECT id, prospect_id, email_key, profile_key, lower(name), company_name FROM leads
        WHERE client_id = $1 AND email_key = ANY($3)
        UNION SELECT id, prospect_id, email_key, profile_key, lower(name), company_name FROM leads
        WHERE client_id = $1 AND profile_key = ANY($4)
        UNION SELECT id, prospect_id, email_key, profile_key, lower(name), company_name FROM leads
        WHERE client_id = $1 AND (lower(name), company_name) IN (SELECT * FROM unnest($5::text[], $6::text[]))"#,
        client,
        &wanted.prospect_ids,
        &wanted.email_keys,
        &wanted.profile_keys,
        &wanted.names,
        &wanted.companies
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// Writes prospects: new ones, and what is given of known ones.
pub async fn write(tx: &mut Tx, leads: &[Written]) -> Result<u64, Error> {
    let client = tx.client();
    let rows = serde_json::to_value(leads).map_err(|error| Error::Rows(error.into()))?;
    let query = sqlx::query_file!("queries/write_leads.sql", client, rows);
    Ok(query.execute(tx.connection()).await?.rows_affected())
}

/// Writes what was decided of prospects, and counts those of whom it is something new.
pub async fn judge(tx: &mut Tx, judged: &[Judged]) -> Result<u64, Error> {
    let client = tx.client();
    let rows = serde_json::to_value(judged).map_err(|error| Error::Rows(error.into()))?;
    let query = sqlx::query_file!("queries/judge_leads.sql", client, rows);
    Ok(query.execute(tx.connection()).await?.rows_affected())
}

pub async fn give_scores(tx: &mut Tx, prospect_id: &str, scores: &Value) -> Result<Option<Uuid>, Error> {
    let client = tx.client();
    let query = sqlx::query_scalar!(
        "UPDATE leads SET given_scores = given_scores || $3, updated_at = now()
        WHERE client_id = $1 AND prospect_id = $2 RETURNING id",
        client,
        prospect_id,
        scores
    );
    Ok(query.fetch_optional(tx.connection()).await?)
}

/// Prospects by their names; those that are not there are left out. In the order of their ids.
pub async fn named(tx: &mut Tx, prospect_ids: &[String]) -> Result<Vec<Lead>, Error> {
    let client = tx.client();
    let query = sqlx::query_file_as!(Lead, "queries/leads_named.sql", client, prospect_ids);
    Ok(query.fetch_all(tx.connection()).await?)
}

/// What a lead is called.
#[derive(Clone, Debug, PartialEq)]
pub struct Called {
    pub id: Uuid,
    pub prospect_id: String,
    pub name: String,
    pub title: String,
    pub company: String,
}

/// What leads are called; those that are not there are left out.
pub async fn called(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<Called>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Called,
        "SELECT id, prospect_id, name, title, company FROM leads WHERE client_id = $1 AND id = ANY($2) ORDER BY id",
        client,
        ids
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// A page of all prospects, in the order of their ids.
pub async fn page(tx: &mut Tx, after: Uuid, limit: i64) -> Result<Vec<Lead>, Error> {
    let client = tx.client();
    let query = sqlx::query_file_as!(Lead, "queries/leads_page.sql", client, after, limit);
    Ok(query.fetch_all(tx.connection()).await?)
}

/// The most promising first.
pub async fn ranked(tx: &mut Tx, ranking: &Ranking<'_>) -> Result<Vec<Lead>, Error> {
    let client = tx.client();
    let query = sqlx::query_file_as!(
        Lead,
        "queries/leads_ranked.sql",
        client,
        ranking.min_fit_score,
        ranking.min_referral_capacity,
        ranking.min_signal_strength,
        ranking.segment,
        ranking.limit
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// The clinics of the current run, those of the best segment first; of one segment, or of those of a priority.
pub async fn matched(
    tx: &mut Tx,
    segment: Option<&str>,
    min_priority: Option<f64>,
) -> Result<Vec<Matched>, Error> {
    let client = tx.client();
    let query = sqlx::query_file_as!(Matched, "queries/leads_matched.sql", client, segment, min_priority);
    Ok(query.fetch_all(tx.connection()).await?)
}

pub async fn count(tx: &mut Tx) -> Result<i64, Error> {
    let client = tx.client();
    let query = sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM leads WHERE client_id = $1"#, client);
    Ok(query.fetch_one(tx.connection()).await?)
}

/// Forgets a prospect and everything that hangs on it.
pub async fn erase(tx: &mut Tx, id: Uuid) -> Result<bool, Error> {
    let client = tx.client();
    let query = sqlx::query!("DELETE FROM leads WHERE client_id = $1 AND id = $2", client, id);
    Ok(query.execute(tx.connection()).await?.rows_affected() == 1)
}

/// What is known of a prospect beside its attributes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Note {
    pub id: Uuid,
    pub note: String,
    pub source: String,
    pub created_at: DateTime<Utc>,
}

pub async fn add_note(tx: &mut Tx, id: Uuid, lead: Uuid, note: &str, source: &str) -> Result<Note, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Note,
        "INSERT INTO research_notes (client_id, id, lead_id, note, source) VALUES ($1, $2, $3, $4, $5)
        RETURNING id, note, source, created_at",
        client,
        id,
        lead,
        note,
        source
    );
    Ok(query.fetch_one(tx.connection()).await?)
}

/// The oldest first.
pub async fn notes(tx: &mut Tx, lead: Uuid) -> Result<Vec<Note>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Note,
        "SELECT id, note, source, created_at FROM research_notes WHERE client_id = $1 AND lead_id = $2
        ORDER BY created_at, id",
        client,
        lead
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// By what somebody can be known in a text.
#[derive(Clone, Debug)]
pub struct Addressee {
    pub name: String,
    pub company: String,
    pub industry: String,
}

/// The prospect of that name, else the one with that keyed hash of an address.
pub async fn addressee(tx: &mut Tx, prospect_id: &str, key: &[u8]) -> Result<Option<Addressee>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Addressee,
        r#"SELECT name, company, coalesce(nullif(industry, ''), nullif(tags ->> 'industry', 'other'), '') AS "industry!"
        FROM leads
        WHERE client_id = $1
            AND ($2 <> '' AND prospect_id = $2 OR $3::bytea <> '' AND (email_key = $3 OR profile_key = $3 OR phone_key = $3))
        ORDER BY prospect_id = $2 DESC, email_key = $3 DESC NULLS LAST, id LIMIT 1"#,
        client,
        prospect_id,
        key
    );
    Ok(query.fetch_optional(tx.connection()).await?)
}
