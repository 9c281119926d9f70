//! `leadfleet demo`: a whole day on private servers with sample data, from the scrapers' events to the files.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use chrono::{NaiveDate, Utc};
use clap::builder::RangedU64ValueParser;
use proto::v1::RunSummary;
use runtime::Runtime;
use runtime::telemetry::{self, LogFormat};

use crate::exit::{Exit, Failure};
use crate::fill;
use crate::local::{Binaries, Stack, StackOptions};
use crate::matching::{self, Followed};
use crate::output::{self, Output};
use crate::role::{self, Role};
use crate::run;
use crate::sample::{self, Sample, Sizes};
use crate::settings::Settings;
use crate::signals::Asked;
use crate::workers::Workers;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Keep the servers' data in this new directory [default: deleted at the end].
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Clinics in the sample.
    #[arg(long, value_name = "N", default_value_t = Sizes::default().clinics, value_parser = some())]
    clinics: usize,
    /// Pain points in the sample.
    #[arg(long, value_name = "N", default_value_t = Sizes::default().pain_points, value_parser = some())]
    pain_points: usize,
    /// The same seed gives the same sample.
    #[arg(long, default_value_t = sample::SEED)]
    seed: u64,
    /// What the workers log, as `info`; a demo shows errors only.
    #[arg(long, default_value = "error")]
    log: String,
}

/// A day without clinics or without pain points shows nothing.
fn some() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..)
}

const SCRAPERS: [&str; 3] = ["reddit", "linkedin", "google_maps"];

pub async fn run(args: Args, mut settings: Settings, output: Output) -> Result<Exit, Failure> {
    let _telemetry = telemetry::start(&args.log, LogFormat::Text, None).context("--log")?;
    // Arranged first: a Ctrl-C during the start must not leave servers behind either.
    let mut asked = Asked::new().context("could not listen for signals")?;
    if let Some(keep) = &args.keep {
        must_be_empty(keep)?;
    }
    output.say("Starting", "a private nats-server and Postgres");
    let binaries = Binaries {
        nats_server: settings.local.nats_server.clone(),
        postgres_bin: settings.local.postgres_bin.clone(),
    };
    // What a demo shows can be made again: it need not survive a power cut.
    let options = StackOptions {
        data_dir: args.keep.clone(),
        fsync: args.keep.is_some(),
        binaries,
        ..StackOptions::default()
    };
    let starting = tokio::task::spawn_blocking(|| Stack::start(options));
    let stack = starting.await.context("the start of the servers broke off")??;
    settings.nats.url = stack.nats_url();
    settings.postgres.url = Some(stack.postgres_url());
    settings.secret_file = Some(stack.secret_file()?);
    std::fs::create_dir_all(&settings.output.directory)
        .with_context(|| format!("could not create {}", settings.output.directory.display()))?;
    settings.output.directory = settings.output.directory.canonicalize()?;
    let shown = tokio::select! {
        shown = day(&args, &settings, output) => shown,
        () = asked.wait() => Ok(Exit::Interrupted),
    };
    let data = stack.data_dir().to_owned();
    let stopping = tokio::task::spawn_blocking(move || stack.stop());
    stopping.await.context("the stop of the servers broke off")??;
    if let Some(keep) = &args.keep {
        output.say("Kept", &format!("the data of the servers in {}", keep.display()));
    } else {
        output.say("Deleted", &format!("the data of the servers in {}", data.display()));
    }
    if shown.as_ref().is_ok_and(|exit| *exit == Exit::Ok) && !output.json && !output.quiet {
        output::print(&next(&settings.output.directory, args.keep.as_deref()))?;
    }
    shown
}

/// A demo begins with nothing: on the data of another one its counts would be off.
fn must_be_empty(keep: &Path) -> Result<(), Failure> {
    if std::fs::read_dir(keep).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Failure {
            exit: Exit::Refused,
            error: anyhow::anyhow!("{} is not empty", keep.display()),
            hint: Some("name a new directory; `leadfleet dev --data-dir` goes on with kept data".to_owned()),
        });
    }
    Ok(())
}

