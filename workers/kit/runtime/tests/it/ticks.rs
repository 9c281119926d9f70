//! Schedules: one tick a fire time, however many replicas.

use crate::fleet::{Broker, first};
use chrono::{TimeDelta, Timelike as _, Utc};
use proto::{Message as _, v1};
use runtime::{Daily, TICK};

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_tick_once() {
    let broker = Broker::start().await;
    let fleets = [broker.runtime().await, broker.runtime().await];
    #[expect(clippy::disallowed_methods, reason = "the test waits for a real tick")]
    let now = Utc::now();
    let at = (now + TimeDelta::seconds(2)).time().with_nanosecond(0).unwrap();
    let daily = Daily { job: "match", at, zone: chrono_tz::UTC, max_lateness: TimeDelta::hours(12) };
    let mut replicas = Vec::new();
    for runtime in &fleets {
        let runtime = runtime.clone();
        replicas.push(tokio::spawn(async move { runtime::tick(&runtime, daily).await }));
    }
    let tick = first(&fleets[0], "EVENTS", &format!("lf.v1.event.{TICK}.>")).await;
    assert_eq!(v1::Tick::decode(tick.payload).unwrap().job, "match");
    for (runtime, replica) in fleets.iter().zip(replicas) {
        runtime.stop();
        replica.await.unwrap();
    }
    let mut ticks = fleets[0].runs().messages("EVENTS", "lf.v1.event.tick.>".to_owned()).await.unwrap();
    let mut count = 0;
    while ticks.next().await.unwrap().is_some() {
        count += 1;
    }
    assert_eq!(count, 1);
}
