//! Patterns of conversions as they are now and were before, and the weights that follow from them.

use crate::{Db, Error, Tx};
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

/// A document of patterns.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    pub id: Uuid,
    pub pattern_type: String,
    pub patterns: Value,
    pub sample_size: i32,
    pub confidence: f64,
    pub computed_at: DateTime<Utc>,
    /// None for what is history.
    pub valid_until: Option<DateTime<Utc>>,
}

/// A document to store.
#[derive(Clone, Debug)]
pub struct Learned<'a> {
    pub pattern_type: &'a str,
    pub patterns: &'a Value,
    pub sample_size: i32,
    pub confidence: f64,
    pub computed_at: DateTime<Utc>,
    pub valid_until: DateTime<Utc>,
}

/// The weights of a client.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClientWeights {
    pub als_learned_weights: Option<Value>,
    pub als_weights_updated_at: Option<DateTime<Utc>>,
    pub conversion_sample_count: i32,
    pub weights_source: String,
    pub weights_decision: Option<Value>,
}

/// Makes others wait who learn for the same client.
pub async fn lock(tx: &mut Tx) -> Result<(), Error> {
    let client = tx.client();
    sqlx::query!(
        "SELECT pg_advisory_xact_lock(hashtextextended('conversion' || $1::text, 0))",
        client.to_string()
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Stores a document in the place of the one before, unless that is newer; and in the history, where the same moment
/// is kept once. True if it is the one in force now.
pub async fn store(tx: &mut Tx, learned: &Learned<'_>) -> Result<bool, Error> {
    let client = tx.client();
    sqlx::query!(
        "INSERT INTO conversion_pattern_history (client_id, pattern_type, patterns, sample_size, confidence, computed_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT ON CONSTRAINT pattern_history_once
        DO UPDATE SET patterns = excluded.patterns, sample_size = excluded.sample_size, confidence = excluded.confidence",
        client,
        learned.pattern_type,
        learned.patterns,
        learned.sample_size,
        learned.confidence,
        learned.computed_at
    )
    .execute(tx.connection())
    .await?;
    let query = sqlx::query!(
        "INSERT INTO conversion_patterns AS old (client_id, pattern_type, patterns, sample_size, confidence, computed_at,
            valid_until)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT ON CONSTRAINT unique_client_pattern_type
        DO UPDATE SET patterns = excluded.patterns, sample_size = excluded.sample_size,
            confidence = excluded.confidence, computed_at = excluded.computed_at, valid_until = excluded.valid_until
        WHERE old.computed_at <= excluded.computed_at",
        client,
        learned.pattern_type,
        learned.patterns,
        learned.sample_size,
        learned.confidence,
        learned.computed_at,
        learned.valid_until
    );
    Ok(query.execute(tx.connection()).await?.rows_affected() == 1)
}

/// The documents in force, of one type or of all.
pub async fn current(tx: &mut Tx, pattern_type: Option<&str>) -> Result<Vec<Pattern>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Pattern,
        "SELECT id, pattern_type, patterns, sample_size, confidence, computed_at, valid_until
        FROM conversion_patterns WHERE client_id = $1 AND ($2::text IS NULL OR pattern_type = $2)
        ORDER BY array_position(ARRAY['who', 'what', 'when', 'how'], pattern_type)",
        client,
        pattern_type
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// What a document was before, the newest first.
pub async fn history(tx: &mut Tx, pattern_type: Option<&str>, limit: i64) -> Result<Vec<Pattern>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Pattern,
        r#"SELECT id, pattern_type, patterns, sample_size, confidence, computed_at,
            NULL::timestamptz AS valid_until
        FROM conversion_pattern_history WHERE client_id = $1 AND ($2::text IS NULL OR pattern_type = $2)
        ORDER BY computed_at DESC, array_position(ARRAY['who', 'what', 'when', 'how'], pattern_type) LIMIT $3"#,
        client,
        pattern_type,
        limit
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// The documents that were in force before a moment, of one type or of all.
pub async fn before(
    tx: &mut Tx,
    pattern_type: Option<&str>,
    moment: DateTime<Utc>,
) -> Result<Vec<Pattern>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Pattern,
        r#"SELECT DISTINCT ON (pattern_type) id, pattern_type, patterns, sample_size, confidence, computed_at,
            NULL::timestamptz AS valid_until
        FROM conversion_pattern_history
        WHERE client_id = $1 AND computed_at < $2 AND ($3::text IS NULL OR pattern_type = $3)
        ORDER BY pattern_type, computed_at DESC"#,
        client,
        moment,
        pattern_type
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// The weights of the client in force.
pub async fn weights(tx: &mut Tx) -> Result<ClientWeights, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        ClientWeights,
        r#"SELECT als_learned_weights, als_weights_updated_at,
            coalesce(conversion_sample_count, 0) AS "conversion_sample_count!", weights_source, weights_decision
        FROM clients WHERE id = $1"#,
        client
    );
    Ok(query.fetch_optional(tx.connection()).await?.unwrap_or_default())
}

