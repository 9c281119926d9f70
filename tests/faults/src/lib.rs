//! Does every kind of harm to a whole fleet under load, heals it, and counts: nothing lost, nothing doubled.
//!
//! The same seed draws the same faults in the same order. What they meet depends on the machine's timing, so a
//! repetition is another run of the same schedule and not the same run.

mod asked;
mod corrupt;
mod disk;
mod drain;
mod engaged;
mod fleet;
mod kinds;
mod oracle;
mod place;
mod proxy;
mod report;
mod routes;
mod schedule;
mod strike;
mod world;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

pub use report::Report;

use asked::Outside;
use fleet::Fleet;
use schedule::Schedule;
use strike::{Others, strike};
use world::World;

/// How long the fleet may take for what is left when everything is well again.
const DRAIN: Duration = Duration::from_secs(240);
/// How often somebody outside asks for something.
const PACE: Duration = Duration::from_millis(1_200);

/// Does so many faults of a seed to a fleet on `servers` nats-servers, 1 or 3, and judges what is left.
///
/// To be awaited on a thread that lasts: the processes die with the one that starts them.
pub async fn run(seed: u64, faults: usize, servers: usize) -> anyhow::Result<Report> {
    // An error only says that it is installed already.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let mut fleet = Fleet::start(servers).await?;
    let outside = Outside::connect(&fleet.stack.nats_url()).await?;
    let world = Arc::new(World::create(&fleet.stack.postgres_url(), seed, (faults / 3).clamp(8, 300)).await?);
    (0..fleet.places.len()).for_each(|place| fleet.run(place, None));
    let mut others = Others { outside: outside.clone(), world: Arc::clone(&world), pending: JoinSet::new() };
    let (stop, stopped) = watch::channel(false);
    let asking = tokio::spawn(outside.clone().ask_on(world, seed, PACE, stopped));

    let started = Instant::now();
    let mut report = Report::new(seed, servers);
    fleet.live(Duration::from_secs(2)).await?;
    for (number, step) in Schedule::of(seed, servers).enumerate() {
        if report.done() >= faults {
            break;
        }
        if strike(&mut fleet, &mut others, step.fault, number).await? {
            report.count(step.kind);
        }
        fleet.live(step.calm).await?;
    }
    report.struck = started.elapsed();

    fleet.heal().await?;
    stop.send_replace(true);
    asking.await?;
    others.pending.join_all().await;
    report.left = drain::drain(&mut fleet, &outside.jetstream, DRAIN).await?;
    report.drained = started.elapsed() - report.struck;
    let runs = runtime::Runs::new(outside.jetstream.clone());
    let asked = std::mem::take(&mut *outside.asked());
    report.verdict = oracle::judge(&fleet, &runs, &asked).await?;
    report.close(&mut fleet, &asked);
    Ok(report)
}
