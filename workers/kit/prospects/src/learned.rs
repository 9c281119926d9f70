//! What was learned of the client's conversions, as far as it holds now.

use crate::error::Error;
use chrono::{DateTime, Utc};
use db::{Tx, campaigns};
use patterns::{PatternType, Proven};
use serde_json::Value;

/// What those who write for the client may be told.
pub(crate) async fn proven(tx: &mut Tx, now: DateTime<Utc>) -> Result<Proven, Error> {
    Ok(Proven::of(documents(tx, now).await?)?)
}

/// The documents that have not expired.
pub(crate) async fn documents(
    tx: &mut Tx,
    now: DateTime<Utc>,
) -> Result<impl Iterator<Item = (PatternType, Value)> + use<>, Error> {
    let stored = campaigns::patterns_in_force(tx, now).await?;
    Ok(stored.into_iter().filter_map(|(kind, document)| Some((kind.parse().ok()?, document))))
}
