//! What is recorded of dead letters, and the records operators write.

use crate::letter::Record;
use crate::reader::{Found, Reader, Wanted};
use crate::sequences::Sequences;
use crate::{Dead, Error, broker, letter};
use async_nats::jetstream::consumer::DeliverPolicy;
use async_nats::jetstream::kv;
use runtime::{LETTERS, LetterIs, LetterState};
use std::collections::HashMap;

/// Up to here the records of letters are asked for one by one.
const FEW: u64 = 64;

/// The records of letters, and what becomes of them from then on.
pub(crate) struct States {
    pub(crate) records: HashMap<u64, Record>,
    reader: Reader,
}

impl States {
    /// Reads what is recorded of these letters, of all when none are named.
    pub(crate) async fn read(dead: &Dead, sequences: &Sequences) -> Result<Self, Error> {
        let filters = match sequences.count() {
            1..=FEW => sequences.iter().map(|sequence| format!("{PREFIX}{sequence}")).collect(),
            _ => vec![format!("{PREFIX}*")],
        };
        let wanted = Wanted {
            stream: format!("KV_{LETTERS}"),
            filters,
            from: DeliverPolicy::LastPerSubject,
            headers_only: false,
        };
        let mut reader = Reader::open(&dead.jetstream, wanted).await?;
        let mut records = HashMap::new();
        while let Some(found) = reader.next().await? {
            if let Some((sequence, record)) = record(&found) {
                records.insert(sequence, record);
            }
        }
        Ok(Self { records, reader })
    }

    /// Waits for the next record.
    pub(crate) async fn wait(&mut self) -> Result<(u64, Record), Error> {
        loop {
            if let Some(told) = record(&self.reader.wait().await?) {
                return Ok(told);
            }
        }
    }
}

const PREFIX: &str = "$KV.dead_letters.";

fn record(found: &Found) -> Option<(u64, Record)> {
    let sequence = found.subject.strip_prefix(PREFIX)?.parse().ok()?;
    let gone = letter::text(&found.headers, "KV-Operation").is_some();
    let state = (!gone).then(|| serde_json::from_slice(&found.payload).ok()).flatten()?;
    Some((sequence, Record { state, revision: found.sequence }))
}

/// Writes records; nobody else's is overwritten unseen.
#[derive(Clone)]
pub(crate) struct Ledger {
    store: kv::Store,
}

impl Ledger {
    pub(crate) async fn open(dead: &Dead) -> Result<Self, Error> {
        let store = dead.jetstream.get_key_value(LETTERS).await;
        Ok(Self { store: store.map_err(broker("open the records of dead letters"))? })
    }

    /// Records a state over the record that was seen; nothing when somebody else was faster.
    pub(crate) async fn take(
        &self,
        sequence: u64,
        seen: Option<u64>,
        state: &LetterState,
    ) -> Result<Option<u64>, Error> {
        let key = sequence.to_string();
        let value = serde_json::to_vec(state).map_err(broker(RECORDING))?.into();
        // A record never goes away before its letter, so none was seen means that there was none: 0.
        match self.store.update(key, value, seen.unwrap_or_default()).await {
            Ok(revision) => Ok(Some(revision)),
            Err(error) if error.kind() == kv::UpdateErrorKind::WrongLastRevision => Ok(None),
            Err(error) => Err(broker(RECORDING)(error)),
        }
    }
}

const RECORDING: &str = "record the state of a dead letter";

pub(crate) fn state(state: LetterIs, replay: &str, at: String, next: Option<u64>) -> LetterState {
    LetterState { state, replay: replay.to_owned(), at, next }
}
