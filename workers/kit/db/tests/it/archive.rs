//! How long old runs stay.

use crate::replacing::{archived, current, one};
use crate::rows::{clinics, run, store};
use crate::server::{ALPHA, TestDb};
use db::segments::Method;
use sqlx::{Connection, PgConnection};

#[tokio::test]
async fn runs_leave_the_archive_after_thirteen_months() {
    let test = TestDb::new().await;
    let ids = clinics(&test, ALPHA, 2).await;
    for (run_id, date) in [("r1", "2024-10-10"), ("r2", "2024-10-11"), ("r3", "2025-11-11")] {
        store(&test, ALPHA, &run(run_id, date, &["a"]), &ids).await.unwrap();
    }
    assert_eq!(current(&test).await, (2, one("r3")));
    assert_eq!((archived(&test, "r1").await, archived(&test, "r2").await), (0, 2));
    assert_eq!(test.number("SELECT count(*) FROM segments").await, 2);
}

#[tokio::test]
async fn an_old_run_that_is_being_read_leaves_the_archive_later() {
    let test = TestDb::new().await;
    let ids = clinics(&test, ALPHA, 2).await;
    store(&test, ALPHA, &run("r1", "2024-09-01", &["a"]), &ids).await.unwrap();
    store(&test, ALPHA, &run("r2", "2024-09-02", &["a"]), &ids).await.unwrap();
    let mut reader = PgConnection::connect(&test.superuser_url).await.unwrap();
    let mut reading = reader.begin().await.unwrap();
    let read = "SELECT count(*) FROM matched_segments_archive WHERE run_id = 'r1'";
    sqlx::raw_sql(read).execute(&mut *reading).await.unwrap();
    let replaced = store(&test, ALPHA, &run("r3", "2025-11-10", &["a"]), &ids).await.unwrap();
    assert_eq!((replaced.method, archived(&test, "r1").await), (Method::Swap, 2));
    reading.commit().await.unwrap();
    store(&test, ALPHA, &run("r4", "2025-11-11", &["a"]), &ids).await.unwrap();
    assert_eq!((archived(&test, "r1").await, archived(&test, "r3").await), (0, 2));
}
