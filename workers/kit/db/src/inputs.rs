//! What a matching run reads: pain points, clinics, decision makers and patterns, all as of one moment.

use crate::{Db, Error, Tx};
use chrono::{DateTime, Utc};
use futures::Stream;
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
        todo!("{db:?} {client} {as_of}")
    }

    /// The same for the same rows in whatever order they were written: 64 hex digits.
    pub async fn input_hash(&mut self) -> Result<String, Error> {
        todo!("{:?} {}", self.tx, self.as_of)
    }

    pub fn pain_points(&mut self) -> impl Stream<Item = Result<PainPoint, Error>> + Send + '_ {
        futures::stream::empty()
    }

    pub fn decision_makers(&mut self) -> impl Stream<Item = Result<DecisionMaker, Error>> + Send + '_ {
        futures::stream::empty()
    }

    /// In order of id.
    pub fn clinics(&mut self) -> impl Stream<Item = Result<Clinic, Error>> + Send + '_ {
        futures::stream::empty()
    }

    /// In order of clinic id: patterns of any age, of clinics in the window or not.
    pub fn patterns(&mut self) -> impl Stream<Item = Result<ClinicPattern, Error>> + Send + '_ {
        futures::stream::empty()
    }

    /// Which cities the clinics are in, spelled as in the table.
    pub async fn city_states(&mut self) -> Result<Vec<CityState>, Error> {
        todo!()
    }

    /// What people decided about links, which overrides the linker.
    pub async fn decided_links(&mut self) -> Result<Vec<crate::links::Decided>, Error> {
        todo!()
    }
}
