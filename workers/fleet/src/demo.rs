//! `leadfleet demo`: a whole day on private servers with sample data, from the scrapers' events to the files.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use chrono::{NaiveDate, Utc};
use runtime::Runtime;
use runtime::telemetry::{self, LogFormat};

use crate::exit::{Exit, Failure};
use crate::fill;
use crate::local::{Binaries, Stack, StackOptions};
use crate::matching;
use crate::output::{self, Output};
use crate::role::{self, Role};
use crate::run;
use crate::sample::{Sample, Sizes};
use crate::settings::Settings;
use crate::workers::Workers;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Keep the servers' data in this directory [default: deleted at the end].
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Clinics in the sample.
    #[arg(long, default_value_t = Sizes::default().clinics)]
    clinics: usize,
    /// Pain points in the sample.
    #[arg(long, default_value_t = Sizes::default().pain_points)]
    pain_points: usize,
    /// The same seed gives the same sample.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// What the workers log, as `info`; a demo shows errors only.
    #[arg(long, default_value = "error")]
    log: String,
}

const SCRAPERS: [&str; 3] = ["reddit", "linkedin", "google_maps"];

pub async fn run(args: Args, mut settings: Settings, output: Output) -> Result<Exit, Failure> {
    let _telemetry = telemetry::start(&args.log, LogFormat::Text, None).context("--log")?;
    output.say("Starting", "a private nats-server and Postgres");
    let binaries = Binaries {
        nats_server: settings.local.nats_server.clone(),
        postgres_bin: settings.local.postgres_bin.clone(),
    };
    // What a demo shows can be made again: it need not survive a power cut.
    let options =
        StackOptions { data_dir: args.keep.clone(), fsync: args.keep.is_some(), nats_port: None, binaries };
    let starting = tokio::task::spawn_blocking(|| Stack::start(options));
    let stack = starting.await.context("the start of the servers broke off")??;
    settings.nats.url = stack.nats_url();
    settings.postgres.url = Some(stack.postgres_url());
    std::fs::create_dir_all(&settings.output.directory)
        .with_context(|| format!("could not create {}", settings.output.directory.display()))?;
    settings.output.directory = settings.output.directory.canonicalize()?;
    let shown = tokio::select! {
        shown = day(&args, &settings, output) => shown?,
        _ = tokio::signal::ctrl_c() => Exit::Interrupted,
    };
    let data = stack.data_dir().to_owned();
    let stopping = tokio::task::spawn_blocking(move || stack.stop());
    stopping.await.context("the stop of the servers broke off")??;
    farewell(&args, &data, &settings.output.directory, output)?;
    Ok(shown)
}

/// Fills the database, starts every worker, lets the scrapers speak, and shows the run.
async fn day(args: &Args, settings: &Settings, output: Output) -> Result<Exit, Failure> {
    let url = settings.postgres.url.as_deref().ok_or(db::Error::NoConnectionString)?;
    db::migrate(url).await?;
    #[expect(clippy::disallowed_methods, reason = "a demo is of today")]
    let date = Utc::now().date_naive();
    let sizes = Sizes {
        pain_points: args.pain_points,
        clinics: args.clinics,
        decision_makers: args.clinics * Sizes::default().decision_makers / Sizes::default().clinics,
    };
    let workers = Workers::load(settings)?;
    let rows = fill::fill(&workers.db()?, &Sample::generate(args.seed, sizes, date)).await?;
    output.say("Imported", &format!("made sample rows: {rows}"));
    let runtime = Runtime::start(workers.runtime.clone()).await?;
    let mut running = run::start(&role::expand(&[Role::All]), &workers, &runtime).await?;
    output.say("Running", "every worker of the fleet in this process");
    for scraper in SCRAPERS {
        publish(settings, scraper, date)?;
        output.say("Published", &format!("scrape_done of {scraper} for {date}, from outside"));
    }
    let request = format!("scrape-{date}-0");
    let shown = tokio::select! {
        shown = matching::follow(settings, &request, output) => shown,
        Some(ended) = running.join_next() => {
            ended.context("a worker broke off")??;
            Err(anyhow::anyhow!("a worker ended before the run did").into())
        }
    };
    runtime.stop();
    while running.join_next().await.is_some() {}
    let summary = shown?;
    let claude = settings.claude.api_key.is_some();
    output::print(&words(&summary, claude, output)?)?;
    Ok(if summary.status == "complete" && summary.missing.is_empty() { Exit::Ok } else { Exit::Partial })
}

/// As an upstream scraper would: another process, knowing nothing but the broker's address.
fn publish(settings: &Settings, scraper: &str, date: NaiveDate) -> Result<(), Failure> {
    let program = std::env::current_exe().context("could not find this program")?;
    let published = Command::new(program)
        .args(["event", "publish", "scrape_done", "--source", scraper, "--date", &date.to_string()])
        .env("NATS_URL", &settings.nats.url)
        .stdin(Stdio::null())
        .output()
        .context("could not start another leadfleet")?;
    if !published.status.success() {
        let said = String::from_utf8_lossy(&published.stderr).into_owned();
        return Err(anyhow::anyhow!("the event of {scraper} was not published: {}", said.trim()).into());
    }
    Ok(())
}

/// The summary of PT-122 as JSON, and what the templates are.
fn words(summary: &proto::v1::RunSummary, claude: bool, output: Output) -> anyhow::Result<String> {
    let json = notifier::summary_json(summary)?;
    if output.json {
        return Ok(format!("{json}\n"));
    }
    let templates = if claude {
        format!(
            "{} by Claude, {} generic, {} left to people",
            summary.templates_claude, summary.templates_generic, summary.templates_manual
        )
    } else {
        format!("{} generic ones: there is no CLAUDE_API_KEY", summary.templates_generic)
    };
    Ok(format!("\nThe summary as JSON:\n{json}\n\nTemplates: {templates}\n"))
}

fn farewell(args: &Args, data: &Path, outputs: &Path, output: Output) -> std::io::Result<()> {
    if output.json || output.quiet {
        return Ok(());
    }
    let fate = match &args.keep {
        Some(_) => format!("kept in {}", data.display()),
        None => "deleted; the files above stay".to_owned(),
    };
    output::print(&format!(
        "Servers: stopped, their data {fate}\n\nNext:\n  \
         open {outputs}/               the files of the run\n  \
         leadfleet dev --sample        the same fleet, staying up, data kept\n  \
         leadfleet match explain latest --segment NAME   why a segment is what it is (while dev runs)\n",
        outputs = outputs.display()
    ))
}
