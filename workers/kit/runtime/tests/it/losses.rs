//! A broker that comes back without what it had acknowledged.

use crate::fleet::{Broker, Probe, first, job, run};
use proto::v1::Alert;
use proto::{Message as _, Outbox};
use runtime::Runtime;

/// Kills the broker after it has stored `kept` and then `lost`, and gives it back what it had before `lost`.
async fn forget(broker: &mut Broker, runtime: &Runtime, kept: &str, lost: &[&str]) {
    runtime.publish(&job(kept)).await.unwrap();
    broker.server.kill().await;
    let saved = broker.server.save();
    broker.server.start().await;
    for id in lost {
        runtime.publish(&job(id)).await.unwrap();
    }
    broker.server.kill().await;
    broker.server.restore(&saved);
    broker.server.start().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_broker_lost_is_published_again() {
    let mut broker = Broker::start().await;
    let runtime = broker.runtime().await;
    forget(&mut broker, &runtime, "a", &["b", "c"]).await;
    let alert = first(&runtime, "EVENTS", "lf.v1.event.alert.broker-loss").await;
    let text = Alert::decode(alert.payload).unwrap().text;
    assert!(text.contains("lost messages 2 to 3 of JOBS: 2 came from this process"), "{text}");
    assert!(text.contains("0 came from elsewhere"), "{text}");
    let (probe, mut seen) = Probe::new(|_, _| Ok(Outbox::none()));
    let worker = run(&runtime, probe);
    let mut ids = [seen.recv().await.unwrap(), seen.recv().await.unwrap(), seen.recv().await.unwrap()];
    ids.sort();
    assert_eq!(ids, ["a", "b", "c"]);
    runtime.stop();
    worker.await.unwrap();
    assert_eq!(seen.recv().await, None, "nothing is there twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_had_published_is_said_to_be_missing() {
    let mut broker = Broker::start().await;
    let (here, there) = (broker.runtime().await, broker.runtime().await);
    let (probe, mut seen) = Probe::new(|_, _| Ok(Outbox::none()));
    let worker = run(&here, probe);
    here.publish(&job("a")).await.unwrap();
    seen.recv().await.unwrap();
    broker.server.kill().await;
    let saved = broker.server.save();
    broker.server.start().await;
    there.publish(&job("b")).await.unwrap();
    // Perhaps after "a" once more, whose acknowledgement the kill may have swallowed.
    while seen.recv().await.unwrap() != "b" {}
    // The publisher is gone, and with it what it held.
    drop(there);
    broker.server.kill().await;
    broker.server.restore(&saved);
    broker.server.start().await;
    let alert = first(&here, "EVENTS", "lf.v1.event.alert.broker-loss").await;
    let text = Alert::decode(alert.payload).unwrap().text;
    assert!(text.contains("lost messages 2 to 2 of JOBS"), "{text}");
    assert!(text.contains("1 came from elsewhere"), "{text}");
    here.stop();
    worker.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loss_is_noticed_though_others_have_published_since() {
    let mut broker = Broker::start().await;
    let runtime = broker.runtime().await;
    for id in ["a", "b"] {
        runtime.publish(&job(id)).await.unwrap();
    }
    // The store of a broker on which somebody else has taken these sequences, and more.
    let mut other = Broker::start().await;
    let stranger = other.runtime().await;
    for id in ["x", "y", "z"] {
        stranger.publish(&job(id)).await.unwrap();
    }
    other.server.kill().await;
    broker.server.kill().await;
    broker.server.restore(&other.server.save());
    broker.server.start().await;
    let alert = first(&runtime, "EVENTS", "lf.v1.event.alert.broker-loss").await;
    let text = Alert::decode(alert.payload).unwrap().text;
    assert!(text.contains("lost messages 1 to 2 of JOBS: 2 came from this process"), "{text}");
    let (probe, mut seen) = Probe::new(|_, _| Ok(Outbox::none()));
    let worker = run(&runtime, probe);
    let mut ids = Vec::new();
    while ids.len() < 5 {
        ids.push(seen.recv().await.unwrap());
    }
    ids.sort();
    assert_eq!(ids, ["a", "b", "x", "y", "z"]);
    runtime.stop();
    worker.await.unwrap();
    assert_eq!(seen.recv().await, None, "nothing is there twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_lost_all_is_prepared_anew() {
    let mut broker = Broker::start().await;
    let runtime = broker.runtime().await;
    let (probe, mut seen) = Probe::new(|_, _| Ok(Outbox::none()));
    let worker = run(&runtime, probe);
    runtime.publish(&job("a")).await.unwrap();
    assert_eq!(seen.recv().await.unwrap(), "a");
    broker.server.kill().await;
    broker.server.wipe();
    broker.server.start().await;
    // Once more, because the broker no longer knows that it was handled; and then what is new.
    assert_eq!(seen.recv().await.unwrap(), "a");
    runtime.publish(&job("b")).await.unwrap();
    while seen.recv().await.unwrap() != "b" {}
    runtime.stop();
    worker.await.unwrap();
}
