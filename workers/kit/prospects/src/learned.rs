//! What was learned of the client's conversions, as far as it holds now.

use crate::error::Error;
use chrono::{DateTime, Utc};
use db::{Tx, Uuid, conversion};
use patterns::{PatternType, Proven};
use serde_json::Value;

/// What those who write for the client may be told.
pub(crate) async fn proven(tx: &mut Tx, now: DateTime<Utc>) -> Result<Proven, Error> {
    let client = tx.client();
    Ok(Proven::of(documents(tx, now).await?, |kind, error| unread(client, kind, &error)))
}

/// Whoever cannot read a document does without it. What is wrong may repeat what stands in it, so only the kind is told.
pub(crate) fn unread(client: Uuid, kind: PatternType, error: &serde_json::Error) {
    let (pattern, wrong) = (kind.name(), error.classify());
    tracing::warn!(%client, pattern, ?wrong, "a stored pattern cannot be read and is left out");
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
