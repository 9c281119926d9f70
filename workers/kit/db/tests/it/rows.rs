//! Sample rows.

use crate::server::TestDb;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use db::segments::{Points, Replaced, Segment, SegmentRow, StoredRun};
use db::{Uuid, imports};
use futures::stream;
use std::convert::Infallible;

/// When the tests take place.
pub(crate) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_762_830_000, 0).unwrap()
}

pub(crate) fn pain(text: &str) -> imports::PainPoint {
    imports::PainPoint {
        pain_category: "emr".into(),
        pain_text: text.into(),
        severity_score: 8.5,
        mentions: 3,
        example_urls: vec!["https://reddit.com/r/Phoenix/1".into()],
        source: Some("reddit".into()),
        external_id: None,
        created_at: None,
    }
}

pub(crate) fn clinic(name: &str) -> imports::Clinic {
    imports::Clinic {
        clinic_name: name.into(),
        phone: Some("(602) 555-1234".into()),
        city: Some("Phoenix".into()),
        state: Some("AZ".into()),
        rating: Some(4.5),
        review_count: 60,
        ..imports::Clinic::default()
    }
}

pub(crate) fn person(name: &str) -> imports::DecisionMaker {
    imports::DecisionMaker {
        name: name.into(),
        company_name: Some("Phoenix Elite PT".into()),
        ..imports::DecisionMaker::default()
    }
}

/// As many clinics of a tenant as said, with the ids they got.
pub(crate) async fn clinics(test: &TestDb, client: Uuid, count: usize) -> Vec<i32> {
    let rows: Vec<_> = (0..count).map(|n| clinic(&format!("Clinic {n}"))).collect();
    let mut tx = test.db.begin(client).await.unwrap();
    imports::clinics(&mut tx, &rows, now() - TimeDelta::days(1)).await.unwrap();
    let ids = imports::clinic_names(&mut tx).await.unwrap().into_iter().map(|clinic| clinic.id).collect();
    tx.commit().await.unwrap();
    ids
}

pub(crate) fn segment(name: &str) -> Segment {
    Segment {
        segment_name: name.into(),
        pain_category: "emr".into(),
        categories: Vec::new(),
        match_strategy: "geographic + business_type".into(),
        priority_score: 9.2,
        priority_raw: 11.5,
        opportunity_index: 7.0,
        ai_adjustment: 0.5,
        ai_reason: None,
        mean_confidence: 8.5,
        mean_severity: 7.0,
        mean_mentions: 2.0,
        total_mentions: 40,
        clinics: 2,
        with_decision_maker: 1,
        with_email: 1,
        state: Some("AZ".into()),
        match_reason: "Pain point mentioned in Arizona, targeting local clinics".into(),
        outreach_template: Some(
            serde_json::json!({"subject": "s\t\"1\"", "opening": "Hi {name},\nwe", "cta": "c"}),
        ),
        template_source: "generic".into(),
        evidence: serde_json::json!([]),
    }
}

pub(crate) fn run(run_id: &str, date: &str, segments: &[&str]) -> StoredRun {
    StoredRun {
        run_id: run_id.into(),
        run_date: date.parse::<NaiveDate>().unwrap(),
        generation: 0,
        summary: serde_json::json!({"run": run_id}),
        stored_at: now(),
        ready_at: now(),
        segments: segments.iter().map(|name| segment(name)).collect(),
    }
}

pub(crate) fn row(segment: usize, clinic_id: i32) -> SegmentRow {
    SegmentRow {
        segment,
        clinic_id,
        match_reason: "a\tb\\n".into(),
        match_strategy: "geographic".into(),
        reason_code: "geo_state".into(),
        confidence_score: 8.5,
        points: Points { geographic: 5.0, ..Points::default() },
        hot_lead: true,
        categories: vec!["emr".into(), "bil\"ling".into()],
        removed_from: vec!["billing-arizona".into()],
    }
}

/// Stores a run with one row per clinic, in its first segment.
pub(crate) async fn store(
    test: &TestDb,
    client: Uuid,
    run: &StoredRun,
    clinics: &[i32],
) -> Result<Replaced, db::Error> {
    let rows: Vec<Result<SegmentRow, Infallible>> = clinics.iter().map(|id| Ok(row(0, *id))).collect();
    db::segments::replace_run(&test.db, client, run, stream::iter(rows)).await
}
