//! The same inputs give the same files, byte for byte.

use proto::v1::{MatchConfig, RunRequest};
use tests::{DATE, TestFleet, request, sample};

#[tokio::test]
async fn the_same_inputs_give_the_same_bytes() {
    let fleet = TestFleet::with_claude().await;
    fleet.insert(&sample(100, 200, 200)).await;
    let _all = fleet.run(&["all"]);
    let first = fleet.broker.run("first", DATE, MatchConfig::default()).await;
    let before = fleet.files(DATE);
    std::fs::remove_dir_all(fleet.outputs()).unwrap();

    let again = RunRequest { again: true, ..request("again", DATE, MatchConfig::default()) };
    fleet.broker.request(&again).await;
    let second = fleet.broker.finished("again").await;
    assert_ne!(first.run, second.run);
    let after = fleet.files(DATE);
    assert_eq!(before.csv, after.csv);
    assert_eq!(before.json, after.json);
    assert_eq!(before.markdown, after.markdown);
    // The words were paid for once.
    let paid = fleet.claude.paid();
    assert_eq!(fleet.claude.calls(), paid);
    assert!(paid <= first.summary.segments_created as usize + 1, "{paid} answers for one set of questions");
}
