//! One run: how far it is, what died, how it ended.

use chrono::{DateTime, Utc};
use proto::subject::Stage;
use proto::v1::{ExportOutcome, ExportStatus, RunSummary, StoreOutcome, StoreStatus};
use serde::Serialize;

use crate::progress::StageProgress;
use crate::runs::{self, Known};
use crate::words::count;
use crate::{Broker, Error};

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunStatus {
    pub run_id: String,
    pub request_id: String,
    pub run_date: String,
    pub state: String,
    pub trigger: &'static str,
    pub begun_at: DateTime<Utc>,
    /// From the first message of the run to its summary, or to now.
    pub seconds: f64,
    pub stages: Vec<StageProgress>,
    pub store: Option<String>,
    pub export: Option<String>,
    pub files: Vec<String>,
    pub announced_by: Option<String>,
    pub missing: Vec<String>,
    pub warnings: Vec<String>,
}

/// How a run stands whose stages have come as far as this.
pub async fn status(
    broker: &Broker,
    known: &Known,
    stages: Vec<StageProgress>,
    now: DateTime<Utc>,
) -> Result<RunStatus, Error> {
    let summary = runs::summary(broker, &known.id).await?;
    let store = broker.runs.part::<StoreOutcome>(&known.id, Stage::Outcome, "store").await?;
    let export = broker.runs.part::<ExportOutcome>(&known.id, Stage::Outcome, "export").await?;
    let request = known.header.request.clone().unwrap_or_default();
    let files = export.as_ref().and_then(|part| part.body.as_ref().ok());
    let files = files.iter().flat_map(|export| export.files.iter().map(|file| file.path.clone())).collect();
    let first = stages.iter().filter_map(|stage| stage.first_at).min().unwrap_or(known.begun_at);
    let last = match &summary {
        Some(_) => stages.iter().filter_map(|stage| stage.last_at).max().unwrap_or(now),
        None => now,
    };
    let state = runs::state(broker, known, summary.as_ref(), now).await?;
    let announced = summary.is_some();
    let RunSummary { missing, warnings, channel, .. } = summary.unwrap_or_default();
    Ok(RunStatus {
        run_id: known.id.to_string(),
        request_id: request.request_id,
        run_date: request.run_date,
        state,
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
        announced_by: announced.then_some(channel),
        missing,
        warnings,
    })
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
