//! `leadfleet status`: what the fleet is doing, from the broker and from Postgres.

use std::collections::BTreeMap;
use std::time::Duration;

use async_nats::jetstream::{self, consumer};
use chrono::{DateTime, Utc};
use futures::TryStreamExt as _;
use proto::subject::stream;
use runtime::{Closed, Runs};
use serde::Serialize;

use crate::exit::{Exit, Failure};
use crate::matching::{Entry, newest, runs_table};
use crate::output::{self, Output, columns, count};
use crate::reach::{self, STREAMS, broker, cause, without_password};
use crate::settings::Settings;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Show it again every two seconds until Ctrl-C.
    #[arg(long)]
    follow: bool,
}

#[derive(Debug, Serialize)]
struct Status {
    server: Server,
    streams: Vec<Stream>,
    workers: Vec<Worker>,
    closed_gates: Vec<Closed>,
    dead_letters: Vec<Dead>,
    runs: Vec<Entry>,
    postgres: Postgres,
}

#[derive(Debug, Serialize)]
struct Server {
    url: String,
    name: String,
    version: String,
}

#[derive(Debug, Serialize)]
struct Stream {
    name: String,
    messages: u64,
    bytes: u64,
    max_bytes: i64,
    /// Of what it may hold.
    percent: f64,
}

#[derive(Debug, Serialize)]
struct Worker {
    worker: String,
    stream: String,
    pending: u64,
    in_flight: usize,
    redelivered: usize,
    /// Age of the oldest message that is not done.
    oldest_seconds: Option<i64>,
    /// Pull requests that wait: none means that nobody runs.
    waiting: usize,
}

#[derive(Debug, Serialize)]
struct Dead {
    worker: String,
    class: String,
    count: usize,
}

#[derive(Debug, Default, Serialize)]
struct Postgres {
    reachable: bool,
    problem: Option<String>,
    migrations_applied: usize,
    migrations_pending: usize,
    rows: Option<db::counts::Counts>,
}

const RUNS: usize = 5;
const EVERY: Duration = Duration::from_secs(2);

pub async fn run(args: &Args, settings: Settings, output: Output) -> Result<Exit, Failure> {
    let jetstream = reach::nats(&settings).await?;
    loop {
        let status = read(&jetstream, &settings).await?;
        if args.follow && !output.json {
            output::print("\x1b[H\x1b[2J")?;
        }
        output.show(&status, in_words)?;
        if !args.follow {
            return Ok(Exit::Ok);
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = tokio::signal::ctrl_c() => return Ok(Exit::Interrupted),
        }
    }
}

async fn read(jetstream: &jetstream::Context, settings: &Settings) -> Result<Status, Failure> {
    let info = jetstream.client().server_info();
    let (mut streams, mut workers) = (Vec::new(), Vec::new());
    for name in STREAMS {
        let Ok(found) = jetstream.get_stream(name).await else { continue };
        let info = found.cached_info();
        let (bytes, max_bytes) = (info.state.bytes, info.config.max_bytes);
        let percent = if max_bytes > 0 { bytes as f64 * 100.0 / max_bytes as f64 } else { 0.0 };
        streams.push(Stream {
            name: name.to_owned(),
            messages: info.state.messages,
            bytes,
            max_bytes,
            percent,
        });
        let mut consumers = found.consumers();
        while let Some(info) = consumers.try_next().await.map_err(|e| broker("the consumers", e))? {
            // Others are somebody's eyes for a moment.
            if info.config.durable_name.is_some() {
                workers.push(worker(&found, &info).await);
            }
        }
    }
    workers.sort_by(|a, b| a.worker.cmp(&b.worker));
    Ok(Status {
        server: Server {
            url: without_password(&settings.nats.url),
            name: info.server_name.clone(),
            version: info.version.clone(),
        },
        closed_gates: closed_gates(jetstream).await?,
        dead_letters: dead_letters(jetstream).await?,
        runs: match streams.iter().any(|found| found.name == stream::RUN) {
            true => newest(&Runs::new(jetstream.clone()), RUNS).await?,
            false => Vec::new(),
        },
        streams,
        workers,
        postgres: postgres(settings).await,
    })
}