/// Puts weights in force. `renewed` is when they were last confirmed; without it the time stays as it is.
pub async fn set_weights(
    tx: &mut Tx,
    weights: &ClientWeights,
    renewed: Option<DateTime<Utc>>,
) -> Result<(), Error> {
    let client = tx.client();
    sqlx::query!(
        "UPDATE clients SET als_learned_weights = $2, als_weights_updated_at = coalesce($3, als_weights_updated_at),
            conversion_sample_count = $4, weights_source = $5, weights_decision = $6
        WHERE id = $1",
        client,
        weights.als_learned_weights,
        renewed,
        weights.conversion_sample_count,
        weights.weights_source,
        weights.weights_decision
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Calls leads dead whose last sequence ended before a moment without an answer; how many.
pub async fn bury(db: &Db, client: Uuid, ended_before: DateTime<Utc>) -> Result<u64, Error> {
    let mut tx = db.begin_bulk("BEGIN", client).await?;
    let query = sqlx::query!(
        "UPDATE leads SET status = 'dead', updated_at = now()
        WHERE client_id = $1 AND status = 'new' AND converted_at IS NULL
            AND EXISTS (SELECT FROM enrolments AS e WHERE e.client_id = $1 AND e.lead_id = leads.id
                AND e.state = 'finished')
            AND NOT EXISTS (SELECT FROM enrolments AS e WHERE e.client_id = $1 AND e.lead_id = leads.id
                AND (e.state NOT IN ('finished', 'stopped') OR e.updated_at >= $2))",
        client,
        ended_before
    );
    let buried = query.execute(tx.connection()).await?.rows_affected();
    tx.commit().await?;
    Ok(buried)
}

/// Clients that have somebody who converted.
pub async fn clients(db: &Db) -> Result<Vec<Uuid>, Error> {
    let query = sqlx::query_scalar!(r#"SELECT leadfleet_clients_converting() AS "client!""#);
    Ok(query.fetch_all(db.pool()).await?)
}

/// Clients whose learned weights were confirmed before a moment, and when they were.
pub async fn expired(db: &Db, confirmed_before: DateTime<Utc>) -> Result<Vec<(Uuid, DateTime<Utc>)>, Error> {
    let query = sqlx::query!(
        r#"SELECT id AS "id!", confirmed_at AS "confirmed_at!" FROM leadfleet_clients_expired($1)"#,
        confirmed_before
    );
    Ok(query.fetch_all(db.pool()).await?.into_iter().map(|row| (row.id, row.confirmed_at)).collect())
}

/// Notes that weights which were confirmed at a moment are used no more.
pub async fn expire(tx: &mut Tx, confirmed_at: DateTime<Utc>) -> Result<(), Error> {
    let client = tx.client();
    sqlx::query!(
        "UPDATE clients SET weights_source = 'expired' WHERE id = $1 AND als_weights_updated_at = $2",
        client,
        confirmed_at
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// When patterns were learned last.
pub async fn learned_at(tx: &mut Tx) -> Result<Option<DateTime<Utc>>, Error> {
    let client = tx.client();
    let query =
        sqlx::query_scalar!("SELECT max(computed_at) FROM conversion_patterns WHERE client_id = $1", client);
    Ok(query.fetch_one(tx.connection()).await?)
}
