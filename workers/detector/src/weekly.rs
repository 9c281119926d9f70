//! Asks for the patterns of every client once a week, and tells when learned weights have run out.

use crate::learner::JOBS;
use chrono::{DateTime, TimeDelta, Utc};
use conversion::{Conversion, schedule};
use db::Uuid;
use runtime::learning::WhenDue;
use runtime::{Every, Runtime};
use std::time::Duration;

/// How often it is looked whose time has come.
const EVERY: Duration = Duration::from_secs(60);

/// Scores are made anew so long after the weights have run out.
const GRACE: TimeDelta = TimeDelta::hours(3);

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Looks until a stop is asked for.
pub async fn weekly(runtime: &Runtime, conversion: &Conversion) {
    let mut when_due = WhenDue::new(JOBS);
    let mut every = Every::new(runtime, EVERY);
    while let Some(now) = every.next().await {
        match conversion.clients().await {
            Ok(clients) => {
                for client in clients {
                    let due = (client, schedule::last_learning(client, now));
                    when_due.ask(runtime, due, conversion.learned_at(client)).await;
                }
            }
            Err(error) => tracing::warn!(%error, "could not find out whose patterns are to be learned"),
        }
        if let Err(error) = expire_all(runtime, conversion, now).await {
            tracing::warn!(error = %error, "could not find out whose weights have run out");
        }
    }
}

/// X88: scores that were made with weights which have run out are made anew, with the defaults.
async fn expire_all(runtime: &Runtime, conversion: &Conversion, now: DateTime<Utc>) -> Result<(), Failed> {
    // A run that is due in these hours may confirm them.
    for (client, confirmed_at) in conversion.expired(now - GRACE).await? {
        if let Err(error) = expire(runtime, conversion, client, confirmed_at).await {
            tracing::warn!(%client, error = %error, "could not tell that the client's weights have run out");
        }
    }
    Ok(())
}

async fn expire(
    runtime: &Runtime,
    conversion: &Conversion,
    client: Uuid,
    confirmed_at: DateTime<Utc>,
) -> Result<(), Failed> {
    // Told first: who stops in between tells it again under the same name.
    runtime.publish(&crate::learner::expired(client, confirmed_at)).await?;
    Ok(conversion.expire(client, confirmed_at).await?)
}
