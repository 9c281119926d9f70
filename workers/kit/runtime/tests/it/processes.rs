//! Processes that say that they work, and are missed when they do not.

use crate::fleet::{Broker, Probe, job, run};
use proto::Outbox;
use runtime::{Announced, BUILD, PROCESSES, Runtime, processes};
use std::collections::BTreeSet;
use std::sync::{Mutex, mpsc};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval};

/// More than a process may be silent for.
const DEADLINE: Duration = Duration::from_secs(60);

async fn working(runtime: &Runtime) -> Vec<Announced> {
    processes(&runtime.runs()).await.unwrap()
}

/// Waits until so many processes work, and each runs the probe.
async fn until_there_are(runtime: &Runtime, count: usize) {
    let (deadline, mut again) = (Instant::now() + DEADLINE, interval(Duration::from_millis(50)));
    loop {
        let found = working(runtime).await;
        let all_run = found.iter().all(|one| one.workers == BTreeSet::from(["probe".to_owned()]));
        if found.len() == count && all_run {
            return;
        }
        assert!(Instant::now() < deadline, "{found:?}");
        again.tick().await;
    }
}

async fn last_sequence(runtime: &Runtime) -> u64 {
    let bucket = runtime.jetstream().get_stream(format!("KV_{PROCESSES}")).await.unwrap();
    bucket.cached_info().state.last_sequence
}

/// Runs the probe in a process that says so.
fn announced(runtime: &Runtime) -> (JoinHandle<()>, JoinHandle<()>) {
    let (probe, _) = Probe::new(|_, _| Ok(Outbox::none()));
    (run(runtime, probe), announce(runtime))
}

fn announce(runtime: &Runtime) -> JoinHandle<()> {
    let runtime = runtime.clone();
    tokio::spawn(async move { runtime.announce().await })
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_are_two_and_one_that_ends_is_gone_at_once() {
    let broker = Broker::start().await;
    let (here, there) = (broker.runtime().await, broker.runtime().await);
    assert_eq!(working(&here).await, []);
    let (_, _) = announced(&here);
    until_there_are(&here, 1).await;
    let first = working(&here).await;
    assert_eq!((first[0].process.pid, first[0].process.version.as_str()), (std::process::id(), BUILD));
    assert_ne!(first[0].process.host, "");

    let (worker, announcing) = announced(&there);
    until_there_are(&here, 2).await;
    there.stop();
    worker.await.unwrap();
    announcing.await.unwrap();
    assert_eq!(working(&here).await, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_killed_is_gone_after_its_time_and_the_other_stays() {
    let broker = Broker::start().await;
    let (here, there) = (broker.runtime().await, broker.runtime().await);
    let (_, _) = announced(&here);
    until_there_are(&here, 1).await;
    let first = working(&here).await;
    let (_, announcing) = announced(&there);
    until_there_are(&here, 2).await;
    announcing.abort();
    assert_eq!(working(&here).await.len(), 2, "nobody knows yet");
    until_there_are(&here, 1).await;
    assert_eq!(working(&here).await, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_asked_to_stop_is_shown_until_it_has_done_what_it_has_in_hand() {
    let broker = Broker::start().await;
    let (here, there) = (broker.runtime().await, broker.runtime().await);
    let (go_on, wait) = mpsc::channel();
    let wait = Mutex::new(wait);
    let (probe, mut seen) = Probe::new(move |_, _| {
        wait.lock().unwrap().recv().unwrap();
        Ok(Outbox::none())
    });
    let (worker, announcing) = (run(&here, probe), announce(&here));
    until_there_are(&there, 1).await;
    there.publish(&job("a")).await.unwrap();
    seen.recv().await.unwrap();
    let before = last_sequence(&there).await;
    here.stop();
    crate::sweeps::until(async || last_sequence(&there).await > before).await;
    assert_eq!(working(&there).await.len(), 1);
    go_on.send(()).unwrap();
    worker.await.unwrap();
    announcing.await.unwrap();
    assert_eq!(working(&there).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_cannot_announce_itself_works_on_and_tries_again() {
    let broker = Broker::start().await;
    let runtime = broker.runtime().await;
    // As a server is that an older version has prepared.
    runtime.jetstream().delete_key_value(PROCESSES).await.unwrap();
    let (probe, mut seen) = Probe::new(|_, _| Ok(Outbox::none()));
    let (worker, announcing) = (run(&runtime, probe), announce(&runtime));
    runtime.publish(&job("a")).await.unwrap();
    assert_eq!(seen.recv().await.unwrap(), "a");
    assert_eq!(working(&runtime).await, []);
    let newer = broker.runtime().await;
    until_there_are(&newer, 1).await;
    runtime.stop();
    worker.await.unwrap();
    announcing.await.unwrap();
}
