//! Who must not be contacted; people are named by keyed hashes.

use crate::{Error, Tx};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// What a suppression is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Suppression {
    /// `address`, `domain`, `company`, `channel` or `global`.
    pub scope: String,
    /// Keyed hash; empty for `channel` and `global`.
    #[serde(skip)]
    pub key: Vec<u8>,
    /// Empty: on every channel.
    pub channel: String,
    pub reason: String,
    pub source: String,
    pub created_at: DateTime<Utc>,
}

/// Whether it is new; the first reason stays.
pub async fn add(
    tx: &mut Tx,
    scope: &str,
    key: &[u8],
    channel: &str,
    reason: &str,
    source: &str,
) -> Result<bool, Error> {
    let client = tx.client();
    let query = sqlx::query!(
        "INSERT INTO suppressions (client_id, scope, key, channel, reason, source)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        client,
        scope,
        key,
        channel,
        reason,
        source
    );
    Ok(query.execute(tx.connection()).await?.rows_affected() == 1)
}

/// Suppresses an address for good, whatever the reason was before: whoever has it is not taken in again.
pub async fn forget(tx: &mut Tx, key: &[u8]) -> Result<(), Error> {
    let client = tx.client();
    sqlx::query!(
        "INSERT INTO suppressions (client_id, scope, key, channel, reason, source)
        VALUES ($1, 'address', $2, '', 'erased', 'erasure')
        ON CONFLICT (client_id, scope, key, channel) DO UPDATE SET reason = 'erased', source = 'erasure'",
        client,
        key
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Whether anybody was ever forgotten.
pub async fn any_forgotten(tx: &mut Tx) -> Result<bool, Error> {
    let client = tx.client();
    let query = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM suppressions WHERE client_id = $1 AND source = 'erasure') AS "there!""#,
        client
    );
    Ok(query.fetch_one(tx.connection()).await?)
}

pub async fn remove(tx: &mut Tx, scope: &str, key: &[u8], channel: &str) -> Result<bool, Error> {
    let client = tx.client();
    let query = sqlx::query!(
        "DELETE FROM suppressions WHERE client_id = $1 AND scope = $2 AND key = $3 AND channel = $4",
        client,
        scope,
        key,
        channel
    );
    Ok(query.execute(tx.connection()).await?.rows_affected() == 1)
}

/// All of a client's, the newest first.
pub async fn list(tx: &mut Tx, limit: i64) -> Result<Vec<Suppression>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Suppression,
        "SELECT scope, key, channel, reason, source, created_at FROM suppressions WHERE client_id = $1
        ORDER BY created_at DESC, scope, key LIMIT $2",
        client,
        limit
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// Those among the keys that are suppressed, and what holds for everybody.
pub async fn among(tx: &mut Tx, keys: &[Vec<u8>]) -> Result<Vec<Suppression>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Suppression,
        "SELECT scope, key, channel, reason, source, created_at FROM suppressions
        WHERE client_id = $1
            AND (scope IN ('address', 'domain', 'company') AND key = ANY($2) OR scope IN ('channel', 'global'))",
        client,
        keys
    );
    Ok(query.fetch_all(tx.connection()).await?)
}
