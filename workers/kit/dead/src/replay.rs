//! The record of a replay: what it is for, how far it is, and what operators wish of it.

use crate::audit::By;
use crate::filter::Filter;
use crate::pace::Pace;
use crate::reader::{Reader, Wanted};
use crate::sequences::Sequences;
use crate::{Dead, Error, broker, now};
use async_nats::jetstream::consumer::DeliverPolicy;
use async_nats::jetstream::kv;
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The bucket of replays.
pub const BUCKET: &str = "replays";
const PREFIX: &str = "$KV.replays.";
/// As long as dead letters.
const KEPT: Duration = Duration::from_secs(90 * 86_400);

/// A replay, as its engine last told it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Replay {
    pub id: String,
    #[serde(flatten)]
    pub by: By,
    pub filter: Filter,
    pub force: bool,
    #[serde(flatten)]
    pub pace: Pace,
    pub phase: Phase,
    /// Why it stopped.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// Letters it is for.
    pub letters: u64,
    /// Runs it re-opens.
    pub runs: u64,
    #[serde(flatten)]
    pub tally: Tally,
    pub told_at: DateTime<Utc>,
    /// The process that works on it; none when it left.
    pub holder: Option<String>,
}

/// How the letters of a replay fared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub published: u64,
    pub resolved: u64,
    pub died_again: u64,
    /// Not published: somebody else took the letter, or its run cannot be re-opened any more.
    pub skipped: u64,
}

impl Tally {
    pub fn ended(&self) -> u64 {
        self.resolved + self.died_again + self.skipped
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Running,
    Paused,
    /// Every letter has ended.
    Finished,
    /// By itself, because letters died again.
    Stopped,
    Cancelled,
}

impl Phase {
    pub fn is_over(self) -> bool {
        matches!(self, Self::Finished | Self::Stopped | Self::Cancelled)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Finished => "finished",
            Self::Stopped => "stopped",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What an operator wishes of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    Run,
    Pause,
    Cancel,
}

/// Which letters a replay is for: frozen when it starts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) letters: Sequences,
    /// For each run that re-opens, the letters that this supersedes.
    pub(crate) runs: BTreeMap<String, Sequences>,
}

/// The bucket of replays.
#[derive(Clone)]
pub(crate) struct Records {
    store: kv::Store,
}

/// Whoever writes a record must have seen the one before.
pub(crate) struct Seen<T> {
    pub(crate) value: T,
    pub(crate) revision: u64,
}

const READING: &str = "read the record of a replay";
const WRITING: &str = "write the record of a replay";

/// How the bucket of replays is made.
pub fn bucket() -> kv::Config {
    kv::Config {
        bucket: BUCKET.to_owned(),
        history: 1,
        max_age: KEPT,
        max_bytes: 64 * 1024 * 1024,
        ..kv::Config::default()
    }
}

impl Records {
    /// Opens the bucket; makes it before the first replay.
    pub(crate) async fn open(dead: &Dead) -> Result<Self, Error> {
        let store = runtime::bucket(&dead.jetstream, bucket()).await;
        Ok(Self { store: store.map_err(broker("make the bucket of replays"))? })
    }

    pub(crate) async fn replay(&self, id: &str) -> Result<Seen<Replay>, Error> {
        self.read(id).await?.ok_or_else(|| Error::NoReplay(id.to_owned()))
    }

    pub(crate) async fn manifest(&self, id: &str) -> Result<Manifest, Error> {
        let seen = self.read(&format!("{id}.letters")).await?;
        seen.map(|seen| seen.value).ok_or_else(|| Error::NoReplay(id.to_owned()))
    }

    pub(crate) async fn create(&self, replay: &Replay, manifest: &Manifest) -> Result<u64, Error> {
        let letters = json(manifest)?;
        if letters.len() > MOST {
            return Err(Error::TooScattered);
        }
        self.store.put(format!("{}.letters", replay.id), letters).await.map_err(broker(WRITING))?;
        self.store.create(&replay.id, json(replay)?).await.map_err(broker(WRITING))
    }

    /// Writes over the record that was seen; nothing when another process has written since.
    pub(crate) async fn update(&self, replay: &Replay, revision: u64) -> Result<Option<u64>, Error> {
        match self.store.update(&replay.id, json(replay)?, revision).await {
            Ok(revision) => Ok(Some(revision)),
            Err(error) if error.kind() == kv::UpdateErrorKind::WrongLastRevision => Ok(None),
            Err(error) => Err(broker(WRITING)(error)),
        }
    }

