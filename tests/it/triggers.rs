//! When a run is due: scrapers, the tick of 03:00, and how they are one run (X31).

use proto::v1::Tick;
use proto::{Outgoing, Stage, Token};
use tests::{DATE, Rows, TestFleet, clinic, numbered, pain};

const OTHER_DATE: &str = "2025-11-12";

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

async fn tick(fleet: &TestFleet, date: &str) {
    let fire_time = format!("{date}T03:00:00Z");
    let tick = Tick { job: "match".into(), fire_time: fire_time.clone(), local_date: date.into() };
    let key = Token::squeezed(&format!("match-{date}"));
    let id = format!("tick:match:{fire_time}");
    fleet.broker.say(&Outgoing::event(Token::squeezed("tick"), key, id, &tick)).await;
}

/// How many runs of a date were announced.
async fn announced(fleet: &TestFleet, date: &str) -> usize {
    let date = date.replace('-', "");
    let summaries = fleet.broker.all("lf.v1.run.*.notify.part.summary").await;
    summaries.iter().filter(|message| message.subject.contains(&format!(".{date}-"))).count()
}

#[tokio::test]
async fn scrapers_and_the_tick_on_the_same_input_are_one_run() {
    let fleet = fleet().await;
    let _all = fleet.run(&["all"]);
    fleet.broker.scrapers_done(DATE).await;
    let finished = fleet.broker.finished(&format!("scrape-{DATE}-0")).await;
    tick(&fleet, DATE).await;
    fleet.broker.scrapers_done(DATE).await;
    fleet.broker.settled().await;
    assert_eq!(announced(&fleet, DATE).await, 1);
    assert_eq!(fleet.announcements(&finished.run).len(), 1, "{:#?}", fleet.told());
}

#[tokio::test]
async fn at_three_a_missing_scraper_is_named_and_the_rest_is_matched() {
    let fleet = fleet().await;
    let _all = fleet.run(&["all"]);
    for source in ["reddit", "linkedin"] {
        fleet.broker.scraper_done(source, DATE).await;
        fleet.broker.said(&format!("lf.v1.run.scrape-{DATE}.scrape.part.{source}")).await;
    }
    tick(&fleet, DATE).await;
    let first = fleet.broker.finished(&format!("scrape-{DATE}-0")).await;
    assert_eq!(first.summary.clinics_matched, 5);
    fleet.told_of("Google Maps not done").await;

    // What came late changed nothing: no second run.
    fleet.broker.scraper_done("google_maps", DATE).await;
    fleet.broker.said(&format!("lf.v1.run.scrape-{DATE}.scrape.complete.1")).await;
    fleet.broker.settled().await;
    assert_eq!(announced(&fleet, DATE).await, 1);
}

#[tokio::test]
async fn a_late_scraper_that_brings_rows_starts_a_corrected_run() {
    let fleet = fleet().await;
    let _all = fleet.run(&["all"]);
    for source in ["reddit", "linkedin"] {
        fleet.broker.scraper_done(source, OTHER_DATE).await;
        fleet.broker.said(&format!("lf.v1.run.scrape-{OTHER_DATE}.scrape.part.{source}")).await;
    }
    tick(&fleet, OTHER_DATE).await;
    let first = fleet.broker.finished(&format!("scrape-{OTHER_DATE}-0")).await;
    let more = Rows { clinics: numbered(3, clinic("Rehab", "Phoenix", "AZ")), ..Rows::default() };
    fleet.insert(&more).await;
    fleet.broker.scraper_done("google_maps", OTHER_DATE).await;
    let second = fleet.broker.finished(&format!("scrape-{OTHER_DATE}-1")).await;
    assert_ne!(first.run, second.run);
    assert_eq!((first.summary.clinics_matched, second.summary.clinics_matched), (5, 8));
    fleet.broker.settled().await;
    assert_eq!(announced(&fleet, OTHER_DATE).await, 2);
    assert_eq!(fleet.stored_pairs().await.len(), 8);
    assert_eq!(fleet.number("SELECT count(*) FROM runs WHERE current").await, 1);
}

#[tokio::test]
async fn a_request_is_carried_out_once_however_often_it_is_made() {
    let fleet = fleet().await;
    let _all = fleet.run(&["all"]);
    let request = tests::request("asked", DATE, proto::v1::MatchConfig::default());
    fleet.broker.request(&request).await;
    let finished = fleet.broker.finished("asked").await;
    let again = tests::request("asked-again", DATE, proto::v1::MatchConfig::default());
    fleet.broker.request(&again).await;
    assert_eq!(fleet.broker.run_of("asked-again").await, finished.run);
    fleet.broker.settled().await;
    assert_eq!(announced(&fleet, DATE).await, 1);
    assert!(fleet.broker.runs.has_complete(&finished.run, Stage::Outcome, 0).await.unwrap());
}
