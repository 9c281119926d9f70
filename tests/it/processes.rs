//! Which processes work, as somebody who operates the fleet sees them.

use std::collections::BTreeSet;

use serde_json::Value;
use tests::TestFleet;

/// How many processes work.
pub(crate) async fn count(fleet: &TestFleet) -> usize {
    runtime::processes(&fleet.broker.runs).await.unwrap().len()
}

/// The processes of a worker, as `status --json` shows them.
async fn of(fleet: &TestFleet, worker: &str) -> Vec<Value> {
    let status = fleet.said(&["status", "--json"]).await;
    let workers = status["workers"].as_array().unwrap();
    let found = workers.iter().find(|one| one["worker"] == worker).unwrap();
    found["processes"].as_array().unwrap().clone()
}

#[tokio::test]
async fn status_shows_the_processes_of_each_worker_and_forgets_those_that_are_killed() {
    let fleet = TestFleet::start().await;
    let (first, second) = (fleet.run(&["geographic"]), fleet.run(&["matchers"]));
    let runs_all = |worker: &'static str, count: usize| {
        let fleet = &fleet;
        async move {
            let processes = runtime::processes(&fleet.broker.runs).await.unwrap();
            processes.iter().filter(|one| one.workers.contains(worker)).count() == count
        }
    };
    fleet.broker.until("two matchers of places", || runs_all("matcher-geographic", 2)).await;
    fleet.broker.until("one of pain patterns", || runs_all("matcher-pain-pattern", 1)).await;
    let both = of(&fleet, "matcher-geographic").await;
    let pids = BTreeSet::from_iter(both.iter().map(|one| one["pid"].as_u64().unwrap()));
    assert_eq!(pids, BTreeSet::from([u64::from(first.id()), u64::from(second.id())]));
    assert_eq!(both[0]["version"], runtime::BUILD);
    assert_eq!(of(&fleet, "sweep-matcher-geographic").await, both);
    assert_eq!(of(&fleet, "matcher-pain-pattern").await.len(), 1);
    assert_eq!(of(&fleet, "scorer").await.len(), 0);
    let (_, said) = fleet.leadfleet(&["status"]).end().await;
    let row = said.lines().find(|line| line.starts_with("matcher-geographic")).unwrap();
    assert_eq!(Vec::from_iter(row.split_whitespace().rev().take(2)), ["running", "2"], "{said}");

    second.kill();
    assert_eq!(count(&fleet).await, 2, "nobody knows yet");
    fleet.broker.until("the killed one to be forgotten", || async { count(&fleet).await == 1 }).await;
    assert_eq!(of(&fleet, "matcher-geographic").await[0]["pid"], first.id());
    assert!(first.stop().success());
    assert_eq!(count(&fleet).await, 0);
}
