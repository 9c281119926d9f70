//! How far a run is: what was said of each stage and when, from subjects and headers alone.

use std::collections::BTreeMap;

use async_nats::HeaderMap;
use async_nats::jetstream::consumer::DeliverPolicy;
use async_nats::jetstream::consumer::pull::{self, OrderedConfig};
use chrono::{DateTime, Utc};
use futures::StreamExt as _;
use proto::subject::{RunId, Stage, Subject, header, stream};
use serde::Serialize;

use crate::error::broker as failed;
use crate::runs::Known;
use crate::{Broker, Error};

/// One stage of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageProgress {
    pub stage: &'static str,
    pub done: usize,
    pub planned: Option<u32>,
    /// Parts whose maker died.
    pub dead: Vec<DeadPart>,
    /// How often inputs of the stage were delivered again before its parts came of them.
    pub retries: u64,
    pub first_at: Option<DateTime<Utc>>,
    pub last_at: Option<DateTime<Utc>>,
    /// From the first part to the last.
    pub seconds: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct DeadPart {
    pub part: String,
    pub class: String,
}

#[derive(Debug, Default)]
struct Tally {
    planned: Option<u32>,
    parts: BTreeMap<String, Said>,
}

/// When a part was said last, the class of the dead letter in its place, and of which try it came.
#[derive(Debug)]
struct Said {
    at: Option<DateTime<Utc>>,
    dead: Option<String>,
    again: Option<Try>,
}

/// A delivery of an input to a worker that was not the first.
#[derive(Debug)]
struct Try {
    worker: String,
    input: String,
    delivery: u32,
}

impl Try {
    fn of(headers: &HeaderMap) -> Option<Self> {
        let text = |name| headers.get(name).map(|value| value.as_str());
        let (worker, delivery) = text(header::TRY)?.split_once(' ')?;
        Some(Self {
            worker: worker.to_owned(),
            input: text(header::CAUSE).unwrap_or_default().to_owned(),
            delivery: delivery.parse().ok()?,
        })
    }
}

/// What a run has said, without the bodies of its messages.
pub struct Progress {
    broker: Broker,
    run: RunId,
    /// Of the last message that was counted.
    sequence: u64,
    messages: Option<pull::Ordered>,
    stages: BTreeMap<Stage, Tally>,
    announced: bool,
}

impl Progress {
    /// Reads what was said so far.
    pub async fn open(broker: &Broker, known: &Known) -> Result<Self, Error> {
        // A run has no scrapes of its own, and is done again only now and then.
        let stages = Stage::ALL.iter().filter(|stage| !matches!(stage, Stage::Scrape | Stage::Reopen));
        let mut progress = Self {
            broker: broker.clone(),
            run: known.id.clone(),
            sequence: 0,
            messages: None,
            stages: stages.map(|stage| (*stage, Tally::default())).collect(),
            announced: false,
        };
        progress.plan(Stage::Profile, 1 + known.header.pain_parts + known.header.hint_parts);
        progress.plan(Stage::Notify, 1);
        progress.catch_up().await?;
        Ok(progress)
    }

    /// Reads what was said since. What it has read is kept when it is dropped halfway.
    pub async fn catch_up(&mut self) -> Result<(), Error> {
        // Whoever was dropped while it read a message has not counted it.
        self.messages = None;
        let said = self.broker.runs.from(stream::RUN, &Subject::run(&self.run), self.sequence + 1).await?;
        if said.is_some() {
            while self.next().await? > 0 {}
        }
        self.messages = None;
        Ok(())
    }

    /// Waits for the next message of the run. Returns how many more there are already.
    pub async fn next(&mut self) -> Result<u64, Error> {
        let messages = match &mut self.messages {
            Some(messages) => messages,
            none => none.insert(follow(&self.broker, &self.run, self.sequence + 1).await?),
        };
        let message = match messages.next().await {
            Some(message) => message.map_err(|error| failed("the run", error))?,
            None => return Err(failed("the run", "the messages ended")),
        };
        let (pending, sequence, at) = {
            let info = message.info().map_err(|error| failed("the run", error))?;
            (
                info.pending,
                info.stream_sequence,
                DateTime::from_timestamp(info.published.unix_timestamp(), info.published.nanosecond()),
            )
        };
        let headers = message.headers.as_ref();
        let dead = headers.and_then(|headers| headers.get(header::TOMBSTONE));
        let dead = dead.map(|class| class.as_str().to_owned());
        let again = headers.and_then(Try::of);
        match message.subject.as_str().parse::<Subject>() {
            Ok(Subject::Part { stage, part, .. }) => {
                self.announced |= stage == Stage::Notify;
                self.stages
                    .entry(stage)
                    .or_default()
                    .parts
                    .insert(part.to_string(), Said { at, dead, again });
            }
            Ok(Subject::Plan { stage, .. }) => {
                if let Some(parts) = self.broker.runs.plan(&self.run, stage).await? {
                    self.plan(stage, parts);
                }
            }
            _ => {}
        }
        self.sequence = sequence;
        Ok(pending)
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

    /// Whether the summary was said.
    pub fn announced(&self) -> bool {
        self.announced
    }

    /// The stages in the order in which they happen.
    pub fn stages(&self) -> Vec<StageProgress> {
        let each = self.stages.iter().map(|(stage, Tally { planned, parts })| {
            let first_at = parts.values().filter_map(|said| said.at).min();
            let last_at = parts.values().filter_map(|said| said.at).max();
            let length = last_at.zip(first_at).map(|(last, first)| last - first);
            let dead = |(part, said): (&String, &Said)| {
                said.dead.as_ref().map(|class| DeadPart { part: part.clone(), class: class.clone() })
            };
            StageProgress {
                stage: stage.as_str(),
                done: parts.len(),
                planned: *planned,
                dead: parts.iter().filter_map(dead).collect(),
                retries: retries(parts.values().filter_map(|said| said.again.as_ref())),
                first_at,
                last_at,
                seconds: length.map(|length| length.num_milliseconds() as f64 / 1e3),
            }
        });
        each.collect()
    }
}

/// An input of which many parts came was tried again once, and not for each of them.
fn retries<'a>(tries: impl Iterator<Item = &'a Try>) -> u64 {
    let mut last: BTreeMap<_, u32> = BTreeMap::new();
    for Try { worker, input, delivery } in tries {
        let seen = last.entry((worker, input)).or_default();
        *seen = (*seen).max(*delivery);
    }
    last.into_values().map(|delivery| u64::from(delivery.saturating_sub(1))).sum()
}

async fn follow(broker: &Broker, run: &RunId, start_sequence: u64) -> Result<pull::Ordered, Error> {
    let config = OrderedConfig {
        filter_subject: Subject::run(run),
        headers_only: true,
        deliver_policy: DeliverPolicy::ByStartSequence { start_sequence },
        ..OrderedConfig::default()
    };
    let source = broker.jetstream.get_stream(stream::RUN).await;
    let source = source.map_err(|error| failed("the stream RUN", error))?;
    let consumer = source.create_consumer(config).await.map_err(|error| failed("the run", error))?;
    consumer.messages().await.map_err(|error| failed("the run", error))
}
