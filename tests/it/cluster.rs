//! Three nats-servers with three copies of every stream: one that is away holds nobody up, without two nothing is forgotten.

use std::time::Duration;

use async_nats::HeaderMap;
use async_nats::connection::State;
use async_nats::jetstream::stream::Config;
use futures::{StreamExt as _, TryStreamExt as _};
use proto::subject::header;
use proto::v1::MatchConfig;
use tests::{Rows, TestFleet, clinic, numbered, pain, request};
use tokio::time::timeout;

/// More than followers wait before they elect another leader.
const ELECTION: Duration = Duration::from_secs(30);
const SUBJECT: &str = "lf.v1.event.lead_created.cluster";

async fn filled(fleet: TestFleet) -> TestFleet {
    let rows = Rows {
        pain_points: vec![pain("emr", "The EMR of a PT in Phoenix, Arizona", 6.0, 2)],
        clinics: numbered(40, clinic("Physical Therapy", "Phoenix", "AZ")),
        ..Rows::default()
    };
    fleet.insert(&rows).await;
    fleet
}

/// Streams, and those behind buckets.
async fn streams(fleet: &TestFleet) -> Vec<Config> {
    let streams: Vec<_> = fleet.broker.jetstream.streams().try_collect().await.unwrap();
    assert!(streams.len() > 10, "{streams:?}");
    streams.into_iter().map(|info| info.config).collect()
}

#[tokio::test]
async fn a_run_goes_on_while_any_one_of_three_nats_servers_is_away() {
    let mut fleet = filled(TestFleet::on_a_cluster().await).await;
    let _all = fleet.run(&["all"]);
    fleet.broker.waits("notifier").await;
    for config in streams(&fleet).await {
        assert_eq!((config.num_replicas, config.allow_direct), (3, false), "{}", config.name);
    }
    for (server, date) in ["2025-11-11", "2025-11-12", "2025-11-13"].into_iter().enumerate() {
        let mut words = fleet.broker.client.subscribe("lf.v1.run.*.match.part.*").await.unwrap();
        fleet.broker.request(&request(date, date, MatchConfig::default())).await;
        words.next().await.unwrap();
        fleet.stack.kill_nats_server(server);
        let finished = fleet.broker.finished(date).await;
        let summary = &finished.summary;
        assert!(summary.total_clinics_analyzed == 40 && summary.missing.is_empty(), "{summary:?}");
        fleet.stack.start_nats().unwrap();
    }
    fleet.broker.settled().await;
}

#[tokio::test]
async fn without_a_majority_nothing_is_accepted_and_nothing_that_was_is_forgotten() {
    let mut fleet = TestFleet::on_a_cluster().await;
    let publish = async |id: &str| {
        let mut headers = HeaderMap::new();
        headers.insert(header::MESSAGE_ID, id);
        let sent = fleet.broker.jetstream.publish_with_headers(SUBJECT, headers, "{}".into()).await;
        timeout(Duration::from_secs(2), sent.ok()?.into_future()).await.ok()?.ok()
    };
    let before = publish("before").await.unwrap();
    fleet.stack.kill_nats_server(0);
    fleet.stack.kill_nats_server(1);
    // The one that is left has it now.
    let is_connected = || async { fleet.broker.client.connection_state() == State::Connected };
    fleet.broker.until("a connection to the last one", is_connected).await;
    assert!(publish("meanwhile").await.is_none(), "one of three acknowledged alone");
    fleet.stack.start_nats().unwrap();
    let again = timeout(ELECTION, async {
        loop {
            if let Some(acknowledged) = publish("meanwhile").await {
                return acknowledged;
            }
        }
    });
    // Whether the first try was stored or not, it is there once.
    assert_eq!(again.await.unwrap().sequence, before.sequence + 1);
    assert!(publish("before").await.unwrap().duplicate);
}

#[tokio::test]
async fn copies_are_made_and_taken_away_as_asked_and_stay_otherwise() {
    let fleet = TestFleet::on_a_cluster().await.with("LEADFLEET_REPLICAS", "1");
    fleet.said(&["provision", "--json"]).await;
    check_copies(&fleet, 1).await;
    let fleet = fleet.with("LEADFLEET_REPLICAS", "3");
    fleet.said(&["provision", "--json"]).await;
    check_copies(&fleet, 3).await;
    let fleet = fleet.without("LEADFLEET_REPLICAS");
    fleet.said(&["provision", "--json"]).await;
    check_copies(&fleet, 3).await;
}

async fn check_copies(fleet: &TestFleet, copies: usize) {
    for config in streams(fleet).await {
        assert_eq!((config.num_replicas, config.allow_direct), (copies, copies == 1), "{}", config.name);
    }
    // It fails for want of other things here.
    let (_, said) = fleet.leadfleet(&["doctor"]).end().await;
    assert!(!said.contains("set up otherwise"), "{said}");
}

#[tokio::test]
async fn an_even_number_of_copies_is_refused() {
    let fleet = TestFleet::start().await.with("LEADFLEET_REPLICAS", "2");
    let (status, log) = fleet.leadfleet(&["provision"]).end().await;
    assert!(!status.success() && log.contains("use 1, 3 or 5"), "{log}");
}
