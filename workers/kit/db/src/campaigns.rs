//! Campaigns: what was asked for, what was written, by which patterns, and who was assigned which channels.

use crate::{Error, Tx};
use chrono::{DateTime, Utc};
use serde_json::Value;

/// The documents of what was learned that hold at a time, each with its type.
pub async fn patterns_in_force(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<(String, Value)>, Error> {
    let client = tx.client();
    let rows = sqlx::query!(
        "SELECT pattern_type, patterns FROM conversion_patterns WHERE client_id = $1 AND valid_until > $2",
        client,
        now
    )
    .fetch_all(tx.connection())
    .await?;
    Ok(rows.into_iter().map(|row| (row.pattern_type, row.patterns)).collect())
}