/// Fills the database, starts every worker, lets the scrapers speak, and shows the run.
#[expect(clippy::disallowed_methods, reason = "a demo is of today, and times itself")]
async fn day(args: &Args, settings: &Settings, output: Output) -> Result<Exit, Failure> {
    let url = settings.postgres.url.as_deref().ok_or(db::Error::NoConnectionString)?;
    db::migrate(url).await?;
    let date = Utc::now().date_naive();
    let sizes = Sizes {
        pain_points: args.pain_points,
        clinics: args.clinics,
        decision_makers: args.clinics * Sizes::default().decision_makers / Sizes::default().clinics,
    };
    let workers = Workers::load(settings)?;
    let rows = fill::fill(&workers.db()?, &Sample::generate(args.seed, sizes, date)).await?;
    output.say("Imported", &format!("made sample rows, some too old or out of reach: {rows}"));
    fill::prospects(&workers, output).await?;
    fill::contractors(&workers, output).await?;
    let runtime = Runtime::start(workers.runtime.clone()).await?;
    let mut running = run::start(&role::expand(&[Role::All]), settings, &workers, &runtime).await?;
    output.say("Running", "every worker of the fleet in this process");
    let mut published_at = Utc::now();
    for scraper in SCRAPERS {
        published_at = Utc::now();
        publish(settings, scraper, date)?;
        output.say("Published", &format!("scrape_done of {scraper} for {date}, from outside"));
    }
    let request = format!("scrape-{date}-0");
    let followed = tokio::select! {
        followed = matching::follow(settings, &request, output) => followed,
        Some(ended) = running.join_next() => {
            ended.context("a worker broke off")??;
            Err(anyhow::anyhow!("a worker ended before the run did").into())
        }
    };
    runtime.stop();
    while running.join_next().await.is_some() {}
    let Followed { summary, announced_at } = followed?;
    let took = announced_at.map(|at| (at - published_at).as_seconds_f64());
    output::print(&words(&summary, took, settings.claude.api_key.is_some(), output)?)?;
    let wrong = complaints(&summary, sizes);
    if wrong.is_empty() {
        return Ok(Exit::Ok);
    }
    let error = anyhow::anyhow!("the run is not what the sample should give: {}", wrong.join("; "));
    Err(Failure {
        exit: Exit::Partial,
        error,
        hint: Some("`--log info` shows what the workers did".to_owned()),
    })
}

/// What of the run is not as it must be: the demo is a test of the whole fleet.
fn complaints(summary: &RunSummary, sizes: Sizes) -> Vec<String> {
    let mut wrong = summary.missing.clone();
    let mut expect = |what: &str, found: usize, expected: usize| {
        if found != expected {
            wrong.push(format!("{found} {what} instead of {expected}"));
        }
    };
    expect("pain points", summary.total_pain_points_analyzed as usize, sizes.pain_points);
    expect("clinics", summary.total_clinics_analyzed as usize, sizes.clinics);
    let (matched, unmatched) = (summary.clinics_matched, summary.clinics_unmatched);
    expect("clinics matched or not", (matched + unmatched) as usize, sizes.clinics);
    let store = summary.store.clone().unwrap_or_default();
    expect("rows stored", store.rows as usize, matched as usize);
    expect("segments stored", store.segments as usize, summary.segments_created as usize);
    if summary.status != "complete" {
        wrong.push(format!("its status is {}", summary.status));
    }
    if summary.files_generated.is_empty() {
        wrong.push("no file was written".to_owned());
    }
    let empty = |path: &&String| std::fs::metadata(path).map_or(true, |file| file.len() == 0);
    wrong.extend(summary.files_generated.iter().filter(empty).map(|path| format!("{path} is empty")));
    wrong
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
fn words(summary: &RunSummary, took: Option<f64>, claude: bool, output: Output) -> anyhow::Result<String> {
    let json = notifier::summary_json(summary)?;
    if output.json {
        return Ok(format!("{json}\n"));
    }
    let mut templates = format!(
        "{} by Claude, {} generic, {} left to people",
        summary.templates_claude, summary.templates_generic, summary.templates_manual
    );
    if !claude {
        templates.push_str("; with CLAUDE_API_KEY Claude writes them");
    }
    let took = took.map_or_else(String::new, |took| {
        format!("{took:.1} s from the last scraper's event to the announcement")
    });
    Ok(format!("\nThe summary as JSON:\n{json}\n\nTime:      {took}\nTemplates: {templates}\n"))
}

/// What to try next.
fn next(outputs: &Path, kept: Option<&Path>) -> String {
    let (outputs, program) = (outputs.display(), program());
    let again = match kept {
        Some(kept) => (
            format!("{program} dev --data-dir {}", kept.display()),
            "the same fleet again, with its dashboard",
        ),
        None => {
            (format!("{program} dev --sample"), "the same fleet, staying up, data kept, with a dashboard")
        }
    };
    let commands = [
        (format!("less {outputs}/SEGMENT-REPORT-*.md"), "the report for sales"),
        again,
        (
            format!("{program} match start --watch"),
            "a run on it, from another terminal: dev says what to set there",
        ),
    ];
    let width = commands.iter().map(|(command, _)| command.chars().count()).max().unwrap_or_default();
    let lines = commands.map(|(command, about)| format!("  {command:width$}   {about}\n"));
    format!("\nThe files stay. Next:\n{}", lines.concat())
}

/// This program, as it was called.
pub(crate) fn program() -> String {
    std::env::args().next().unwrap_or_else(|| "leadfleet".to_owned())
}
