//! Postmark: one event, without a signature: the address that it calls holds a user and a password.

use crate::event::{AUTO_REPLY, Event, hashed, joined};
use crate::fields::{email, flag, id, object, text, time};
use crate::signature::{base64, known};
use crate::{Received, Refused, Request};
use cadence::Intent;
use chrono::{DateTime, Utc};
use proto::v1::EngagementKind as Kind;
use serde_json::Value;

pub(crate) fn receive(
    request: &Request<'_>,
    secrets: &[&str],
    now: DateTime<Utc>,
) -> Result<Received, Refused> {
    let header = request.proof("authorization")?;
    let (scheme, credentials) = header.split_once(' ').ok_or(Refused::Signature)?;
    let credentials = base64(credentials).and_then(|bytes| String::from_utf8(bytes).ok());
    match credentials {
        Some(credentials) if scheme.eq_ignore_ascii_case("basic") => known(&credentials, secrets)?,
        _ => return Err(Refused::Signature),
    }
    let body = object(request.body)?;
    Ok(Received::Events(event(&body, now).into_iter().collect()))
}

const TIMES: [&str; 4] = ["/DeliveredAt", "/BouncedAt", "/ReceivedAt", "/ChangedAt"];

fn event(value: &Value, now: DateTime<Utc>) -> Option<Event> {
    let kind = kind(value)?;
    let recipient = email(value, &["/Recipient", "/Email"]);
    let record = text(value, "/RecordType")?;
    let at = TIMES.iter().find_map(|at| text(value, at)).unwrap_or_default();
    let event_id = match text(value, "/MessageID") {
        Some(message) => joined(&[message, record, at]),
        None => hashed(&[record, recipient.as_deref().unwrap_or_default(), at]),
    };
    // It knows no steps: they are the sender's own.
    let event = Event { email: recipient, ..Event::new(event_id, kind, time(value, &TIMES, now)) };
    let event = event.tagged(|key| id(value, &format!("/Metadata/{key}")));
    // An answer that is called a bounce was written by a machine.
    let answered = kind == Kind::Replied;
    Some(if answered {
        Event { machine: Some(AUTO_REPLY), intent: Some(Intent::AutoReply), ..event }
    } else {
        event
    })
}

fn kind(value: &Value) -> Option<Kind> {
    Some(match text(value, "/RecordType")? {
        "Delivery" => Kind::Delivered,
        "Open" => Kind::Opened,
        "Click" => Kind::Clicked,
        "SpamComplaint" => Kind::Complained,
        "Bounce" => bounce(text(value, "/Type")?)?,
        "SubscriptionChange" if flag(value, "/SuppressSending") => match text(value, "/SuppressionReason") {
            Some("HardBounce") => Kind::Bounced,
            Some("SpamComplaint") => Kind::Complained,
            _ => Kind::Unsubscribed,
        },
        _ => return None,
    })
}

/// Its 22 types of bounces, many of which are none.
fn bounce(kind: &str) -> Option<Kind> {
    Some(match kind {
        "HardBounce" | "BadEmailAddress" => Kind::Bounced,
        "Transient" | "AddressChange" | "DnsError" | "SpamNotification" | "Unknown" | "SoftBounce"
        | "VirusNotification" | "Blocked" => Kind::SoftBounced,
        "Unsubscribe" => Kind::Unsubscribed,
        "SpamComplaint" => Kind::Complained,
        "AutoResponder" | "ChallengeVerification" => Kind::Replied,
        "ManuallyDeactivated"
        | "Unconfirmed"
        | "SMTPApiError"
        | "DMARCPolicy"
        | "TemplateRenderingFailed" => Kind::Failed,
        // Subscribe, OpenRelayTest, InboundError: nothing became of a message of ours.
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_of_bounce_has_its_kind() {
        let of = |kinds: &[&str]| kinds.iter().map(|kind| bounce(kind)).collect::<Vec<_>>();
        assert_eq!(of(&["HardBounce", "BadEmailAddress"]), [Some(Kind::Bounced); 2]);
        let soft = [
            "Transient",
            "AddressChange",
            "DnsError",
            "SpamNotification",
            "Unknown",
            "SoftBounce",
            "VirusNotification",
            "Blocked",
        ];
        assert_eq!(of(&soft), [Some(Kind::SoftBounced); 8]);
        assert_eq!(of(&["AutoResponder", "ChallengeVerification"]), [Some(Kind::Replied); 2]);
        assert_eq!(of(&["Unsubscribe", "SpamComplaint"]), [Some(Kind::Unsubscribed), Some(Kind::Complained)]);
        let unsent =
            ["ManuallyDeactivated", "Unconfirmed", "SMTPApiError", "DMARCPolicy", "TemplateRenderingFailed"];
        assert_eq!(of(&unsent), [Some(Kind::Failed); 5]);
        assert_eq!(of(&["Subscribe", "OpenRelayTest", "InboundError"]), [None; 3]);
    }
}
