//! What dies in the middle of a run, and what it leaves: a complete run, and nothing twice.

use std::collections::BTreeMap;

use futures::StreamExt as _;
use proto::Stage;
use proto::v1::{MatchConfig, RunRequest};
use tests::{DATE, Finished, Process, TestFleet, request, sample};

/// The workers of a run and the names of their consumers, in the order in which the run passes them.
const STAGES: [&[(&str, &str)]; 6] = [
    &[("loader", "scrape-collector")],
    &[
        ("geographic", "matcher-geographic"),
        ("business_type", "matcher-business-type"),
        ("pain_pattern", "matcher-pain-pattern"),
    ],
    &[("scorer", "scorer")],
    &[("templater", "templater")],
    &[("storer", "storer"), ("exporter", "exporter")],
    &[("notifier", "notifier")],
];

async fn fleet() -> TestFleet {
    let fleet = TestFleet::durable().await;
    fleet.insert(&sample(100, 200, 200)).await;
    fleet
}

/// A run that is whole: nothing is missing, and table, CSV and JSON hold the same, each clinic once.
async fn check_whole(fleet: &TestFleet, finished: &Finished, date: &str) {
    let summary = &finished.summary;
    assert_eq!((summary.status.as_str(), summary.missing.as_slice()), ("complete", [].as_slice()));
    assert_eq!(summary.total_clinics_analyzed, 200);
    assert_eq!(summary.templates_claude, summary.segments_created);
    let stored = fleet.stored_pairs().await;
    assert_eq!(stored.len(), summary.clinics_matched as usize);
    let files = fleet.files(date);
    assert_eq!(files.csv_pairs(), stored);
    assert_eq!(files.json_pairs(), stored);
    let sql = "SELECT count(*) FROM (SELECT clinic_id FROM matched_segments GROUP BY clinic_id HAVING count(*) > 1) d";
    assert_eq!(fleet.number(sql).await, 0);
    let names: Vec<_> =
        std::fs::read_dir(fleet.outputs()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| name.to_str().unwrap().starts_with(".leadfleet")), "{names:?}");
    assert_eq!(fleet.broker.all("lf.v1.dead.>").await.len(), 0);
}

/// How often Slack shows the run; a repetition after an unknown end says that it is one.
fn announced(fleet: &TestFleet, run: &Finished) -> usize {
    fleet.announcements(&run.run).iter().filter(|message| !message.contains("sent again")).count()
}

#[tokio::test]
async fn every_worker_is_killed_with_its_input_in_hand_and_the_run_ends_whole() {
    let fleet = fleet().await;
    let mut running = Vec::new();
    let mut frozen: Vec<(&str, Process)> = Vec::new();
    for (place, workers) in STAGES.iter().enumerate() {
        // The next ones ask for messages and then stand still, so that what they get is in their hands.
        let mut next = Vec::new();
        for (worker, consumer) in *workers {
            let process = fleet.run(&[worker]);
            fleet.broker.waits(consumer).await;
            process.freeze();
            next.push((*worker, process));
        }
        if place == 0 {
            fleet.broker.scrapers_done(DATE).await;
        }
        // Those before them die with their input in hand; who takes their place gives the next ones theirs.
        for (worker, process) in std::mem::replace(&mut frozen, next) {
            process.kill();
            running.push(fleet.run(&[worker]));
        }
        for (_, consumer) in *workers {
            fleet.broker.given(consumer).await;
        }
    }
    for (worker, process) in frozen {
        process.kill();
        running.push(fleet.run(&[worker]));
    }
    let finished = fleet.broker.finished(&format!("scrape-{DATE}-0")).await;
    fleet.broker.settled().await;
    check_whole(&fleet, &finished, DATE).await;
    assert_eq!(announced(&fleet, &finished), 1, "{:#?}", fleet.told());
    let status = fleet.said(&["match", "status", "--json"]).await;
    for stage in status["stages"].as_array().unwrap() {
        let tried_again = !["profile", "load"].contains(&stage["stage"].as_str().unwrap());
        assert_eq!(stage["retries"].as_u64().unwrap() > 0, tried_again, "{stage}");
    }
}

