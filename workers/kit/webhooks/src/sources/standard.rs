//! Standard Webhooks, and Svix before it: whoever has no file here can report in this form.
//!
//! `type` is a kind of engagement in lower case, as it is or behind a last dot ("engagement.replied"); `data` holds
//! `prospect_id`, `touch_id`, `email`, `phone`, `step` (0 the connection request, 1 the first message), `variant`,
//! `channel`, `machine`, `subject` and `body` of what was sent, `text` of a reply, `meeting_id` and `replaces_meeting_id`; `timestamp` is the time.

use crate::event::{BOT, Event, joined};
use crate::fields::{email, first_text, flag, id, object, text, time};
use crate::signature::{base64, fresh, hmac_fits, proven, seconds};
use crate::{Received, Refused, Request};
use chrono::{DateTime, Utc};
use proto::v1::EngagementKind as Kind;
use ring::hmac::HMAC_SHA256;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::Value;

const WINDOW: u64 = 300;

pub(crate) fn receive(
    request: &Request<'_>,
    secrets: &[&str],
    now: DateTime<Utc>,
) -> Result<Received, Refused> {
    let header = |name: &str| {
        let standard = (request.headers)(&format!("webhook-{name}"));
        standard.or_else(|| (request.headers)(&format!("svix-{name}"))).ok_or(Refused::Signature)
    };
    let (message_id, timestamp, signatures) = (header("id")?, header("timestamp")?, header("signature")?);
    let message = [message_id.as_bytes(), b".", timestamp.as_bytes(), b".", request.body].concat();
    proven(signatures.split_whitespace().any(|signature| fits(signature, secrets, &message)))?;
    fresh(seconds(timestamp)?, WINDOW, now)?;
    let body = object(request.body)?;
    Ok(Received::Events(event(&body, message_id, now).into_iter().collect()))
}

/// Whether "v1,…" or "v1a,…" is the message's under one of the secrets of that version.
fn fits(signature: &str, secrets: &[&str], message: &[u8]) -> bool {
    let Some((version, signature)) = signature.split_once(',') else { return false };
    let Some(signature) = base64(signature) else { return false };
    let public = |secret: &&str| base64(secret.strip_prefix("whpk_")?);
    let shared = |secret: &&str| {
        let secret = secret.strip_prefix("whsec_").or((!secret.starts_with("whpk_")).then_some(*secret))?;
        base64(secret).filter(|key| !key.is_empty())
    };
    match version {
        "v1" => {
            let keys: Vec<Vec<u8>> = secrets.iter().filter_map(shared).collect();
            hmac_fits(HMAC_SHA256, &keys, message, Some(&signature)).is_ok()
        }
        "v1a" => secrets
            .iter()
            .filter_map(public)
            .any(|key| UnparsedPublicKey::new(&ED25519, key).verify(message, &signature).is_ok()),
        _ => false,
    }
}

fn event(value: &Value, message_id: &str, now: DateTime<Utc>) -> Option<Event> {
    let name = text(value, "/type").filter(|name| name.len() <= 100)?;
    let name = name.rsplit('.').next()?.to_uppercase();
    let kind = Kind::from_str_name(&format!("ENGAGEMENT_KIND_{name}"))?;
    if kind == Kind::Unspecified {
        return None;
    }
    let data = value.get("data")?;
    let at = time(value, &["/data/occurred_at", "/timestamp"], now);
    let event = Event::new(joined(&[message_id]), kind, at);
    let event = Event {
        email: email(data, &["/email"]),
        phone: id(data, "/phone"),
        channel: text(data, "/channel").and_then(channel).unwrap_or(event.channel),
        machine: flag(data, "/machine").then_some(BOT),
        meeting_id: id(data, "/meeting_id"),
        replaces_meeting_id: id(data, "/replaces_meeting_id"),
        ..event
    };
    let event = event.tagged(|key| id(data, &format!("/{key}")));
    let event = event.saying_what_went_out(text(data, "/subject"), text(data, "/body"));
    let said = first_text(data, &["/text"]);
    Some(if kind == Kind::Replied { event.saying(text(data, "/subject"), said) } else { event })
}

fn channel(name: &str) -> Option<&'static str> {
    ["email", "linkedin", "sms", "voice", "meeting"].into_iter().find(|channel| *channel == name)
}
