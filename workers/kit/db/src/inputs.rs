//! What a matching run reads: pain points, clinics, decision makers and patterns, all as of one moment.

use crate::{Db, Error, Tx};
use chrono::{DateTime, Utc};
use futures::{Stream, TryStreamExt};
use uuid::Uuid;

/// A repeatable-read view of the 30 days before a moment: what is written meanwhile is not seen.
#[derive(Debug)]
pub struct Snapshot {
    tx: Tx,
    as_of: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PainPoint {
    pub id: i32,
    pub pain_category: String,
    pub pain_text: String,
    pub severity_score: f64,
    pub mentions: i32,
    pub example_urls: Vec<String>,
    pub source: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// A clinic that can be reached by phone or website.
#[derive(Clone, Debug, PartialEq)]
pub struct Clinic {
    pub id: i32,
    pub clinic_name: String,
    pub phone: Option<String>,
    pub website: Option<String>,
    pub email: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub business_type: Option<String>,
    pub rating: Option<f64>,
    pub review_count: i32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct DecisionMaker {
    pub id: i32,
    pub name: String,
    pub title: Option<String>,
    pub company_name: Option<String>,
    pub linkedin_url: Option<String>,
    pub email: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub phone: Option<String>,
    pub website: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ClinicPattern {
    pub clinic_id: i32,
    pub pattern_type: String,
    /// `high`, `medium` or `low`; a constraint of the table.
    pub confidence: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CityState {
    pub city: String,
    pub state: String,
    pub clinics: i64,
}

impl Snapshot {
    pub async fn open(db: &Db, client: Uuid, as_of: DateTime<Utc>) -> Result<Self, Error> {
        let tx = db.begin_bulk("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", client).await?;
        Ok(Self { tx, as_of })
    }

    /// The same for the same rows in whatever order they were written: 64 hex digits. Covers the columns
    /// a run reads, not when a clinic was seen last.
    pub async fn input_hash(&mut self) -> Result<String, Error> {
        let (client, as_of) = (self.tx.client(), self.as_of);
        let query = sqlx::query_file_scalar!("queries/input_hash.sql", client, as_of);
        Ok(query.fetch_one(self.tx.connection()).await?)
    }

    pub fn pain_points(&mut self) -> impl Stream<Item = Result<PainPoint, Error>> + Send + '_ {
        let (client, as_of) = (self.tx.client(), self.as_of);
        sqlx::query_as!(
            PainPoint,
            r#"SELECT id, pain_category, pain_text, severity_score::float8 AS "severity_score!", mentions,
                example_urls, source, created_at
            FROM pain_points
            WHERE client_id = $1 AND created_at > $2::timestamptz - interval '30 days' AND created_at <= $2
            ORDER BY id"#,
            client,
            as_of
        )
        .fetch(self.tx.connection())
        .map_err(Error::from)
    }

    pub fn decision_makers(&mut self) -> impl Stream<Item = Result<DecisionMaker, Error>> + Send + '_ {
        let (client, as_of) = (self.tx.client(), self.as_of);
        sqlx::query_as!(
            DecisionMaker,
            "SELECT id, name, title, company_name, linkedin_url, email, city, state, phone, website
            FROM decision_makers
            WHERE client_id = $1 AND created_at > $2::timestamptz - interval '30 days' AND created_at <= $2
                AND name <> 'erased'
            ORDER BY id",
            client,
            as_of
        )
        .fetch(self.tx.connection())
        .map_err(Error::from)
    }

    /// In order of id.
    pub fn clinics(&mut self) -> impl Stream<Item = Result<Clinic, Error>> + Send + '_ {
        let (client, as_of) = (self.tx.client(), self.as_of);
        sqlx::query_as!(
            Clinic,
            r#"SELECT id, clinic_name, phone, website, email, city, state, business_type,
                rating::float8 AS rating, review_count
            FROM clinics_contact_info
            WHERE client_id = $1
                AND (created_at > $2::timestamptz - interval '30 days' AND created_at <= $2
                    OR updated_at > $2::timestamptz - interval '30 days' AND updated_at <= $2)
                AND (phone <> '' OR website <> '')
            ORDER BY id"#,
            client,
            as_of
        )
        .fetch(self.tx.connection())
        .map_err(Error::from)
    }

    /// In order of clinic id: patterns of any age, of clinics in the window or not.
    pub fn patterns(&mut self) -> impl Stream<Item = Result<ClinicPattern, Error>> + Send + '_ {
        let client = self.tx.client();
        sqlx::query_as!(
            ClinicPattern,
            "SELECT clinic_id, pattern_type, confidence FROM clinic_patterns
            WHERE client_id = $1 ORDER BY clinic_id, id",
            client
        )
        .fetch(self.tx.connection())
        .map_err(Error::from)
    }

    /// Which cities the clinics are in, spelled as in the table.
    pub async fn city_states(&mut self) -> Result<Vec<CityState>, Error> {
        let client = self.tx.client();
        let query = sqlx::query_as!(
            CityState,
            r#"SELECT city AS "city!", state AS "state!", count(*) AS "clinics!" FROM clinics_contact_info
            WHERE client_id = $1 AND city <> '' AND state <> '' GROUP BY 1, 2 ORDER BY 1, 2"#,
            client
        );
        Ok(query.fetch_all(self.tx.connection()).await?)
    }

    /// What people decided about links, which overrides the linker.
    pub async fn decided_links(&mut self) -> Result<Vec<crate::links::Decided>, Error> {
        crate::links::decided(&mut self.tx).await
    }
}
