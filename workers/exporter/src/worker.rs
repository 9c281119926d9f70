//! The worker: a run whose templates are complete becomes files.

use crate::error::Error;
use crate::export::{Options, export_run};
use proto::subject::Subject;
use proto::v1::{Alert, Complete, ExportOutcome, ExportStatus, Severity};
use proto::{Outbox, Outgoing, RunId, Stage, Token};
use runtime::{Delivery, Fault, OrFault, ReadError, Retry, Source, Worker};
use std::path::PathBuf;

/// The parts of the outcome: `store` and `export`.
const OUTCOMES: u32 = 2;

#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
pub struct Config {
    /// Folder for the files of a run.
    #[arg(long, env = "OUTPUT_DIRECTORY", default_value = "./outputs/")]
    pub output_directory: PathBuf,
}

pub struct Exporter {
    options: Options,
}

impl Exporter {
    pub fn new(config: Config) -> Self {
        Self {
            options: Options { directory: config.output_directory, formats: Vec::new(), csv_layout: None },
        }
    }
}

impl Worker for Exporter {
    const NAME: &'static str = "exporter";
    const SOURCE: Source = Source::Complete(Stage::Template);
    const RETRY: Retry = Retry { concurrency: 2, ..Retry::DEFAULT };
    type Input = Complete;

    async fn handle(&self, _complete: Complete, delivery: &Delivery) -> Result<Outbox, Fault> {
        let run = delivery.run()?;
        let advance = || delivery.advance();
        match export_run(delivery.runs(), run, &self.options, &advance).await {
            Ok(outcome) => Ok(announced(run, &outcome)),
            // What cannot be decoded now will not be later.
            Err(error @ Error::Read(ReadError::Decode { .. })) => Err(error).or_reject_as("decode"),
            Err(Error::Read(error)) => Err(error.into()),
            Err(error @ Error::Behind { .. }) => Ok(behind(run, error.to_string())),
            Err(Error::Write { path, source }) => {
                let note = format!("could not write {}: {source}", path.display());
                Ok(in_database_only(run, note))
            }
            Err(error) => Err(error).or_reject_as("incomplete"),
        }
    }

    fn tombstones(&self, subject: &Subject, class: &'static str) -> Outbox {
        subject.run_id().map_or_else(Outbox::none, |run| {
            let part = Token::squeezed("export");
            Outbox::none().with(Outgoing::plan(run, Stage::Outcome, OUTCOMES)).with(Outgoing::tombstone(
                run,
                Stage::Outcome,
                part,
                class,
            ))
        })
    }
}

/// The plan is said by both makers of outcomes; the same words are one message.
fn announced(run: &RunId, outcome: &ExportOutcome) -> Outbox {
    let part = Token::squeezed("export");
    Outbox::none().with(Outgoing::plan(run, Stage::Outcome, OUTCOMES)).with(Outgoing::part(
        run,
        Stage::Outcome,
        part,
        outcome,
    ))
}

/// Another run of its date was asked for later, and has written its files.
fn behind(run: &RunId, note: String) -> Outbox {
    let alert = Alert {
        kind: "export-behind".to_owned(),
        key: run.to_string(),
        severity: Severity::Info.into(),
        text: format!("Run {run} has no files: {note}"),
        hint: "nothing is lost: the files that are there hold the newer data".to_owned(),
        run_id: run.to_string(),
    };
    without_files(run, note).with_alerts([alert])
}

fn in_database_only(run: &RunId, note: String) -> Outbox {
    let alert = Alert {
        kind: "export-failed".to_owned(),
        key: run.to_string(),
        severity: Severity::Error.into(),
        text: "Store in database only".to_owned(),
        hint: format!(
            "{note}. Nothing is lost: make OUTPUT_DIRECTORY writable, then `leadfleet match start --again` writes the files"
        ),
        run_id: run.to_string(),
    };
    without_files(run, note).with_alerts([alert])
}

fn without_files(run: &RunId, note: String) -> Outbox {
    announced(run, &ExportOutcome { status: ExportStatus::DatabaseOnly.into(), files: Vec::new(), note })
}
