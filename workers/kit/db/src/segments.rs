//! The segments of a run and the clinics in them: replaced as a whole, read as a whole.

mod page;
mod replace;
mod row;

use crate::{Error, Tx};
use chrono::{DateTime, NaiveDate, Utc};
use futures::{Stream, TryStreamExt};
pub use page::{Choices, Listed, Member, Page, Sort, Wanted, choices, members, page};
pub use replace::replace_run;
use serde::Serialize;
use std::ops::RangeInclusive;

/// A run as it is to be stored; its rows come as a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredRun {
    pub run_id: String,
    pub run_date: NaiveDate,
    /// A run stored with this or a later generation is left as it is.
    pub generation: i32,
    pub summary: serde_json::Value,
    pub stored_at: DateTime<Utc>,
    /// When it was first to be stored, however late it is: of two runs of a day the later one is the newer.
    pub ready_at: DateTime<Utc>,
    /// In order of priority; rows name them by index.
    pub segments: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Segment {
    pub segment_name: String,
    pub pain_category: String,
    /// All categories of a multi-pain segment (X20).
    pub categories: Vec<String>,
    pub match_strategy: String,
    pub priority_score: f64,
    pub priority_raw: f64,
    pub opportunity_index: f64,
    pub ai_adjustment: f64,
    pub ai_reason: Option<String>,
    pub mean_confidence: f64,
    pub mean_severity: f64,
    pub mean_mentions: f64,
    pub total_mentions: i64,
    pub clinics: i32,
    pub with_decision_maker: i32,
    pub with_email: i32,
    pub state: Option<String>,
    pub match_reason: String,
    /// `{subject, opening, cta}`; NULL when a person must write it (X26).
    pub outreach_template: Option<serde_json::Value>,
    /// `claude`, `generic` or `needs_manual`.
    pub template_source: String,
    /// Strategy, label and pain point ids of each reason.
    pub evidence: serde_json::Value,
}

/// One clinic in its segment. Name, category, priority and template are the segment's.
#[derive(Clone, Debug, PartialEq)]
pub struct SegmentRow {
    /// Index into the run's segments.
    pub segment: usize,
    pub clinic_id: i32,
    pub match_reason: String,
    pub match_strategy: String,
    pub reason_code: String,
    /// 1 to 10.
    pub confidence_score: f64,
    pub points: Points,
    pub hot_lead: bool,
    pub categories: Vec<String>,
    /// Segments the clinic was removed from (X18): they go to the membership log.
    pub removed_from: Vec<String>,
}

/// What a confidence is made of (X01).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Points {
    pub geographic: f64,
    pub business_type: f64,
    pub pain_pattern: f64,
    pub decision_maker: f64,
    pub email: f64,
    pub phone: f64,
}

/// How the rows came to be there.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The new run's table took the place of the old one's, which moved to the archive.
    Swap,
    /// Somebody was reading for long: rows were copied to the archive, deleted and inserted.
    Delete,
    /// The run was stored before; nothing was written.
    Unchanged,
    /// A newer run is current; this one went to the archive.
    Archive,
}

#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Replaced {
    pub method: Method,
    pub rows: u64,
    /// Rows that were left out because their clinics were deleted since the run was loaded.
    pub gone: u64,
    pub segments: usize,
    /// Ids of the rows (PT-093).
    pub ids: Option<RangeInclusive<i32>>,
    /// Names that were taken, with what they became (X23).
    pub renamed: Vec<(String, String)>,
}

/// A stored row with what the source document's table holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stored {
    pub id: i32,
    pub run_id: String,
    pub segment_name: String,
    pub pain_category: Option<String>,
    pub clinic_id: i32,
    pub match_reason: Option<String>,
    pub match_strategy: Option<String>,
    pub confidence_score: f64,
    pub priority_score: f64,
    pub outreach_template: Option<serde_json::Value>,
}

/// A membership that de-duplication removed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Removed {
    pub clinic_id: i32,
    pub segment_name: String,
    pub kept_in: String,
    pub reason: String,
}

/// Segments of a run, in order of priority.
pub async fn of_run(tx: &mut Tx, run_id: &str) -> Result<Vec<Segment>, Error> {
    Ok(placed(tx, run_id, None).await?.into_iter().map(|(_, segment)| segment).collect())
}

/// One segment of a run, with its position in the order of priority: the name of its part in the stream.
pub async fn get(tx: &mut Tx, run_id: &str, name: &str) -> Result<Option<(i32, Segment)>, Error> {
    Ok(placed(tx, run_id, Some(name)).await?.pop())
}

async fn placed(tx: &mut Tx, run_id: &str, name: Option<&str>) -> Result<Vec<(i32, Segment)>, Error> {
    let client = tx.client();
    let query = sqlx::query_file!("queries/segments_of_run.sql", client, run_id, name);
    let query = query.map(|row| {
        let segment = Segment {
            segment_name: row.segment_name,
            pain_category: row.pain_category,
            categories: row.categories,
            match_strategy: row.match_strategy,
            priority_score: row.priority_score,
            priority_raw: row.priority_raw,
            opportunity_index: row.opportunity_index,
            ai_adjustment: row.ai_adjustment,
            ai_reason: row.ai_reason,
            mean_confidence: row.mean_confidence,
            mean_severity: row.mean_severity,
            mean_mentions: row.mean_mentions,
            total_mentions: row.total_mentions,
            clinics: row.clinics,
            with_decision_maker: row.with_decision_maker,
            with_email: row.with_email,
            state: row.state,
            match_reason: row.match_reason,
            outreach_template: row.outreach_template,
            template_source: row.template_source,
            evidence: row.evidence,
        };
        (row.position, segment)
    });
    Ok(query.fetch_all(tx.connection()).await?)
}

/// Every row of the current run, in order of id, from one statement: one whole run, whatever is stored meanwhile.
pub fn current(tx: &mut Tx) -> impl Stream<Item = Result<Stored, Error>> + Send + '_ {
    let client = tx.client();
    sqlx::query_as!(
        Stored,
        r#"SELECT id, run_id, segment_name, pain_category, clinic_id, match_reason, match_strategy,
            confidence_score::float8 AS "confidence_score!", priority_score::float8 AS "priority_score!",
            outreach_template
        FROM matched_segments WHERE client_id = $1 ORDER BY id"#,
        client
    )
    .fetch(tx.connection())
    .map_err(Error::from)
}

/// What de-duplication removed in a run for one clinic.
pub async fn removed(tx: &mut Tx, run_id: &str, clinic_id: i32) -> Result<Vec<Removed>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Removed,
        r#"SELECT clinic_id AS "clinic_id!", segment_name AS "segment_name!", kept_in AS "kept_in!", reason AS "reason!"
        FROM segment_membership_log WHERE client_id = $1 AND run_id = $2 AND clinic_id = $3 ORDER BY segment_name"#,
        client,
        run_id,
        clinic_id
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// Deletes runs before a date, with their rows, from the archive. Returns how many; none while somebody
/// reads them. Storing a run does it.
pub async fn expire(tx: &mut Tx, before: NaiveDate) -> Result<i64, Error> {
    let query = sqlx::query_scalar!(r#"SELECT matched_segments_expire($1) AS "gone!""#, before);
    Ok(query.fetch_one(tx.connection()).await?)
}
