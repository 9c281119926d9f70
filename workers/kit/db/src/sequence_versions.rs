//! The versions of sequences: the words of the repository and those that Claude wrote.

use crate::{Error, Tx};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

/// Words of the repository.
pub const TEMPLATES: &str = "templates";
/// Words that Claude wrote.
pub const CLAUDE: &str = "claude";

/// What a sequence says.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    pub version: i32,
    pub steps: Value,
}

/// Steps are kept as a version: the newest one of their source when it says the same, else a new one.
///
/// The second value is whether it is new. A version that was taken out of use does not come back by being said again.
pub async fn keep(
    tx: &mut Tx,
    segment: &str,
    sequence_type: &str,
    steps: &Value,
    digest: &[u8],
    source: &str,
) -> Result<(i32, bool), Error> {
    let client = tx.client();
    // Two that make the first version at once would make two.
    sqlx::query!(
        "SELECT pg_advisory_xact_lock(hashtextextended('sequence' || $1::text || $2::text || $3::text, 0))",
        client.to_string(),
        segment,
        sequence_type
    )
    .execute(tx.connection())
    .await?;
    let newest = sqlx::query!(
        "SELECT version, digest FROM sequence_versions
        WHERE client_id = $1 AND segment = $2 AND sequence_type = $3 AND source = $4 ORDER BY version DESC LIMIT 1",
        client,
        segment,
        sequence_type,
        source
    )
    .fetch_optional(tx.connection())
    .await?;
    match newest {
        Some(newest) if newest.digest == digest => return Ok((newest.version, false)),
        _ => {}
    }
    let version = sqlx::query_scalar!(
        r#"INSERT INTO sequence_versions (client_id, segment, sequence_type, version, steps, digest, source)
        SELECT $1, $2, $3, coalesce(max(version), 0) + 1, $4, $5, $6 FROM sequence_versions
        WHERE client_id = $1 AND segment = $2 AND sequence_type = $3
        RETURNING version"#,
        client,
        segment,
        sequence_type,
        steps,
        digest,
        source
    )
    .fetch_one(tx.connection())
    .await?;
    Ok((version, true))
}

/// The newest version of a source that was not taken out of use.
pub async fn in_use(
    tx: &mut Tx,
    segment: &str,
    sequence_type: &str,
    source: &str,
) -> Result<Option<Version>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Version,
        "SELECT version, steps FROM sequence_versions
        WHERE client_id = $1 AND segment = $2 AND sequence_type = $3 AND source = $4 AND retired_at IS NULL
        ORDER BY version DESC LIMIT 1",
        client,
        segment,
        sequence_type,
        source
    );
    Ok(query.fetch_optional(tx.connection()).await?)
}

/// A version as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Kept {
    pub segment: String,
    pub sequence_type: String,
    pub version: i32,
    /// `templates` or `claude`.
    pub source: String,
    /// Why it was taken out of use.
    pub note: String,
    pub steps: Value,
    pub created_at: DateTime<Utc>,
    pub retired_at: Option<DateTime<Utc>>,
    /// How many are in it.
    pub running: i64,
}

/// Every version of a segment and type, or of all of them, the newest of each first.
pub async fn all(
    tx: &mut Tx,
    segment: Option<&str>,
    sequence_type: Option<&str>,
) -> Result<Vec<Kept>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Kept,
        r#"SELECT segment, sequence_type, version, source, note, steps, created_at, retired_at,
            (SELECT count(*) FROM enrolments e WHERE e.client_id = v.client_id AND e.segment = v.segment
                AND e.sequence_type = v.sequence_type AND e.version = v.version
                AND e.state NOT IN ('finished', 'stopped')) AS "running!"
        FROM sequence_versions v
        WHERE client_id = $1 AND ($2::text IS NULL OR segment = $2) AND ($3::text IS NULL OR sequence_type = $3)
        ORDER BY segment, sequence_type, version DESC"#,
        client,
        segment,
        sequence_type
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// Takes a version out of use; false if there is none that is in use.
pub async fn retire(
    tx: &mut Tx,
    segment: &str,
    sequence_type: &str,
    version: i32,
    note: &str,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let client = tx.client();
    let query = sqlx::query!(
        "UPDATE sequence_versions SET retired_at = $6, note = $5
        WHERE client_id = $1 AND segment = $2 AND sequence_type = $3 AND version = $4 AND retired_at IS NULL",
        client,
        segment,
        sequence_type,
        version,
        note,
        now
    );
    Ok(query.execute(tx.connection()).await?.rows_affected() == 1)
}

/// Segments and types in which somebody was enrolled since then.
pub async fn enrolled_since(tx: &mut Tx, since: DateTime<Utc>) -> Result<Vec<(String, String)>, Error> {
    let client = tx.client();
    let rows = sqlx::query!(
        "SELECT DISTINCT segment, sequence_type FROM enrolments WHERE client_id = $1 AND created_at >= $2
        ORDER BY segment, sequence_type",
        client,
        since
    )
    .fetch_all(tx.connection())
    .await?;
    Ok(rows.into_iter().map(|row| (row.segment, row.sequence_type)).collect())
}

/// The steps of every version in a segment, whatever their source and the type of their sequence.
pub async fn of_segment(tx: &mut Tx, segment: &str) -> Result<Vec<Value>, Error> {
    let client = tx.client();
    let query = sqlx::query_scalar!(
        "SELECT steps FROM sequence_versions WHERE client_id = $1 AND segment = $2
        ORDER BY sequence_type, version",
        client,
        segment
    );
    Ok(query.fetch_all(tx.connection()).await?)
}
