//! A message that kills every process that takes it, among ten thousand that do not.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use runtime::Stored;
use tests::TestFleet;

const OTHERS: i32 = 10_000;

fn date(number: i32) -> NaiveDate {
    NaiveDate::from_num_days_from_ce_opt(700_000 + number).unwrap()
}

fn header<'a>(stored: &'a Stored, name: &str) -> &'a str {
    stored.headers.get(name).map_or("", |value| value.as_str())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_kills_processes_is_put_aside_and_holds_nobody_up() {
    let fleet = TestFleet::start().await.with("LEADFLEET_TRIP", "begun:.poison");
    // A steady stream that the worker can bear, so that a delay tells of the crashes and not of a queue.
    tests::program();
    let said = async {
        let mut pace = tokio::time::interval(std::time::Duration::from_millis(1));
        for number in 0..=OTHERS {
            let key = if number == OTHERS / 2 { "poison".to_owned() } else { format!("reddit{number}") };
            let date = date(number);
            let body = format!(r#"{{"source": "SCRAPE_SOURCE_REDDIT", "date": "{date}", "records": 1}}"#);
            fleet.broker.publish_json(&format!("lf.v1.event.scrape_done.{key}"), body).await;
            pace.tick().await;
        }
    };
    let supervised = async {
        let (mut deaths, mut process) = (0, fleet.run(&["loader"]));
        let mut again = tokio::time::interval(std::time::Duration::from_millis(20));
        while fleet.broker.all("lf.v1.dead.>").await.is_empty() {
            if process.ended() {
                deaths += 1;
                process = fleet.run(&["loader"]);
            }
            again.tick().await;
        }
        (deaths, process)
    };
    let ((), supervised) = tokio::join!(said, tokio::time::timeout(tests::DEADLINE, supervised));
    let (deaths, mut process) = supervised.expect("the message was not put aside");
    fleet.broker.settled().await;
    assert!(!process.ended(), "the process that put it aside lives on");
    // Two took others along, the third was a child with nothing else in hand.
    assert_eq!(deaths, 2);
    let [letter] = fleet.broker.all("lf.v1.dead.>").await.try_into().ok().expect("one dead letter");
    assert_eq!((header(&letter, "Dl-Class"), header(&letter, "Dl-Crashes")), ("crash_poison", "3"));
    assert_eq!(header(&letter, "Dl-Subject"), "lf.v1.event.scrape_done.poison");

    let parts = fleet.broker.all("lf.v1.run.*.scrape.part.>").await;
    let took: HashMap<String, DateTime<Utc>> =
        parts.iter().map(|part| (part.subject.clone(), part.published_at)).collect();
    let events = fleet.broker.all("lf.v1.event.scrape_done.>").await;
    let mut delays: Vec<f64> = (0..=OTHERS)
        .zip(events)
        .filter(|(number, _)| *number != OTHERS / 2)
        .map(|(number, event)| {
            let part = took[&format!("lf.v1.run.scrape-{}.scrape.part.reddit", date(number))];
            (part - event.published_at).as_seconds_f64()
        })
        .collect();
    assert_eq!(delays.len(), OTHERS as usize);
    delays.sort_by(f64::total_cmp);
    report(delays[delays.len() * 99 / 100], delays[delays.len() - 1]);
}

#[expect(clippy::print_stdout, reason = "a measurement is printed, not asserted")]
fn report(p99: f64, longest: f64) {
    println!("delay of the others: p99 {p99:.3} s, longest {longest:.3} s");
}
