//! Where outreach tools send their events, and the secrets by which they are known.

use crate::{Error, Tx};
use chrono::{DateTime, Utc};
use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Endpoint {
    pub endpoint_id: String,
    pub source: String,
    /// In clear: signatures are made with them.
    #[serde(skip)]
    pub secrets: Vec<String>,
    pub created_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

pub async fn create(
    tx: &mut Tx,
    endpoint_id: &str,
    source: &str,
    secret: &str,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let client = tx.client();
    let query = sqlx::query!(
        "INSERT INTO webhook_endpoints (client_id, endpoint_id, source, secrets, created_at)
        VALUES ($1, $2, $3, ARRAY[$4::text], $5)",
        client,
        endpoint_id,
        source,
        secret,
        now
    );
    query.execute(tx.connection()).await?;
    Ok(())
}

/// The newest secret counts beside at most one older one, so that the tool can be changed over in peace.
/// False when there is no such endpoint.
pub async fn add_secret(tx: &mut Tx, endpoint_id: &str, secret: &str) -> Result<bool, Error> {
    let client = tx.client();
    let query = sqlx::query!(
        "UPDATE webhook_endpoints SET secrets = ARRAY[$3::text] || secrets[1:1]
        WHERE client_id = $1 AND endpoint_id = $2 AND revoked_at IS NULL",
        client,
        endpoint_id,
        secret
    );
    Ok(query.execute(tx.connection()).await?.rows_affected() == 1)
}

pub async fn find(tx: &mut Tx, endpoint_id: &str) -> Result<Option<Endpoint>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Endpoint,
        "SELECT endpoint_id, source, secrets, created_at, last_used_at, revoked_at
        FROM webhook_endpoints WHERE client_id = $1 AND endpoint_id = $2",
        client,
        endpoint_id
    );
    Ok(query.fetch_optional(tx.connection()).await?)
}

/// The newest first, revoked ones too.
pub async fn list(tx: &mut Tx) -> Result<Vec<Endpoint>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Endpoint,
        "SELECT endpoint_id, source, secrets, created_at, last_used_at, revoked_at
        FROM webhook_endpoints WHERE client_id = $1 ORDER BY created_at DESC, endpoint_id",
        client
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// False when there is no such endpoint. One that was revoked stays so since then.
pub async fn revoke(tx: &mut Tx, endpoint_id: &str, now: DateTime<Utc>) -> Result<bool, Error> {
    let client = tx.client();
    let query = sqlx::query!(
        "UPDATE webhook_endpoints SET revoked_at = coalesce(revoked_at, $3)
        WHERE client_id = $1 AND endpoint_id = $2",
        client,
        endpoint_id,
        now
    );
    Ok(query.execute(tx.connection()).await?.rows_affected() == 1)
}

/// Remembers that the endpoint was used, to the minute.
pub async fn touch(tx: &mut Tx, endpoint_id: &str, now: DateTime<Utc>) -> Result<(), Error> {
    let client = tx.client();
    let query = sqlx::query!(
        "UPDATE webhook_endpoints SET last_used_at = $3
        WHERE client_id = $1 AND endpoint_id = $2
            AND (last_used_at IS NULL OR last_used_at < $3::timestamptz - interval '1 minute')",
        client,
        endpoint_id,
        now
    );
    query.execute(tx.connection()).await?;
    Ok(())
}
