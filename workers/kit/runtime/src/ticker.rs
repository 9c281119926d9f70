//! Publishes the ticks of a schedule, each once however many processes do so.

use crate::publish::{Context, PublishError};
use crate::runtime::Runtime;
use crate::schedule::Daily;
use crate::trace::TraceContext;
use chrono::{DateTime, SecondsFormat, Utc};
use proto::subject::stream;
use proto::v1::Tick;
use proto::{Outgoing, Subject, Token};
use std::time::Duration;

/// The kind under which ticks travel.
pub const TICK: &str = "tick";

/// How long a tick waits that the broker did not take.
const AGAIN: Duration = Duration::from_secs(5);

/// Publishes a job's ticks until a stop is asked for.
///
/// A fire that was missed is caught up only by a fleet that ticked before: a new one has missed nothing.
pub async fn tick(runtime: &Runtime, daily: Daily) {
    if runtime.alone().is_some() {
        return;
    }
    let mut stop = runtime.stop_signal();
    if let Some(missed) = daily.missed(now())
        && has_ticked(runtime, daily).await
    {
        fire(runtime, daily, missed).await;
    }
    while !*stop.borrow() {
        let next = daily.next(now());
        loop {
            // Short naps, because a clock can be set and a machine can sleep.
            let left = (next - now()).to_std().unwrap_or_default().min(Duration::from_secs(30));
            if left.is_zero() {
                break;
            }
            tokio::select! {
                () = tokio::time::sleep(left) => {}
                _ = stop.changed() => return,
            }
        }
        fire(runtime, daily, next).await;
    }
}

/// Publishes a tick; while the broker does not take it, as long as it could still be caught up.
async fn fire(runtime: &Runtime, daily: Daily, fire: DateTime<Utc>) {
    let mut stop = runtime.stop_signal();
    while let Err(error) = publish(runtime, daily, fire).await {
        if now() - fire > daily.max_lateness {
            return tracing::error!(job = daily.job, %fire, %error, "gave up a tick: it is too late for it");
        }
        tracing::warn!(job = daily.job, %fire, %error, "could not publish a tick yet");
        tokio::select! {
            () = tokio::time::sleep(AGAIN) => {}
            _ = stop.changed() => return,
        }
    }
}

async fn has_ticked(runtime: &Runtime, daily: Daily) -> bool {
    let Ok(mut ticks) = runtime.runs().messages(stream::EVENTS, Subject::events(TICK)).await else {
        return false;
    };
    while let Ok(Some(message)) = ticks.next().await {
        if message.subject.contains(&format!(".{}-", daily.job)) {
            return true;
        }
    }
    false
}

async fn publish(runtime: &Runtime, daily: Daily, fire: DateTime<Utc>) -> Result<(), PublishError> {
    let fire_time = fire.to_rfc3339_opts(SecondsFormat::Secs, true);
    let message = Tick {
        job: daily.job.to_owned(),
        fire_time: fire_time.clone(),
        local_date: daily.local_date(fire).to_string(),
    };
    let key = Token::squeezed(&format!("{}-{}", daily.job, fire.format("%Y%m%dT%H%M%SZ")));
    let id = format!("tick:{}:{fire_time}", daily.job);
    let tick = Outgoing::event(Token::squeezed(TICK), key, id, &message);
    let trace = TraceContext::root();
    let context = Context { cause: "", generation: 0, again: None, trace: &trace };
    let first = runtime.outlet().publish_once(tick, &context).await?;
    tracing::info!(job = daily.job, fire_time, first, "tick");
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the runtime is where the clock is read")]
fn now() -> DateTime<Utc> {
    Utc::now()
}
