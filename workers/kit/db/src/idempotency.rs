//! Answers to requests that came with an Idempotency-Key: claimed before the work, kept for a day after it.

use crate::{Error, Tx};
use chrono::{DateTime, TimeDelta, Utc};

/// How long an answer is kept.
pub const KEPT: TimeDelta = TimeDelta::hours(24);
/// After this long a claim without an answer belongs to nobody: whoever had it is gone.
pub const ABANDONED: TimeDelta = TimeDelta::seconds(60);

/// An answer as it was given.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub status: i16,
    pub content_type: String,
    pub body: Vec<u8>,
}

/// The right to answer; it ends when somebody else takes it over.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    key: String,
    since: DateTime<Utc>,
}

/// What is known of a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Begun {
    /// The caller is to do the work, then to finish or release the claim.
    Claimed(Claim),
    /// Somebody is at it.
    InProgress,
    /// The key belongs to another request.
    Reused,
    Answered(Answer),
}

/// Claims a key for a request; commit before the work begins, so that a twin can see it.
pub async fn begin(tx: &mut Tx, key: &str, request_hash: &[u8], now: DateTime<Utc>) -> Result<Begun, Error> {
    expire(tx, now - KEPT).await?;
    let client = tx.client();
    let claimed = sqlx::query_scalar!(
        "INSERT INTO idempotency_keys (client_id, key, request_hash, created_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (client_id, key) DO UPDATE
        SET request_hash = excluded.request_hash, status = NULL, body = NULL, content_type = NULL,
            created_at = excluded.created_at
        WHERE idempotency_keys.created_at < $5
            OR idempotency_keys.status IS NULL AND idempotency_keys.created_at < $6
                AND idempotency_keys.request_hash = excluded.request_hash
        RETURNING created_at",
        client,
        key,
        request_hash,
        now,
        now - KEPT,
        now - ABANDONED
    );
    if let Some(since) = claimed.fetch_optional(tx.connection()).await? {
        return Ok(Begun::Claimed(Claim { key: key.to_owned(), since }));
    }
    let found = sqlx::query!(
        "SELECT request_hash, status, content_type, body FROM idempotency_keys WHERE client_id = $1 AND key = $2",
        client,
        key
    );
    Ok(match found.fetch_optional(tx.connection()).await? {
        Some(row) if row.request_hash != request_hash => Begun::Reused,
        Some(row) => match row.status {
            Some(status) => Begun::Answered(Answer {
                status,
                content_type: row.content_type.unwrap_or_default(),
                body: row.body.unwrap_or_default(),
            }),
            None => Begun::InProgress,
        },
        // Released between the two statements: the caller's next try will have it.
        None => Begun::InProgress,
    })
}

/// Keeps the answer. False when the claim was taken over meanwhile: then the other answer counts.
pub async fn finish(tx: &mut Tx, claim: &Claim, answer: &Answer) -> Result<bool, Error> {
    let client = tx.client();
    let query = sqlx::query!(
        "UPDATE idempotency_keys SET status = $4, content_type = $5, body = $6
        WHERE client_id = $1 AND key = $2 AND created_at = $3 AND status IS NULL",
        client,
        claim.key,
        claim.since,
        answer.status,
        answer.content_type,
        answer.body
    );
    Ok(query.execute(tx.connection()).await?.rows_affected() == 1)
}

/// Gives the claim back: the work failed, and the same request may try again at once.
pub async fn release(tx: &mut Tx, claim: &Claim) -> Result<(), Error> {
    let client = tx.client();
    let query = sqlx::query!(
        "DELETE FROM idempotency_keys
        WHERE client_id = $1 AND key = $2 AND created_at = $3 AND status IS NULL",
        client,
        claim.key,
        claim.since
    );
    query.execute(tx.connection()).await?;
    Ok(())
}

/// Forgets the answers that contain one of these texts.
pub async fn forget(tx: &mut Tx, texts: &[Vec<u8>]) -> Result<u64, Error> {
    let client = tx.client();
    let query = sqlx::query!(
        "DELETE FROM idempotency_keys WHERE client_id = $1
            AND EXISTS (SELECT FROM unnest($2::bytea[]) AS text WHERE position(text IN body) > 0)",
        client,
        texts
    );
    Ok(query.execute(tx.connection()).await?.rows_affected())
}

/// A few old answers go with every new one: more than come in, and never many at once.
async fn expire(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64, Error> {
    let client = tx.client();
    let query = sqlx::query!(
        "DELETE FROM idempotency_keys WHERE client_id = $1 AND key IN (
            SELECT key FROM idempotency_keys WHERE client_id = $1 AND created_at < $2
            ORDER BY created_at LIMIT 10 FOR UPDATE SKIP LOCKED)",
        client,
        before
    );
    Ok(query.execute(tx.connection()).await?.rows_affected())
}
