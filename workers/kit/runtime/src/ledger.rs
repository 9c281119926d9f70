//! Remembers how the earlier deliveries of a message ended, so that crashes can be told from failures.

use crate::settle::History;
use async_nats::jetstream::kv;
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The bucket of the ledger; entries live as long as the messages.
pub(crate) const BUCKET: &str = "deliveries";

/// Why the ledger could not be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LedgerError {
    #[error("could not read the delivery ledger")]
    Read(#[from] kv::EntryError),
    #[error("could not write the delivery ledger")]
    Write(#[from] kv::PutError),
    #[error("the delivery ledger holds no history")]
    Decode(#[from] serde_json::Error),
}

/// More than are ever in the hands of a process.
const MOST_UNWRITTEN: usize = 10_000;

pub(crate) struct Ledger {
    store: kv::Store,
    /// What could not be written: a full or absent broker must not look like a crash to the process that knows better.
    unwritten: Mutex<HashMap<String, History>>,
}

impl Ledger {
    pub(crate) fn new(store: kv::Store) -> Self {
        Self { store, unwritten: Mutex::default() }
    }

    pub(crate) async fn read(&self, key: &str) -> Result<History, LedgerError> {
        let written = match self.store.get(key).await? {
            Some(bytes) => serde_json::from_slice(&bytes)?,
            None => History::default(),
        };
        // Another process may have written since.
        let unwritten = self.unwritten().get(key).copied().unwrap_or_default();
        Ok(if unwritten.known() > written.known() { unwritten } else { written })
    }

    pub(crate) async fn write(&self, key: String, history: History) -> Result<(), LedgerError> {
        let bytes = serde_json::to_vec(&history)?;
        let written = self.store.put(&key, bytes.into()).await;
        let mut unwritten = self.unwritten();
        match written {
            Ok(_) => {
                unwritten.remove(&key);
                Ok(())
            }
            Err(error) => {
                if unwritten.len() < MOST_UNWRITTEN {
                    unwritten.insert(key, history);
                }
                Err(error.into())
            }
        }
    }

    fn unwritten(&self) -> MutexGuard<'_, HashMap<String, History>> {
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where the history of a message is kept: with its time, because a stream that is made anew counts from one again.
pub(crate) fn key(consumer: &str, sequence: u64, published_at: DateTime<Utc>) -> String {
    let nanoseconds = published_at.timestamp_nanos_opt().unwrap_or_default();
    format!("{consumer}.{sequence}.{nanoseconds}")
}
