//! Test case 7: Postgres goes away between loading and storing (PT-161, X28, X29).

use proto::Stage;
use proto::v1::{MatchConfig, StoreOutcome, StoreStatus};
use tests::{DATE, TestFleet, request, sample};

#[tokio::test]
async fn tc7_a_run_ends_without_postgres_and_is_stored_when_it_is_back() {
    let mut fleet = TestFleet::start().await;
    fleet.insert(&sample(100, 200, 200)).await;
    let _before = fleet.run(&["loader", "matchers"]);
    fleet.broker.request(&request("down", DATE, MatchConfig::default())).await;
    let run = fleet.broker.run_of("down").await;
    fleet.broker.complete(&run, Stage::Match).await;

    fleet.stack.stop_postgres().unwrap();
    let _after = fleet.run(&["scorer", "templater", "storer", "exporter", "notifier"]);
    let finished = fleet.broker.finished("down").await;
    let summary = &finished.summary;
    assert_eq!(summary.status, "complete");
    let store = summary.store.as_ref().unwrap();
    assert_eq!(store.status(), StoreStatus::BackedUp);
    fleet.told_of("Database down, segments saved to backup file").await;

    // The exports and the backup hold the same segments.
    let files = fleet.files(DATE);
    assert_eq!(files.rows().len(), summary.clinics_matched as usize);
    assert_eq!(files.csv_pairs(), files.json_pairs());
    let backups: Vec<_> =
        std::fs::read_dir(fleet.backups()).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [backup] = backups.as_slice() else { panic!("{backups:?}") };
    assert_eq!(*backup, std::path::Path::new(&store.backup_file));
    assert!(backup.file_name().unwrap().to_str().unwrap().starts_with("segments-backup-"), "{backup:?}");
    let saved: Vec<serde_json::Value> =
        serde_json::from_str(&std::fs::read_to_string(backup).unwrap()).unwrap();
    let saved = |kind: &str| saved.iter().filter(|line| line.get(kind).is_some()).count();
    assert_eq!(saved("segment"), summary.segments_created as usize);
    assert_eq!(saved("assignment"), summary.clinics_matched as usize);

    fleet.stack.start_postgres().unwrap();
    let stored = |message: &async_nats::Message| {
        let outcome = <StoreOutcome as proto::Message>::decode(message.payload.clone()).unwrap();
        outcome.status() == StoreStatus::Stored
    };
    fleet.broker.said_that(&format!("lf.v1.run.{run}.outcome.part.store"), stored).await;
    assert_eq!(fleet.stored_pairs().await, files.csv_pairs());
    assert!(!fleet.stored_pairs().await.is_empty());
    fleet.told_of("stored after retry").await;
}
