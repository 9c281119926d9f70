//! A dead part of a finished run is replayed: the run is corrected as a whole, and people are told once.

use proto::Message as _;
use proto::v1::{MatchConfig, RunSummary};
use tests::{DATE, TestFleet, request, sample};

/// Kills the matcher whenever it begins with the first part of the clinics.
const TRIP: (&str, &str) = ("LEADFLEET_TRIP", "begun:load.part.0");

/// Runs the matcher again and again, until what kills it is a dead letter.
async fn until_it_is_dead(fleet: &TestFleet) {
    let mut matcher = fleet.run(&["geographic"]);
    let mut again = tokio::time::interval(std::time::Duration::from_millis(50));
    while fleet.broker.all("lf.v1.dead.>").await.is_empty() {
        if matcher.ended() {
            matcher = fleet.run(&["geographic"]);
        }
        again.tick().await;
    }
    assert!(matcher.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_part_corrects_its_run_once() {
    let fleet = TestFleet::start().await;
    fleet.insert(&sample(100, 200, 200)).await;
    let _others = fleet.run(&[
        "loader",
        "business_type",
        "pain_pattern",
        "scorer",
        "templater",
        "storer",
        "exporter",
        "notifier",
    ]);
    let fleet = fleet.with(TRIP.0, TRIP.1);
    fleet.broker.request(&request("wounded", DATE, MatchConfig::default())).await;
    tokio::time::timeout(tests::DEADLINE, until_it_is_dead(&fleet)).await.unwrap();
    let wounded = fleet.broker.finished("wounded").await;
    assert!(!wounded.summary.missing.is_empty(), "{:?}", wounded.summary);
    fleet.broker.settled().await;
    let before = fleet.stored_pairs().await;
    assert_eq!(fleet.announcements(&wounded.run).len(), 1);

    // What killed it is repaired.
    let fleet = fleet.with(TRIP.0, "nothing:0");
    let _matcher = fleet.run(&["geographic"]);
    let (status, dry_run) =
        fleet.leadfleet(&["dead", "replay", "--class", "crash_poison", "--json"]).end().await;
    assert!(status.success(), "{dry_run}");
    assert!(dry_run.contains(wounded.run.as_str()), "{dry_run}");
    assert_eq!(fleet.broker.all("lf.v1.run.*.*.complete.1").await.len(), 0, "a dry run changes nothing");
    let reason = ["--apply", "--reason", "the matcher is repaired"];
    let (status, replay) = fleet
        .leadfleet(&[&["dead", "replay", "--class", "crash_poison"], reason.as_slice()].concat())
        .end()
        .await;
    assert!(status.success(), "{replay}");

    let corrected = |message: &async_nats::Message| {
        RunSummary::decode(message.payload.clone()).unwrap().missing.is_empty()
    };
    let subject = format!("lf.v1.run.{}.notify.part.summary", wounded.run);
    let summary = RunSummary::decode(fleet.broker.said_that(&subject, corrected).await.payload).unwrap();
    fleet.broker.settled().await;
    let stored = fleet.stored_pairs().await;
    assert_eq!(stored.len(), summary.clinics_matched as usize);
    assert_ne!(stored, before);
    let files = fleet.files(DATE);
    assert_eq!((files.csv_pairs(), files.json_pairs()), (stored.clone(), stored.clone()));
    let told = fleet.announcements(&wounded.run);
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(!told[0].contains("Correction") && told[1].contains("Correction"), "{told:#?}");
    // Nothing is told or stored that a run without the death would not have.
    let again = proto::v1::RunRequest { again: true, ..request("whole", DATE, MatchConfig::default()) };
    fleet.broker.request(&again).await;
    let whole = fleet.broker.finished("whole").await;
    fleet.broker.settled().await;
    assert_eq!(whole.summary.segments_created, summary.segments_created);
    assert_eq!(fleet.stored_pairs().await, stored);

    // A second replay finds nothing left to do.
    let (status, text) = fleet
        .leadfleet(&[&["dead", "replay", "--class", "crash_poison"], reason.as_slice()].concat())
        .end()
        .await;
    assert!(!status.success(), "{text}");
    assert_eq!(fleet.announcements(&wounded.run).len(), 2);
}
