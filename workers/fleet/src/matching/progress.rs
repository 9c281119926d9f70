//! How far a run is: what was said of each stage and when, from subjects and headers alone.

use std::collections::{BTreeMap, BTreeSet};

use async_nats::jetstream::consumer::pull::{self, OrderedConfig};
use chrono::{DateTime, Utc};
use futures::StreamExt as _;
use proto::subject::{RunId, Stage, Subject, header, stream};
use proto::v1::RunHeader;
use runtime::Runs;
use serde::Serialize;

use super::Stream;
use crate::exit::Failure;
use crate::reach::broker;

/// One stage of a run.
#[derive(Debug, Clone, Serialize)]
pub(super) struct StageProgress {
    pub(super) stage: &'static str,
    pub(super) done: usize,
    pub(super) planned: Option<u32>,
    /// Parts whose maker died.
    pub(super) dead: Vec<DeadPart>,
    pub(super) first_at: Option<DateTime<Utc>>,
    pub(super) last_at: Option<DateTime<Utc>>,
    /// From the first part to the last.
    pub(super) seconds: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct DeadPart {
    pub(super) part: String,
    pub(super) class: String,
}

#[derive(Debug, Default)]
struct Tally {
    parts: BTreeSet<String>,
    dead: BTreeMap<String, String>,
    planned: Option<u32>,
    first_at: Option<DateTime<Utc>>,
    last_at: Option<DateTime<Utc>>,
}

/// Follows the messages of a run, without their bodies.
pub(super) struct Progress {
    run: RunId,
    runs: Runs,
    messages: pull::Ordered,
    /// Messages the broker still has for us.
    pending: u64,
    stages: BTreeMap<Stage, Tally>,
    announced: bool,
}

impl Progress {
    /// Reads what was said so far.
    pub(super) async fn open(stream: &Stream, run: &RunId, header: &RunHeader) -> Result<Self, Failure> {
        let filter = Subject::run(run);
        let pending = stream.runs.count(&filter).await?;
        let config = OrderedConfig { filter_subject: filter, headers_only: true, ..OrderedConfig::default() };
        let source =
            stream.jetstream.get_stream(stream::RUN).await.map_err(|e| broker("the stream RUN", e))?;
        let consumer = source.create_consumer(config).await.map_err(|e| broker("the run", e))?;
        let messages = consumer.messages().await.map_err(|e| broker("the run", e))?;
        // A run has no scrapes of its own, and is done again only now and then.
        let stages = Stage::ALL.iter().filter(|stage| !matches!(stage, Stage::Scrape | Stage::Reopen));
        let mut progress = Self {
            run: run.clone(),
            runs: stream.runs.clone(),
            messages,
            pending,
            stages: stages.map(|stage| (*stage, Tally::default())).collect(),
            announced: false,
        };
        progress.plan(Stage::Profile, 1 + header.pain_parts + header.hint_parts);
        progress.plan(Stage::Notify, 1);
        while progress.pending > 0 {
            progress.next().await?;
        }
        Ok(progress)
    }

    /// Waits for the next message of the run.
    pub(super) async fn next(&mut self) -> Result<(), Failure> {
        let message = match self.messages.next().await {
            Some(message) => message.map_err(|e| broker("the run", e))?,
            None => return Err(broker("the run", "the messages ended")),
        };
        let (pending, at) = {
            let info = message.info().map_err(|e| broker("the run", e))?;
            (
                info.pending,
                DateTime::from_timestamp(info.published.unix_timestamp(), info.published.nanosecond()),
            )
        };
        self.pending = pending;
        let dead = message.headers.as_ref().and_then(|headers| headers.get(header::TOMBSTONE));
        let dead = dead.map(|class| class.as_str().to_owned());
        match message.subject.as_str().parse::<Subject>() {
            Ok(Subject::Part { stage, part, .. }) => self.part(stage, part.to_string(), dead, at),
            Ok(Subject::Plan { stage, .. }) => {
                if let Some(parts) = self.runs.plan(&self.run, stage).await? {
                    self.plan(stage, parts);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn plan(&mut self, stage: Stage, parts: u32) {
        self.stages.entry(stage).or_default().planned = Some(parts);
        match stage {
            // The scorer answers each clinic part, and sums up.
            Stage::Load => self.plan(Stage::Score, parts + 1),
            Stage::Template => self.plan(Stage::Segment, parts),
            _ => {}
        }
    }

    fn part(&mut self, stage: Stage, part: String, dead: Option<String>, at: Option<DateTime<Utc>>) {
        self.announced |= stage == Stage::Notify;
        let tally = self.stages.entry(stage).or_default();
        match dead {
            Some(class) => drop(tally.dead.insert(part.clone(), class)),
            None => drop(tally.dead.remove(&part)),
        }
        tally.parts.insert(part);
        tally.first_at = tally.first_at.min(at).or(at);
        tally.last_at = tally.last_at.max(at);
    }

    /// Whether the summary was said.
    pub(super) fn announced(&self) -> bool {
        self.announced
    }

    /// The stages in the order in which they happen.
    pub(super) fn stages(&self) -> Vec<StageProgress> {
        let each = self.stages.iter().map(|(stage, tally)| {
            let length = tally.last_at.zip(tally.first_at).map(|(last, first)| last - first);
            let dead = tally.dead.iter();
            StageProgress {
                stage: stage.as_str(),
                done: tally.parts.len(),
                planned: tally.planned,
                dead: dead
                    .map(|(part, class)| DeadPart { part: part.clone(), class: class.clone() })
                    .collect(),
                first_at: tally.first_at,
                last_at: tally.last_at,
                seconds: length.map(|length| length.num_milliseconds() as f64 / 1e3),
            }
        });
        each.collect()
    }
}
