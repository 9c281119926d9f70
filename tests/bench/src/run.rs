//! One matching run on sample data: time by stage, rows per second, peak memory of each worker.

use crate::machine::memory;
use anyhow::Context as _;
use chrono::{DateTime, Utc};
use fleet::local::Stack;
use fleet::sample::{Sample, Sizes};
use proto::subject::stream;
use proto::{RunId, Stage, Subject};
use runtime::Runs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) const ROLES: [&str; 7] =
    ["loader", "matchers", "scorer", "templater", "storer", "exporter", "notifier"];
const TIMEOUT: Duration = Duration::from_secs(1_800);

pub(crate) struct Measured {
    sizes: Sizes,
    import: Duration,
    total: Duration,
    /// Seconds from the request to the last message of each stage.
    stages: Vec<(Stage, f64)>,
    memory: Vec<(&'static str, u64)>,
}

pub(crate) fn print_head() {
    println!("| clinics × pains | import | run | clinics/s | stage ends after | peak memory by worker |");
    println!("|---|---|---|---|---|---|");
}

impl Measured {
    pub(crate) fn seconds(&self) -> f64 {
        self.total.as_secs_f64()
    }

    pub(crate) fn print(&self) {
        let stages: Vec<String> =
            self.stages.iter().map(|(stage, seconds)| format!("{stage} {seconds:.2} s")).collect();
        let memory: Vec<String> = self.memory.iter().map(|(role, mib)| format!("{role} {mib} MiB")).collect();
        println!(
            "| {} × {} | {:.1} s | {:.2} s | {:.0} | {} | {} |",
            self.sizes.clinics,
            self.sizes.pain_points,
            self.import.as_secs_f64(),
            self.total.as_secs_f64(),
            self.sizes.clinics as f64 / self.total.as_secs_f64(),
            stages.join(", "),
            memory.join(", "),
        );
    }
}

/// Starts servers and workers, imports, runs once, and ends everything.
pub(crate) fn measure(binaries: &Path, sizes: Sizes) -> anyhow::Result<Measured> {
    let stack = crate::stack()?;
    let folder = tempfile::tempdir()?;
    let bench = Bench { binaries, stack: &stack, folder: folder.path() };
    bench.leadfleet(&["migrate"])?;
    let tokio = tokio::runtime::Runtime::new()?;
    let started = Instant::now();
    tokio.block_on(fill(&stack.postgres_url(), sizes))?;
    let import = started.elapsed();
    bench.leadfleet(&["provision"])?;
    let workers = Workers::start(&bench)?;
    let started = Instant::now();
    bench.leadfleet(&["--quiet", "match", "start"])?;
    let stages = tokio.block_on(finished(&stack.nats_url()))?;
    let total = started.elapsed();
    let memory = workers.memory();
    Ok(Measured { sizes, import, total, stages, memory })
}

pub(crate) struct Bench<'a> {
    pub(crate) binaries: &'a Path,
    pub(crate) stack: &'a Stack,
    pub(crate) folder: &'a Path,
}

impl Bench<'_> {
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.binaries.join("leadfleet"));
        command
            .args(arguments)
            .current_dir(self.folder)
            .env("NATS_URL", self.stack.nats_url())
            .env("POSTGRES_CONNECTION_STRING", self.stack.postgres_url())
            .env("OUTPUT_DIRECTORY", self.folder.join("outputs"))
            .env("LEADFLEET_SECRET", "a secret of measurements")
            .env("RUST_LOG", "error")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    pub(crate) fn spawn(&self, arguments: &[&str], settings: &[(&str, &str)]) -> anyhow::Result<Child> {
        self.command(arguments)
            .envs(settings.iter().copied())
            .spawn()
            .with_context(|| format!("could not start leadfleet {}", arguments.join(" ")))
    }

    /// What a command prints.
    pub(crate) fn answer(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let said =
            self.command(arguments).stdout(Stdio::piped()).output().context("could not start leadfleet")?;
        anyhow::ensure!(said.status.success(), "leadfleet {} failed: {}", arguments.join(" "), said.status);
        Ok(String::from_utf8_lossy(&said.stdout).into_owned())
    }

    pub(crate) fn leadfleet(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let status = self.command(arguments).status().context("could not start leadfleet")?;
        anyhow::ensure!(status.success(), "leadfleet {} failed: {status}", arguments.join(" "));
        Ok(())
    }
}

/// As many decision makers to a clinic as `leadfleet demo` has.
pub(crate) fn sizes(clinics: usize, pain_points: usize) -> Sizes {
    Sizes { pain_points, clinics, decision_makers: clinics * 430 / 487 }
}

/// Inserts made rows, as `leadfleet demo` does.
pub(crate) async fn fill(url: &str, sizes: Sizes) -> anyhow::Result<()> {
    let db = db::Db::new(&db::Config { postgres_statement_timeout: 3_600, ..db::Config::of(url) })?;
    let filled = fleet::fill::fill(&db, &Sample::generate(1, sizes, Utc::now().date_naive())).await;
    filled.map_err(|failure| failure.error)?;
    Ok(())
}

/// A process for each role; they end when this is dropped.
pub(crate) struct Workers {
    children: Vec<(&'static str, Child)>,
}

impl Workers {
    pub(crate) fn start(bench: &Bench<'_>) -> anyhow::Result<Self> {
        let mut workers = Self { children: Vec::new() };
        for role in ROLES {
            workers.children.push((role, bench.spawn(&["run", role], &[])?));
        }
        Ok(workers)
    }

    pub(crate) fn pids(&self) -> impl Iterator<Item = (&'static str, u32)> {
        self.children.iter().map(|(role, child)| (*role, child.id()))
    }

    /// The most that each ever held, in MiB.
    fn memory(&self) -> Vec<(&'static str, u64)> {
        self.pids().filter_map(|(role, pid)| Some((role, memory(pid, "VmHWM")? / 1024))).collect()
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        for (_, child) in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Waits until a run is announced, and tells when each of its stages ended.
pub(crate) async fn finished(nats_url: &str) -> anyhow::Result<Vec<(Stage, f64)>> {
    let client = runtime::connect(nats_url, &runtime::Login::default()).await?;
    let runs = Runs::new(async_nats::jetstream::new(client));
    let deadline = Instant::now() + TIMEOUT;
    let run = loop {
        let mut summaries =
            runs.messages(stream::RUN, Subject::all_named_parts(Stage::Notify, "summary")).await?;
        if let Some(summary) = summaries.next().await? {
            break summary.subject.split('.').nth(3).context("a summary without a run")?.parse::<RunId>()?;
        }
        anyhow::ensure!(Instant::now() < deadline, "no run was announced in {TIMEOUT:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let mut first: Option<DateTime<Utc>> = None;
    let mut stages = Vec::new();
    for stage in Stage::ALL.iter().copied().filter(|stage| *stage != Stage::Scrape) {
        let mut last = None;
        let mut messages = runs.messages(stream::RUN, Subject::stage(&run, stage)).await?;
        while let Some(message) = messages.next().await? {
            let at: DateTime<Utc> = message.published_at;
            first = Some(first.map_or(at, |first| first.min(at)));
            last = last.max(Some(at));
        }
        if let (Some(first), Some(last)) = (first, last) {
            stages.push((stage, (last - first).num_milliseconds() as f64 / 1000.0));
        }
    }
    Ok(stages)
}
