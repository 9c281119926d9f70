//! Who is signed in, since when, and until when.

use crate::{Error, Tx};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A session and its person; of its secret only the hash is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    pub secret_hash: Vec<u8>,
    pub last_seen_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub person_id: Uuid,
    pub email: String,
    pub name: String,
    pub role: String,
    pub disabled_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug)]
pub struct NewSession<'a> {
    pub session_id: &'a str,
    pub person_id: Uuid,
    pub secret_hash: &'a [u8],
    pub expires_at: DateTime<Utc>,
}

/// Also forgets those of the client that have expired.
pub async fn begin(tx: &mut Tx, session: &NewSession<'_>, now: DateTime<Utc>) -> Result<(), Error> {
    let client = tx.client();
    let expired = sqlx::query!("DELETE FROM sessions WHERE client_id = $1 AND expires_at <= $2", client, now);
    expired.execute(tx.connection()).await?;
    let query = sqlx::query!(
        "INSERT INTO sessions (client_id, session_id, person_id, secret_hash, created_at, last_seen_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $5, $6)",
        client,
        session.session_id,
        session.person_id,
        session.secret_hash,
        now,
        session.expires_at
    );
    query.execute(tx.connection()).await?;
    Ok(())
}

pub async fn find(tx: &mut Tx, session_id: &str) -> Result<Option<Session>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Session,
        "SELECT s.secret_hash, s.last_seen_at, s.expires_at, s.person_id, p.email, p.name, p.role, p.disabled_at
        FROM sessions s JOIN people p ON p.client_id = s.client_id AND p.id = s.person_id
        WHERE s.client_id = $1 AND s.session_id = $2",
        client,
        session_id
    );
    Ok(query.fetch_optional(tx.connection()).await?)
}

/// Remembers that the session was used.
pub async fn touch(tx: &mut Tx, session_id: &str, person: Uuid, now: DateTime<Utc>) -> Result<(), Error> {
    let client = tx.client();
    // The person first, as whoever changes a password does: so neither waits for the other.
    let query = sqlx::query!(
        "UPDATE people SET last_seen_at = $3 WHERE client_id = $1 AND id = $2",
        client,
        person,
        now
    );
    query.execute(tx.connection()).await?;
    let query = sqlx::query!(
        "UPDATE sessions SET last_seen_at = $3 WHERE client_id = $1 AND session_id = $2",
        client,
        session_id,
        now
    );
    query.execute(tx.connection()).await?;
    Ok(())
}

pub async fn end(tx: &mut Tx, session_id: &str) -> Result<(), Error> {
    let client = tx.client();
    let query =
        sqlx::query!("DELETE FROM sessions WHERE client_id = $1 AND session_id = $2", client, session_id);
    query.execute(tx.connection()).await?;
    Ok(())
}

/// Ends those of a person. Gives how many there were.
pub async fn end_of(tx: &mut Tx, person: Uuid) -> Result<u64, Error> {
    let client = tx.client();
    let query = sqlx::query!("DELETE FROM sessions WHERE client_id = $1 AND person_id = $2", client, person);
    Ok(query.execute(tx.connection()).await?.rows_affected())
}
