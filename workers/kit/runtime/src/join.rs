//! Fan-in: whoever stores the last part of a stage says that the stage is complete, once.

use crate::publish::{Context, Outlet, PublishError};
use crate::runs::{Plan, ReadError, Runs, generation_of};
use proto::subject::{RunId, Stage, Subject, stream};
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
    /// Arrivals covered by a finished check, and the plan once it is known.
    checked: Mutex<(u64, Option<Plan>)>,
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
        let slot = Arc::clone(self.lock().entry(key.clone()).or_default());
        let outcome = self.check(&slot, run, stage, context).await;
        drop(slot);
        let mut slots = self.lock();
        if slots.get(&key).is_some_and(|slot| Arc::strong_count(slot) == 1) {
            slots.remove(&key);
        }
        outcome
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
        if checked.0 >= ticket {
            return Ok(());
        }
        let covered = slot.arrived.load(Ordering::SeqCst);
        if checked.1.is_none() {
            checked.1 = self.runs.planned(run, stage).await?;
        }
        if let Some(plan) = checked.1
            && self.is_complete(run, stage, plan).await?
        {
            let complete = complete(run, stage, plan.parts, context.generation);
            self.outlet.publish_once(complete, context).await?;
        }
        checked.0 = covered;
        Ok(())
    }

    /// Whether all parts are there.
    ///
    /// When a run is done again from an earlier stage on, what the stage said before has not gone: then only parts
    /// of the plan's own generation or a later one count. When a single dead part of the stage is replayed, the
    /// plan is still the first one, and the replay has taken the part's tombstone away.
    async fn is_complete(&self, run: &RunId, stage: Stage, plan: Plan) -> Result<bool, ReadError> {
        let filter = Subject::parts(run, stage);
        if self.runs.count(&filter).await? < u64::from(plan.parts) {
            return Ok(false);
        }
        if plan.generation == 0 {
            return Ok(true);
        }
        let mut parts = self.runs.messages(stream::RUN, filter).await?;
        let mut counted = 0;
        while let Some(part) = parts.next().await? {
            counted += u32::from(generation_of(&part.headers) >= plan.generation);
        }
        Ok(counted >= plan.parts)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Arc<Slot>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
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
