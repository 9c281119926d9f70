//! Asks for the growth patterns of every client once a month (GR-110).

use crate::learner::JOBS;
use contractors::{Contractors, Error, schedule};
use runtime::learning::WhenDue;
use runtime::{Every, Runtime};
use std::time::Duration;

/// How often it is looked whose time has come.
const EVERY: Duration = Duration::from_secs(60);

/// Looks until a stop is asked for.
pub async fn monthly(runtime: &Runtime, contractors: &Contractors) {
    let mut when_due = WhenDue::new(JOBS);
    let mut every = Every::new(runtime, EVERY);
    while let Some(now) = every.next().await {
        match contractors.clients().await {
            Ok(clients) => {
                for client in clients {
                    let due = (client, schedule::last_learning(client, now));
                    let learned_at =
                        async { Ok::<_, Error>(contractors.last_run(client).await?.map(|run| run.as_of)) };
                    when_due.ask(runtime, due, learned_at).await;
                }
            }
            Err(error) => tracing::warn!(%error, "could not find out of whose contractors is to be learned"),
        }
    }
}
