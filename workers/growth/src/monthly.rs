//! Asks for the growth patterns of every client once a month (GR-110).

use chrono::{DateTime, Utc};
use contractors::{Contractors, schedule};
use db::Uuid;
use runtime::Runtime;
use std::collections::BTreeMap;
use std::time::Duration;

/// How often it is looked whose time has come.
const EVERY: Duration = Duration::from_secs(60);

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Looks until a stop is asked for. A month that was missed is learned as soon as somebody looks.
pub async fn monthly(runtime: &Runtime, contractors: &Contractors) {
    if runtime.is_alone() {
        return;
    }
    let mut stop = runtime.stop_signal();
    let mut asked = BTreeMap::new();
    while !*stop.borrow() {
        #[expect(clippy::disallowed_methods, reason = "whose time has come depends on the time")]
        let now = Utc::now();
        if let Err(error) = ask_all(runtime, contractors, now, &mut asked).await {
            tracing::warn!(error = %error, "could not find out of whose contractors is to be learned");
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
    contractors: &Contractors,
    now: DateTime<Utc>,
    asked: &mut BTreeMap<Uuid, DateTime<Utc>>,
) -> Result<(), Failed> {
    for client in contractors.clients().await? {
        let due = schedule::last_learning(client, now);
        if asked.get(&client) == Some(&due) {
            continue;
        }
        // What goes wrong with one client keeps no other from being learned.
        match ask(runtime, contractors, client, due).await {
            Ok(()) => {
                asked.insert(client, due);
            }
            Err(error) => tracing::warn!(%client, error = %error, "could not ask for the client's growth"),
        }
    }
    Ok(())
}

async fn ask(
    runtime: &Runtime,
    contractors: &Contractors,
    client: Uuid,
    due: DateTime<Utc>,
) -> Result<(), Failed> {
    let learned = contractors.last_run(client).await?;
    if learned.is_none_or(|run| run.as_of < due) {
        runtime.publish(&crate::learner::request(client, due, "schedule")).await?;
    }
    Ok(())
}
