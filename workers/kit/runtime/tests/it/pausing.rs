//! A worker that is paused gets nothing, in no process, and goes on where it was.

use crate::fleet::{Broker, Probe, job, run};
use crate::sweeps::until;
use async_nats::jetstream::consumer::Info;
use chrono::{TimeDelta, Utc};
use proto::Outbox;
use runtime::{PauseError, Runtime, pause, resume};

async fn consumer(runtime: &Runtime) -> Info {
    let stream = runtime.jetstream().get_stream("JOBS").await.unwrap();
    stream.consumer_info("probe-v1").await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_worker_gets_nothing_though_a_process_starts_and_then_all_of_it() {
    let broker = Broker::start().await;
    let runtime = broker.runtime().await;
    let (probe, mut seen) = Probe::new(|_, _| Ok(Outbox::none()));
    run(&runtime, probe);
    runtime.publish(&job("first")).await.unwrap();
    assert_eq!(seen.recv().await.unwrap(), "first");

    #[expect(clippy::disallowed_methods, reason = "the broker pauses by the clock")]
    let later = Utc::now() + TimeDelta::hours(1);
    pause(runtime.jetstream(), "probe", later).await.unwrap();
    // A process that starts meanwhile does not end the pause.
    let (other, mut seen_by_other) = Probe::new(|_, _| Ok(Outbox::none()));
    run(&broker.runtime().await, other);
    until(async || consumer(&runtime).await.num_waiting >= 2).await;
    runtime.publish(&job("second")).await.unwrap();
    until(async || consumer(&runtime).await.num_pending == 1).await;
    assert!(consumer(&runtime).await.paused);
    assert!(seen.try_recv().is_err() && seen_by_other.try_recv().is_err());

    resume(runtime.jetstream(), "probe").await.unwrap();
    let second = tokio::select! {
        id = seen.recv() => id,
        id = seen_by_other.recv() => id,
    };
    assert_eq!(second.unwrap(), "second");
    let unknown = pause(runtime.jetstream(), "nobody", later).await;
    assert!(matches!(unknown, Err(PauseError::Unknown(name)) if name == "nobody"));
}
