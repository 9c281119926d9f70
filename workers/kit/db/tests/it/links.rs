//! Links are replaced by the next run, decisions of people are not.

use crate::rows::{clinics, now, person};
use crate::server::{ALPHA, TestDb};
use db::imports;
use db::links::{self, Decided, Link, Verdict};

fn link(decision_maker_id: i32, clinic_id: i32, probability: f64, verdict: Verdict) -> Link {
    Link { decision_maker_id, clinic_id, probability, contributions: r#"{"name": 0.7}"#.to_owned(), verdict }
}

#[tokio::test]
async fn what_a_person_decided_leaves_the_queue_and_outlives_the_next_run() {
    let test = TestDb::new().await;
    let ids = clinics(&test, ALPHA, 2).await;
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    imports::decision_makers(&mut tx, &[person("John Smith")], now()).await.unwrap();
    let first = [link(1, ids[0], 0.80, Verdict::Ambiguous), link(1, ids[1], 0.82, Verdict::Ambiguous)];
    assert_eq!(links::replace(&mut tx, "r1", first.into_iter()).await.unwrap(), 2);
    let queue = links::review_queue(&mut tx, 10).await.unwrap();
    assert_eq!(queue.iter().map(|review| review.clinic_id).collect::<Vec<_>>(), [ids[1], ids[0]]);
    assert_eq!(queue[0].decision_maker, "John Smith");
    let decision = Decided { decision_maker_id: 1, clinic_id: ids[1], confirmed: true };
    assert!(links::decide(&mut tx, decision, "ann", now()).await.unwrap());
    assert!(!links::decide(&mut tx, Decided { clinic_id: 99, ..decision }, "ann", now()).await.unwrap());
    links::replace(&mut tx, "r2", [link(1, ids[1], 0.5, Verdict::Unlinked)].into_iter()).await.unwrap();
    assert_eq!(links::decided(&mut tx).await.unwrap(), [decision]);
    assert!(links::review_queue(&mut tx, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_link_that_is_the_same_as_before_is_not_written_again() {
    let test = TestDb::new().await;
    let ids = clinics(&test, ALPHA, 3).await;
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    imports::decision_makers(&mut tx, &[person("John Smith")], now()).await.unwrap();
    let said = |second| [link(1, ids[0], 0.9, Verdict::Linked), link(1, ids[1], second, Verdict::Ambiguous)];
    let stale = link(1, ids[2], 0.1, Verdict::Unlinked);
    assert_eq!(links::replace(&mut tx, "r1", said(0.8).into_iter().chain([stale])).await.unwrap(), 3);
    assert_eq!(links::replace(&mut tx, "r2", said(0.7).into_iter()).await.unwrap(), 1);
    tx.commit().await.unwrap();
    let by =
        |run| format!("SELECT coalesce(sum(clinic_id), 0) FROM decision_maker_links WHERE run_id = '{run}'");
    assert_eq!(test.number(&by("r1")).await, i64::from(ids[0]));
    assert_eq!(test.number(&by("r2")).await, i64::from(ids[1]));
}

#[tokio::test]
async fn who_deletes_clinics_needs_no_rights_on_links_and_leaves_none_behind() {
    let test = TestDb::new().await;
    let ids = clinics(&test, ALPHA, 2).await;
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    imports::decision_makers(&mut tx, &[person("John Smith"), person("Ann Lee")], now()).await.unwrap();
    let said = [(1, 0), (1, 1), (2, 1)].map(|(person, at)| link(person, ids[at], 0.8, Verdict::Ambiguous));
    links::replace(&mut tx, "r1", said.into_iter()).await.unwrap();
    tx.commit().await.unwrap();
    let left = "SELECT count(*) FROM decision_maker_links";
    let scraper = format!(
        "DO $$ BEGIN CREATE ROLE links_scraper; EXCEPTION WHEN duplicate_object THEN END $$;
        GRANT SELECT, DELETE ON clinics_contact_info, decision_makers TO links_scraper;
        SET ROLE links_scraper; SET app.client_id = '{ALPHA}';"
    );
    test.sql(&format!("{scraper} DELETE FROM clinics_contact_info WHERE id = {}", ids[0])).await;
    assert_eq!(test.number(left).await, 2);
    test.sql(&format!("{scraper} DELETE FROM decision_makers WHERE id = 1")).await;
    assert_eq!(test.number(left).await, 1);
}

#[tokio::test]
async fn links_of_rows_that_are_gone_are_left_out() {
    let test = TestDb::new().await;
    let ids = clinics(&test, ALPHA, 1).await;
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    imports::decision_makers(&mut tx, &[person("John Smith")], now()).await.unwrap();
    let said = [(1, ids[0]), (1, ids[0] + 1), (2, ids[0])];
    let said = said.map(|(person, clinic)| link(person, clinic, 0.8, Verdict::Ambiguous));
    assert_eq!(links::replace(&mut tx, "r1", said.into_iter()).await.unwrap(), 1);
}
