//! Scores leads in one transaction with those that others wait for: most of what one lead takes is the transaction.

use chrono::{DateTime, Utc};
use db::Uuid;
use prospects::{Error, Scores};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Semaphore, oneshot};

/// Transactions at once: Postgres is busy with one while the next is made ready.
const TURNS: usize = 2;
/// Who has more leads than these has them scored by themselves.
const FEW: usize = 32;

/// Scores leads of which news comes one by one. Who comes while others are being scored is scored next, with all who
/// wait for the same client; nobody waits for more to come.
#[derive(Clone, Debug)]
pub struct Together {
    scores: Scores,
    waiting: Arc<Mutex<HashMap<Uuid, Vec<Waiting>>>>,
    turns: Arc<Semaphore>,
}

#[derive(Debug)]
struct Waiting {
    leads: Vec<Uuid>,
    now: DateTime<Utc>,
    /// Dropped when they could not be scored with others.
    told: oneshot::Sender<()>,
}

impl Together {
    pub fn new(scores: Scores) -> Self {
        Self { scores, waiting: Arc::default(), turns: Arc::new(Semaphore::new(TURNS)) }
    }

    pub(crate) async fn ping(&self) -> Result<(), Error> {
        self.scores.ping().await
    }

    /// Scores leads as they are now; those that are not there, or were deleted, are left out. What fails with others is
    /// tried again alone: an error is always of the leads that were asked for.
    pub(crate) async fn score(&self, client: Uuid, leads: &[Uuid], now: DateTime<Utc>) -> Result<(), Error> {
        if leads.len() <= FEW {
            let (told, mut heard) = oneshot::channel();
            self.waiting().entry(client).or_default().push(Waiting { leads: leads.to_vec(), now, told });
            let heard = tokio::select! {
                biased;
                heard = &mut heard => heard,
                turn = self.turns.acquire() => {
                    self.score_waiting(client).await;
                    // Who was taken by another waits for that one, and not in the place of the next.
                    drop(turn);
                    heard.await
                }
            };
            if heard.is_ok() {
                return Ok(());
            }
        }
        self.scores.score(client, leads, now).await
    }

    async fn score_waiting(&self, client: Uuid) {
        let mut all = self.waiting().remove(&client).unwrap_or_default();
        // Who was cut off meanwhile hears nothing; the message comes again.
        all.retain(|one| !one.told.is_closed());
        // Not from before what any of them tells of.
        let Some(now) = all.iter().map(|one| one.now).max() else { return };
        let mut leads: Vec<Uuid> = all.iter().flat_map(|one| one.leads.iter().copied()).collect();
        leads.sort_unstable();
        leads.dedup();
        match self.scores.score_impatiently(client, &leads, now).await {
            Ok(()) => {
                for one in all {
                    let _ = one.told.send(());
                }
            }
            // They are dropped, and each tries alone: one that is locked or cannot be scored harms no other.
            Err(error) => tracing::debug!(%client, %error, leads = leads.len(), "not scored together"),
        }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<Uuid, Vec<Waiting>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
