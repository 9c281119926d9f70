//! The storer on a real broker, with no Postgres to be found: what is kept, what is said, what is tried again (TC7).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends here")]

mod fleet;

use fleet::{Fleet, RUN};
use proto::Stage;
use proto::v1::{Alert, Complete, StoreOutcome, StoreRetry, StoreStatus};
use std::path::Path;
use storer::StoreRetrier;

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_cannot_be_stored_is_backed_up_and_announced() {
    let fleet = Fleet::start().await;
    fleet.publish_run().await;
    let storer = fleet.run(fleet.storer());

    let outcome: StoreOutcome = fleet.first("RUN", &format!("lf.v1.run.{RUN}.outcome.part.store")).await;
    assert_eq!(outcome.status(), StoreStatus::BackedUp);
    assert!(outcome.note.is_empty(), "{}", outcome.note);
    let path = Path::new(&outcome.backup_file);
    assert_eq!(path.parent(), Some(fleet.backups.path()));
    let (run, clinics) = storer::file::open(path).await.unwrap().clinics();
    let clinics: Vec<_> = futures::TryStreamExt::try_collect(clinics).await.unwrap();
    assert_eq!(run.run_id, RUN);
    assert_eq!(run.segments.len(), 2, "a segment of an earlier generation is left out");
    assert_eq!(run.templates.keys().collect::<Vec<_>>(), [&0], "the second template died");
    assert_eq!(clinics.iter().map(|clinic| clinic.clinic_id).collect::<Vec<_>>(), [1, 3, 4]);

    let alert: Alert = fleet.first("EVENTS", "lf.v1.event.alert.>").await;
    assert_eq!((alert.kind.as_str(), alert.key.as_str()), ("database-down", RUN));
    assert_eq!(alert.text, "Database down, segments saved to backup file");
    let job: StoreRetry = fleet.first("JOBS", &format!("lf.v1.job.storer-retry.*.{RUN}")).await;
    assert_eq!((job.tries, &job.backup_file, &job.not_before), (0, &outcome.backup_file, &outcome.retry_at));
    assert_eq!(fleet.runtime.runs().plan(&RUN.parse().unwrap(), Stage::Outcome).await.unwrap(), Some(2));
    fleet.stop([storer]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_stays_down_is_tried_again_and_is_no_dead_letter() {
    let fleet = Fleet::start().await;
    fleet.publish_run().await;
    let retrier = StoreRetrier::new(fleet.config(), fleet.db());
    let workers = [fleet.run(fleet.storer()), fleet.run(retrier)];

    let second: StoreRetry = fleet.first("JOBS", &format!("lf.v1.job.storer-retry.*.{RUN}-2")).await;
    assert_eq!(second.tries, 2);
    assert!(second.not_before > second.ready_at, "{second:?}");
    let outcome =
        fleet.runtime.runs().part::<StoreOutcome>(&RUN.parse().unwrap(), Stage::Outcome, "store").await;
    let outcome = outcome.unwrap().unwrap().body.unwrap();
    assert_eq!(outcome.status(), StoreStatus::BackedUp);
    assert_eq!(outcome.backup_file, second.backup_file);
    assert_eq!(fleet.count("DEAD").await, 0);
    fleet.stop(workers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_without_its_summary_dies_and_says_so() {
    let fleet = Fleet::start().await;
    fleet.publish_header().await;
    fleet.publish_complete().await;
    let storer = fleet.run(fleet.storer());
    fleet.first::<Complete>("DEAD", "lf.v1.dead.storer.missing_input").await;
    fleet.first::<StoreOutcome>("RUN", &format!("lf.v1.run.{RUN}.outcome.part.store")).await;
    let part =
        fleet.runtime.runs().part::<StoreOutcome>(&RUN.parse().unwrap(), Stage::Outcome, "store").await;
    assert_eq!(part.unwrap().unwrap().body.unwrap_err().class, "missing_input");
    fleet.stop([storer]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_now_is_not_read_again() {
    for (stage, part) in [(Stage::Segment, "1"), (Stage::Score, "1"), (Stage::Template, "0")] {
        let fleet = Fleet::start().await;
        fleet.publish_run().await;
        fleet.garble(stage, part).await;
        let storer = fleet.run(fleet.storer());
        fleet.first::<StoreOutcome>("RUN", &format!("lf.v1.run.{RUN}.outcome.part.store")).await;
        let part =
            fleet.runtime.runs().part::<StoreOutcome>(&RUN.parse().unwrap(), Stage::Outcome, "store").await;
        assert_eq!(part.unwrap().unwrap().body.unwrap_err().class, "decode");
        fleet.stop([storer]).await;
    }
}
