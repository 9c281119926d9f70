//! What does not fit: streams that are full, and messages that are too large.

use crate::fleet::{Broker, Probe, first, header, job, part, run};
use proto::v1::Alert;
use proto::{Message as _, Outbox};
use runtime::{Fault, MAX_MESSAGE, PROCESSES, Runtime, processes};

/// Gives a stream so many bytes of room.
async fn room(runtime: &Runtime, stream: &str, bytes: i64) {
    let mut stream = runtime.jetstream().get_stream(stream).await.unwrap();
    let config = stream.info().await.unwrap().config.clone();
    let config = async_nats::jetstream::stream::Config { max_bytes: bytes, ..config };
    runtime.jetstream().update_stream(config).await.unwrap();
}

async fn alerted(runtime: &Runtime) {
    let alert = first(runtime, "EVENTS", "lf.v1.event.alert.gate-closed").await;
    let text = Alert::decode(alert.payload).unwrap().text;
    assert!(text.contains("nats-storage") && text.contains("maximum bytes"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_stream_is_waited_for() {
    let broker = Broker::start().await;
    let runtime = broker.runtime().await;
    room(&runtime, "RUN", 100).await;
    let (probe, mut seen) = Probe::new(|request, delivery| {
        assert_eq!(delivery.attempts, 0, "to wait for room costs no attempt");
        Ok(Outbox::none().with(part("full", &request.request_id)))
    });
    let worker = run(&runtime, probe);
    runtime.publish(&job("a")).await.unwrap();
    alerted(&runtime).await;
    room(&runtime, "RUN", 1024 * 1024).await;
    first(&runtime, "RUN", "lf.v1.run.full.match.part.a").await;
    assert!(seen.recv().await.is_some());
    runtime.stop();
    worker.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_cannot_be_buried_waits_for_room() {
    let broker = Broker::start().await;
    let runtime = broker.runtime().await;
    room(&runtime, "DEAD", 100).await;
    let (probe, _seen) = Probe::new(|_, _| Err(Fault::reject("permanent", "no")));
    let worker = run(&runtime, probe);
    runtime.publish(&job("a")).await.unwrap();
    alerted(&runtime).await;
    room(&runtime, "DEAD", 1024 * 1024).await;
    let letter = first(&runtime, "DEAD", "lf.v1.dead.probe.permanent").await;
    assert_eq!(header(&letter, "Dl-Attempts"), "1");
    runtime.stop();
    worker.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_to_send_dies_at_once() {
    let broker = Broker::start().await;
    let runtime = broker.runtime().await;
    let (probe, _seen) = Probe::new(|_, _| {
        let mut large = part("large", "a");
        large.payload = vec![0; MAX_MESSAGE + 1];
        Ok(Outbox::none().with(large))
    });
    let worker = run(&runtime, probe);
    runtime.publish(&job("a")).await.unwrap();
    let letter = first(&runtime, "DEAD", "lf.v1.dead.probe.>").await;
    assert_eq!((header(&letter, "Dl-Class"), header(&letter, "Dl-Deliveries")), ("too_large", "1"));
    runtime.stop();
    worker.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_starts_though_the_server_has_less_room_than_its_streams_were_promised() {
    let mut broker = Broker::start().await;
    let before = broker.runtime().await;
    before.publish(&job("a")).await.unwrap();
    broker.server.kill().await;
    drop(before);
    broker.server.start_with_room(100 * 1024 * 1024).await;
    let runtime = broker.runtime().await;
    let (probe, mut seen) = Probe::new(|_, _| Ok(Outbox::none()));
    let worker = run(&runtime, probe);
    assert_eq!(seen.recv().await.unwrap(), "a");
    runtime.stop();
    worker.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_starts_though_there_is_no_room_for_the_bucket_of_processes() {
    let mut broker = Broker::start().await;
    let before = broker.runtime().await;
    before.jetstream().delete_key_value(PROCESSES).await.unwrap();
    before.publish(&job("a")).await.unwrap();
    broker.server.kill().await;
    drop(before);
    broker.server.start_with_room(100 * 1024 * 1024).await;
    let runtime = broker.runtime().await;
    let (probe, mut seen) = Probe::new(|_, _| Ok(Outbox::none()));
    let worker = run(&runtime, probe);
    assert_eq!(seen.recv().await.unwrap(), "a");
    assert_eq!(processes(&runtime.runs()).await.unwrap(), []);
    runtime.stop();
    worker.await.unwrap();
}