async fn worker(source: &jetstream::stream::Stream, info: &consumer::Info) -> Worker {
    let name = info.name.strip_suffix("-v1").unwrap_or(&info.name);
    Worker {
        worker: name.to_owned(),
        stream: info.stream_name.clone(),
        pending: info.num_pending,
        in_flight: info.num_ack_pending,
        redelivered: info.num_redelivered,
        oldest_seconds: match info.num_pending > 0 || info.num_ack_pending > 0 {
            true => oldest(source, info).await,
            false => None,
        },
        waiting: info.num_waiting,
    }
}

/// The age of the first message after those that are all done.
async fn oldest(source: &jetstream::stream::Stream, info: &consumer::Info) -> Option<i64> {
    let from = info.ack_floor.stream_sequence + 1;
    let message =
        source.direct_get_next_for_subject(info.config.filter_subject.as_str(), Some(from)).await.ok()?;
    let at = DateTime::<Utc>::from_timestamp(message.time.unix_timestamp(), 0)?;
    #[expect(clippy::disallowed_methods, reason = "a command reads the clock")]
    let now = Utc::now();
    Some((now - at).num_seconds().max(0))
}

async fn closed_gates(jetstream: &jetstream::Context) -> Result<Vec<Closed>, Failure> {
    let Ok(bucket) = jetstream.get_key_value(runtime::GATES).await else { return Ok(Vec::new()) };
    let mut keys = bucket.keys().await.map_err(|e| broker("the gates", e))?;
    let mut closed = Vec::new();
    while let Some(key) = keys.try_next().await.map_err(|e| broker("the gates", e))? {
        let entry = bucket.get(key).await.map_err(|e| broker("a gate", e))?;
        let state = entry.and_then(|bytes| serde_json::from_slice::<Closed>(&bytes).ok());
        closed.extend(state.filter(|state| !state.open));
    }
    Ok(closed)
}

/// Counted by subject: no letter is opened.
async fn dead_letters(jetstream: &jetstream::Context) -> Result<Vec<Dead>, Failure> {
    let Ok(found) = jetstream.get_stream_no_info(stream::DEAD).await else { return Ok(Vec::new()) };
    let Ok(mut subjects) = found.info_with_subjects(proto::Subject::dead("*", "*")).await else {
        return Ok(Vec::new());
    };
    let mut counts = BTreeMap::new();
    while let Some((subject, count)) = subjects.try_next().await.map_err(|e| broker("the dead letters", e))? {
        let mut tokens = subject.rsplit('.').map(str::to_owned);
        let (class, worker) = (tokens.next().unwrap_or_default(), tokens.next().unwrap_or_default());
        *counts.entry((worker, class)).or_default() += count;
    }
    Ok(counts.into_iter().map(|((worker, class), count)| Dead { worker, class, count }).collect())
}

/// Postgres away is shown, not fatal: the fleet works on without it.
async fn postgres(settings: &Settings) -> Postgres {
    let Some(url) = settings.postgres.url.as_deref() else {
        let problem = Some("no connection string: set POSTGRES_CONNECTION_STRING".to_owned());
        return Postgres { problem, ..Postgres::default() };
    };
    let migrations = match db::migrations(url).await {
        Ok(migrations) => migrations,
        Err(error) => return Postgres { problem: Some(cause(&error)), ..Postgres::default() },
    };
    let applied = migrations.iter().filter(|migration| migration.applied_at.is_some()).count();
    let rows = rows(settings).await;
    Postgres {
        reachable: true,
        problem: rows.as_ref().err().map(|failure| match &failure.hint {
            Some(hint) => format!("{:#}: {hint}", failure.error),
            None => format!("{:#}", failure.error),
        }),
        migrations_applied: applied,
        migrations_pending: migrations.len() - applied,
        rows: rows.ok(),
    }
}

