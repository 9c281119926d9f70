//! All dead letters in memory, for whoever is asked about them often: followed, not read anew each time.

use crate::filter::Filter;
use crate::letter::{Letter, Record};
use crate::reader::Reader;
use crate::sequences::Sequences;
use crate::states::States;
use crate::{Dead, Error, broker, list};
use proto::subject::stream;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::watch;

/// Letters as far as they have been followed; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Known {
    letters: Arc<RwLock<BTreeMap<u64, Letter>>>,
    ready: Arc<watch::Sender<bool>>,
}

/// How often it is looked whether letters have gone: nobody says so.
const LOOK: Duration = Duration::from_secs(10);

impl Known {
    /// Waits until those are known that were there at the beginning.
    pub async fn ready(&self) {
        // It is held here, so it does not end.
        drop(self.ready.subscribe().wait_for(|ready| *ready).await);
    }

    /// Looks at all letters, in the order in which they died.
    pub fn read<T>(&self, look: impl FnOnce(&BTreeMap<u64, Letter>) -> T) -> T {
        look(&self.letters.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn change<T>(&self, change: impl FnOnce(&mut BTreeMap<u64, Letter>) -> T) -> T {
        change(&mut self.letters.write().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Dead {
    /// Keeps what is known as the broker has it; ends when letters have gone, and is then begun anew.
    pub async fn keep(&self, known: &Known) -> Result<(), Error> {
        let mut states = States::read(self, &Sequences::default()).await?;
        let mut records = std::mem::take(&mut states.records);
        let mut reader = Reader::open(&self.jetstream, list::wanted(&Filter::default())).await?;
        let mut letters = BTreeMap::new();
        while let Some(found) = reader.next().await? {
            let letter = list::letter_of(&found);
            letters.insert(letter.sequence, letter.standing(records.remove(&found.sequence)));
        }
        known.change(|all| *all = letters);
        known.ready.send_replace(true);
        // A record may be read before its letter.
        let mut early: HashMap<u64, Record> = HashMap::new();
        let mut look = tokio::time::interval(LOOK);
        let mut seen = None;
        loop {
            tokio::select! {
                found = reader.wait() => {
                    let letter = list::letter_of(&found?);
                    let record = early.remove(&letter.sequence);
                    known.change(|all| all.insert(letter.sequence, letter.standing(record)));
                }
                told = states.wait() => {
                    let (sequence, record) = told?;
                    known.change(|all| match all.remove(&sequence) {
                        Some(letter) => drop(all.insert(sequence, letter.standing(Some(record)))),
                        None => drop(early.insert(sequence, record)),
                    });
                }
                _ = look.tick() => {
                    let now = (self.count().await?, known.read(BTreeMap::len) as u64);
                    // Twice: a letter may be on its way.
                    if now.0 != now.1 && seen == Some(now) {
                        return Ok(());
                    }
                    seen = Some(now);
                }
            }
        }
    }

    /// How many letters there are.
    async fn count(&self) -> Result<u64, Error> {
        let letters =
            self.jetstream.get_stream(stream::DEAD).await.map_err(broker("count the dead letters"))?;
        Ok(letters.cached_info().state.messages)
    }
}
