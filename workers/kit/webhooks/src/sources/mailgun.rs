//! Mailgun: one event, signed inside the body. The signature covers a token and the time, not the event.
//!
//! So whoever sees a request could send other events with its token for as long as the window is open. Each request
//! carries one event, and its id is the token: a token counts once, whatever is sent with it.

use crate::event::{BOT, Event, joined};
use crate::fields::{email, id, object, text, time};
use crate::signature::{fresh, hex, hmac_fits, seconds};
use crate::{Received, Refused, Request};
use chrono::{DateTime, Utc};
use proto::v1::EngagementKind as Kind;
use ring::hmac::HMAC_SHA256;
use serde_json::Value;

const WINDOW: u64 = 300;

pub(crate) fn receive(
    request: &Request<'_>,
    secrets: &[&str],
    now: DateTime<Utc>,
) -> Result<Received, Refused> {
    let body = object(request.body)?;
    let signed = |name| id(&body, &format!("/signature/{name}")).ok_or(Refused::Signature);
    let (timestamp, token, tag) = (signed("timestamp")?, signed("token")?, signed("signature")?);
    let message = format!("{timestamp}{token}");
    hmac_fits(HMAC_SHA256, secrets, message.as_bytes(), hex(&tag).as_deref())?;
    fresh(seconds(&timestamp)?, WINDOW, now)?;
    let event = body.get("event-data").and_then(|value| event(value, &token, now));
    Ok(Received::Events(event.into_iter().collect()))
}

fn event(value: &Value, token: &str, now: DateTime<Utc>) -> Option<Event> {
    let kind = kind(value)?;
    let client = |name: &str| text(value, &format!("/client-info/{name}"));
    let bot = client("bot").is_some() || client("client-type") == Some("robot");
    let event = Event {
        email: email(value, &["/recipient"]),
        machine: bot.then_some(BOT),
        ..Event::new(joined(&[token]), kind, time(value, &["/timestamp"], now))
    };
    // It knows no steps: they are the sender's own.
    Some(event.tagged(|key| id(value, &format!("/user-variables/{key}"))))
}

fn kind(value: &Value) -> Option<Kind> {
    Some(match text(value, "/event")? {
        "delivered" => Kind::Delivered,
        "opened" => Kind::Opened,
        "clicked" => Kind::Clicked,
        "unsubscribed" => Kind::Unsubscribed,
        "complained" => Kind::Complained,
        "rejected" => Kind::Failed,
        "failed" => match (text(value, "/severity"), text(value, "/reason")) {
            (_, Some("suppress-unsubscribe")) => Kind::Unsubscribed,
            (_, Some("suppress-complaint")) => Kind::Complained,
            // It gave up after many tries: nobody said that the address does not exist.
            (Some("temporary"), _) | (_, Some("old")) => Kind::SoftBounced,
            _ => Kind::Bounced,
        },
        _ => return None,
    })
}
