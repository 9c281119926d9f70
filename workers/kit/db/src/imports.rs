//! Rows from outside: many at once, all or nothing, the same row again changes nothing.

use crate::{Error, Tx};
use chrono::{DateTime, Utc};
use serde::Serialize;

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Counts {
    pub inserted: u64,
    pub updated: u64,
    pub unchanged: u64,
    /// Left out: these people were forgotten on request.
    #[serde(skip_serializing_if = "is_none")]
    pub erased: u64,
}

fn is_none(count: &u64) -> bool {
    *count == 0
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

/// The same name, city, state and address again is the same clinic; without an address the same phone,
/// else the same website.
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

/// `now` stands where a row does not say when it was made. A text that stands twice in a file is two rows,
/// and the same file again changes neither.
pub async fn pain_points(tx: &mut Tx, rows: &[PainPoint], now: DateTime<Utc>) -> Result<Counts, Error> {
    let client = tx.client();
    let query = sqlx::query_file_as!(
        Written,
        "queries/import_pain_points.sql",
        client,
        &column(rows, |row| row.pain_category.as_str()) as &[&str],
        &column(rows, |row| row.pain_text.as_str()) as &[&str],
        &column(rows, |row| row.severity_score),
        &column(rows, |row| row.mentions),
        &column(rows, |row| row.example_urls.join("\u{1f}")),
        &column(rows, |row| row.source.as_deref()) as &[Option<&str>],
        &column(rows, |row| row.external_id.as_deref()) as &[Option<&str>],
        &column(rows, |row| row.created_at) as &[Option<DateTime<Utc>>],
        now
    );
    Ok(query.fetch_one(tx.connection()).await?.of(rows.len()))
}

/// A known clinic is updated, and `updated_at` becomes `now`: it is in the window again.
pub async fn clinics(tx: &mut Tx, rows: &[Clinic], now: DateTime<Utc>) -> Result<Counts, Error> {
    let client = tx.client();
    let query = sqlx::query_file_as!(
        Written,
        "queries/import_clinics.sql",
        client,
        &column(rows, |row| row.clinic_name.as_str()) as &[&str],
        &column(rows, |row| row.phone.as_deref()) as &[Option<&str>],
        &column(rows, |row| row.website.as_deref()) as &[Option<&str>],
        &column(rows, |row| row.email.as_deref()) as &[Option<&str>],
        &column(rows, |row| row.address.as_deref()) as &[Option<&str>],
        &column(rows, |row| row.city.as_deref()) as &[Option<&str>],
        &column(rows, |row| row.state.as_deref()) as &[Option<&str>],
        &column(rows, |row| row.zip.as_deref()) as &[Option<&str>],
        &column(rows, |row| row.business_type.as_deref()) as &[Option<&str>],
        &column(rows, |row| row.rating) as &[Option<f64>],
        &column(rows, |row| row.review_count),
        &column(rows, |row| row.created_at) as &[Option<DateTime<Utc>>],
        now
    );
    Ok(query.fetch_one(tx.connection()).await?.of(rows.len()))
}

/// A known person who changed is in the window again.
pub async fn decision_makers(
    tx: &mut Tx,
    rows: &[DecisionMaker],
    now: DateTime<Utc>,
) -> Result<Counts, Error> {
    let client = tx.client();
    let query = sqlx::query_file_as!(
        Written,
        "queries/import_decision_makers.sql",
        client,
        &column(rows, |row| row.name.as_str()) as &[&str],
        &column(rows, |row| row.title.as_deref()) as &[Option<&str>],
        &column(rows, |row| row.company_name.as_deref()) as &[Option<&str>],
        &column(rows, |row| row.linkedin_url.as_deref()) as &[Option<&str>],
        &column(rows, |row| row.email.as_deref()) as &[Option<&str>],
        &column(rows, |row| row.city.as_deref()) as &[Option<&str>],
        &column(rows, |row| row.state.as_deref()) as &[Option<&str>],
        &column(rows, |row| row.phone.as_deref()) as &[Option<&str>],
        &column(rows, |row| row.website.as_deref()) as &[Option<&str>],
        &column(rows, |row| row.created_at) as &[Option<DateTime<Utc>>],
        now
    );
    Ok(query.fetch_one(tx.connection()).await?.of(rows.len()))
}

/// A clinic that does not exist fails the import with 23503.
pub async fn clinic_patterns(
    tx: &mut Tx,
    rows: &[ClinicPattern],
    now: DateTime<Utc>,
) -> Result<Counts, Error> {
    let client = tx.client();
    let query = sqlx::query_file_as!(
        Written,
        "queries/import_clinic_patterns.sql",
        client,
        &column(rows, |row| row.clinic_id),
        &column(rows, |row| row.pattern_type.as_str()) as &[&str],
        &column(rows, |row| row.confidence.as_str()) as &[&str],
        &column(rows, |row| row.evidence.clone()),
        &column(rows, |row| row.detected_at) as &[Option<DateTime<Utc>>],
        now
    );
    Ok(query.fetch_one(tx.connection()).await?.of(rows.len()))
}

/// A clinic as files that know no ids name it.
#[derive(Clone, Debug, PartialEq)]
pub struct ClinicName {
    pub id: i32,
    pub clinic_name: String,
    pub city: Option<String>,
    pub state: Option<String>,
}

/// All clinics in order of id.
pub async fn clinic_names(tx: &mut Tx) -> Result<Vec<ClinicName>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        ClinicName,
        "SELECT id, clinic_name, city, state FROM clinics_contact_info WHERE client_id = $1 ORDER BY id",
        client
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

struct Written {
    inserted: i64,
    updated: i64,
}

impl Written {
    fn of(self, rows: usize) -> Counts {
        let (inserted, updated) = (self.inserted.unsigned_abs(), self.updated.unsigned_abs());
        Counts { inserted, updated, unchanged: rows as u64 - inserted - updated, erased: 0 }
    }
}

/// One column of the rows, as `unnest` takes them.
fn column<'a, Row, T>(rows: &'a [Row], value: impl Fn(&'a Row) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}
