//! Says on the streams what happened and what is to be done, and believes only the broker's acknowledgement.

use crate::app::App;
use crate::problem::Problem;
use cadence::Intent;
use db::Uuid;
use prospects::TakenIn;
use proto::v1::{Engagement, ReplyIntent};
use proto::{Outgoing, Token};
use runtime::PublishError;

/// The same id from the same source of the same client is the same event.
pub(crate) async fn publish(app: &App, client: Uuid, event: Engagement) -> Result<(), Problem> {
    let id = format!("engagement:{client}:{}:{}", event.source, event.event_id);
    let key = Token::squeezed(&client.to_string());
    say(app, &Outgoing::event(Token::squeezed("engagement"), key, id, &event)).await
}

/// Publishes a message.
pub(crate) async fn say(app: &App, message: &Outgoing) -> Result<(), Problem> {
    app.runtime.publish(message).await.map_err(|error| match error {
        PublishError::Broker { .. } => Problem::away("NATS", error),
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
