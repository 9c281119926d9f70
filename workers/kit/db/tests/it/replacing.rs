//! A run replaces the run before it as a whole, for writers and for readers.

use crate::rows::{clinics, row, run, segment, store};
use crate::server::{ALPHA, BETA, TestDb};
use chrono::TimeDelta;
use db::segments::{Method, SegmentRow};
use db::{BoxError, runs, segments};
use futures::{StreamExt, TryStreamExt, stream};
use sqlx::{Connection, PgConnection};
use std::collections::HashSet;

pub(crate) async fn archived(test: &TestDb, run_id: &str) -> i64 {
    test.number(&format!("SELECT count(*) FROM matched_segments_archive WHERE run_id = '{run_id}'")).await
}

pub(crate) async fn current(test: &TestDb) -> (usize, HashSet<String>) {
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    let rows: Vec<_> = segments::current(&mut tx).try_collect().await.unwrap();
    (rows.len(), rows.into_iter().map(|row| row.run_id).collect())
}

#[track_caller]
pub(crate) fn one(run_id: &str) -> HashSet<String> {
    HashSet::from([run_id.to_owned()])
}

#[tokio::test]
async fn a_new_run_takes_the_place_of_the_old_which_goes_to_the_archive() {
    let test = TestDb::new().await;
    let ids = clinics(&test, ALPHA, 3).await;
    let first = store(&test, ALPHA, &run("r1", "2025-11-10", &["emr-arizona"]), &ids).await.unwrap();
    assert_eq!((first.method, first.rows, first.segments), (Method::Swap, 3, 1));
    assert_eq!(first.ids.map(Iterator::count), Some(3));
    let second = store(&test, ALPHA, &run("r2", "2025-11-11", &["emr-arizona"]), &ids[..2]).await.unwrap();
    assert_eq!(second.method, Method::Swap);
    assert_eq!(current(&test).await, (2, one("r2")));
    assert_eq!((archived(&test, "r1").await, archived(&test, "r2").await), (3, 0));
    let third = store(&test, ALPHA, &run("r3", "2025-11-12", &["emr-arizona"]), &ids).await.unwrap();
    assert_eq!(third.method, Method::Swap);
    assert_eq!(current(&test).await, (3, one("r3")));
    assert_eq!((archived(&test, "r1").await, archived(&test, "r2").await), (3, 2));
}

#[tokio::test]
async fn what_was_sent_is_what_is_stored() {
    let test = TestDb::new().await;
    let ids = clinics(&test, ALPHA, 1).await;
    let run = run("r1", "2025-11-10", &["emr-arizona"]);
    store(&test, ALPHA, &run, &ids).await.unwrap();
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    let stored: Vec<_> = segments::current(&mut tx).try_collect().await.unwrap();
    assert_eq!(stored[0].segment_name, "emr-arizona");
    assert_eq!(stored[0].match_reason.as_deref(), Some("a\tb\\n"));
    assert_eq!((stored[0].confidence_score, stored[0].priority_score), (8.5, 9.2));
    assert_eq!(stored[0].outreach_template, run.segments[0].outreach_template);
    assert_eq!(segments::of_run(&mut tx, "r1").await.unwrap(), run.segments);
    let removed = segments::removed(&mut tx, "r1", ids[0]).await.unwrap();
    assert_eq!(
        (removed[0].segment_name.as_str(), removed[0].kept_in.as_str()),
        ("billing-arizona", "emr-arizona")
    );
    let categories = "SELECT count(*) FROM matched_segments WHERE categories = '{emr,\"bil\\\"ling\"}' AND points->>'geographic' = '5'";
    assert_eq!(test.number(categories).await, 1);
}

#[tokio::test]
async fn a_template_that_a_person_must_write_is_null_in_every_row_x26() {
    let test = TestDb::new().await;
    let ids = clinics(&test, ALPHA, 2).await;
    let mut by_hand = run("r1", "2025-11-10", &["it's \"a\""]);
    by_hand.segments[0].outreach_template = None;
    store(&test, ALPHA, &by_hand, &ids).await.unwrap();
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    let rows: Vec<_> = segments::current(&mut tx).try_collect().await.unwrap();
    assert!(rows.len() == 2 && rows.iter().all(|row| row.outreach_template.is_none()), "{rows:?}");
}

