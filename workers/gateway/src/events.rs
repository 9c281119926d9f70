//! Says on the stream of events what happened, and believes only the broker's acknowledgement.

use crate::app::App;
use crate::problem::Problem;
use db::Uuid;
use proto::v1::Engagement;
use proto::{Outgoing, Token};
use runtime::PublishError;

/// The same id from the same source of the same client is the same event.
pub(crate) async fn publish(app: &App, client: Uuid, event: &Engagement) -> Result<(), Problem> {
    let id = format!("engagement:{client}:{}:{}", event.source, event.event_id);
    let key = Token::squeezed(&client.to_string());
    let message = Outgoing::event(Token::squeezed("engagement"), key, id, event);
    app.runtime.publish(&message).await.map_err(|error| match error {
        PublishError::Broker { .. } => Problem::away("NATS", error),
        PublishError::TooLarge { .. } => Problem::internal(error),
    })
}
