//! Finds leads that nobody spoke of: rows that came by SQL, and those whose announcement died with its process.

use chrono::{DateTime, TimeDelta, Utc};
use db::Uuid;
use prospects::Scores;
use runtime::{Every, Runtime};
use std::time::Duration;

/// How often it is looked.
const EVERY: Duration = Duration::from_secs(15);
/// Leads that came later are still being announced.
const AGE: TimeDelta = TimeDelta::seconds(10);
/// How often it is looked whether those that were announced are scored, and how long they are waited for.
const AGAIN: Duration = Duration::from_millis(100);
const PATIENCE: u32 = 300;

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Looks until a stop is asked for.
pub async fn announce_missed(runtime: &Runtime, scores: &Scores) {
    let mut every = Every::new(runtime, EVERY);
    while let Some(now) = every.next().await {
        if let Err(error) = announce_all(runtime, scores, now - AGE).await {
            tracing::warn!(error = %error, "could not find out which leads are not scored");
        }
    }
}

/// One client after the other: what goes wrong with one keeps nobody else waiting.
async fn announce_all(runtime: &Runtime, scores: &Scores, before: DateTime<Utc>) -> Result<(), Failed> {
    for client in scores.clients_unscored(before).await? {
        if let Err(error) = announce(runtime, scores, client, before).await {
            tracing::warn!(%client, error = %error, "could not announce leads that are not scored");
        }
    }
    Ok(())
}

/// A page is announced when the one before is scored: with a long backlog, the same leads would else be announced
/// again and again. Whoever announces the same page at the same time says the same under the same message id.
async fn announce(
    runtime: &Runtime,
    scores: &Scores,
    client: Uuid,
    before: DateTime<Utc>,
) -> Result<(), Failed> {
    let stop = runtime.stop_signal();
    let mut after = Uuid::nil();
    loop {
        let missed = scores.unscored(client, before, after).await?;
        let Some(last) = missed.last().map(|last| last.id) else { return Ok(()) };
        for message in prospects::of_missed(client, &missed) {
            runtime.publish(&message).await?;
        }
        for _ in 0..PATIENCE {
            if *stop.borrow() {
                return Ok(());
            }
            tokio::time::sleep(AGAIN).await;
            let first = scores.unscored(client, before, after).await?.first().map(|first| first.id);
            if first.is_none_or(|first| first > last) {
                break;
            }
        }
        after = last;
    }
}
