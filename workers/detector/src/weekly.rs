//! Asks for the patterns of every client once a week, and tells when learned weights have run out.

use chrono::{DateTime, TimeDelta, Utc};
use conversion::{Conversion, schedule};
use db::Uuid;
use runtime::Runtime;
use std::collections::BTreeMap;
use std::time::Duration;

/// How often it is looked whose time has come.
const EVERY: Duration = Duration::from_secs(60);

/// Scores are made anew so long after the weights have run out.
const GRACE: TimeDelta = TimeDelta::hours(3);

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Looks until a stop is asked for. A week that was missed is learned as soon as somebody looks.
pub async fn weekly(runtime: &Runtime, conversion: &Conversion) {
    if runtime.is_alone() {
        return;
    }
    let mut stop = runtime.stop_signal();
    let mut asked = BTreeMap::new();
    while !*stop.borrow() {
        #[expect(clippy::disallowed_methods, reason = "whose time has come depends on the time")]
        let now = Utc::now();
        if let Err(error) = ask_all(runtime, conversion, now, &mut asked).await {
            tracing::warn!(error = %error, "could not find out whose patterns are to be learned");
        }
        if let Err(error) = expire_all(runtime, conversion, now).await {
            tracing::warn!(error = %error, "could not find out whose weights have run out");
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Processes that look at the same time ask under the same name, for the same moment: the answer is the same.
async fn ask_all(
    runtime: &Runtime,
    conversion: &Conversion,
    now: DateTime<Utc>,
    asked: &mut BTreeMap<Uuid, DateTime<Utc>>,
) -> Result<(), Failed> {
    for client in conversion.clients().await? {
        let due = schedule::last_learning(client, now);
        if asked.get(&client) == Some(&due) {
            continue;
        }
        // What goes wrong with one client keeps no other from being learned.
        match ask(runtime, conversion, client, due).await {
            Ok(()) => {
                asked.insert(client, due);
            }
            Err(error) => tracing::warn!(%client, error = %error, "could not ask for the client's patterns"),
        }
    }
    Ok(())
}

async fn ask(
    runtime: &Runtime,
    conversion: &Conversion,
    client: Uuid,
    due: DateTime<Utc>,
) -> Result<(), Failed> {
    if conversion.learned_at(client).await? < Some(due) {
        runtime.publish(&crate::learner::request(client, due, "schedule")).await?;
    }
    Ok(())
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
