//! A run is replaced while others read, import and delete.

use crate::replacing::{archived, current, one};
use crate::rows::{clinics, run, store};
use crate::server::{ALPHA, TestDb};
use db::segments::Method;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

async fn delete_clinic(test: &TestDb, id: i32) {
    test.sql(&format!("DELETE FROM clinics_contact_info WHERE id = {id}")).await;
}

#[tokio::test]
async fn rows_of_clinics_that_were_deleted_meanwhile_are_left_out_and_counted() {
    let test = TestDb::new().await;
    let ids = clinics(&test, ALPHA, 3).await;
    delete_clinic(&test, ids[1]).await;
    let replaced = store(&test, ALPHA, &run("r1", "2025-11-10", &["a"]), &ids).await.unwrap();
    assert_eq!((replaced.method, replaced.rows, replaced.gone), (Method::Swap, 2, 1));
    assert_eq!(current(&test).await, (2, one("r1")));
    let all_gone = store(&test, ALPHA, &run("r2", "2025-11-11", &["a"]), &ids[1..2]).await.unwrap();
    assert_eq!((all_gone.rows, all_gone.gone, all_gone.ids), (0, 1, None));
}

#[tokio::test]
async fn rows_of_deleted_clinics_are_left_out_while_somebody_reads_too() {
    let test = TestDb::new().await;
    let ids = clinics(&test, ALPHA, 3).await;
    store(&test, ALPHA, &run("r1", "2025-11-10", &["a"]), &ids).await.unwrap();
    delete_clinic(&test, ids[1]).await;
    let mut reader = PgConnection::connect(&test.superuser_url).await.unwrap();
    let mut reading = reader.begin().await.unwrap();
    sqlx::raw_sql("SELECT count(*) FROM matched_segments").execute(&mut *reading).await.unwrap();
    let replaced = store(&test, ALPHA, &run("r2", "2025-11-11", &["a"]), &ids).await.unwrap();
    assert_eq!((replaced.method, replaced.rows, replaced.gone), (Method::Delete, 2, 1));
    assert_eq!(current(&test).await, (2, one("r2")));
    assert_eq!(archived(&test, "r1").await, 2);
}

#[tokio::test]
async fn a_first_run_behind_a_long_import_is_worth_another_try() {
    let test = TestDb::new().await;
    let ids = clinics(&test, ALPHA, 2).await;
    let mut importer = PgConnection::connect(&test.superuser_url).await.unwrap();
    let mut importing = importer.begin().await.unwrap();
    let update = format!("UPDATE clinics_contact_info SET review_count = 1 WHERE id = {}", ids[0]);
    sqlx::raw_sql(AssertSqlSafe(update)).execute(&mut *importing).await.unwrap();
    let first = run("r1", "2025-11-10", &["a"]);
    let error = store(&test, ALPHA, &first, &ids).await.unwrap_err();
    assert_eq!((error.code().as_deref(), error.is_permanent()), (Some("55P03"), false), "{error}");
    importing.commit().await.unwrap();
    assert_eq!(store(&test, ALPHA, &first, &ids).await.unwrap().method, Method::Swap);
}

#[tokio::test]
async fn a_later_run_is_stored_behind_a_long_import() {
    let test = TestDb::new().await;
    let ids = clinics(&test, ALPHA, 2).await;
    store(&test, ALPHA, &run("r1", "2025-11-10", &["a"]), &ids).await.unwrap();
    let mut importer = PgConnection::connect(&test.superuser_url).await.unwrap();
    let mut importing = importer.begin().await.unwrap();
    let update = format!("UPDATE clinics_contact_info SET review_count = 1 WHERE id = {}", ids[0]);
    sqlx::raw_sql(AssertSqlSafe(update)).execute(&mut *importing).await.unwrap();
    let replaced = store(&test, ALPHA, &run("r2", "2025-11-11", &["a"]), &ids).await.unwrap();
    assert_eq!((replaced.method, replaced.rows, replaced.gone), (Method::Delete, 2, 0));
    assert_eq!(current(&test).await, (2, one("r2")));
}

#[tokio::test]
async fn a_snapshot_that_has_not_read_yet_finds_a_whole_run() {
    let test = TestDb::new().await;
    let ids = clinics(&test, ALPHA, 3).await;
    store(&test, ALPHA, &run("r1", "2025-11-10", &["a"]), &ids).await.unwrap();
    let mut reader = PgConnection::connect(&test.superuser_url).await.unwrap();
    let mut reading = reader.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ").await.unwrap();
    sqlx::raw_sql("SELECT count(*) FROM clients").execute(&mut *reading).await.unwrap();
    let replaced = store(&test, ALPHA, &run("r2", "2025-11-11", &["a"]), &ids[..2]).await.unwrap();
    assert_eq!(replaced.method, Method::Swap);
    let seen: i64 =
        sqlx::query_scalar("SELECT count(*) FROM matched_segments").fetch_one(&mut *reading).await.unwrap();
    assert_eq!(seen, 2);
}
