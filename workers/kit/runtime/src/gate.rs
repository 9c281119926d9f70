//! Gates: a worker whose surroundings are broken stops pulling, in all its processes, until a probe succeeds.

use async_nats::jetstream::kv;
use futures::StreamExt as _;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// The bucket of closed gates; an entry that is not refreshed expires, so a lost holder cannot stop the fleet.
pub const BUCKET: &str = "gates";
/// How long a closed gate holds without being refreshed.
pub(crate) const LEASE: Duration = Duration::from_secs(30);

/// A closed gate, as all processes see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    pub worker: String,
    pub gate: String,
    /// Redacted.
    pub reason: String,
    /// RFC 3339.
    pub since: String,
    /// It has just been opened: the entry is kept until its lease ends, so that a gate which closes again at once is known for the same.
    #[serde(default)]
    pub open: bool,
    /// How often it has closed again right after it was opened.
    #[serde(default)]
    pub again: u32,
}

/// Why a gate could not be closed.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    #[error("could not close the gate {0}")]
    Create(String, #[source] kv::CreateError),
    #[error("could not look at the gate {0}")]
    Read(String, #[source] kv::EntryError),
    #[error("could not keep the gate {0} closed")]
    Refresh(String, #[source] kv::PutError),
    #[error("could not open the gate {0}")]
    Open(String, #[source] kv::PutError),
    #[error("could not watch the gates")]
    Watch(#[from] kv::WatchError),
    #[error("not a gate")]
    Decode(#[from] serde_json::Error),
}

/// The gates of the fleet, as this process knows them.
#[derive(Clone)]
pub(crate) struct Gates {
    store: kv::Store,
    closed: Arc<watch::Sender<BTreeMap<String, (Closed, Instant)>>>,
}

impl Gates {
    /// Starts to follow the bucket.
    pub(crate) async fn follow(store: kv::Store) -> Result<Self, GateError> {
        let closed = Arc::new(watch::Sender::new(BTreeMap::new()));
        let gates = Self { store: store.clone(), closed: Arc::clone(&closed) };
        let mut entries = store.watch_with_history(">").await?;
        tokio::spawn(async move {
            loop {
                while let Some(Ok(entry)) = entries.next().await {
                    note(&closed, entry);
                }
                // The broker was away, or has lost the bucket and gets it anew.
                entries = loop {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    if let Ok(entries) = store.watch_with_history(">").await {
                        break entries;
                    }
                };
            }
        });
        Ok(gates)
    }

    /// Closes a gate; if it was this process that did, and so has to probe, how often it has closed again by now.
    pub(crate) async fn close(&self, state: &Closed) -> Result<Option<u32>, GateError> {
        let key = key(&state.worker, &state.gate);
        let until = Instant::now() + LEASE;
        self.closed.send_modify(|gates| {
            gates.insert(key.clone(), (state.clone(), until));
        });
        match self.store.create(&key, serde_json::to_vec(state)?.into()).await {
            Ok(_) => return Ok(Some(0)),
            Err(error) if error.kind() == kv::CreateErrorKind::AlreadyExists => {}
            Err(error) => return Err(GateError::Create(key, error)),
        }
        let entry = self.store.entry(&key).await.map_err(|source| GateError::Read(key.clone(), source))?;
        let Some(entry) = entry else { return Ok(None) };
        let before: Closed = serde_json::from_slice(&entry.value)?;
        if !before.open {
            return Ok(None);
        }
        let again = before.again + 1;
        let state = Closed { again, ..state.clone() };
        // Refused when another process was faster: then that one probes.
        let updated = self.store.update(&key, serde_json::to_vec(&state)?.into(), entry.revision).await;
        Ok(updated.is_ok().then_some(again))
    }

    /// Says that the holder still probes.
    pub(crate) async fn refresh(&self, state: &Closed) -> Result<(), GateError> {
        let key = key(&state.worker, &state.gate);
        let bytes = serde_json::to_vec(state)?;
        self.store.put(&key, bytes.into()).await.map(|_| ()).map_err(|source| GateError::Refresh(key, source))
    }

    pub(crate) async fn open(&self, state: &Closed) -> Result<(), GateError> {
        let key = key(&state.worker, &state.gate);
        self.closed.send_modify(|gates| {
            gates.remove(&key);
        });
        let bytes = serde_json::to_vec(&Closed { open: true, ..state.clone() })?;
        self.store.put(&key, bytes.into()).await.map(|_| ()).map_err(|source| GateError::Open(key, source))
    }

    /// Until when the worker may not pull; none when its gates are open.
    pub(crate) fn closed_until(&self, worker: &str) -> Option<Instant> {
        let now = Instant::now();
        let gates = self.closed.borrow();
        gates
            .values()
            .filter(|(state, _)| state.worker == worker)
            .map(|(_, until)| *until)
            .filter(|until| *until > now)
            .max()
    }

    pub(crate) fn changes(&self) -> watch::Receiver<BTreeMap<String, (Closed, Instant)>> {
        self.closed.subscribe()
    }
}

fn note(closed: &watch::Sender<BTreeMap<String, (Closed, Instant)>>, entry: kv::Entry) {
    let state = match entry.operation {
        kv::Operation::Put => serde_json::from_slice::<Closed>(&entry.value).ok().filter(|state| !state.open),
        kv::Operation::Delete | kv::Operation::Purge => None,
    };
    closed.send_modify(|gates| {
        match state {
            Some(state) => gates.insert(entry.key, (state, Instant::now() + LEASE)),
            None => gates.remove(&entry.key),
        };
    });
}

fn key(worker: &str, gate: &str) -> String {
    format!("{worker}.{gate}")
}
