//! The segments of a stored run, and the clinics of one, page by page.

use super::Points;
use crate::{Error, Tx};
use serde::{Deserialize, Serialize};

/// Which segments, in which order, and which of them.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default)]
pub struct Wanted {
    /// Stands in the name, in capitals or not.
    pub text: Option<String>,
    /// One of those that the segment was matched by.
    pub strategy: Option<String>,
    pub category: Option<String>,
    pub sort: Sort,
    /// The other way round.
    pub turned: bool,
    pub limit: u32,
    pub offset: u32,
}

/// The best, the largest or the surest first; or by name.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    #[default]
    Priority,
    Clinics,
    Confidence,
    Name,
}

impl Sort {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Priority => "priority",
            Self::Clinics => "clinics",
            Self::Confidence => "confidence",
            Self::Name => "name",
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Page {
    /// How many fit, on whatever page.
    pub total: i64,
    pub segments: Vec<Listed>,
}

/// A segment in a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listed {
    /// In the order of priority, from 0: the name of its part in the stream.
    pub position: i32,
    pub segment_name: String,
    pub pain_category: String,
    pub categories: Vec<String>,
    pub match_strategy: String,
    pub priority_score: f64,
    pub mean_confidence: f64,
    pub clinics: i32,
    pub with_decision_maker: i32,
    pub with_email: i32,
    pub state: Option<String>,
    /// None when a person must write the template.
    pub subject: Option<String>,
    pub template_source: String,
}

/// What the segments of a run can be told apart by.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Choices {
    pub categories: Vec<String>,
    pub strategies: Vec<String>,
}

/// A clinic of a segment, as it can be reached now.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Member {
    pub clinic_id: i32,
    pub clinic_name: String,
    pub city: Option<String>,
    pub state: Option<String>,
    pub phone: Option<String>,
    pub website: Option<String>,
    pub email: Option<String>,
    pub match_reason: Option<String>,
    pub match_strategy: Option<String>,
    pub confidence_score: f64,
    pub points: Points,
    pub hot_lead: bool,
    pub categories: Vec<String>,
}

/// A page of the segments of a stored run. Past the last page there is nothing, no total either.
pub async fn page(tx: &mut Tx, run_id: &str, wanted: &Wanted) -> Result<Page, Error> {
    let client = tx.client();
    let query = sqlx::query_file!(
        "queries/segments_page.sql",
        client,
        run_id,
        wanted.text,
        wanted.strategy,
        wanted.category,
        wanted.sort.as_str(),
        i64::from(wanted.limit),
        i64::from(wanted.offset),
        wanted.turned
    );
    let rows = query.fetch_all(tx.connection()).await?;
    let total = rows.first().map_or(0, |row| row.total);
    let listed = rows.into_iter().map(|row| Listed {
        position: row.position,
        segment_name: row.segment_name,
        pain_category: row.pain_category,
        categories: row.categories,
        match_strategy: row.match_strategy,
        priority_score: row.priority_score,
        mean_confidence: row.mean_confidence,
        clinics: row.clinics,
        with_decision_maker: row.with_decision_maker,
        with_email: row.with_email,
        state: row.state,
        subject: row.subject,
        template_source: row.template_source,
    });
    Ok(Page { total, segments: listed.collect() })
}

/// The categories and strategies that segments of a stored run have.
pub async fn choices(tx: &mut Tx, run_id: &str) -> Result<Choices, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Choices,
        r#"SELECT
            ARRAY(SELECT DISTINCT unnest(pain_category::text || categories) FROM segments
                WHERE client_id = $1 AND run_id = $2 ORDER BY 1) AS "categories!",
            ARRAY(SELECT DISTINCT unnest(string_to_array(match_strategy, ' + ')) FROM segments
                WHERE client_id = $1 AND run_id = $2 ORDER BY 1) AS "strategies!""#,
        client,
        run_id
    );
    Ok(query.fetch_one(tx.connection()).await?)
}

/// Clinics of a segment of the current run, in the order of their ids, behind the one of this id.
pub async fn members(
    tx: &mut Tx,
    run_id: &str,
    segment_name: &str,
    after: i32,
    limit: u32,
) -> Result<Vec<Member>, Error> {
    let client = tx.client();
    let query = sqlx::query_file!(
        "queries/segment_members.sql",
        client,
        run_id,
        segment_name,
        after,
        i64::from(limit)
    );
    let rows = query.fetch_all(tx.connection()).await?;
    let members = rows.into_iter().map(|row| Member {
        clinic_id: row.clinic_id,
        clinic_name: row.clinic_name,
        city: row.city,
        state: row.state,
        phone: row.phone,
        website: row.website,
        email: row.email,
        match_reason: row.match_reason,
        match_strategy: row.match_strategy,
        confidence_score: row.confidence_score,
        points: Points {
            geographic: row.geographic,
            business_type: row.business_type,
            pain_pattern: row.pain_pattern,
            decision_maker: row.decision_maker,
            email: row.email_points,
            phone: row.phone_points,
        },
        hot_lead: row.hot_lead,
        categories: row.categories,
    });
    Ok(members.collect())
}
