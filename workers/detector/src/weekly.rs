//! Asks for the patterns of every client once a week.

use chrono::{DateTime, Utc};
use conversion::{Conversion, schedule};
use db::Uuid;
use runtime::Runtime;
use std::collections::BTreeMap;
use std::time::Duration;

/// How often it is looked whose time has come.
const EVERY: Duration = Duration::from_secs(60);

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
        if asked.get(&client) == Some(&due) || conversion.learned_at(client).await? >= Some(due) {
            continue;
        }
        runtime.publish(&crate::learner::request(client, due, "schedule")).await?;
        asked.insert(client, due);
    }
    Ok(())
}
