//! `SendGrid`: arrays of events, signed with ECDSA over timestamp and body.

use crate::event::{Event, PREFETCH, hashed, scanned};
use crate::fields::{email, flag, id, instant, objects, text, time};
use crate::signature::{base64, fresh, proven, seconds};
use crate::{Received, Refused, Request, keys};
use chrono::{DateTime, Utc};
use proto::v1::EngagementKind as Kind;
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use serde_json::Value;
use std::collections::HashMap;

/// Nothing is documented; the others allow as much.
const WINDOW: u64 = 300;

pub(crate) fn receive(
    request: &Request<'_>,
    secrets: &[&str],
    now: DateTime<Utc>,
) -> Result<Received, Refused> {
    let timestamp = request.proof("x-twilio-email-event-webhook-timestamp")?;
    let signature = base64(request.proof("x-twilio-email-event-webhook-signature")?);
    let signature = signature.ok_or(Refused::Signature)?;
    let message = [timestamp.as_bytes(), request.body].concat();
    let fits = |point: Vec<u8>| {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(&message, &signature).is_ok()
    };
    proven(secrets.iter().any(|secret| keys::p256(secret).is_some_and(fits)))?;
    fresh(seconds(timestamp)?, WINDOW, now)?;

    let values = objects(request.body)?;
    // A batch often holds the delivery whose click it holds.
    let delivered: HashMap<&str, DateTime<Utc>> = values
        .iter()
        .filter(|value| text(value, "/event") == Some("delivered"))
        .filter_map(|value| Some((text(value, "/sg_message_id")?, instant(value.get("timestamp")?, now)?)))
        .collect();
    Ok(Received::Events(values.iter().filter_map(|value| event(value, &delivered, now)).collect()))
}

fn event(value: &Value, delivered: &HashMap<&str, DateTime<Utc>>, now: DateTime<Utc>) -> Option<Event> {
    let kind = kind(value)?;
    let at = time(value, &["/timestamp"], now);
    let address = email(value, &["/email"]);
    let message = text(value, "/sg_message_id");
    let event_id = id(value, "/sg_event_id").unwrap_or_else(|| {
        let at = id(value, "/timestamp").unwrap_or_default();
        hashed(&[
            kind.as_str_name(),
            address.as_deref().unwrap_or_default(),
            message.unwrap_or_default(),
            text(value, "/url").unwrap_or_default(),
            &at,
        ])
    });
    let machine = match kind {
        Kind::Opened if flag(value, "/sg_machine_open") => Some(PREFETCH),
        Kind::Clicked => scanned(message.and_then(|message| delivered.get(message).copied()), at),
        _ => None,
    };
    // Custom arguments lie flat among the other fields. It knows no steps: they are the sender's own.
    let event = Event { email: address, machine, ..Event::new(event_id, kind, at) };
    Some(event.tagged(|key| id(value, &format!("/{key}"))))
}

fn kind(value: &Value) -> Option<Kind> {
    Some(match text(value, "/event")? {
        "delivered" => Kind::Delivered,
        "open" => Kind::Opened,
        "click" => Kind::Clicked,
        "bounce" if matches!(text(value, "/type"), Some("blocked" | "expired")) => Kind::SoftBounced,
        "bounce" => Kind::Bounced,
        "spamreport" => Kind::Complained,
        "unsubscribe" | "group_unsubscribe" => Kind::Unsubscribed,
        // It has known better for longer than we have.
        "dropped" => match text(value, "/reason").unwrap_or_default().to_lowercase().as_str() {
            reason if reason.contains("unsubscribed") => Kind::Unsubscribed,
            reason if reason.contains("spam report") => Kind::Complained,
            reason if reason.contains("bounced") || reason.contains("invalid") => Kind::Bounced,
            _ => Kind::Failed,
        },
        _ => return None,
    })
}
