//! Fan-in: whoever stores the last part of a stage says that the stage is complete, once.

use crate::publish::{Context, Outlet, PublishError};
use crate::runs::Runs;
use crate::stored::ReadError;
use proto::subject::{RunId, Stage, Subject};
use proto::{Kind, Message, Name, Outgoing, v1};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as SyncMutex, PoisonError};
use tokio::sync::Mutex;

/// Why it is not known whether a stage is complete.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JoinError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Publish(#[from] PublishError),
}

/// Checks whether stages are complete.
///
/// Parts that finish while a check is under way share the next one, so the checks, each of which
/// the server answers in time that grows slowly with the parts, are far fewer than the parts and
/// the total cost of a join stays linear.
pub(crate) struct Joiner {
    outlet: Arc<Outlet>,
    runs: Runs,
    slots: SyncMutex<HashMap<Key, Arc<Slot>>>,
}

type Key = (RunId, Stage, u32);

#[derive(Default)]
struct Slot {
    arrived: AtomicU64,
    /// Arrivals covered by a finished check.
    checked: Mutex<u64>,
}

impl Joiner {
    pub(crate) fn new(runs: Runs, outlet: Arc<Outlet>) -> Self {
        Self { runs, outlet, slots: SyncMutex::default() }
    }

    /// To be called after a part or a plan of the stage was stored.
    pub(crate) async fn arrived(
        &self,
        run: &RunId,
        stage: Stage,
        context: &Context<'_>,
    ) -> Result<(), JoinError> {
        let key = (run.clone(), stage, context.generation);
        // Dropped after the slot, so that the last one to leave sees that it is.
        let _turn = Turn { joiner: self, key: key.clone() };
        let slot = Arc::clone(self.lock().entry(key).or_default());
        self.check(&slot, run, stage, context).await
    }

    async fn check(
        &self,
        slot: &Slot,
        run: &RunId,
        stage: Stage,
        context: &Context<'_>,
    ) -> Result<(), JoinError> {
        let ticket = slot.arrived.fetch_add(1, Ordering::SeqCst) + 1;
        let mut checked = slot.checked.lock().await;
        if *checked >= ticket {
            return Ok(());
        }
        let covered = slot.arrived.load(Ordering::SeqCst);
        if let Some(parts) = self.runs.all_there(run, stage).await? {
            self.outlet.publish_once(complete(run, stage, parts, context.generation), context).await?;
        }
        *checked = covered;
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Arc<Slot>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts the slot away with the last that waited for it, even if that was ended while it waited.
struct Turn<'a> {
    joiner: &'a Joiner,
    key: Key,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut slots = self.joiner.lock();
        if slots.get(&self.key).is_some_and(|slot| Arc::strong_count(slot) == 1) {
            slots.remove(&self.key);
        }
    }
}

fn complete(run: &RunId, stage: Stage, parts: u32, generation: u32) -> Outgoing {
    Outgoing {
        subject: Subject::Complete { run: run.clone(), stage, generation },
        payload: v1::Complete { parts, generation }.encode_to_vec(),
        schema: v1::Complete::full_name(),
        kind: Kind::Content,
    }
}
