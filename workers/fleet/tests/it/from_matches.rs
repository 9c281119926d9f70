//! Prospects from a stored run: the decision makers of its clinics, each once.

use std::convert::Infallible;

use chrono::Utc;
use db::imports::{self, Clinic, DecisionMaker};
use db::links::{self, Link, Verdict};
use db::segments::{Points, Segment, SegmentRow, StoredRun};
use serde_json::Value;

use super::outreach::It;

/// A stored run with three clinics in two segments; of two of them it is known who decides.
#[expect(clippy::disallowed_methods, reason = "rows are of today")]
async fn store_run(db: &db::Db) {
    let now = Utc::now();
    let clinic = |name: &str| Clinic {
        clinic_name: name.to_owned(),
        phone: Some("(602) 555-0100".to_owned()),
        city: Some("Phoenix".to_owned()),
        state: Some("AZ".to_owned()),
        ..Clinic::default()
    };
    let person = |name: &str, title: &str, email: &str| DecisionMaker {
        name: name.to_owned(),
        title: Some(title.to_owned()),
        email: Some(email.to_owned()),
        ..DecisionMaker::default()
    };
    let mut tx = db.begin(db::DEFAULT_CLIENT).await.unwrap();
    imports::clinics(&mut tx, &["Oak PT", "Elm PT", "Fir PT"].map(clinic), now).await.unwrap();
    let people = [
        person("Jane Roe", "Front Desk", "jane@oak.example"),
        person("Ann Lee", "Owner", "ann@oak.example"),
        person("Bob Day", "CEO", "not an address"),
    ];
    imports::decision_makers(&mut tx, &people, now).await.unwrap();
    let clinics: Vec<i32> =
        imports::clinic_names(&mut tx).await.unwrap().into_iter().map(|clinic| clinic.id).collect();
    let link = |decision_maker_id, clinic_id| Link {
        decision_maker_id,
        clinic_id,
        probability: 0.9,
        contributions: "null".to_owned(),
        verdict: Verdict::Linked,
    };
    let links = [link(1, clinics[0]), link(2, clinics[0]), link(3, clinics[1])];
    links::replace(&mut tx, "r1", links.into_iter()).await.unwrap();
    tx.commit().await.unwrap();
    let segment = |name: &str, priority_score: f64| Segment {
        segment_name: name.to_owned(),
        pain_category: "emr".to_owned(),
        categories: Vec::new(),
        match_strategy: "geographic".to_owned(),
        priority_score,
        priority_raw: 1.0,
        opportunity_index: 1.0,
        ai_adjustment: 0.0,
        ai_reason: None,
        mean_confidence: 8.0,
        mean_severity: 7.0,
        mean_mentions: 2.0,
        total_mentions: 4,
        clinics: 2,
        with_decision_maker: 1,
        with_email: 1,
        state: None,
        match_reason: String::new(),
        outreach_template: None,
        template_source: "needs_manual".to_owned(),
        evidence: Value::Null,
    };
    let row = |segment: usize, clinic_id: i32| SegmentRow {
        segment,
        clinic_id,
        match_reason: String::new(),
        match_strategy: "geographic".to_owned(),
        reason_code: "geo_state".to_owned(),
        confidence_score: 8.0,
        points: Points::default(),
        hot_lead: false,
        categories: Vec::new(),
        removed_from: Vec::new(),
    };
    let run = StoredRun {
        run_id: "r1".to_owned(),
        run_date: now.date_naive(),
        generation: 0,
        summary: Value::Null,
        stored_at: now,
        ready_at: now,
        segments: vec![segment("emr-arizona", 9.0), segment("billing-arizona", 4.0)],
    };
    let rows = [row(0, clinics[0]), row(0, clinics[2]), row(1, clinics[1])].map(Ok::<_, Infallible>);
    db::segments::replace_run(db, db::DEFAULT_CLIENT, &run, futures::stream::iter(rows)).await.unwrap();
}

#[test]
fn who_decides_in_a_matched_clinic_becomes_a_prospect_once() {
    let it = It::start();
    it.runtime.block_on(async { store_run(&it.db()).await });
    let dry = it.json(&["outreach", "from-matches", "--dry-run"]);
    assert_eq!((&dry["clinics"], &dry["with_decision_maker"]), (&3.into(), &2.into()));
    assert_eq!(dry["people"][0]["name"], "Ann Lee", "the one who decides the most");
    assert_eq!(it.json(&["outreach", "segment"])["total"], 0);

    let of_one = it.json(&["outreach", "from-matches", "--segment", "emr-arizona"]);
    assert_eq!((&of_one["created"], &of_one["clinics"]), (&1.into(), &2.into()));
    it.says(
        &["outreach", "from-matches"],
        &["0 new, 1 known already, 1 left out", "left out: email is no e-mail address"],
    );
    let ann = of_one["people"][0]["prospect_id"].as_str().unwrap();
    let kept = it.json(&["outreach", "export", ann])["prospect"].clone();
    assert_eq!((&kept["company"], &kept["source"]), (&"Oak PT".into(), &"match:r1/emr-arizona".into()));
    it.fails(&["outreach", "from-matches", "--segment", "nope"], 2, &["segment: is none of run r1"]);
    let best = it.json(&["outreach", "from-matches", "--min-priority", "5", "--dry-run"]);
    assert_eq!(best["clinics"], 2);

    assert_eq!(it.json(&["outreach", "erase", ann, "--yes"])["prospect_id"], ann);
    let back = it.json(&["outreach", "from-matches"]);
    // Somebody else decides there now.
    assert_eq!((&back["created"], &back["left_out"]), (&1.into(), &1.into()), "forgotten is forgotten");
    assert_eq!(
        (&back["people"][0]["name"], back.to_string().contains("Ann Lee")),
        (&"Jane Roe".into(), false)
    );
}
