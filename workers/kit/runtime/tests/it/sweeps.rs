//! What the server gave up on its own, and what the sweep makes of it.

use crate::fleet::{Broker, Probe, first, header, job, plan, run};
use async_nats::HeaderMap;
use async_nats::jetstream::AckKind;
use async_nats::jetstream::consumer::PullConsumer;
use async_nats::jetstream::stream::Config;
use futures::StreamExt as _;
use proto::Outbox;
use runtime::Runtime;
use std::future::Future;
use std::time::Duration;

const SWEEP: &str = "sweep-probe-v1";
const ADVISORY: &str = "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.JOBS.probe-v1";

async fn consumer(runtime: &Runtime, name: &str, stream: &str) -> Option<PullConsumer> {
    runtime.jetstream().get_consumer_from_stream(name, stream).await.ok()
}

/// Asks the broker until it is so.
pub(crate) async fn until<F: Future<Output = bool>>(mut is_so: impl FnMut() -> F) {
    let asking = async { while !is_so().await {} };
    tokio::time::timeout(Duration::from_secs(30), asking).await.expect("it never was so");
}

/// Tells the sweep that the server has given up a message, as the server would.
async fn give_up(runtime: &Runtime, stream: &str, sequence: u64) {
    let advisory = serde_json::json!({
        "stream": stream, "consumer": "probe-v1", "stream_seq": sequence, "deliveries": 1_000,
    });
    let sent = runtime.jetstream().publish(ADVISORY, advisory.to_string().into()).await.unwrap();
    sent.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_the_server_gave_up_leaves_a_dead_letter_and_tombstones_in_its_generation() {
    let broker = Broker::start().await;
    let runtime = broker.runtime().await;
    runtime.provision::<Probe>().await.unwrap();
    runtime.publish(&plan("r-1", 1)).await.unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("Lf-Generation", "2");
    let job = job("r-1");
    let sent = runtime.jetstream().publish_with_headers(job.subject.to_string(), headers, job.payload.into());
    sent.await.unwrap().await.unwrap();
    // One at a time, as the pull loop asks, each refusal taken by the server before it is asked again.
    let (client, inbox) = (runtime.client(), runtime.client().new_inbox());
    let mut messages = client.subscribe(inbox.clone()).await.unwrap();
    for _ in 0..1_000 {
        let wanted = r#"{"batch":1,"expires":20000000000}"#.into();
        let next = "$JS.API.CONSUMER.MSG.NEXT.JOBS.probe-v1";
        client.publish_with_reply(next, inbox.clone(), wanted).await.unwrap();
        let reply = messages.next().await.unwrap().reply.unwrap();
        client.request(reply, AckKind::Nak(None).into()).await.unwrap();
    }
    let (probe, mut seen) = Probe::new(|_, _| Ok(Outbox::none()));
    let worker = run(&runtime, probe);
    let dead = first(&runtime, "DEAD", "lf.v1.dead.probe.crash_poison").await;
    let said = ["Dl-Deliveries", "Dl-Crashes", "Dl-Gen", "Dl-Subject"].map(|name| header(&dead, name));
    assert_eq!(said, ["1000", "999", "2", "lf.v1.job.probe.c.r-1"]);
    let tombstone = first(&runtime, "RUN", "lf.v1.run.r-1.match.part.0").await;
    assert_eq!(header(&tombstone, "Lf-Tombstone"), "crash_poison");
    assert_eq!(header(&tombstone, "Lf-Generation"), "2");
    first(&runtime, "RUN", "lf.v1.run.r-1.match.complete.2").await;
    runtime.stop();
    worker.await.unwrap();
    assert_eq!(seen.recv().await, None, "it was not handled after all");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_now_is_buried_later() {
    let broker = Broker::start().await;
    let runtime = broker.runtime().await;
    let (probe, _seen) = Probe::new(|_, _| Ok(Outbox::none()));
    let worker = run(&runtime, probe);
    give_up(&runtime, "LATER", 1).await;
    until(async || match consumer(&runtime, SWEEP, "ADVISORIES").await {
        Some(mut sweep) => sweep.info().await.unwrap().delivered.consumer_sequence > 1,
        None => false,
    })
    .await;
    let later = Config { name: "LATER".into(), subjects: vec!["later".into()], ..Config::default() };
    runtime.jetstream().create_stream(later).await.unwrap();
    runtime.jetstream().publish("later", "x".into()).await.unwrap().await.unwrap();
    let dead = first(&runtime, "DEAD", "lf.v1.dead.probe.crash_poison").await;
    assert_eq!((header(&dead, "Dl-Stream"), &dead.payload[..]), ("LATER", &b"x"[..]));
    runtime.stop();
    worker.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_that_lost_its_consumer_makes_it_again() {
    let broker = Broker::start().await;
    let runtime = broker.runtime().await;
    let (probe, mut seen) = Probe::new(|_, _| Ok(Outbox::none()));
    let worker = run(&runtime, probe);
    runtime.publish(&job("a")).await.unwrap();
    seen.recv().await.unwrap();
    until(async || consumer(&runtime, SWEEP, "ADVISORIES").await.is_some()).await;
    let advisories = runtime.jetstream().get_stream("ADVISORIES").await.unwrap();
    advisories.delete_consumer(SWEEP).await.unwrap();
    give_up(&runtime, "JOBS", 1).await;
    first(&runtime, "DEAD", "lf.v1.dead.probe.crash_poison").await;
    runtime.stop();
    worker.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_goes_on_when_the_broker_has_lost_all() {
    let mut broker = Broker::start().await;
    let runtime = broker.runtime().await;
    let (probe, _seen) = Probe::new(|_, _| Ok(Outbox::none()));
    let worker = run(&runtime, probe);
    until(async || consumer(&runtime, SWEEP, "ADVISORIES").await.is_some()).await;
    broker.server.kill().await;
    broker.server.wipe();
    broker.server.start().await;
    until(async || consumer(&runtime, SWEEP, "ADVISORIES").await.is_some()).await;
    runtime.publish(&job("a")).await.unwrap();
    give_up(&runtime, "JOBS", 1).await;
    first(&runtime, "DEAD", "lf.v1.dead.probe.crash_poison").await;
    runtime.stop();
    worker.await.unwrap();
}
