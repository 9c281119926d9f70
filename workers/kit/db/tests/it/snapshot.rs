//! What a run reads is one moment, whatever is written meanwhile.

use crate::rows::{clinic, now, pain, person};
use crate::server::{ALPHA, BETA, TestDb};
use chrono::{DateTime, TimeDelta, Utc};
use db::imports;
use db::inputs::Snapshot;
use futures::TryStreamExt;

async fn import(test: &TestDb, clinics: &[imports::Clinic], at: DateTime<Utc>) {
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    imports::clinics(&mut tx, clinics, at).await.unwrap();
    tx.commit().await.unwrap();
}

async fn names(snapshot: &mut Snapshot) -> Vec<String> {
    snapshot.clinics().map_ok(|clinic| clinic.clinic_name).try_collect().await.unwrap()
}

#[tokio::test]
async fn rows_written_meanwhile_are_not_seen() {
    let test = TestDb::new().await;
    import(&test, &[clinic("Before")], now()).await;
    let mut snapshot = Snapshot::open(&test.db, ALPHA, now()).await.unwrap();
    let hash = snapshot.input_hash().await.unwrap();
    import(&test, &[clinic("Meanwhile")], now()).await;
    assert_eq!(names(&mut snapshot).await, ["Before"]);
    assert_eq!(snapshot.input_hash().await.unwrap(), hash);
    let mut later = Snapshot::open(&test.db, ALPHA, now()).await.unwrap();
    assert_eq!(names(&mut later).await, ["Before", "Meanwhile"]);
    assert_ne!(later.input_hash().await.unwrap(), hash);
}

#[tokio::test]
async fn clinics_of_the_window_that_can_be_reached_are_read_pt_026_pt_028() {
    let test = TestDb::new().await;
    let unreachable = imports::Clinic { phone: None, ..clinic("No phone") };
    let blank = imports::Clinic { phone: Some(String::new()), ..clinic("Blank phone") };
    let website = imports::Clinic { phone: None, website: Some("a.com".into()), ..clinic("Website") };
    import(&test, &[unreachable, blank, website], now()).await;
    import(&test, &[clinic("Old"), clinic("Seen again")], now() - TimeDelta::days(31)).await;
    import(&test, &[imports::Clinic { review_count: 61, ..clinic("Seen again") }], now()).await;
    import(&test, &[clinic("Tomorrow")], now() + TimeDelta::days(1)).await;
    let mut snapshot = Snapshot::open(&test.db, ALPHA, now()).await.unwrap();
    assert_eq!(names(&mut snapshot).await, ["Website", "Seen again"]);
}

#[tokio::test]
async fn pain_points_and_decision_makers_of_30_days_are_read_pt_018_pt_030() {
    let test = TestDb::new().await;
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    for (name, age) in [("old", 31), ("new", 29)] {
        imports::pain_points(&mut tx, &[pain(name)], now() - TimeDelta::days(age)).await.unwrap();
        imports::decision_makers(&mut tx, &[person(name)], now() - TimeDelta::days(age)).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut snapshot = Snapshot::open(&test.db, ALPHA, now()).await.unwrap();
    let pains: Vec<_> = snapshot.pain_points().try_collect().await.unwrap();
    assert_eq!(pains.len(), 1);
    assert_eq!((pains[0].pain_text.as_str(), pains[0].severity_score, pains[0].mentions), ("new", 8.5, 3));
    assert_eq!(pains[0].example_urls, ["https://reddit.com/r/Phoenix/1"]);
    let persons: Vec<_> = snapshot.decision_makers().try_collect().await.unwrap();
    assert_eq!(persons.iter().map(|person| person.name.as_str()).collect::<Vec<_>>(), ["new"]);
    let mut other = Snapshot::open(&test.db, BETA, now()).await.unwrap();
    assert!(other.pain_points().try_collect::<Vec<_>>().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_hash_is_of_what_is_read_not_of_when_it_was_seen() {
    let test = TestDb::new().await;
    import(&test, &[clinic("A"), clinic("B")], now()).await;
    let hash = Snapshot::open(&test.db, ALPHA, now()).await.unwrap().input_hash().await.unwrap();
    test.sql("UPDATE clinics_contact_info SET updated_at = updated_at - interval '1 hour'").await;
    let mut snapshot = Snapshot::open(&test.db, ALPHA, now()).await.unwrap();
    assert_eq!(snapshot.input_hash().await.unwrap(), hash);
    assert_eq!(hash.len(), 64);
    let cities = snapshot.city_states().await.unwrap();
    assert_eq!((cities[0].city.as_str(), cities[0].state.as_str(), cities[0].clinics), ("Phoenix", "AZ", 2));
}
