//! Imports are whole, and the same rows again change nothing.

use crate::rows::{clinic, clinics, now, pain, person};
use crate::server::{ALPHA, TestDb};
use db::imports::{self, Counts};
use db::{Error, counts};

#[track_caller]
fn check(result: Result<Counts, Error>, inserted: u64, updated: u64, unchanged: u64) {
    assert_eq!(result.unwrap(), Counts { inserted, updated, unchanged, erased: 0 });
}

#[tokio::test]
async fn the_same_rows_again_change_nothing_and_repeated_texts_stay() {
    let test = TestDb::new().await;
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    let pains = [pain("EMR is slow"), pain("EMR is slow"), pain("no templates")];
    check(imports::pain_points(&mut tx, &pains, now()).await, 3, 0, 0);
    check(imports::pain_points(&mut tx, &pains, now()).await, 0, 0, 3);
    let clinics = [clinic("A"), clinic("B")];
    check(imports::clinics(&mut tx, &clinics, now()).await, 2, 0, 0);
    check(imports::clinics(&mut tx, &clinics, now()).await, 0, 0, 2);
    let persons = [person("John Smith"), person("Ann Lee")];
    check(imports::decision_makers(&mut tx, &persons, now()).await, 2, 0, 0);
    check(imports::decision_makers(&mut tx, &persons, now()).await, 0, 0, 2);
}

#[tokio::test]
async fn a_row_that_changed_is_updated() {
    let test = TestDb::new().await;
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    check(imports::clinics(&mut tx, &[clinic("A"), clinic("B")], now()).await, 2, 0, 0);
    let changed = imports::Clinic { review_count: 99, ..clinic("a") };
    check(imports::clinics(&mut tx, &[changed, clinic("B"), clinic("C")], now()).await, 1, 1, 1);
    let external = |mentions| imports::PainPoint { external_id: Some("t3_1".into()), mentions, ..pain("x") };
    check(imports::pain_points(&mut tx, &[external(1)], now()).await, 1, 0, 0);
    check(imports::pain_points(&mut tx, &[external(2)], now()).await, 0, 1, 0);
}

#[tokio::test]
async fn one_bad_row_imports_nothing() {
    let test = TestDb::new().await;
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    let bad = imports::PainPoint { severity_score: 11.0, ..pain("x") };
    let error = imports::pain_points(&mut tx, &[pain("good"), bad], now()).await.unwrap_err();
    assert_eq!((error.code().as_deref(), error.is_permanent()), (Some("23514"), true));
    assert!(error.to_string().contains("pain_points_severity_range"), "{error}");
    drop(tx);
    assert_eq!(test.number("SELECT count(*) FROM pain_points").await, 0);
}

#[tokio::test]
async fn patterns_of_unknown_clinics_are_refused_and_known_ones_updated() {
    let test = TestDb::new().await;
    let ids = clinics(&test, ALPHA, 1).await;
    let pattern = |clinic_id, confidence: &str| imports::ClinicPattern {
        clinic_id,
        pattern_type: "scheduling_chaos".into(),
        confidence: confidence.into(),
        evidence: serde_json::json!({"reviews": 3}),
        detected_at: None,
    };
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    check(imports::clinic_patterns(&mut tx, &[pattern(ids[0], "low")], now()).await, 1, 0, 0);
    check(imports::clinic_patterns(&mut tx, &[pattern(ids[0], "high")], now()).await, 0, 1, 0);
    let counted = counts::of_tenant(&mut tx, now()).await.unwrap();
    assert_eq!((counted.clinics, counted.clinics_contactable, counted.clinic_patterns), (1, 1, 1));
    let error = imports::clinic_patterns(&mut tx, &[pattern(ids[0] + 1, "high")], now()).await.unwrap_err();
    assert_eq!(error.code().as_deref(), Some("23503"));
}
