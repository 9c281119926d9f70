//! What cannot be understood is kept, named and out of everybody's way.

use async_nats::HeaderMap;
use proto::Message as _;
use proto::subject::header;
use proto::v1::{MatchConfig, Plan, ScrapeDone};
use tests::{DATE, TestFleet, request, sample};

const REDDIT: &str = "lf.v1.event.scrape_done.reddit";

/// Publishes what the collector cannot take, and returns what was kept of it.
async fn refused(fleet: &TestFleet, content_type: Option<&str>, body: &[u8]) -> async_nats::Message {
    let mut headers = HeaderMap::new();
    if let Some(content_type) = content_type {
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    fleet.broker.publish(REDDIT, headers, body.to_vec()).await;
    let wanted = body.to_vec();
    fleet.broker.said_that("lf.v1.dead.scrape-collector.*", move |dead| dead.payload == wanted).await
}

/// The error that a dead letter tells, wherever in its headers it stands.
fn told(dead: &async_nats::Message) -> String {
    dead.headers.as_ref().map(|headers| format!("{headers:?}")).unwrap_or_default()
}

#[tokio::test]
async fn what_a_scraper_says_wrong_is_kept_byte_for_byte_and_the_next_word_is_heard() {
    let fleet = TestFleet::start().await;
    let _all = fleet.run(&["all"]);

    let dead = refused(&fleet, None, b"\xff\xff\xffnot protobuf").await;
    assert!(dead.subject.ends_with(".decode"), "{}", dead.subject);
    let dead = refused(&fleet, Some("application/json"), b"{\"source\": \"SCRAPE_SOURCE_TIKTOK\"}").await;
    assert!(told(&dead).contains("SCRAPE_SOURCE_TIKTOK"), "{}", told(&dead));
    let dead = refused(&fleet, Some("application/json"), b"{\"sorce\": 1}").await;
    assert!(told(&dead).contains("sorce"), "{}", told(&dead));
    let unknown = ScrapeDone { source: 9, date: DATE.into(), ..ScrapeDone::default() };
    let dead = refused(&fleet, None, &unknown.encode_to_vec()).await;
    assert!(told(&dead).contains("unknown source 9"), "{}", told(&dead));
    let no_date = ScrapeDone { source: 1, date: "yesterday".into(), ..ScrapeDone::default() };
    let dead = refused(&fleet, None, &no_date.encode_to_vec()).await;
    assert!(told(&dead).contains("yesterday"), "{}", told(&dead));
    assert_eq!(told(&dead).matches(REDDIT).count(), 1, "{}", told(&dead));

    fleet.broker.scraper_done("reddit", DATE).await;
    fleet.broker.said(&format!("lf.v1.run.scrape-{DATE}.scrape.part.reddit")).await;
    fleet.broker.settled().await;
    assert_eq!(fleet.broker.all("lf.v1.dead.>").await.len(), 5);
}

#[tokio::test]
async fn an_oversized_message_is_refused_before_it_is_stored() {
    let fleet = TestFleet::start().await;
    let _all = fleet.run(&["all"]);
    fleet.broker.waits("scrape-collector").await;
    // More than the broker takes at all, and more than would leave a dead letter room for its reasons.
    for (bytes, expected) in [(2 * 1024 * 1024, "payload"), (1024 * 1024 - 1024, "message size")] {
        let sent = fleet.broker.jetstream.publish(REDDIT, vec![b' '; bytes].into()).await;
        let error = match sent {
            Ok(sent) => sent.await.map(|_| ()).unwrap_err(),
            Err(error) => error,
        };
        let error = format!("{error:?}").to_lowercase();
        assert!(error.contains(expected), "{error}");
    }
    fleet.broker.scraper_done("reddit", DATE).await;
    fleet.broker.said(&format!("lf.v1.run.scrape-{DATE}.scrape.part.reddit")).await;
}

#[tokio::test]
async fn a_request_that_cannot_be_meant_is_a_dead_letter_and_people_are_told() {
    let fleet = TestFleet::start().await;
    let _all = fleet.run(&["all"]);
    let config = MatchConfig { strategies: vec![9], ..MatchConfig::default() };
    fleet.broker.request(&request("wrong", DATE, config)).await;
    let dead = fleet.broker.said("lf.v1.dead.loader.*").await;
    assert!(told(&dead).contains("unknown matching_strategies 9"), "{}", told(&dead));
    let summary = fleet.broker.said("lf.v1.run.wrong.notify.part.summary").await;
    let summary = proto::v1::RunSummary::decode(summary.payload).unwrap();
    assert_eq!(summary.status, "failed");
}

#[tokio::test]
async fn a_run_in_which_a_matcher_dies_on_a_part_ends_and_says_what_is_missing() {
    let fleet = TestFleet::start().await;
    fleet.insert(&sample(100, 1_000, 0)).await;
    let loader = fleet.run(&["loader"]);
    fleet.broker.request(&request("broken", DATE, MatchConfig::default())).await;
    let run = fleet.broker.run_of("broken").await;
    let plan = fleet.broker.said(&format!("lf.v1.run.{run}.load.plan")).await;
    assert!(Plan::decode(plan.payload).unwrap().parts > 1);
    assert!(loader.stop().success());

    // Only the one matcher ever sees the garbage.
    let part = format!("lf.v1.run.{run}.load.part.1");
    let clinics = fleet.broker.said(&part).await;
    fleet.broker.publish(&part, HeaderMap::new(), b"\xff\xff\xff".to_vec()).await;
    let geographic = fleet.run(&["geographic"]);
    let dead = fleet.broker.said("lf.v1.dead.matcher-geographic.*").await;
    assert_eq!(dead.payload.as_ref(), b"\xff\xff\xff");
    fleet.broker.said(&format!("lf.v1.run.{run}.match.part.geographic-0")).await;
    assert!(geographic.stop().success());
    fleet.broker.publish(&part, HeaderMap::new(), clinics.payload.to_vec()).await;

    let others =
        ["loader", "business_type", "pain_pattern", "scorer", "templater", "storer", "exporter", "notifier"];
    let _others = fleet.run(&others);
    let finished = fleet.broker.finished("broken").await;
    assert_eq!(finished.summary.status, "complete");
    assert!(finished.summary.missing.contains(&"match geographic-1".to_owned()), "{:?}", finished.summary);
    assert!(finished.summary.clinics_matched > 0);
    fleet.told_of("geographic-1").await;
}
