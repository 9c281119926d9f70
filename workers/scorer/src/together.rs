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
    /// Dropped when they could not be scored with others.
    told: oneshot::Sender<Result<(), Error>>,
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
            self.waiting().entry(client).or_default().push(Waiting { leads: leads.to_vec(), told });
            let heard = tokio::select! {
                biased;
                heard = &mut heard => heard,
                _turn = self.turns.acquire() => {
                    self.score_waiting(client, now).await;
                    heard.await
                }
            };
            if let Ok(result) = heard {
                return result;
            }
        }
        self.scores.score(client, leads, now).await?;
        Ok(())
    }

    async fn score_waiting(&self, client: Uuid, now: DateTime<Utc>) {
        let mut all = self.waiting().remove(&client).unwrap_or_default();
        let mut leads: Vec<Uuid> = all.iter().flat_map(|one| one.leads.iter().copied()).collect();
        leads.sort_unstable();
        leads.dedup();
        if leads.is_empty() {
            return;
        }
        // Nobody hears of it who was cut off meanwhile: their message comes again.
        match self.scores.score(client, &leads, now).await {
            Ok(_scored) => all.into_iter().for_each(|one| drop(one.told.send(Ok(())))),
            Err(error) => {
                if let (Some(one), true) = (all.pop(), all.is_empty()) {
                    drop(one.told.send(Err(error)));
                }
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<Uuid, Vec<Waiting>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
