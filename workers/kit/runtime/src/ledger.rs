//! Remembers how the earlier deliveries of a message ended, so that crashes can be told from failures.

use crate::settle::History;
use async_nats::jetstream::kv;

/// The bucket of the ledger; entries outlive the longest backoff.
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

#[derive(Clone)]
pub(crate) struct Ledger {
    pub(crate) store: kv::Store,
}

impl Ledger {
    pub(crate) async fn read(&self, consumer: &str, sequence: u64) -> Result<History, LedgerError> {
        match self.store.get(key(consumer, sequence)).await? {
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
        let bytes = serde_json::to_vec(&history)?;
        self.store.put(key(consumer, sequence), bytes.into()).await?;
        Ok(())
    }
}

fn key(consumer: &str, sequence: u64) -> String {
    format!("{consumer}.{sequence}")
}