#[tokio::test]
async fn the_same_generation_again_writes_nothing() {
    let test = TestDb::new().await;
    let ids = clinics(&test, ALPHA, 3).await;
    let run = run("r1", "2025-11-10", &["emr-arizona"]);
    store(&test, ALPHA, &run, &ids).await.unwrap();
    let before = test.number("SELECT sum(xmin::text::bigint)::bigint FROM matched_segments").await;
    let again = store(&test, ALPHA, &run, &ids).await.unwrap();
    assert_eq!((again.method, again.rows), (Method::Unchanged, 3));
    assert_eq!(test.number("SELECT sum(xmin::text::bigint)::bigint FROM matched_segments").await, before);
}

#[tokio::test]
async fn a_higher_generation_replaces_its_own_rows_and_archives_nothing() {
    let test = TestDb::new().await;
    let ids = clinics(&test, ALPHA, 3).await;
    let mut run = run("r1", "2025-11-10", &["emr-arizona"]);
    store(&test, ALPHA, &run, &ids).await.unwrap();
    run.generation = 1;
    assert_eq!(store(&test, ALPHA, &run, &ids[..1]).await.unwrap().method, Method::Swap);
    assert_eq!(current(&test).await, (1, one("r1")));
    assert_eq!(archived(&test, "r1").await, 0);
}

#[tokio::test]
async fn a_run_that_comes_after_a_later_one_goes_to_the_archive() {
    let test = TestDb::new().await;
    let ids = clinics(&test, ALPHA, 3).await;
    store(&test, ALPHA, &run("r2", "2025-11-11", &["emr-arizona"]), &ids).await.unwrap();
    let mut late = run("r1", "2025-11-10", &["emr-arizona"]);
    assert_eq!(store(&test, ALPHA, &late, &ids[..2]).await.unwrap().method, Method::Archive);
    late.generation = 1;
    assert_eq!(store(&test, ALPHA, &late, &ids[..1]).await.unwrap().method, Method::Archive);
    assert_eq!(current(&test).await, (3, one("r2")));
    assert_eq!(archived(&test, "r1").await, 1);
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    assert_eq!(runs::current(&mut tx).await.unwrap().unwrap().run_id, "r2");
}

#[tokio::test]
async fn of_two_runs_of_a_day_the_one_that_was_ready_later_is_current() {
    let test = TestDb::new().await;
    let ids = clinics(&test, ALPHA, 3).await;
    let mut first = run("r1", "2025-11-10", &["emr-arizona"]);
    let again = run("r2", "2025-11-10", &["emr-arizona"]);
    assert_eq!(store(&test, ALPHA, &first, &ids).await.unwrap().method, Method::Swap);
    assert_eq!(store(&test, ALPHA, &again, &ids[..2]).await.unwrap().method, Method::Swap);
    assert_eq!(current(&test).await, (2, one("r2")));
    assert_eq!((archived(&test, "r1").await, archived(&test, "r2").await), (3, 0));

    first.run_id = "late".into();
    first.ready_at -= TimeDelta::hours(1);
    first.stored_at += TimeDelta::hours(1);
    assert_eq!(store(&test, ALPHA, &first, &ids[..1]).await.unwrap().method, Method::Archive);
    assert_eq!(current(&test).await, (2, one("r2")));
    assert_eq!(archived(&test, "late").await, 1);
}

#[tokio::test]
async fn a_reader_who_stays_keeps_its_run_and_does_not_stop_the_next() {
    let test = TestDb::new().await;
    let ids = clinics(&test, ALPHA, 3).await;
    store(&test, ALPHA, &run("r1", "2025-11-10", &["emr-arizona"]), &ids).await.unwrap();
    let mut reader = PgConnection::connect(&test.superuser_url).await.unwrap();
    let mut reading = reader.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ").await.unwrap();
    let count = "SELECT count(*) FROM matched_segments";
    let before: i64 = sqlx::query_scalar(count).fetch_one(&mut *reading).await.unwrap();
    let replaced = store(&test, ALPHA, &run("r2", "2025-11-11", &["emr-arizona"]), &ids[..2]).await.unwrap();
    assert_eq!(replaced.method, Method::Delete);
    let after: i64 = sqlx::query_scalar(count).fetch_one(&mut *reading).await.unwrap();
    assert_eq!((before, after), (3, 3));
    reading.rollback().await.unwrap();
    assert_eq!(current(&test).await, (2, one("r2")));
    assert_eq!(archived(&test, "r1").await, 3);
    let third = store(&test, ALPHA, &run("r3", "2025-11-12", &["emr-arizona"]), &ids).await.unwrap();
    assert_eq!(third.method, Method::Swap);
    assert_eq!((archived(&test, "r1").await, archived(&test, "r2").await), (3, 2));
}

