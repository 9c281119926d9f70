//! `leadfleet match status`: how far a run is, what died, how it ended.

use overview::run::{self, RunStatus};
use overview::{Broker, Progress, StageProgress, runs};

use crate::exit::{Exit, Failure};
use crate::output::{Output, columns};

pub(super) async fn run(name: &str, broker: &Broker, output: Output) -> Result<Exit, Failure> {
    let known = runs::find(broker, name).await?;
    let progress = Progress::open(broker, &known).await?;
    output.show(&run::status(broker, &known, progress.stages(), super::now()).await?, in_words)?;
    Ok(Exit::Ok)
}

/// A run that failed is a failure, one with missing parts a partial one.
pub(super) fn exit(status: &RunStatus) -> Exit {
    match status.state.as_str() {
        "failed" => Exit::Failure,
        _ if !status.missing.is_empty() => Exit::Partial,
        _ => Exit::Ok,
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
            if stage.retries == 0 { String::new() } else { stage.retries.to_string() },
            time(stage.first_at),
            time(stage.last_at),
            stage.seconds.map(|seconds| format!("{seconds:.3}")).unwrap_or_default(),
        ]
    };
    columns(
        ["stage", "parts", "dead", "retries", "first (UTC)", "last (UTC)", "seconds"],
        stages.iter().map(row),
    )
}
