//! Deaths, stops and absences, with what they may cost at most: no message, and few deliveries.

use std::collections::BTreeMap;
use std::time::Instant;

use proto::v1::MatchConfig;
use tests::{DATE, Deliveries, Process, TestFleet, request, sample};

const WORKERS: [&str; 9] = [
    "loader",
    "geographic",
    "business_type",
    "pain_pattern",
    "scorer",
    "templater",
    "storer",
    "exporter",
    "notifier",
];

/// Figures are printed, not asserted: a busy machine is no fault.
#[expect(clippy::print_stdout, reason = "a measurement is printed")]
fn report(what: &str, figure: impl std::fmt::Display) {
    println!("{what}: {figure}");
}

#[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
fn now() -> Instant {
    Instant::now()
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_messages_of_a_killed_worker_are_taken_over_within_the_lease() {
    let fleet = TestFleet::start().await;
    let dies = fleet.run(&["loader"]);
    fleet.broker.waits("scrape-collector").await;
    dies.freeze();
    for day in 1..=8 {
        fleet.broker.scraper_done("reddit", &format!("2025-11-{day:02}")).await;
    }
    fleet.broker.until("eight messages in hand", || fleet.broker.has_in_hand("scrape-collector", 8)).await;
    let _heir = fleet.run(&["loader"]);
    let killed_at = now();
    dies.kill();
    for day in 1..=8 {
        fleet.broker.said(&format!("lf.v1.run.scrape-2025-11-{day:02}.scrape.part.reddit")).await;
    }
    report(
        "eight messages of a killed worker, lease 2 s, were done after",
        format!("{:?}", killed_at.elapsed()),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_that_are_asked_to_end_in_turn_leave_nothing_behind() {
    const RUNS: u32 = 18;
    let fleet = TestFleet::start().await;
    fleet.insert(&sample(60, 120, 60)).await;
    let mut running: BTreeMap<&str, Process> =
        WORKERS.into_iter().map(|worker| (worker, fleet.run(&[worker]))).collect();
    for consumer in ["loader", "storer", "notifier"] {
        fleet.broker.waits(consumer).await;
    }
    let deliveries = Deliveries::watch(&fleet.broker.client).await;
    let dates: Vec<String> =
        (0..RUNS).map(|day| format!("2025-{:02}-{:02}", 1 + day / 9, 1 + day % 9)).collect();
    let mut longest = std::time::Duration::ZERO;
    for (worker, dates) in WORKERS.into_iter().zip(dates.chunks(2)) {
        for date in dates {
            fleet.broker.request(&request(date, date, MatchConfig::default())).await;
        }
        let heir = fleet.run(&[worker]);
        let old = running.insert(worker, heir).unwrap();
        let asked_at = now();
        let status = old.stop();
        longest = longest.max(asked_at.elapsed());
        assert!(status.success(), "{worker}: {status}");
    }
    for date in &dates {
        assert_eq!(fleet.broker.finished(date).await.summary.status, "complete", "{date}");
    }
    fleet.broker.settled().await;
    assert_eq!(deliveries.again(), [], "messages came again");
    assert!(fleet.broker.all("lf.v1.dead.>").await.is_empty());
    report("the longest of nine stops under load took", format!("{longest:?}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_wait_for_postgres_without_dying_and_without_being_tried_in_vain() {
    let waiting: usize = count("PROMISE_WAITING", 500);
    let patience = tests::DEADLINE * (1 + waiting as u32 / 1_000);
    let mut fleet = TestFleet::start().await;
    fleet.insert(&sample(20, 30, 10)).await;
    let _all = fleet.run(&["all"]);
    let ask = async |fleet: &TestFleet, prefix: &str| {
        for number in 0..waiting {
            fleet.broker.request(&request(&format!("{prefix}-{number}"), DATE, MatchConfig::default())).await;
        }
    };
    // How fast it goes on a good day.
    fleet.broker.request(&request("first", DATE, MatchConfig::default())).await;
    fleet.broker.run_of("first").await;
    let asked_at = now();
    ask(&fleet, "good").await;
    fleet.broker.settled_within(patience).await;
    let good = asked_at.elapsed().as_secs_f64();

    fleet.stack.stop_postgres().unwrap();
    let deliveries = Deliveries::watch(&fleet.broker.client).await;
    ask(&fleet, "bad").await;
    fleet.broker.said("lf.v1.event.alert.gate-closed").await;
    // An hour passes as fast as the gate is kept closed: every probe of it fails.
    fleet.broker.gate_is_kept_closed("loader.postgres", 20).await;
    fleet.stack.start_postgres().unwrap();
    let back_at = now();
    fleet.broker.settled_within(patience).await;
    let bad = back_at.elapsed().as_secs_f64();
    let counts = deliveries.counts("loader-v1");
    assert_eq!(counts.values().sum::<usize>(), waiting);
    assert!(counts.keys().all(|deliveries| *deliveries <= 2), "{counts:?}");
    assert!(fleet.broker.all("lf.v1.dead.>").await.is_empty());
    let alerts = fleet.broker.all("lf.v1.event.alert.gate-closed").await.len();
    assert_eq!(alerts, 1);
    report("deliveries of requests that waited for Postgres", format!("{counts:?}"));
    report(
        "requests per second before, and from the moment it was back",
        format!("{:.0}, {:.0}", waiting as f64 / good, waiting as f64 / bad),
    );
}

/// A size that a longer measurement names.
fn count(variable: &str, usual: usize) -> usize {
    #[expect(clippy::disallowed_methods, reason = "a test has no configuration struct")]
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}
