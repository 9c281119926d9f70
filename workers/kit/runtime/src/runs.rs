//! Reads what a run has said so far, straight from the stream.

use crate::progress::Progress;
use crate::publish::Outlet;
use crate::stored::{AGAIN, Messages, ReadError, Stored};
use async_nats::HeaderMap;
use async_nats::jetstream;
use proto::subject::{RunId, Stage, Subject, Token, header, stream};
use proto::{Message, Name, v1};
use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::sync::Arc;
use tokio::time::sleep;

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

/// Reads runs from the `RUN` stream, and what else is stored.
#[derive(Clone)]
pub struct Runs {
    /// Shared, because a context is dear to copy and there is one of these for every message.
    jetstream: Arc<jetstream::Context>,
    outlet: Option<Arc<Outlet>>,
    progress: Option<Arc<Progress>>,
}

impl Runs {
    pub fn new(jetstream: impl Into<Arc<jetstream::Context>>) -> Self {
        Self { jetstream: jetstream.into(), outlet: None, progress: None }
    }

    /// For a process that knows what it has published.
    pub(crate) fn of(outlet: &Arc<Outlet>) -> Self {
        Self { jetstream: Arc::clone(outlet.jetstream()), outlet: Some(Arc::clone(outlet)), progress: None }
    }

    /// The same, each read of which is progress.
    pub(crate) fn watched(self, progress: Arc<Progress>) -> Self {
        Self { progress: Some(progress), ..self }
    }

    pub(crate) fn jetstream(&self) -> &jetstream::Context {
        &self.jetstream
    }

    pub(crate) fn advance(&self) {
        if let Some(progress) = &self.progress {
            progress.advance();
        }
    }

    /// The highest sequence of runs that is known here to be stored.
    pub(crate) fn seen(&self) -> u64 {
        self.outlet.as_ref().map_or(0, |outlet| outlet.sent().highest_of(stream::RUN))
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
        let filter = Subject::parts(run, stage);
        // First: once this is answered, whoever leads has what was seen here, and so the newest plan.
        let parts = self.count(&filter).await?;
        let plan = Subject::Plan { run: run.clone(), stage }.to_string();
        let (planned, generation) = loop {
            if let Some(planned) = self.planned(run, stage).await? {
                break planned;
            }
            // Nobody would look again: better twice than a plan overlooked by who was cut off.
            if self.count(&plan).await? == 0 {
                return Ok(None);
            }
            sleep(AGAIN).await;
        };
        if parts < u64::from(planned) {
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

pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(async_nats::HeaderValue::as_str)
}
