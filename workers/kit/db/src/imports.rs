//! Rows from outside: many at once, all or nothing, the same row again changes nothing.

use crate::{Error, Tx};
use chrono::{DateTime, Utc};
use serde::Serialize;

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Counts {
    pub inserted: u64,
    pub updated: u64,
    pub unchanged: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PainPoint {
    pub pain_category: String,
    pub pain_text: String,
    /// 1 to 10.
    pub severity_score: f64,
    pub mentions: i32,
    pub example_urls: Vec<String>,
    pub source: Option<String>,
    /// The source's own id: the same one again updates the row.
    pub external_id: Option<String>,
    pub created_at: Option<DateTime<Utc>>,
}

/// The same name, city, state, phone and website again is the same clinic.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Clinic {
    pub clinic_name: String,
    pub phone: Option<String>,
    pub website: Option<String>,
    pub email: Option<String>,
    pub address: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub zip: Option<String>,
    pub business_type: Option<String>,
    pub rating: Option<f64>,
    pub review_count: i32,
    pub created_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct DecisionMaker {
    pub name: String,
    pub title: Option<String>,
    pub company_name: Option<String>,
    pub linkedin_url: Option<String>,
    pub email: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub phone: Option<String>,
    pub website: Option<String>,
    pub created_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ClinicPattern {
    pub clinic_id: i32,
    pub pattern_type: String,
    /// `high`, `medium` or `low`.
    pub confidence: String,
    pub evidence: serde_json::Value,
    pub detected_at: Option<DateTime<Utc>>,
}

/// `now` stands where a row does not say when it was made.
pub async fn pain_points(tx: &mut Tx, rows: &[PainPoint], now: DateTime<Utc>) -> Result<Counts, Error> {
    todo!("{tx:?} {rows:?} {now}")
}

/// A known clinic is updated, and `updated_at` becomes `now`: it is in the window again.
pub async fn clinics(tx: &mut Tx, rows: &[Clinic], now: DateTime<Utc>) -> Result<Counts, Error> {
    todo!("{tx:?} {rows:?} {now}")
}

pub async fn decision_makers(tx: &mut Tx, rows: &[DecisionMaker], now: DateTime<Utc>) -> Result<Counts, Error> {
    todo!("{tx:?} {rows:?} {now}")
}

/// A clinic that does not exist fails the import with 23503.
pub async fn clinic_patterns(tx: &mut Tx, rows: &[ClinicPattern], now: DateTime<Utc>) -> Result<Counts, Error> {
    todo!("{tx:?} {rows:?} {now}")
}

/// Ids of clinics by name, city and state, for files that know no ids. Names that several share are left out.
pub async fn clinic_ids(tx: &mut Tx) -> Result<Vec<(i32, String, Option<String>, Option<String>)>, Error> {
    todo!("{tx:?}")
}
