//! `leadfleet match status`: how far a run is, what died, how it ended.

use proto::subject::Stage;
use proto::v1::{ExportOutcome, ExportStatus, RunSummary, StoreOutcome, StoreStatus};
use serde::Serialize;

use super::Stream;
use super::progress::{Progress, StageProgress};
use super::runs::{self, Known};
use crate::exit::{Exit, Failure};
use crate::output::{Output, columns, count};

#[derive(Debug, Serialize)]
pub(super) struct RunStatus {
    run_id: String,
    request_id: String,
    run_date: String,
    state: String,
    trigger: &'static str,
    begun_at: chrono::DateTime<chrono::Utc>,
    /// From the first message of the run to its summary, or to now.
    seconds: f64,
    stages: Vec<StageProgress>,
    store: Option<String>,
    export: Option<String>,
    files: Vec<String>,
    announced_by: Option<String>,
    missing: Vec<String>,
    warnings: Vec<String>,
}

pub(super) async fn run(name: &str, stream: &Stream, output: Output) -> Result<Exit, Failure> {
    let known = runs::find(&stream.runs, name).await?;
    let progress = Progress::open(stream, &known.id, &known.header).await?;
    output.show(&of(stream, &known, &progress).await?, in_words)?;
    Ok(Exit::Ok)
}

pub(super) async fn of(stream: &Stream, known: &Known, progress: &Progress) -> Result<RunStatus, Failure> {
    let summary = runs::summary(&stream.runs, &known.id).await?;
    let store = stream.runs.part::<StoreOutcome>(&known.id, Stage::Outcome, "store").await?;
    let export = stream.runs.part::<ExportOutcome>(&known.id, Stage::Outcome, "export").await?;
    let request = known.header.request.clone().unwrap_or_default();
    let stages = progress.stages();
    let files = export.as_ref().and_then(|part| part.body.as_ref().ok());
    let files = files.iter().flat_map(|export| export.files.iter().map(|file| file.path.clone())).collect();
    #[expect(clippy::disallowed_methods, reason = "a command reads the clock")]
    let now = chrono::Utc::now();
    let first = stages.iter().filter_map(|stage| stage.first_at).min().unwrap_or(known.begun_at);
    let last = match &summary {
        Some(_) => stages.iter().filter_map(|stage| stage.last_at).max().unwrap_or(now),
        None => now,
    };
    let RunSummary { missing, warnings, channel, .. } = summary.clone().unwrap_or_default();
    Ok(RunStatus {
        run_id: known.id.to_string(),
        request_id: request.request_id,
        run_date: request.run_date,
        state: runs::state(&stream.runs, known, summary.as_ref()).await?,
        trigger: runs::trigger(&known.header),
        begun_at: known.begun_at,
        seconds: (last - first).num_milliseconds() as f64 / 1e3,
        stages,
        store: store
            .map(|part| part.body.map_or_else(|dead| format!("died: {}", dead.class), |said| stored(&said))),
        export: export.map(|part| {
            part.body.map_or_else(|dead| format!("died: {}", dead.class), |said| exported(&said))
        }),
        files,
        announced_by: summary.is_some().then_some(channel),
        missing,
        warnings,
    })
}

impl RunStatus {
    /// A run that failed is a failure, one with missing parts a partial one.
    pub(super) fn exit(&self) -> Exit {
        match self.state.as_str() {
            "failed" => Exit::Failure,
            _ if !self.missing.is_empty() => Exit::Partial,
            _ => Exit::Ok,
        }
    }
}

fn stored(outcome: &StoreOutcome) -> String {
    let note = if outcome.note.is_empty() { String::new() } else { format!(" ({})", outcome.note) };
    match outcome.status() {
        StoreStatus::Stored => {
            let segments = count(outcome.segments.into(), "segment");
            format!("{} in {segments}{note}", count(outcome.rows.into(), "row"))
        }
        StoreStatus::BackedUp => {
            format!("backed up to {}, tried again at {}{note}", outcome.backup_file, outcome.retry_at)
        }
        StoreStatus::Unspecified => format!("unknown{note}"),
    }
}

fn exported(outcome: &ExportOutcome) -> String {
    let note = if outcome.note.is_empty() { String::new() } else { format!(" ({})", outcome.note) };
    match outcome.status() {
        ExportStatus::Written => format!("{}{note}", count(outcome.files.len() as u64, "file")),
        ExportStatus::DatabaseOnly => format!("no file could be written{note}"),
        ExportStatus::Unspecified => format!("unknown{note}"),
    }
}

pub(super) fn in_words(status: &RunStatus) -> String {
    let RunStatus { run_id, run_date, state, trigger, seconds, .. } = status;
    let mut text = format!("Run {run_id} of {run_date}: {state} ({trigger}, {seconds:.1} s)\n\n");
    text.push_str(&stages_table(&status.stages));
    for stage in &status.stages {
        for dead in &stage.dead {
            text.push_str(&format!("\ndied: {} {} ({})", stage.stage, dead.part, dead.class));
        }
    }
    for (name, value) in
        [("stored", &status.store), ("exported", &status.export), ("announced", &status.announced_by)]
    {
        if let Some(value) = value {
            text.push_str(&format!("\n{name}: {value}"));
        }
    }
    for file in &status.files {
        text.push_str(&format!("\nfile: {file}"));
    }
    for missing in &status.missing {
        text.push_str(&format!("\nmissing: {missing}"));
    }
    for warning in &status.warnings {
        text.push_str(&format!("\nnote: {warning}"));
    }
    text
}

pub(super) fn stages_table(stages: &[StageProgress]) -> String {
    let row = |stage: &StageProgress| {
        let planned = stage.planned.map_or("?".to_owned(), |planned| planned.to_string());
        let time = |at: Option<chrono::DateTime<chrono::Utc>>| {
            at.map(|at| at.format("%H:%M:%S%.3f").to_string()).unwrap_or_default()
        };
        [
            stage.stage.to_owned(),
            if stage.done == 0 && stage.planned.is_none() {
                "-".to_owned()
            } else {
                format!("{}/{planned}", stage.done)
            },
            if stage.dead.is_empty() { String::new() } else { stage.dead.len().to_string() },
            time(stage.first_at),
            time(stage.last_at),
            stage.seconds.map(|seconds| format!("{seconds:.3}")).unwrap_or_default(),
        ]
    };
    columns(["stage", "parts", "dead", "first (UTC)", "last (UTC)", "seconds"], stages.iter().map(row))
}
