//! Twilio: what became of a text message, and answers to it, signed over the address and the form.

use crate::event::{Event, joined};
use crate::fields::{id, object, text};
use crate::signature::{base64, hex_of, hmac_fits, known};
use crate::{Received, Refused, Request};
use cadence::Intent;
use chrono::{DateTime, Utc};
use proto::v1::EngagementKind as Kind;
use ring::digest::{SHA256, digest};
use ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY;
use serde_json::Value;
use url::form_urlencoded;

pub(crate) fn receive(
    request: &Request<'_>,
    secrets: &[&str],
    now: DateTime<Utc>,
) -> Result<Received, Refused> {
    let tag = base64(request.proof("x-twilio-signature")?);
    let in_query = |name: &str| {
        let (_, query) = request.url.split_once('?')?;
        let mut pairs = form_urlencoded::parse(query.split('#').next()?.as_bytes());
        pairs.find_map(|(key, value)| (key == name && !value.is_empty()).then(|| value.into_owned()))
    };
    let body = match in_query("bodySHA256") {
        // What is no form is signed by its hash in the address.
        Some(hash) => {
            hmac_fits(HMAC_SHA1_FOR_LEGACY_USE_ONLY, secrets, request.url.as_bytes(), tag.as_deref())?;
            known(&hex_of(digest(&SHA256, request.body).as_ref()), &[&hash.to_lowercase()])?;
            object(request.body)?
        }
        None => {
            let mut fields: Vec<_> = form_urlencoded::parse(request.body).into_owned().collect();
            fields.sort();
            fields.dedup();
            let mut message = request.url.to_owned();
            message.extend(fields.iter().flat_map(|(key, value)| [key.as_str(), value]));
            hmac_fits(HMAC_SHA1_FOR_LEGACY_USE_ONLY, secrets, message.as_bytes(), tag.as_deref())?;
            fields.into_iter().map(|(key, value)| (key, Value::String(value))).collect()
        }
    };
    // Its reports name nobody but a number: the sender puts its ids, and its own step, into the address to call.
    let event = event(&body, now).map(|event| event.tagged(in_query));
    Ok(Received::Events(event.into_iter().collect()))
}

fn event(value: &Value, now: DateTime<Utc>) -> Option<Event> {
    let message = id(value, "/MessageSid").or_else(|| id(value, "/SmsSid"))?;
    let status = text(value, "/MessageStatus").or_else(|| text(value, "/SmsStatus"))?;
    let kind = kind(status, text(value, "/ErrorCode"))?;
    let person = if status == "received" { "/From" } else { "/To" };
    // It tells no time.
    let event = Event::new(joined(&[&message, status]), kind, now);
    let event = Event { phone: id(value, person), channel: "sms", ..event };
    if kind != Kind::Replied {
        return Some(event);
    }
    let words = text(value, "/Body");
    let stops = text(value, "/OptOutType") == Some("STOP") || words.is_some_and(is_stop);
    let left = Event { kind: Kind::Unsubscribed, intent: Some(Intent::Unsubscribe), ..event.clone() };
    Some(if stops { left } else { event.saying(None, words) })
}

/// The words after which carriers let nothing through.
fn is_stop(words: &str) -> bool {
    let word = words.trim().trim_end_matches(['.', '!']).to_uppercase();
    ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"].contains(&word.as_str())
}

fn kind(status: &str, error: Option<&str>) -> Option<Kind> {
    Some(match (status, error) {
        ("sent", _) => Kind::Sent,
        ("delivered", _) => Kind::Delivered,
        ("read", _) => Kind::Opened,
        ("received", _) => Kind::Replied,
        ("undelivered" | "failed", Some("21610")) => Kind::Unsubscribed,
        // No such number, or one that takes no texts.
        ("undelivered" | "failed", Some("21211" | "21614" | "30005" | "30006")) => Kind::Bounced,
        ("undelivered", _) => Kind::SoftBounced,
        ("failed", _) => Kind::Failed,
        _ => return None,
    })
}