    pub(crate) async fn wish(&self, id: &str, order: Order) -> Result<(), Error> {
        self.store.put(format!("{id}.wish"), json(&order)?).await.map_err(broker(WRITING))?;
        Ok(())
    }

    async fn read<T: DeserializeOwned>(&self, key: &str) -> Result<Option<Seen<T>>, Error> {
        // An operator may ask for anything, also for what cannot be a key.
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
            return Ok(None);
        }
        let Some(entry) = self.store.entry(key).await.map_err(broker(READING))? else { return Ok(None) };
        let value = serde_json::from_slice(&entry.value).map_err(broker(READING))?;
        Ok(Some(Seen { value, revision: entry.revision }))
    }
}

/// A message is at most a mebibyte.
const MOST: usize = 1_000_000;

fn json(value: &impl Serialize) -> Result<bytes::Bytes, Error> {
    Ok(serde_json::to_vec(value).map_err(broker(WRITING))?.into())
}

/// Tells what operators wish, from the last wish on.
pub(crate) struct Wishes(Reader);

impl Wishes {
    pub(crate) async fn of(dead: &Dead, id: &str) -> Result<Self, Error> {
        let wanted = Wanted {
            stream: format!("KV_{BUCKET}"),
            filters: vec![format!("{PREFIX}{id}.wish")],
            from: DeliverPolicy::LastPerSubject,
            headers_only: false,
        };
        Ok(Self(Reader::open(&dead.jetstream, wanted).await?))
    }

    /// The wish that was there before, if there was one.
    pub(crate) async fn standing(&mut self) -> Result<Option<Order>, Error> {
        if self.0.has_more() { self.wait().await.map(Some) } else { Ok(None) }
    }

    pub(crate) async fn wait(&mut self) -> Result<Order, Error> {
        let found = self.0.wait().await?;
        serde_json::from_slice(&found.payload).map_err(broker(READING))
    }
}

impl Dead {
    /// All replays, the newest first.
    pub async fn replays(&self) -> Result<Vec<Replay>, Error> {
        Records::open(self).await?;
        let wanted = Wanted {
            stream: format!("KV_{BUCKET}"),
            filters: vec![format!("{PREFIX}*")],
            from: DeliverPolicy::LastPerSubject,
            headers_only: false,
        };
        let mut reader = Reader::open(&self.jetstream, wanted).await?;
        let mut replays: Vec<Replay> = Vec::new();
        while let Some(found) = reader.next().await? {
            replays.extend(serde_json::from_slice::<Replay>(&found.payload).ok());
        }
        replays.sort_by_key(|replay| std::cmp::Reverse(replay.by.at));
        Ok(replays)
    }

    /// One replay, by its id.
    pub async fn replay(&self, id: &str) -> Result<Replay, Error> {
        Ok(Records::open(self).await?.replay(id).await?.value)
    }

    /// Whether a process works on a replay: it tells so each second.
    pub async fn is_attended(&self, id: &str) -> Result<bool, Error> {
        let records = Records::open(self).await?;
        let seen = records.replay(id).await?;
        if seen.value.holder.is_none() || seen.value.phase.is_over() {
            return Ok(false);
        }
        let wanted = Wanted {
            stream: format!("KV_{BUCKET}"),
            filters: vec![format!("{PREFIX}{id}")],
            from: DeliverPolicy::ByStartSequence { start_sequence: seen.revision + 1 },
            headers_only: true,
        };
        let mut reader = Reader::open(&self.jetstream, wanted).await?;
        match tokio::time::timeout(BEAT * 3, reader.wait()).await {
            Ok(told) => told.map(|_| true),
            Err(_) => Ok(false),
        }
    }
}

/// How often the process that works on a replay tells so.
pub(crate) const BEAT: Duration = Duration::from_secs(1);

impl Replay {
    pub(crate) fn told(&mut self) -> &Self {
        self.told_at = now();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_reads_what_it_writes() {
        let replay = Replay {
            id: "r".into(),
            by: By { operator: "ann".into(), reason: "fixed".into(), at: DateTime::UNIX_EPOCH },
            filter: Filter { worker: Some("loader".into()), ..Filter::default() },
            force: false,
            pace: Pace { rate: 20.0, in_flight: 100 },
            phase: Phase::Running,
            why: String::new(),
            letters: 12,
            runs: 1,
            tally: Tally { published: 11, resolved: 9, died_again: 1, skipped: 0 },
            told_at: DateTime::UNIX_EPOCH,
            holder: Some("h".into()),
        };
        let json = serde_json::to_string(&replay).unwrap();
        assert_eq!(serde_json::from_str::<Replay>(&json).unwrap(), replay);
    }
}
