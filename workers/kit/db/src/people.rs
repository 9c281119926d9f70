//! People who look at pages: whose client they are, what they may do, how they prove who they are.

use crate::{Db, Error, Tx};
use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Person {
    pub id: Uuid,
    pub email: String,
    pub name: String,
    pub role: String,
    #[serde(skip)]
    pub password_hash: String,
    pub created_at: DateTime<Utc>,
    pub disabled_at: Option<DateTime<Utc>>,
    pub last_seen_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug)]
pub struct NewPerson<'a> {
    pub id: Uuid,
    /// In lower case.
    pub email: &'a str,
    pub name: &'a str,
    pub role: &'a str,
    pub password_hash: &'a str,
}

/// The client whose person has this address.
pub async fn client_of(db: &Db, email: &str) -> Result<Option<Uuid>, Error> {
    let query = sqlx::query_scalar!("SELECT leadfleet_client_of_person($1)", email);
    Ok(query.fetch_one(db.pool()).await?)
}

/// False when somebody has the address, of whichever client.
pub async fn add(tx: &mut Tx, person: &NewPerson<'_>, now: DateTime<Utc>) -> Result<bool, Error> {
    let client = tx.client();
    let query = sqlx::query!(
        "INSERT INTO people (client_id, id, email, name, role, password_hash, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT ON CONSTRAINT people_email_once DO NOTHING",
        client,
        person.id,
        person.email,
        person.name,
        person.role,
        person.password_hash,
        now
    );
    Ok(query.execute(tx.connection()).await?.rows_affected() == 1)
}

pub async fn named(tx: &mut Tx, email: &str) -> Result<Option<Person>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Person,
        "SELECT id, email, name, role, password_hash, created_at, disabled_at, last_seen_at
        FROM people WHERE client_id = $1 AND email = $2",
        client,
        email
    );
    Ok(query.fetch_optional(tx.connection()).await?)
}

/// By their addresses, disabled ones too.
pub async fn list(tx: &mut Tx) -> Result<Vec<Person>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Person,
        "SELECT id, email, name, role, password_hash, created_at, disabled_at, last_seen_at
        FROM people WHERE client_id = $1 ORDER BY email",
        client
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

pub async fn set_role(tx: &mut Tx, id: Uuid, role: &str) -> Result<(), Error> {
    let client = tx.client();
    let query =
        sqlx::query!("UPDATE people SET role = $3 WHERE client_id = $1 AND id = $2", client, id, role);
    query.execute(tx.connection()).await?;
    Ok(())
}

pub async fn set_password(tx: &mut Tx, id: Uuid, password_hash: &str) -> Result<(), Error> {
    let client = tx.client();
    let query = sqlx::query!(
        "UPDATE people SET password_hash = $3 WHERE client_id = $1 AND id = $2",
        client,
        id,
        password_hash
    );
    query.execute(tx.connection()).await?;
    Ok(())
}

/// Since when nobody signs in as this person; none: from now on again.
pub async fn set_disabled(tx: &mut Tx, id: Uuid, since: Option<DateTime<Utc>>) -> Result<(), Error> {
    let client = tx.client();
    let query = sqlx::query!(
        "UPDATE people SET disabled_at = $3 WHERE client_id = $1 AND id = $2",
        client,
        id,
        since
    );
    query.execute(tx.connection()).await?;
    Ok(())
}

/// Remembers that the person was here, and that nobody changes their password before the transaction ends. False when
/// the password is not what it was, or the person is disabled.
pub async fn enter(tx: &mut Tx, person: &Person, now: DateTime<Utc>) -> Result<bool, Error> {
    let client = tx.client();
    let query = sqlx::query!(
        "UPDATE people SET last_seen_at = $4
        WHERE client_id = $1 AND id = $2 AND password_hash = $3 AND disabled_at IS NULL",
        client,
        person.id,
        person.password_hash,
        now
    );
    Ok(query.execute(tx.connection()).await?.rows_affected() == 1)
}
