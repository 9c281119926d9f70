//! How much there is, for `status` and `doctor`.

use crate::{Error, Tx};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// Rows of a tenant, and how many of them are in the 30-day window.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Counts {
    pub pain_points: i64,
    pub pain_points_in_window: i64,
    pub clinics: i64,
    pub clinics_in_window: i64,
    /// In the window, with a phone or a website.
    pub clinics_contactable: i64,
    pub decision_makers: i64,
    pub clinic_patterns: i64,
    pub matched_segments: i64,
    pub runs: i64,
    pub links_to_review: i64,
}

pub async fn of_tenant(tx: &mut Tx, as_of: DateTime<Utc>) -> Result<Counts, Error> {
    let client = tx.client();
    let query = sqlx::query_file_as!(Counts, "queries/counts.sql", client, as_of);
    Ok(query.fetch_one(tx.connection()).await?)
}
