//! The same inputs give the same files, byte for byte, however many processes make them.

use proto::v1::{MatchConfig, RunRequest};
use tests::{DATE, Finished, TestFleet, request, sample};

use crate::processes::count;

#[tokio::test]
async fn the_same_inputs_give_the_same_bytes() {
    let fleet = TestFleet::with_claude().await;
    fleet.insert(&sample(100, 200, 200)).await;
    let _all = fleet.run(&["all"]);
    let first = check_again(&fleet).await;
    // The words were paid for once.
    let paid = fleet.claude.paid();
    assert_eq!(fleet.claude.calls(), paid);
    assert!(paid <= first.summary.segments_created as usize + 1, "{paid} answers for one set of questions");
}

#[tokio::test]
async fn four_processes_of_every_worker_give_the_same_bytes_as_one() {
    let fleet = TestFleet::start().await;
    fleet.insert(&sample(100, 600, 200)).await;
    let mut processes = vec![fleet.run(&["all"])];
    let more = || {
        processes.extend((0..3).map(|_| fleet.run(&["all"])));
        async { fleet.broker.until("four processes", || async { count(&fleet).await == 4 }).await }
    };
    check_again_after(&fleet, more).await;
}

/// A run, and the same again; the first one.
async fn check_again(fleet: &TestFleet) -> Finished {
    check_again_after(fleet, || std::future::ready(())).await
}

async fn check_again_after<F: Future<Output = ()>>(
    fleet: &TestFleet,
    between: impl FnOnce() -> F,
) -> Finished {
    let first = fleet.broker.run("first", DATE, MatchConfig::default()).await;
    let before = fleet.files(DATE);
    std::fs::remove_dir_all(fleet.outputs()).unwrap();
    between().await;
    let again = RunRequest { again: true, ..request("again", DATE, MatchConfig::default()) };
    fleet.broker.request(&again).await;
    let second = fleet.broker.finished("again").await;
    assert_ne!(first.run, second.run);
    let after = fleet.files(DATE);
    assert_eq!(before.csv, after.csv);
    assert_eq!(before.json, after.json);
    assert_eq!(before.markdown, after.markdown);
    first
}
