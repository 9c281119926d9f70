//! What was learned of the client's conversions, as far as it holds now.

use crate::error::Error;
use chrono::{DateTime, Utc};
use db::{Tx, conversion};
use patterns::{PatternType, Proven};
use serde_json::Value;

const LONGEST_ERROR: usize = 80;

/// What those who write for the client may be told.
pub(crate) async fn proven(tx: &mut Tx, now: DateTime<Utc>) -> Result<Proven, Error> {
    let client = tx.client();
    Ok(Proven::of(documents(tx, now).await?, |kind, error| {
        let (pattern, error) = (kind.name(), error.to_string());
        // It may repeat what stands in the document.
        let error: String = error.chars().take(LONGEST_ERROR).collect();
        tracing::warn!(%client, pattern, error, "a stored pattern cannot be read and is left out");
    }))
}

/// The documents that have not expired.
pub(crate) async fn documents(
    tx: &mut Tx,
    now: DateTime<Utc>,
) -> Result<impl Iterator<Item = (PatternType, Value)> + use<>, Error> {
    let mut stored = conversion::current(tx, None).await?;
    stored.retain(|pattern| pattern.valid_until.is_some_and(|until| until > now));
    Ok(stored.into_iter().filter_map(|pattern| Some((pattern.pattern_type.parse().ok()?, pattern.patterns))))
}
