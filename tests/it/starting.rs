//! Surroundings that are wrong: a clear word at the start, or a run that waits and is not lost.

use std::path::PathBuf;
use std::process::Command;

use proto::v1::{ExportStatus, MatchConfig};
use proto::{Stage, v1::ExportOutcome};
use tests::{DATE, Rows, TestFleet, clinic, free_port, numbered, pain, request};

async fn fleet() -> TestFleet {
    let fleet = TestFleet::start().await;
    let rows = Rows {
        pain_points: vec![pain("emr", "The EMR of a PT in Phoenix, Arizona", 6.0, 2)],
        clinics: numbered(5, clinic("Physical Therapy", "Phoenix", "AZ")),
        ..Rows::default()
    };
    fleet.insert(&rows).await;
    fleet
}

/// A worker that is started wrongly ends by itself and says these things.
async fn check_refused(fleet: &TestFleet, parts: &[&str]) -> String {
    let (status, log) = fleet.run(&["all"]).end().await;
    assert!(!status.success(), "{log}");
    for part in parts {
        assert!(log.contains(part), "{part} is not in:\n{log}");
    }
    log
}

#[tokio::test]
async fn a_wrong_setting_stops_the_start_with_its_name() {
    for (name, value) in [
        ("LEADFLEET_LEASE", "soon"),
        ("SLACK_WEBHOOK_URL", "https://hooks.example/services/s3cr3t"),
        ("CLAUDE_BASE_URL", "http://claude.example"),
        ("STORE_RETRY_AFTER", "0"),
    ] {
        let fleet = TestFleet::start().await.with(name, value);
        let log = check_refused(&fleet, &[name]).await;
        assert!(!log.contains("s3cr3t"), "{log}");
    }
}

#[tokio::test]
async fn a_health_check_tells_who_works_from_who_stands_still() {
    let everywhere = format!("0.0.0.0:{}", free_port());
    let fleet = TestFleet::start().await.with("LEADFLEET_HEALTH_LISTEN", &everywhere);
    let check = async |arguments: &[&str]| {
        let (status, said) = fleet.leadfleet(&[&["healthcheck"], arguments].concat()).end().await;
        (status.code().unwrap(), said)
    };
    let (code, said) = check(&[]).await;
    assert!(code == 1 && said.contains("the process does not answer"), "{said}");
    let worker = fleet.run(&["geographic"]);
    fleet.broker.waits("matcher-geographic").await;
    assert_eq!(check(&[]).await, (0, "ok\n".to_owned()));
    let (code, said) = check(&["--ready", "--json"]).await;
    assert_eq!((code, said.contains(r#""said":"ready""#)), (0, true), "{said}");
    worker.freeze();
    assert_eq!(check(&[]).await.0, 1);
    worker.thaw();
    assert_eq!(check(&[]).await.0, 0);
    assert!(worker.stop().success());
}

#[tokio::test]
async fn a_broker_that_is_away_is_named_with_what_to_do() {
    let free = format!("127.0.0.1:{}", free_port());
    let fleet = fleet().await.with("NATS_URL", &format!("nats://{free}"));
    check_refused(&fleet, &["could not reach nats-server", &free, "NATS_URL"]).await;
}

#[tokio::test]
async fn without_postgres_a_run_waits_at_its_start_and_is_not_lost() {
    let mut fleet = fleet().await;
    let _all = fleet.run(&["all"]);
    fleet.broker.waits("loader").await;
    fleet.stack.stop_postgres().unwrap();
    let config = MatchConfig { min_confidence_score: 5.0, ..MatchConfig::default() };
    fleet.broker.request(&request("waits", DATE, config)).await;
    fleet.told_of("loader waits: postgres does not answer").await;
    fleet.stack.start_postgres().unwrap();
    let finished = fleet.broker.finished("waits").await;
    assert_eq!((finished.summary.status.as_str(), finished.summary.clinics_matched), ("complete", 5));
    assert_eq!(fleet.stored_pairs().await.len(), 5);
    assert_eq!(fleet.broker.all("lf.v1.dead.>").await.len(), 0);
}

/// A run whose files cannot be written ends in the database alone (PT-117).
async fn check_database_only(fleet: &TestFleet, reason: &str) {
    let _all = fleet.run(&["all"]);
    let config = MatchConfig { min_confidence_score: 5.0, ..MatchConfig::default() };
    let finished = fleet.broker.run("no-files", DATE, config).await;
    assert_eq!((finished.summary.status.as_str(), finished.summary.files_generated.len()), ("complete", 0));
    assert_eq!(fleet.stored_pairs().await.len(), 5);
    let outcome = fleet.broker.runs.part::<ExportOutcome>(&finished.run, Stage::Outcome, "export").await;
    let outcome = outcome.unwrap().unwrap().body.unwrap();
    assert_eq!(outcome.status(), ExportStatus::DatabaseOnly);
    assert!(outcome.note.contains(reason), "{}", outcome.note);
    fleet.told_of("Store in database only").await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_leaves_the_run_in_the_database() {
    let fleet = fleet().await;
    std::fs::write(fleet.outputs(), "in the way").unwrap();
    check_database_only(&fleet, "outputs").await;
}

#[tokio::test]
async fn a_full_disk_leaves_the_run_in_the_database_and_no_half_file() {
    let fleet = fleet().await;
    std::fs::create_dir(fleet.outputs()).unwrap();
    let Some(disk) = Disk::tiny(fleet.outputs()) else { return };
    check_database_only(&fleet, "No space left on device").await;
    let left: Vec<_> = std::fs::read_dir(&disk.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["filler"]);
}

/// A file system that is full.
struct Disk(PathBuf);

impl Disk {
    /// None where this account may not mount one.
    fn tiny(at: PathBuf) -> Option<Self> {
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=16k", "none"]).arg(&at).output();
        if !mounted.is_ok_and(|output| output.status.success()) {
            say("skipped: this account may not mount a file system to fill");
            return None;
        }
        let disk = Self(at);
        // What is left is less than any report needs.
        std::fs::write(disk.0.join("filler"), vec![0; 15 * 1024]).unwrap();
        Some(disk)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // A lazy unmount works even while something is still open.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[expect(clippy::print_stderr, reason = "a test that is skipped says why")]
fn say(text: &str) {
    eprintln!("{text}");
}
