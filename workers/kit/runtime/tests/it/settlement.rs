//! Every class of failure, from outside.

use crate::fleet::{Broker, Probe, first, header, job, part, run, schema};
use async_nats::HeaderMap;
use proto::Outbox;
use proto::v1::{Alert, RunRequest};
use proto::{Message as _, Outgoing};
use runtime::{Fault, OrFault as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

fn lost() -> Fault {
    std::io::Error::other("connection lost").into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_message_comes_again_until_it_succeeds() {
    let broker = Broker::start().await;
    let runtime = broker.runtime().await;
    let tries = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&tries);
    let (probe, mut seen) = Probe::new(move |_, delivery| {
        assert_eq!(delivery.attempts, count.load(Ordering::SeqCst));
        if count.fetch_add(1, Ordering::SeqCst) < 2 {
            Err(lost())
        } else {
            Ok(Outbox::none().with(job("next")))
        }
    });
    let worker = run(&runtime, probe);
    runtime.publish(&job("a")).await.unwrap();
    assert_eq!(seen.recv().await.unwrap(), "a");
    assert_eq!(seen.recv().await.unwrap(), "a");
    assert_eq!(seen.recv().await.unwrap(), "a");
    first(&runtime, "JOBS", "lf.v1.job.probe.c.next").await;
    runtime.stop();
    worker.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_of_a_later_delivery_says_so_and_is_the_same_message() {
    let broker = Broker::start().await;
    let runtime = broker.runtime().await;
    let (probe, mut seen) = Probe::new(|request, delivery| match request.request_id.as_str() {
        "again" if delivery.attempts == 0 => Err(lost()),
        id => Ok(Outbox::none().with(part(id, "0")).with(part(id, "1"))),
    });
    let worker = run(&runtime, probe);
    // As the first delivery would have said it, had it come further.
    runtime.publish(&part("again", "1")).await.unwrap();
    for id in ["again", "once"] {
        runtime.publish(&job(id)).await.unwrap();
    }
    let again = first(&runtime, "RUN", "lf.v1.run.again.match.part.0").await;
    let said = ["Lf-Try", "Lf-Cause", "Nats-Msg-Id"].map(|name| header(&again, name));
    assert_eq!(said, ["probe 2", &job("again").id(0), &part("again", "0").id(0)]);
    let once = first(&runtime, "RUN", "lf.v1.run.once.match.part.1").await;
    assert_eq!((header(&once, "Lf-Try"), header(&once, "Lf-Cause")), ("", job("once").id(0).as_str()));
    runtime.stop();
    worker.await.unwrap();
    assert_eq!([seen.recv().await, seen.recv().await, seen.recv().await].iter().flatten().count(), 3);
    let there = first(&runtime, "RUN", "lf.v1.run.again.match.part.1").await;
    assert_eq!((header(&there, "Lf-Try"), header(&there, "Lf-Cause")), ("", ""), "it was there already");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spent_budget_ends_in_one_dead_letter_that_keeps_the_original() {
    let broker = Broker::start().await;
    let runtime = broker.runtime().await;
    let (probe, mut seen) = Probe::new(|_, _| Err(lost()));
    let worker = run(&runtime, probe);
    runtime.publish(&job("a")).await.unwrap();
    let dead = first(&runtime, "DEAD", "lf.v1.dead.probe.exhausted").await;
    assert_eq!(header(&dead, "Dl-Subject"), "lf.v1.job.probe.c.a");
    assert_eq!(header(&dead, "Dl-Attempts"), "3");
    assert_eq!(header(&dead, "Dl-Error"), "connection lost");
    assert_eq!(header(&dead, "Lf-Schema"), schema());
    assert_eq!(RunRequest::decode(dead.payload).unwrap().request_id, "a");
    let tombstone = first(&runtime, "RUN", "lf.v1.run.a.match.part.0").await;
    assert_eq!(header(&tombstone, "Lf-Tombstone"), "exhausted");
    assert_eq!(header(&tombstone, "Lf-Try"), "probe 3");
    runtime.stop();
    worker.await.unwrap();
    for _ in 0..3 {
        assert_eq!(seen.recv().await.unwrap(), "a");
    }
    assert_eq!(seen.recv().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_costs_no_attempt() {
    let broker = Broker::start().await;
    let runtime = broker.runtime().await;
    let tries = AtomicU32::new(0);
    let (probe, mut seen) = Probe::new(move |_, delivery| {
        assert_eq!(delivery.attempts, 0);
        if tries.fetch_add(1, Ordering::SeqCst) < 6 {
            return Err(Fault::Wait { after: Duration::from_millis(5), cause: "rate limit".into() });
        }
        Ok(Outbox::none())
    });
    let worker = run(&runtime, probe);
    runtime.publish(&job("a")).await.unwrap();
    for _ in 0..7 {
        assert_eq!(seen.recv().await.unwrap(), "a");
    }
    runtime.stop();
    worker.await.unwrap();
    assert_eq!(runtime.runs().count("lf.v1.run.>").await.unwrap(), 0, "nothing died");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_decoded_is_dead_at_its_first_delivery_with_its_bytes() {
    let broker = Broker::start().await;
    let runtime = broker.runtime().await;
    let (probe, mut seen) = Probe::new(|_, _| Ok(Outbox::none()));
    let worker = run(&runtime, probe);
    runtime
        .jetstream()
        .publish("lf.v1.job.probe.c.bad", "\u{ff}\u{fe}junk".into())
        .await
        .unwrap()
        .await
        .unwrap();
    let dead = first(&runtime, "DEAD", "lf.v1.dead.probe.decode").await;
    assert_eq!(dead.payload, "\u{ff}\u{fe}junk");
    assert_eq!(header(&dead, "Dl-Deliveries"), "1");
    runtime.stop();
    worker.await.unwrap();
    assert_eq!(seen.recv().await, None, "the handler never saw it");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_schema_under_our_subject_is_refused_by_name() {
    let broker = Broker::start().await;
    let runtime = broker.runtime().await;
    let (probe, _seen) = Probe::new(|_, _| Ok(Outbox::none()));
    let worker = run(&runtime, probe);
    let mut headers = HeaderMap::new();
    headers.insert("Lf-Schema", "leadfleet.v1.Alert");
    let bytes = Alert::default().encode_to_vec();
    let sent = runtime.jetstream().publish_with_headers("lf.v1.job.probe.c.x", headers, bytes.into()).await;
    sent.unwrap().await.unwrap();
    let dead = first(&runtime, "DEAD", "lf.v1.dead.probe.decode").await;
    assert!(header(&dead, "Dl-Error").contains("leadfleet.v1.Alert"), "{}", header(&dead, "Dl-Error"));
    runtime.stop();
    worker.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_in_json_is_understood() {
    let broker = Broker::start().await;
    let runtime = broker.runtime().await;
    let (probe, mut seen) = Probe::new(|_, _| Ok(Outbox::none()));
    let worker = run(&runtime, probe);
    let mut headers = HeaderMap::new();
    headers.insert("Content-Type", "application/json");
    let json = r#"{"request_id": "from-json"}"#;
    runtime
        .jetstream()
        .publish_with_headers("lf.v1.job.probe.c.j", headers, json.into())
        .await
        .unwrap()
        .await
        .unwrap();
    assert_eq!(seen.recv().await.unwrap(), "from-json");
    runtime.stop();
    worker.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_a_failed_attempt_not_the_end_of_the_process() {
    let broker = Broker::start().await;
    let runtime = broker.runtime().await;
    let (probe, _seen) = Probe::new(|_, _| panic!("division by zero"));
    let worker = run(&runtime, probe);
    runtime.publish(&job("a")).await.unwrap();
    let dead = first(&runtime, "DEAD", "lf.v1.dead.probe.>").await;
    assert_eq!(header(&dead, "Dl-Error"), "panic: division by zero");
    runtime.stop();
    worker.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_of_which_nothing_is_known_are_crashes_and_bounded() {
    let broker = Broker::start().await;
    let runtime = broker.runtime().await;
    runtime.provision::<Probe>().await.unwrap();
    runtime.publish(&job("a")).await.unwrap();
    // Two processes that take the message and die: they settle nothing and leave no record.
    let consumer: async_nats::jetstream::consumer::PullConsumer =
        runtime.jetstream().get_consumer_from_stream("probe-v1", "JOBS").await.unwrap();
    for _ in 0..2 {
        let mut batch =
            consumer.batch().max_messages(1).expires(Duration::from_secs(20)).messages().await.unwrap();
        futures::StreamExt::next(&mut batch).await.unwrap().unwrap();
    }
    let (probe, mut seen) = Probe::new(|_, _| Ok(Outbox::none()));
    let worker = run(&runtime, probe);
    let dead = first(&runtime, "DEAD", "lf.v1.dead.probe.crash_poison").await;
    assert_eq!(header(&dead, "Dl-Crashes"), "2");
    runtime.stop();
    worker.await.unwrap();
    assert_eq!(seen.recv().await, None, "it was not tried a third time");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_gate_stops_the_pulling_and_opens_by_its_probe() {
    let broker = Broker::start().await;
    let runtime = broker.runtime().await;
    let tries = AtomicU32::new(0);
    let (probe, mut seen) = Probe::new(move |_, delivery| {
        assert_eq!(delivery.attempts, 0, "a gate costs no attempt");
        if tries.fetch_add(1, Ordering::SeqCst) == 0 {
            Err(lost()).or_gate_for_test()
        } else {
            Ok(Outbox::none())
        }
    });
    let probed = Arc::clone(&probe.probed);
    let worker = run(&runtime, probe);
    runtime.publish(&job("a")).await.unwrap();
    assert_eq!(seen.recv().await.unwrap(), "a");
    first(&runtime, "EVENTS", "lf.v1.event.alert.gate-closed").await;
    runtime.publish(&job("b")).await.unwrap();
    let mut both = [seen.recv().await.unwrap(), seen.recv().await.unwrap()];
    both.sort();
    assert_eq!(both, ["a", "b"]);
    assert!(probed.load(Ordering::SeqCst), "nothing was pulled before the probe");
    runtime.stop();
    worker.await.unwrap();
}

trait OrGateForTest {
    fn or_gate_for_test(self) -> Result<Outbox, Fault>;
}

impl OrGateForTest for Result<Outbox, Fault> {
    fn or_gate_for_test(self) -> Result<Outbox, Fault> {
        self.or_else(|fault| Err(std::io::Error::other(fault.chain())).or_gate("postgres"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_worker_hands_back_and_loses_nothing() {
    let broker = Broker::start().await;
    let first_fleet = broker.runtime().await;
    let (probe, mut seen) = Probe::new(|_, _| Ok(Outbox::none()));
    let worker = run(&first_fleet, probe);
    for id in 0..200 {
        first_fleet.publish(&job(&format!("m{id}"))).await.unwrap();
    }
    seen.recv().await.unwrap();
    first_fleet.stop();
    worker.await.unwrap();
    let mut ids = vec!["first".to_owned()];
    while let Ok(id) = seen.try_recv() {
        ids.push(id);
    }

    let second_fleet = broker.runtime().await;
    let (probe, mut seen) = Probe::new(|_, _| Ok(Outbox::none()));
    let worker = run(&second_fleet, probe);
    while ids.len() < 200 {
        ids.push(seen.recv().await.unwrap());
    }
    second_fleet.stop();
    worker.await.unwrap();
    assert_eq!(seen.recv().await, None, "no message was handled twice");
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_too_large_to_send_is_an_error_that_says_so() {
    let broker = Broker::start().await;
    let runtime = broker.runtime().await;
    let request = RunRequest { request_id: "x".repeat(300_000), ..RunRequest::default() };
    let large = Outgoing::job("probe", "c".parse().unwrap(), "large".parse().unwrap(), &request);
    let error = runtime.publish(&large).await.unwrap_err().to_string();
    assert!(error.contains("more than 262144"), "{error}");
}