#[tokio::test]
async fn every_worker_is_killed_at_its_first_word_and_the_run_ends_whole() {
    /// What each says first. The files of an exporter are renamed together before it says a word.
    const WORDS: [(&str, &str); 9] = [
        ("loader", "profile.part.*"),
        ("geographic", "match.part.geographic-0"),
        ("business_type", "match.part.business_type-0"),
        ("pain_pattern", "match.part.pain_pattern-0"),
        ("scorer", "segment.part.*"),
        ("templater", "template.part.*"),
        ("storer", "outcome.part.store"),
        ("exporter", "outcome.part.export"),
        ("notifier", "notify.part.summary"),
    ];
    let fleet = fleet().await;
    let mut workers: BTreeMap<&str, Process> =
        WORDS.iter().map(|(worker, _)| (*worker, fleet.run(&[worker]))).collect();
    let expected = fleet.broker.run("whole", DATE, MatchConfig::default()).await;
    check_whole(&fleet, &expected, DATE).await;
    let stored = fleet.stored_pairs().await;
    for (worker, word) in WORDS {
        let mut words = fleet.broker.client.subscribe(format!("lf.v1.run.*.{word}")).await.unwrap();
        let again = RunRequest { again: true, ..request(worker, DATE, MatchConfig::default()) };
        fleet.broker.request(&again).await;
        words.next().await.unwrap();
        workers.remove(worker).unwrap().kill();
        workers.insert(worker, fleet.run(&[worker]));
        let finished = fleet.broker.finished(worker).await;
        fleet.broker.settled().await;
        check_whole(&fleet, &finished, DATE).await;
        assert_eq!(fleet.stored_pairs().await, stored, "after the death of the {worker}");
        assert_eq!(announced(&fleet, &finished), 1, "after the death of the {worker}: {:#?}", fleet.told());
    }
}

#[tokio::test]
async fn a_killed_broker_comes_back_and_the_run_ends_whole() {
    let mut fleet = fleet().await;
    let _all = fleet.run(&["all"]);
    // Who finds no broker at its start ends; this is about those who had one.
    for (_, consumer) in STAGES.concat() {
        fleet.broker.waits(consumer).await;
    }
    for (date, word) in
        [("2025-11-11", "profile.part.*"), ("2025-11-12", "match.part.*"), ("2025-11-13", "outcome.part.*")]
    {
        let mut words = fleet.broker.client.subscribe(format!("lf.v1.run.*.{word}")).await.unwrap();
        fleet.broker.request(&request(date, date, MatchConfig::default())).await;
        words.next().await.unwrap();
        fleet.stack.kill_nats();
        fleet.stack.start_nats().unwrap();
        let finished = fleet.broker.finished(date).await;
        fleet.broker.settled().await;
        check_whole(&fleet, &finished, date).await;
        assert_eq!(announced(&fleet, &finished), 1, "{:#?}", fleet.told());
    }
}

#[tokio::test]
async fn a_killed_postgres_comes_back_and_the_run_ends_whole() {
    let mut fleet = fleet().await;
    let _all = fleet.run(&["all"]);
    for (date, word) in
        [("2025-11-11", "profile.part.*"), ("2025-11-12", "match.part.*"), ("2025-11-13", "template.part.*")]
    {
        let mut words = fleet.broker.client.subscribe(format!("lf.v1.run.*.{word}")).await.unwrap();
        fleet.broker.request(&request(date, date, MatchConfig::default())).await;
        words.next().await.unwrap();
        fleet.stack.kill_postgres();
        fleet.stack.start_postgres().unwrap();
        let finished = fleet.broker.finished(date).await;
        // A run that found Postgres away is stored a second later.
        fleet.broker.settled().await;
        check_whole(&fleet, &finished, date).await;
        assert!(fleet.broker.runs.has_complete(&finished.run, Stage::Outcome, 0).await.unwrap());
    }
}
