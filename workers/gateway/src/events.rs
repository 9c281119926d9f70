//! Says on the streams what happened and what is to be done, believing only the broker's acknowledgement, and hears what
//! makes old what is remembered.

use crate::app::App;
use crate::problem::Problem;
use cadence::Intent;
use db::Uuid;
use prospects::TakenIn;
use proto::kind::{self, GROWTH_PATTERNS_RECALCULATED};
use proto::v1::{Engagement, GrowthPatternsRecalculated, ReplyIntent};
use proto::{Outgoing, Token};
use runtime::{Heard, PublishError, hear};

/// The same id from the same source of the same client is the same event.
pub(crate) async fn publish(app: &App, client: Uuid, event: Engagement) -> Result<(), Problem> {
    let id = format!("engagement:{client}:{}:{}", event.source, event.event_id);
    let key = Token::squeezed(&client.to_string());
    say(app, &Outgoing::event(Token::squeezed(kind::ENGAGEMENT), key, id, &event)).await
}

/// Publishes a message.
pub(crate) async fn say(app: &App, message: &Outgoing) -> Result<(), Problem> {
    app.runtime.publish(message).await.map_err(|error| match error {
        PublishError::Broker { .. } | PublishError::Refused { .. } => Problem::away("NATS", error),
        PublishError::TooLarge { .. } => Problem::internal(error),
    })
}

/// Says which leads came or changed. They are stored: what cannot be said now is found and said later.
pub(crate) async fn announce(app: &App, client: Uuid, taken: &[TakenIn]) {
    for message in prospects::of_taken(client, taken) {
        if let Err(error) = app.runtime.publish(&message).await {
            tracing::warn!(%client, error = %error, "could not announce leads");
        }
    }
}

/// Forgets growth patterns when others are released (X58), until a stop is asked for.
pub(crate) async fn forget_patterns(app: App) {
    let heard = |heard: Heard<GrowthPatternsRecalculated>| match heard {
        Heard::Event(released) => {
            if let Ok(client) = released.client_id.parse() {
                app.contractors.invalidate(client);
            }
        }
        Heard::Missed => app.contractors.invalidate_all(),
    };
    hear(&app.runtime, GROWTH_PATTERNS_RECALCULATED, heard).await;
}

pub(crate) fn meaning(intent: Intent) -> ReplyIntent {
    match intent {
        Intent::Unsubscribe => ReplyIntent::Unsubscribe,
        Intent::OutOfOffice => ReplyIntent::OutOfOffice,
        Intent::AutoReply => ReplyIntent::AutoReply,
        Intent::NotInterested => ReplyIntent::NotInterested,
        Intent::WrongPerson => ReplyIntent::WrongPerson,
        Intent::Positive => ReplyIntent::Positive,
        Intent::Question => ReplyIntent::Question,
        Intent::Neutral => ReplyIntent::Neutral,
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
