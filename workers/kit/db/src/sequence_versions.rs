//! The versions of sequences: the words of the repository and those that Claude wrote.

use crate::{Error, Tx};
use chrono::{DateTime, Utc};
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
