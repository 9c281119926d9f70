//! `leadfleet match start`: asks for a run.

use std::time::Duration;

use chrono::{NaiveDate, SecondsFormat, Utc};
use proto::v1::{
    ConfidenceMode, CsvLayout, MatchConfig, OutputFormat, RunHeader, RunRequest, Strategy, Trigger,
};
use proto::{Outgoing, RunId, Stage, Token};
use runtime::Runs;
use serde::Serialize;

use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::reach;
use crate::settings::Settings;

#[derive(Debug, Default, clap::Args)]
pub struct Args {
    /// The date of the run [default: today in the schedule's time zone].
    #[arg(long, value_parser = crate::cli::date)]
    date: Option<NaiveDate>,
    /// Strategies to use [default: all].
    #[arg(long, value_enum, value_delimiter = ',')]
    strategies: Vec<Strategies>,
    /// What a match needs, 1 to 10 [default: 7].
    #[arg(long, value_name = "SCORE", value_parser = score)]
    min_confidence: Option<f64>,
    /// Files to write [default: all].
    #[arg(long, value_enum, value_delimiter = ',')]
    formats: Vec<Formats>,
    /// Columns and dialect of the CSV [default: sample].
    #[arg(long, value_enum)]
    csv_layout: Option<Layouts>,
    /// How points are given [default: the setting `scoring.confidence_mode`].
    #[arg(long, value_enum)]
    confidence_mode: Option<Modes>,
    /// Pain categories that go first in ties and always reach Claude's ranking.
    #[arg(long, value_delimiter = ',')]
    priority_categories: Vec<String>,
    /// Run although the same input was matched before.
    #[arg(long)]
    again: bool,
    /// Follow the run until it is announced.
    #[arg(long)]
    pub(super) watch: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
enum Strategies {
    Geographic,
    BusinessType,
    PainPattern,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Formats {
    Json,
    Csv,
    Markdown,
    Xlsx,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Layouts {
    /// Segment, clinic, contact, decision maker, subject.
    Sample,
    /// The clinic first, its segment behind its place.
    Step12,
    /// As sample, made for spreadsheet programs: BOM, CRLF.
    Excel,
    /// Import headers of a CRM, phones as +15551234567.
    Crm,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Modes {
    /// By how well a clinic answers a pain point.
    Graded,
    /// The same for every match of a strategy.
    Block,
}

/// What was asked for, and the run it became.
#[derive(Debug, Serialize)]
struct Started {
    request_id: String,
    /// Absent while no loader has taken the request.
    run_id: Option<String>,
    /// Whether the same input had been matched before.
    same_as_before: bool,
}

/// How long to wait for a loader before saying that there is none.
const PATIENCE: Duration = Duration::from_secs(10);

const SAME: &str = ": the same input was matched before (--again matches it once more)";

/// Asks for the run, and returns its name for those who want to follow it.
pub(super) async fn start(
    args: &Args,
    settings: &Settings,
    output: Output,
) -> Result<(Exit, String), Failure> {
    let jetstream = reach::nats(settings).await?;
    let runs = Runs::new(jetstream.clone());
    let request = request(args, settings);
    let id = Token::squeezed(&request.request_id);
    let client = Token::squeezed(&request.client_id);
    let job = Outgoing::job(loader::JOBS, client, id.clone(), &request);
    reach::say(&jetstream, &job).await?;
    let run_id = header(&runs, &id, PATIENCE).await?.map(|header| header.run_id);
    let first = match &run_id {
        Some(run) => first_request(&runs, run).await?,
        None => None,
    };
    let started = Started {
        run_id,
        same_as_before: first.is_some_and(|first| first != request.request_id),
        request_id: request.request_id,
    };
    let name = started.run_id.clone().unwrap_or_else(|| started.request_id.clone());
    if args.watch && started.run_id.is_some() {
        // Data is what the watching ends with.
        let same = if started.same_as_before { SAME } else { "" };
        output.say("Started", &format!("run {name}{same}"));
        return Ok((Exit::Ok, name));
    }
    output.show(&started, |started| match &started.run_id {
        Some(run) if started.same_as_before => format!("run {run}{SAME}"),
        Some(run) => format!("run {run} has started: `leadfleet match watch {run}`"),
        None => format!(
            "request {} waits for a loader: start one with `leadfleet run loader`, nothing is lost",
            started.request_id
        ),
    })?;
    Ok((Exit::Ok, name))
}

/// The header that the loader publishes under the request's own name.
pub(super) async fn header(
    runs: &Runs,
    id: &RunId,
    patience: Duration,
) -> Result<Option<RunHeader>, Failure> {
    let deadline = tokio::time::Instant::now() + patience;
    while tokio::time::Instant::now() < deadline {
        if let Some(part) = runs.part::<RunHeader>(id, Stage::Profile, "run").await? {
            return Ok(part.body.ok());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(None)
}

/// The request that a run was loaded for; each later one of the same input has the same run.
async fn first_request(runs: &Runs, run: &str) -> Result<Option<String>, Failure> {
    let part = runs.part::<RunHeader>(&Token::squeezed(run), Stage::Profile, "run").await?;
    let request = part.and_then(|part| part.body.ok()).and_then(|header| header.request);
    Ok(request.map(|request| request.request_id))
}

#[expect(clippy::disallowed_methods, reason = "a request is made now")]
fn request(args: &Args, settings: &Settings) -> RunRequest {
    let now = Utc::now();
    let zone: chrono_tz::Tz = settings.schedule.timezone.parse().unwrap_or(chrono_tz::UTC);
    let date = args.date.unwrap_or_else(|| now.with_timezone(&zone).date_naive());
    RunRequest {
        request_id: format!("manual-{}", now.format("%Y%m%dT%H%M%S%3fZ")),
        client_id: db::DEFAULT_CLIENT.to_string(),
        run_date: date.to_string(),
        trigger: Trigger::Manual.into(),
        config: Some(config(args, settings)),
        missing_sources: Vec::new(),
        as_of: now.to_rfc3339_opts(SecondsFormat::Micros, true),
        again: args.again,
    }
}

fn config(args: &Args, settings: &Settings) -> MatchConfig {
    let strategy = |strategy: &Strategies| match strategy {
        Strategies::Geographic => Strategy::Geographic.into(),
        Strategies::BusinessType => Strategy::BusinessType.into(),
        Strategies::PainPattern => Strategy::PainPattern.into(),
    };
    let format = |format: &Formats| match format {
        Formats::Json => OutputFormat::Json.into(),
        Formats::Csv => OutputFormat::Csv.into(),
        Formats::Markdown => OutputFormat::Markdown.into(),
        Formats::Xlsx => OutputFormat::Xlsx.into(),
    };
    let layout = |layout| match layout {
        Layouts::Sample => CsvLayout::Sample,
        Layouts::Step12 => CsvLayout::Step12,
        Layouts::Excel => CsvLayout::Excel,
        Layouts::Crm => CsvLayout::Crm,
    };
    let mode = match args.confidence_mode {
        Some(Modes::Graded) => ConfidenceMode::Graded,
        Some(Modes::Block) => ConfidenceMode::Block,
        None if settings.scoring.confidence_mode == "block" => ConfidenceMode::Block,
        None => ConfidenceMode::Graded,
    };
    MatchConfig {
        strategies: args.strategies.iter().map(strategy).collect(),
        priority_pain_categories: args.priority_categories.clone(),
        min_confidence_score: args.min_confidence.unwrap_or_default(),
        output_formats: args.formats.iter().map(format).collect(),
        confidence_mode: mode.into(),
        csv_layout: args.csv_layout.map(layout).unwrap_or_default().into(),
    }
}

fn score(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(score) if (1.0..=10.0).contains(&score) => Ok(score),
        _ => Err("use a number from 1 to 10".to_owned()),
    }
}
