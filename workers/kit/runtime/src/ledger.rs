//! Remembers how the earlier deliveries of a message ended, so that crashes can be told from failures.

use crate::settle::History;
use async_nats::jetstream::kv;
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

    pub(crate) async fn read(&self, consumer: &str, sequence: u64) -> Result<History, LedgerError> {
        let key = key(consumer, sequence);
        if let Some(history) = self.unwritten().get(&key) {
            return Ok(*history);
        }
        match self.store.get(key).await? {
            Some(bytes) => Ok(serde_json::from_slice(&bytes)?),
            None => Ok(History::default()),
        }
    }

    pub(crate) async fn write(
        &self,
        consumer: &str,
        sequence: u64,
        history: History,
    ) -> Result<(), LedgerError> {
        let key = key(consumer, sequence);
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

fn key(consumer: &str, sequence: u64) -> String {
    format!("{consumer}.{sequence}")
}
