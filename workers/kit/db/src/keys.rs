//! Keys of programs that call the gateway: who they are for, what they may do, until when.

use crate::{Error, Tx};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// A key; of its secret only the hash is known.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Key {
    pub key_id: String,
    pub name: String,
    #[serde(skip)]
    pub secret_hash: Vec<u8>,
    pub scopes: Vec<String>,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub last_used_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

impl Key {
    /// Neither revoked nor expired.
    pub fn is_active(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

#[derive(Clone, Debug)]
pub struct NewKey<'a> {
    pub key_id: &'a str,
    pub name: &'a str,
    pub secret_hash: &'a [u8],
    pub scopes: &'a [String],
    pub expires_at: Option<DateTime<Utc>>,
}

pub async fn create(tx: &mut Tx, key: &NewKey<'_>, now: DateTime<Utc>) -> Result<(), Error> {
    let client = tx.client();
    let query = sqlx::query!(
        "INSERT INTO api_keys (client_id, key_id, name, secret_hash, scopes, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)",
        client,
        key.key_id,
        key.name,
        key.secret_hash,
        key.scopes,
        now,
        key.expires_at
    );
    query.execute(tx.connection()).await?;
    Ok(())
}

pub async fn find(tx: &mut Tx, key_id: &str) -> Result<Option<Key>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Key,
        "SELECT key_id, name, secret_hash, scopes, created_at, expires_at, last_used_at, revoked_at
        FROM api_keys WHERE client_id = $1 AND key_id = $2",
        client,
        key_id
    );
    Ok(query.fetch_optional(tx.connection()).await?)
}

/// The newest first, revoked ones too.
pub async fn list(tx: &mut Tx) -> Result<Vec<Key>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Key,
        "SELECT key_id, name, secret_hash, scopes, created_at, expires_at, last_used_at, revoked_at
        FROM api_keys WHERE client_id = $1 ORDER BY created_at DESC, key_id",
        client
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// False when there is no such key. One that was revoked stays so since then.
pub async fn revoke(tx: &mut Tx, key_id: &str, now: DateTime<Utc>) -> Result<bool, Error> {
    let client = tx.client();
    let query = sqlx::query!(
        "UPDATE api_keys SET revoked_at = coalesce(revoked_at, $3) WHERE client_id = $1 AND key_id = $2",
        client,
        key_id,
        now
    );
    Ok(query.execute(tx.connection()).await?.rows_affected() == 1)
}

/// Remembers that the key was used, to the minute: a busy key is not one row that everybody writes.
pub async fn touch(tx: &mut Tx, key_id: &str, now: DateTime<Utc>) -> Result<(), Error> {
    let client = tx.client();
    let query = sqlx::query!(
        "UPDATE api_keys SET last_used_at = $3
        WHERE client_id = $1 AND key_id = $2
            AND (last_used_at IS NULL OR last_used_at < $3::timestamptz - interval '1 minute')",
        client,
        key_id,
        now
    );
    query.execute(tx.connection()).await?;
    Ok(())
}
