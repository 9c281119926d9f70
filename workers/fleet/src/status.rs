//! `leadfleet status`: what the fleet is doing, from the broker and from Postgres.

use std::time::Duration;

use chrono::Utc;
use overview::Broker;
use overview::status::{self, Postgres, Server, Status, Stream, Worker};

use crate::exit::{Exit, Failure};
use crate::matching::runs_table;
use crate::output::{self, Output, columns, count};
use crate::reach;
use crate::settings::Settings;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Show it again every two seconds until Ctrl-C.
    #[arg(long)]
    follow: bool,
}

const EVERY: Duration = Duration::from_secs(2);

pub async fn run(args: &Args, settings: Settings, output: Output) -> Result<Exit, Failure> {
    let broker = Broker::new(reach::nats(&settings).await?);
    loop {
        #[expect(clippy::disallowed_methods, reason = "a command reads the clock")]
        let now = Utc::now();
        let postgres = status::postgres(settings.postgres.url.as_deref(), db::DEFAULT_CLIENT, now).await;
        let status = status::of(&broker, &settings.nats.url, postgres, now).await?;
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

fn in_words(status: &Status) -> String {
    let Server { url, name, version } = &status.server;
    let mut text = format!("nats-server {version} ({name}) at {url}\n\n");
    text.push_str(&streams_table(&status.streams));
    text.push_str("\n\n");
    text.push_str(&workers_table(&status.workers));
    text.push('\n');
    let versions = status::versions(&status.processes);
    if versions.len() > 1 {
        let versions = Vec::from_iter(versions).join(", ");
        text.push_str(&format!("\nprocesses of different versions run at once: {versions}"));
    }
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
            worker.processes.len().to_string(),
            if worker.waiting > 0 || worker.in_flight > 0 { "running" } else { "stopped" }.to_owned(),
        ]
    };
    columns(
        ["worker", "pending", "in flight", "redelivered", "oldest", "processes", "state"],
        workers.iter().map(row),
    )
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
