//! Reads what a run has said so far, straight from the stream.

use crate::progress::Progress;
use async_nats::jetstream::{self};
use async_nats::{HeaderMap, Subscriber};
use bytes::Bytes;
use futures::StreamExt as _;
use proto::subject::{RunId, Stage, Subject, Token, header, stream};
use proto::{Message, Name, v1};
use std::collections::{BTreeSet, VecDeque};
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

/// How many messages and bytes one request brings.
const BATCH: usize = 256;
const BATCH_BYTES: usize = 2 * 1024 * 1024;
const TIMEOUT: Duration = Duration::from_secs(10);

/// Why the run could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("could not reach the broker to read {what}")]
    Broker { what: String, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("no answer from the broker while reading {0}")]
    Timeout(String),
    #[error("the broker refused to read {what}: {answer}")]
    Refused { what: String, answer: String },
    #[error("{subject} holds no {schema}")]
    Decode { subject: String, schema: String, source: proto::DecodeError },
}

impl ReadError {
    /// Whether the stream was never made: then nobody answers for it.
    pub fn is_missing_stream(&self) -> bool {
        match self {
            Self::Broker { source, .. } => source.to_string().contains("no responders"),
            Self::Refused { answer, .. } => answer.contains("503"),
            Self::Timeout(_) | Self::Decode { .. } => false,
        }
    }
}

/// A part of a stage.
#[derive(Debug, Clone)]
pub struct Part<M> {
    pub name: Token,
    pub generation: u32,
    /// The message, or the mark that its maker died.
    pub body: Result<M, Tombstone>,
}

/// Stands for a part whose maker died.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tombstone {
    /// Class of the dead letter.
    pub class: String,
}

/// A message as it is stored.
pub struct Stored {
    pub subject: String,
    pub sequence: u64,
    pub published_at: String,
    pub headers: HeaderMap,
    pub payload: Bytes,
}

/// Reads runs from the `RUN` stream.
#[derive(Clone)]
pub struct Runs {
    /// Shared, because a context is dear to copy and there is one of these for every message.
    jetstream: Arc<jetstream::Context>,
    progress: Option<Arc<Progress>>,
}

impl Runs {
    pub fn new(jetstream: impl Into<Arc<jetstream::Context>>) -> Self {
        Self { jetstream: jetstream.into(), progress: None }
    }

    pub(crate) fn watched(jetstream: Arc<jetstream::Context>, progress: Arc<Progress>) -> Self {
        Self { jetstream, progress: Some(progress) }
    }

    /// One part, or none if nobody has said it yet.
    pub async fn part<M: Message + Name + Default>(
        &self,
        run: &RunId,
        stage: Stage,
        part: &str,
    ) -> Result<Option<Part<M>>, ReadError> {
        let subject = Subject::Part { run: run.clone(), stage, part: Token::squeezed(part) }.to_string();
        self.last(&subject).await?.map(decode).transpose()
    }

    /// How many parts the stage will have, if that is known yet.
    pub async fn plan(&self, run: &RunId, stage: Stage) -> Result<Option<u32>, ReadError> {
        Ok(self.planned(run, stage).await?.map(|(parts, _)| parts))
    }

    /// The parts the stage will have, and the generation that planned them.
    async fn planned(&self, run: &RunId, stage: Stage) -> Result<Option<(u32, u32)>, ReadError> {
        let subject = Subject::Plan { run: run.clone(), stage }.to_string();
        let Some(stored) = self.last(&subject).await? else { return Ok(None) };
        let generation = generation_of(&stored.headers);
        match v1::Plan::decode(stored.payload) {
            Ok(v1::Plan { parts }) => Ok(Some((parts, generation))),
            Err(source) => Err(ReadError::Decode { subject, schema: v1::Plan::full_name(), source }),
        }
    }

