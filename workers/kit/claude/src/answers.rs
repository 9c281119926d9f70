//! The bucket `answers`: what was paid for, what is being asked, what was spent, and which models must wait.

use std::time::Duration;

use async_nats::jetstream::kv::{CreateErrorKind, Entry, Operation, Store, UpdateErrorKind};
use async_nats::jetstream::{self, kv};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::budget::Spent;
use crate::{Answer, Config, Error};

pub const BUCKET: &str = "answers";
/// As long as a dead letter may be replayed.
const KEPT: Duration = Duration::from_secs(90 * 24 * 3600);
/// Rounds of compare-and-set before an account is given up: each round somebody else succeeded.
const ROUNDS: usize = 16;

/// The bucket's settings, for whoever provisions.
pub fn bucket() -> kv::Config {
    kv::Config { bucket: BUCKET.into(), history: 1, max_age: KEPT, ..kv::Config::default() }
}

#[derive(Clone)]
pub(crate) struct Answers {
    store: Store,
}

/// What is known about a question.
#[derive(Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub(crate) enum Record {
    /// Somebody asks, until this time at the latest.
    Started {
        until: DateTime<Utc>,
    },
    Done {
        answer: Answer,
    },
    /// Never to be asked again unchanged.
    Refused {
        category: Option<String>,
    },
}

/// The right to ask a question, until it is renewed, settled or given up.
pub(crate) struct Claim {
    key: String,
    revision: u64,
}

pub(crate) enum Found {
    Nothing(Claim),
    Answered(Answer),
}

impl Answers {
    pub(crate) async fn open(jetstream: &jetstream::Context) -> Result<Self, Error> {
        let store = runtime::bucket(jetstream, bucket()).await.map_err(failed("open"))?;
        Ok(Self { store })
    }

    /// The stored answer, or the right to ask for it during `lease`.
    pub(crate) async fn claim(
        &self,
        key: String,
        now: DateTime<Utc>,
        lease: Duration,
    ) -> Result<Found, Error> {
        let entry = self.entry(&key).await?;
        let revision = entry.as_ref().map(|entry| entry.revision);
        let record = entry.filter(is_put).and_then(|entry| serde_json::from_slice(&entry.value).ok());
        match record {
            Some(Record::Done { answer }) => {
                return Ok(Found::Answered(Answer { from_cache: true, ..answer }));
            }
            Some(Record::Refused { category }) => return Err(Error::Refused { category }),
            Some(Record::Started { until }) if until > now => {
                let after = (until - now).to_std().unwrap_or_default();
                return Err(Error::InFlight { after });
            }
            Some(Record::Started { .. }) | None => {}
        }
        let mut claim = Claim { key, revision: revision.unwrap_or_default() };
        self.renew(&mut claim, now, lease).await?;
        Ok(Found::Nothing(claim))
    }

    pub(crate) async fn renew(
        &self,
        claim: &mut Claim,
        now: DateTime<Utc>,
        lease: Duration,
    ) -> Result<(), Error> {
        let started = bytes(&Record::Started { until: now + lease })?;
        match self.store.update(&claim.key, started, claim.revision).await {
            Ok(revision) => {
                claim.revision = revision;
                Ok(())
            }
            Err(error) if error.kind() == UpdateErrorKind::WrongLastRevision => {
                Err(Error::InFlight { after: lease })
            }
            Err(error) => Err(failed("note the question")(error)),
        }
    }

    pub(crate) async fn keep(&self, claim: Claim, answer: &Answer) -> Result<(), Error> {
        let record = bytes(&Record::Done { answer: answer.clone() })?;
        self.store.put(&claim.key, record).await.map_err(failed("keep the answer"))?;
        Ok(())
    }

    pub(crate) async fn keep_refusal(&self, claim: Claim, category: Option<String>) -> Result<(), Error> {
        let record = bytes(&Record::Refused { category })?;
        self.store.put(&claim.key, record).await.map_err(failed("keep the refusal"))?;
        Ok(())
    }

    /// Lets the next one ask at once.
    pub(crate) async fn give_up(&self, claim: Claim) -> Result<(), Error> {
        let deleted = self.store.delete_expect_revision(&claim.key, Some(claim.revision)).await;
        deleted.map_err(failed("give up the question"))
    }

    pub(crate) async fn spent(&self, key: &str) -> Result<Spent, Error> {
        let entry = self.entry(key).await?.filter(is_put);
        Ok(entry.and_then(|entry| serde_json::from_slice(&entry.value).ok()).unwrap_or_default())
    }

    pub(crate) async fn add_spent(&self, key: &str, answer: &Answer, config: &Config) -> Result<(), Error> {
        for _ in 0..ROUNDS {
            let entry = self.entry(key).await?.filter(is_put);
            let revision = entry.as_ref().map(|entry| entry.revision);
            let mut spent: Spent =
                entry.and_then(|entry| serde_json::from_slice(&entry.value).ok()).unwrap_or_default();
            spent.add(answer, config);
            let value = bytes(&spent)?;
            match revision {
                Some(revision) => match self.store.update(key, value, revision).await {
                    Err(error) if error.kind() == UpdateErrorKind::WrongLastRevision => {}
                    other => return other.map(drop).map_err(failed("count the cost")),
                },
                None => match self.store.create(key, value).await {
                    Err(error) if error.kind() == CreateErrorKind::AlreadyExists => {}
                    other => return other.map(drop).map_err(failed("count the cost")),
                },
            }
        }
        Err(failed("count the cost")("too many writers at once"))
    }

    /// Until when other processes hold this model back.
    pub(crate) async fn held(&self, model: &str) -> Result<Option<DateTime<Utc>>, Error> {
        let entry = self.entry(&pace_key(model)).await?.filter(is_put);
        Ok(entry.and_then(|entry| serde_json::from_slice(&entry.value).ok()))
    }

    pub(crate) async fn hold(&self, model: &str, until: DateTime<Utc>) -> Result<(), Error> {
        self.store.put(pace_key(model), bytes(&until)?).await.map_err(failed("slow down"))?;
        Ok(())
    }

    async fn entry(&self, key: &str) -> Result<Option<Entry>, Error> {
        self.store.entry(key).await.map_err(failed("look up a key"))
    }
}

fn pace_key(model: &str) -> String {
    format!("pace.{model}")
}

fn is_put(entry: &Entry) -> bool {
    entry.operation == Operation::Put
}

fn bytes(record: &impl Serialize) -> Result<bytes::Bytes, Error> {
    Ok(serde_json::to_vec(record).map_err(failed("write a record"))?.into())
}

pub(crate) fn failed<E: Into<async_nats::Error>>(action: &'static str) -> impl Fn(E) -> Error {
    move |source| Error::Store { action, source: source.into() }
}