#[tokio::test]
async fn readers_see_one_whole_run_while_runs_are_replaced() {
    let test = TestDb::new().await;
    let ids = clinics(&test, ALPHA, 500).await;
    store(&test, ALPHA, &run("r0", "2025-11-10", &["emr-arizona"]), &ids).await.unwrap();
    let (done, mut finished) = tokio::sync::oneshot::channel();
    let writer = async {
        for n in 1..=8 {
            store(&test, ALPHA, &run(&format!("r{n}"), "2025-11-10", &["emr-arizona"]), &ids).await.unwrap();
        }
        done.send(()).unwrap();
    };
    let reader = async {
        let mut seen = HashSet::new();
        while finished.try_recv().is_err() {
            let (rows, runs) = current(&test).await;
            assert_eq!((rows, runs.len()), (500, 1));
            seen.extend(runs);
        }
        seen
    };
    let ((), seen) = tokio::join!(writer, reader);
    assert!(seen.len() > 1, "the reader saw only {seen:?}");
}

#[tokio::test]
async fn rows_that_end_with_an_error_leave_the_run_before() {
    let test = TestDb::new().await;
    let ids = clinics(&test, ALPHA, 3).await;
    store(&test, ALPHA, &run("r1", "2025-11-10", &["emr-arizona"]), &ids).await.unwrap();
    let broken = stream::iter([Ok::<SegmentRow, BoxError>(row(0, ids[0])), Err("the stream is gone".into())]);
    let error =
        segments::replace_run(&test.db, ALPHA, &run("r2", "2025-11-11", &["x"]), broken).await.unwrap_err();
    assert!(matches!(error, db::Error::Rows(_)), "{error:?}");
    assert_eq!(current(&test).await, (3, one("r1")));
    assert_eq!(test.number("SELECT count(*) FROM runs").await, 1);
}

#[tokio::test]
async fn a_score_out_of_range_stores_nothing() {
    let test = TestDb::new().await;
    let ids = clinics(&test, ALPHA, 1).await;
    let mut zero = row(0, ids[0]);
    zero.confidence_score = 0.0;
    let rows = stream::once(async move { Ok::<_, BoxError>(zero) }).boxed();
    let error =
        segments::replace_run(&test.db, ALPHA, &run("r1", "2025-11-10", &["x"]), rows).await.unwrap_err();
    assert_eq!((error.code().as_deref(), error.is_permanent()), (Some("23514"), true));
    assert_eq!(test.number("SELECT count(*) FROM runs").await, 0);
}

#[tokio::test]
async fn a_row_of_a_segment_the_run_does_not_have_is_refused() {
    let test = TestDb::new().await;
    let ids = clinics(&test, ALPHA, 1).await;
    let error = store(&test, ALPHA, &run("r1", "2025-11-10", &[]), &ids).await.unwrap_err();
    assert_eq!(error.to_string(), "row 0 names segment 0, which the run does not have");
}

#[tokio::test]
async fn a_segment_name_that_is_taken_gets_the_time_behind_it_x23() {
    let test = TestDb::new().await;
    let ids = clinics(&test, ALPHA, 1).await;
    let long = "x".repeat(255);
    let mut clashing = run("r1", "2025-11-10", &["a", "a", "a", &long]);
    clashing.segments.push(segment(&long));
    let replaced = store(&test, ALPHA, &clashing, &ids).await.unwrap();
    let names: Vec<&str> = replaced.renamed.iter().map(|(_, name)| name.as_str()).collect();
    let cut = "x".repeat(240) + "-20251111030000";
    assert_eq!(names, ["a-20251111030000", "a-20251111030000-2", &cut]);
}

#[tokio::test]
async fn tenants_replace_their_own_runs() {
    let test = TestDb::new().await;
    let (alpha, beta) = (clinics(&test, ALPHA, 2).await, clinics(&test, BETA, 3).await);
    store(&test, ALPHA, &run("r1", "2025-11-10", &["a"]), &alpha).await.unwrap();
    store(&test, BETA, &run("r1", "2025-11-10", &["a"]), &beta).await.unwrap();
    store(&test, BETA, &run("r2", "2025-11-11", &["a"]), &beta).await.unwrap();
    assert_eq!(current(&test).await, (2, one("r1")));
    assert_eq!(test.number("SELECT count(*) FROM matched_segments").await, 5);
}
