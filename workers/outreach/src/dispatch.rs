//! Announces touches whose time has come, each once.

use chrono::{DateTime, Utc};
use db::Uuid;
use prospects::Prospects;
use proto::{Outgoing, Token, kind};
use runtime::{Every, Runtime};
use std::time::Duration;

/// How often it is looked.
const EVERY: Duration = Duration::from_secs(15);
/// Touches in one transaction.
const AT_ONCE: i64 = 200;

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Looks until a stop is asked for.
pub async fn dispatch(runtime: &Runtime, prospects: &Prospects) {
    let mut every = Every::new(runtime, EVERY);
    while let Some(now) = every.next().await {
        if let Err(error) = announce_all(runtime, prospects, now).await {
            tracing::warn!(error = %error, "could not find out what is due");
        }
    }
}

/// One client after the other: what goes wrong with one keeps nobody else waiting.
async fn announce_all(runtime: &Runtime, prospects: &Prospects, now: DateTime<Utc>) -> Result<(), Failed> {
    for client in prospects.clients_due(now).await? {
        if let Err(error) = announce(runtime, prospects, client, now).await {
            tracing::warn!(%client, error = %error, "could not announce due touches");
        }
    }
    Ok(())
}

/// Announces everything that is due now. What is announced and not written down is announced again under the same id.
async fn announce(
    runtime: &Runtime,
    prospects: &Prospects,
    client: Uuid,
    now: DateTime<Utc>,
) -> Result<(), Failed> {
    loop {
        let ripe = prospects.ripen(client, now, AT_ONCE).await?;
        for touch in ripe.due() {
            let key = Token::squeezed(&client.to_string());
            let id = format!("touch-due:{}", touch.touch_id);
            runtime.publish(&Outgoing::event(Token::squeezed(kind::TOUCH_DUE), key, id, touch)).await?;
        }
        if ripe.commit().await? < AT_ONCE {
            return Ok(());
        }
    }
}
