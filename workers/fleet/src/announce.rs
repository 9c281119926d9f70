//! Tells the fleet what a command has written.

use async_nats::jetstream::message::PublishMessage;
use db::Uuid;
use prospects::TakenIn;
use proto::Outgoing;
use proto::subject::header;

use crate::exit::Failure;
use crate::output::Output;
use crate::reach;
use crate::settings::Settings;

/// Says which leads came or changed. They are stored: where nobody hears of it, the scorer finds them.
pub(crate) async fn leads(client: Uuid, taken: &[TakenIn], settings: &Settings, output: Output) {
    let messages = prospects::of_taken(client, taken);
    if !messages.is_empty() && publish(&messages, settings).await.is_err() {
        output.say("Later", "nats-server is away: the leads are scored when a scorer runs");
    }
}

/// Says that something was learned; where nobody hears of it, scores stay as they are until leads change.
pub(crate) async fn patterns(
    client: Uuid,
    learned: &conversion::Outcome,
    settings: &Settings,
    output: Output,
) {
    let changed = detector::changed(&client.to_string(), learned);
    if publish(&[changed], settings).await.is_err() {
        output.say(
            "Later",
            "nats-server is away: `leadfleet leads rescore --untouched --apply` uses the new weights",
        );
    }
}

/// Says that other growth patterns are released; where nobody hears of it, the old ones are remembered for an hour.
pub(crate) async fn growth(
    client: Uuid,
    learned: &contractors::Learning,
    settings: &Settings,
    output: Output,
) {
    let recalculated = growth::recalculated(client, learned);
    if publish(&[recalculated], settings).await.is_err() {
        output.say(
            "Later",
            "nats-server is away: a gateway that runs tells the old patterns for up to an hour",
        );
    }
}

async fn publish(messages: &[Outgoing], settings: &Settings) -> Result<(), Failure> {
    let jetstream = reach::nats(settings).await?;
    for message in messages {
        let publish = PublishMessage::build()
            .payload(message.payload.clone().into())
            .message_id(message.id(0))
            .header(header::SCHEMA, message.schema.as_str());
        let sent = jetstream.send_publish(message.subject.to_string(), publish).await;
        let sent = sent.map_err(|error| reach::broker("its acknowledgement", error))?;
        sent.await.map_err(|error| reach::broker("its acknowledgement", error))?;
    }
    Ok(())
}
