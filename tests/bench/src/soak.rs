//! Runs without end for a while: whether the memory of the workers stays flat and nothing is left undone.

use crate::machine::memory;
use crate::run::{Bench, ROLES, Workers, fill, sizes};
use anyhow::Context as _;
use async_nats::jetstream;
use futures::TryStreamExt as _;
use proto::subject::stream;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

const CLINICS: usize = 487;
const PAIN_POINTS: usize = 320;
/// A run in each of these, one after the other.
const PACE: Duration = Duration::from_secs(1);
/// Memory is compared from here on, ten minutes of thirty: caches and pools have filled by then.
const WARM_UP: f64 = 0.33;
/// How long the last runs may take to end.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs for so many minutes and prints what became of the memory.
pub(crate) fn soak(binaries: &Path, minutes: f64) -> anyhow::Result<()> {
    let stack = crate::stack()?;
    let folder = tempfile::tempdir()?;
    let bench = Bench { binaries, stack: &stack, folder: folder.path() };
    bench.leadfleet(&["migrate"])?;
    let tokio = tokio::runtime::Runtime::new()?;
    tokio.block_on(fill(&stack.postgres_url(), sizes(CLINICS, PAIN_POINTS)))?;
    bench.leadfleet(&["provision"])?;
    let workers = Workers::start(&bench)?;
    let length = Duration::from_secs_f64(minutes * 60.0);
    let started = Instant::now();
    let mut samples: BTreeMap<&str, Vec<(u64, u64)>> = BTreeMap::new();
    let mut runs = 0;
    while started.elapsed() < length {
        let due = PACE * runs;
        std::thread::sleep(due.saturating_sub(started.elapsed()));
        bench.leadfleet(&["--quiet", "match", "start", "--again"])?;
        runs += 1;
        if started.elapsed() > length.mul_f64(WARM_UP) {
            for (role, pid) in workers.pids() {
                samples.entry(role).or_default().extend(resident(pid));
            }
        }
    }
    let left = tokio.block_on(settled(&stack.nats_url()))?;
    println!("{runs} runs of {CLINICS} clinics in {minutes} minutes; left undone: {left}\n");
    println!(
        "| worker | memory after warm-up | at the end | change | of it its own, MiB by tenths of the time between |"
    );
    println!("|---|---|---|---|---|");
    for role in ROLES {
        let samples = samples.get(role).with_context(|| format!("{role} has died"))?;
        let tenth = (samples.len() / 10).max(1);
        let (all, own): (Vec<u64>, Vec<u64>) = samples.iter().copied().unzip();
        let (first, last) = (median(&all[..tenth]), median(&all[all.len() - tenth..]));
        let change = 100.0 * (last as f64 / first as f64 - 1.0);
        let tenths: Vec<String> =
            own.chunks(tenth).map(|tenth| format!("{:.1}", mib(median(tenth)))).collect();
        let (first, last, tenths) = (mib(first), mib(last), tenths.join(" "));
        println!("| {role} | {first:.1} MiB | {last:.1} MiB | {change:+.1} % | {tenths} |");
    }
    Ok(())
}

/// What a process has in memory, and what of it is its own and no page of a file, in KiB.
fn resident(pid: u32) -> Option<(u64, u64)> {
    Some((memory(pid, "VmRSS")?, memory(pid, "RssAnon")?))
}

fn median(samples: &[u64]) -> u64 {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() / 2]
}

fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

/// Messages that no worker has settled, once there is nothing more to wait for.
async fn settled(nats_url: &str) -> anyhow::Result<u64> {
    let client = runtime::connect(nats_url, &runtime::Login::default()).await?;
    let jetstream = jetstream::new(client);
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut left = 0;
        for name in [stream::RUN, stream::EVENTS, stream::JOBS] {
            let stream = jetstream.get_stream(name).await?;
            let consumers: Vec<_> = stream.consumers().try_collect().await?;
            let durable = consumers.iter().filter(|one| one.config.durable_name.is_some());
            left += durable.map(|one| one.num_pending + one.num_ack_pending as u64).sum::<u64>();
        }
        if left == 0 || Instant::now() > deadline {
            return Ok(left);
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