async fn rows(settings: &Settings) -> Result<db::counts::Counts, Failure> {
    let db = reach::postgres(settings).await?;
    let mut tx = db.begin(db::DEFAULT_CLIENT).await?;
    #[expect(clippy::disallowed_methods, reason = "a command reads the clock")]
    let counts = db::counts::of_tenant(&mut tx, Utc::now()).await?;
    tx.rollback().await?;
    Ok(counts)
}

fn in_words(status: &Status) -> String {
    let Server { url, name, version } = &status.server;
    let mut text = format!("nats-server {version} ({name}) at {url}\n\n");
    text.push_str(&streams_table(&status.streams));
    text.push_str("\n\n");
    text.push_str(&workers_table(&status.workers));
    text.push('\n');
    for gate in &status.closed_gates {
        text.push_str(&format!(
            "\nclosed: {} waits for {} since {} ({})",
            gate.worker, gate.gate, gate.since, gate.reason
        ));
    }
    for dead in &status.dead_letters {
        text.push_str(&format!("\ndead: {} of {} ({})", dead.count, dead.worker, dead.class));
    }
    if status.closed_gates.is_empty() && status.dead_letters.is_empty() {
        text.push_str("\nNo gate is closed, no letter is dead.");
    }
    text.push_str("\n\n");
    text.push_str(&runs_table(&status.runs));
    text.push_str("\n\n");
    text.push_str(&postgres_in_words(&status.postgres));
    text
}

fn streams_table(streams: &[Stream]) -> String {
    if streams.is_empty() {
        return "No streams: `leadfleet provision` makes them.".to_owned();
    }
    let row = |stream: &Stream| {
        let limit = format!("{:.1} %", stream.percent);
        [stream.name.clone(), stream.messages.to_string(), size(stream.bytes), limit]
    };
    columns(["stream", "messages", "size", "of limit"], streams.iter().map(row))
}

fn size(bytes: u64) -> String {
    match bytes {
        0 => "0".to_owned(),
        1..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1_024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

fn workers_table(workers: &[Worker]) -> String {
    if workers.is_empty() {
        return "No worker has run here yet: `leadfleet run all` starts them.".to_owned();
    }
    let row = |worker: &Worker| {
        let age = |seconds| format!("{seconds} s");
        [
            worker.worker.clone(),
            worker.pending.to_string(),
            worker.in_flight.to_string(),
            worker.redelivered.to_string(),
            worker.oldest_seconds.map(age).unwrap_or_default(),
            if worker.waiting > 0 || worker.in_flight > 0 { "running" } else { "stopped" }.to_owned(),
        ]
    };
    columns(["worker", "pending", "in flight", "redelivered", "oldest", "state"], workers.iter().map(row))
}

fn postgres_in_words(postgres: &Postgres) -> String {
    let problem = postgres.problem.as_deref().unwrap_or_default();
    if !postgres.reachable {
        return format!("Postgres cannot be reached: {problem}");
    }
    let (applied, pending) = (postgres.migrations_applied, postgres.migrations_pending);
    let mut text = format!("Postgres: {} applied, {pending} pending", count(applied as u64, "migration"));
    match &postgres.rows {
        Some(rows) => {
            text.push_str("\n\n");
            text.push_str(&rows_table(rows));
        }
        None => text.push_str(&format!("\n{problem}")),
    }
    text
}

fn rows_table(rows: &db::counts::Counts) -> String {
    let row = |name: &str, rows: i64, of_these: String| [name.to_owned(), rows.to_string(), of_these];
    columns(
        ["in Postgres", "rows", "of these"],
        [
            row("pain points", rows.pain_points, format!("{} in the window", rows.pain_points_in_window)),
            row(
                "clinics",
                rows.clinics,
                format!("{} in the window, {} contactable", rows.clinics_in_window, rows.clinics_contactable),
            ),
            row("decision makers", rows.decision_makers, format!("{} links to review", rows.links_to_review)),
            row("patterns of reviews", rows.clinic_patterns, String::new()),
            row("clinics in segments", rows.matched_segments, String::new()),
            row("runs", rows.runs, String::new()),
        ],
    )
}