    /// How many parts the stage has, if all of them are there.
    ///
    /// When a run is done again from an earlier stage on, what the stage said before has not gone: then only parts
    /// of the plan's own generation or a later one count. When a single dead part of the stage is replayed, the
    /// plan is still the first one, and the replay has taken the part's tombstone away. For that to hold, the plan
    /// of a stage is said before what its parts are made of.
    pub async fn all_there(&self, run: &RunId, stage: Stage) -> Result<Option<u32>, ReadError> {
        let Some((planned, generation)) = self.planned(run, stage).await? else { return Ok(None) };
        let filter = Subject::parts(run, stage);
        if self.count(&filter).await? < u64::from(planned) {
            return Ok(None);
        }
        if generation > 0 {
            let mut parts = self.messages(stream::RUN, filter).await?;
            // Subjects, because a part that is said anew meanwhile is read twice.
            let mut counted = BTreeSet::new();
            while let Some(part) = parts.next().await? {
                if generation_of(&part.headers) >= generation {
                    counted.insert(part.subject);
                }
            }
            if counted.len() < planned as usize {
                return Ok(None);
            }
        }
        Ok(Some(planned))
    }

    /// Whether the stage has been complete in this generation.
    pub async fn has_complete(&self, run: &RunId, stage: Stage, generation: u32) -> Result<bool, ReadError> {
        let subject = Subject::Complete { run: run.clone(), stage, generation }.to_string();
        Ok(self.last(&subject).await?.is_some())
    }

    /// How many messages a subject filter has; dead parts count.
    pub async fn count(&self, filter: &str) -> Result<u64, ReadError> {
        self.count_from(filter, 1).await
    }

    /// How many of these messages were stored with this sequence or a later one.
    pub async fn count_from(&self, filter: &str, sequence: u64) -> Result<u64, ReadError> {
        let request = serde_json::json!({ "next_by_subj": filter, "seq": sequence, "batch": 1 });
        let answer = self.request(stream::RUN, filter, &request).await?;
        match status(&answer) {
            None => Ok(number(answer.headers.as_ref(), "Nats-Num-Pending") + 1),
            Some(404) => Ok(0),
            Some(_) => Err(refused(filter, &answer)),
        }
    }

    /// Every part of a stage, in the order of storage, a batch in memory at a time.
    pub async fn parts<M: Message + Name + Default>(
        &self,
        run: &RunId,
        stage: Stage,
    ) -> Result<Parts<M>, ReadError> {
        Ok(Parts {
            messages: self.messages(stream::RUN, Subject::parts(run, stage)).await?,
            kind: PhantomData,
        })
    }

    /// Every message of a stream under a subject filter, in the order of storage, a batch in memory at a time.
    pub async fn messages(&self, stream: &'static str, filter: String) -> Result<Messages, ReadError> {
        let client = self.jetstream.client();
        let inbox = client.new_inbox();
        let answers = client
            .subscribe(inbox.clone())
            .await
            .map_err(|source| ReadError::Broker { what: filter.clone(), source: source.into() })?;
        Ok(Messages {
            runs: self.clone(),
            stream,
            filter,
            inbox,
            answers,
            batch: VecDeque::new(),
            next: Some(1),
        })
    }

    async fn last(&self, subject: &str) -> Result<Option<Stored>, ReadError> {
        self.one(stream::RUN, subject, &serde_json::json!({ "last_by_subj": subject })).await
    }

    /// The message of a sequence, if the stream still has it.
    pub(crate) async fn at(&self, stream: &str, sequence: u64) -> Result<Option<Stored>, ReadError> {
        self.one(stream, stream, &serde_json::json!({ "seq": sequence })).await
    }

    async fn one(
        &self,
        stream: &str,
        what: &str,
        request: &serde_json::Value,
    ) -> Result<Option<Stored>, ReadError> {
        let answer = self.request(stream, what, request).await?;
        match status(&answer) {
            None => Ok(Some(stored(answer))),
            Some(404) => Ok(None),
            Some(_) => Err(refused(what, &answer)),
        }
    }

    async fn request(
        &self,
        stream: &str,
        what: &str,
        request: &serde_json::Value,
    ) -> Result<async_nats::Message, ReadError> {
        if let Some(progress) = &self.progress {
            progress.advance();
        }
        self.jetstream
            .client()
            .request(format!("$JS.API.DIRECT.GET.{stream}"), request.to_string().into())
            .await
            .map_err(|source| ReadError::Broker { what: what.to_owned(), source: source.into() })
    }
}

/// Messages of a stream, fetched in batches.
pub struct Messages {
    runs: Runs,
    stream: &'static str,
    filter: String,
    inbox: String,
    answers: Subscriber,
    batch: VecDeque<Stored>,
    /// Sequence to go on from; none when everything was read.
    next: Option<u64>,
}

impl Messages {
    pub async fn next(&mut self) -> Result<Option<Stored>, ReadError> {
        while self.batch.is_empty() {
            let Some(from) = self.next else { return Ok(None) };
            self.fetch(from).await?;
        }
        Ok(self.batch.pop_front())
    }

    async fn fetch(&mut self, from: u64) -> Result<(), ReadError> {
        if let Some(progress) = &self.runs.progress {
            progress.advance();
        }
        let request = serde_json::json!({
            "next_by_subj": self.filter, "seq": from, "batch": BATCH, "max_bytes": BATCH_BYTES,
        });
        let subject = format!("$JS.API.DIRECT.GET.{}", self.stream);
        self.runs
            .jetstream
            .client()
            .publish_with_reply(subject, self.inbox.clone(), request.to_string().into())
            .await
            .map_err(|source| ReadError::Broker { what: self.filter.clone(), source: source.into() })?;
        let mut more = 0;
        loop {
            let answer = tokio::time::timeout(TIMEOUT, self.answers.next()).await;
            let Ok(Some(answer)) = answer else { return Err(ReadError::Timeout(self.filter.clone())) };
            match status(&answer) {
                None => {
                    more = number(answer.headers.as_ref(), "Nats-Num-Pending");
                    self.batch.push_back(stored(answer));
                }
                // 204 ends a batch, 404 says that there is nothing (more).
                Some(204 | 404) => break,
                Some(_) => return Err(refused(&self.filter, &answer)),
            }
        }
        self.next = match self.batch.back() {
            Some(last) if more > 0 => Some(last.sequence + 1),
            _ => None,
        };
        Ok(())
    }
}

/// The parts of a stage, decoded.
pub struct Parts<M> {
    messages: Messages,
    kind: PhantomData<fn() -> M>,
}

impl<M: Message + Name + Default> Parts<M> {
    pub async fn next(&mut self) -> Result<Option<Part<M>>, ReadError> {
        self.messages.next().await?.map(decode).transpose()
    }
}

pub(crate) fn decode<M: Message + Name + Default>(stored: Stored) -> Result<Part<M>, ReadError> {
    let name = stored.subject.rsplit('.').next().unwrap_or_default();
    let generation = generation_of(&stored.headers);
    let name = Token::squeezed(name);
    if let Some(class) = text(&stored.headers, header::TOMBSTONE) {
        return Ok(Part { name, generation, body: Err(Tombstone { class: class.to_owned() }) });
    }
    match M::decode(stored.payload) {
        Ok(message) => Ok(Part { name, generation, body: Ok(message) }),
        Err(source) => Err(ReadError::Decode { subject: stored.subject, schema: M::full_name(), source }),
    }
}

pub(crate) fn generation_of(headers: &HeaderMap) -> u32 {
    text(headers, header::GENERATION).and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn stored(answer: async_nats::Message) -> Stored {
    let headers = answer.headers.unwrap_or_default();
    Stored {
        subject: text(&headers, "Nats-Subject").unwrap_or_default().to_owned(),
        sequence: number(Some(&headers), "Nats-Sequence"),
        published_at: text(&headers, "Nats-Time-Stamp").unwrap_or_default().to_owned(),
        headers,
        payload: answer.payload,
    }
}

fn status(answer: &async_nats::Message) -> Option<u16> {
    answer.status.map(|status| status.as_u16())
}

fn refused(what: &str, answer: &async_nats::Message) -> ReadError {
    let answer = format!("{:?} {}", answer.status, answer.description.as_deref().unwrap_or_default());
    ReadError::Refused { what: what.to_owned(), answer }
}

pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(async_nats::HeaderValue::as_str)
}

fn number(headers: Option<&HeaderMap>, name: &str) -> u64 {
    headers.and_then(|headers| text(headers, name)).and_then(|text| text.parse().ok()).unwrap_or(0)
}
