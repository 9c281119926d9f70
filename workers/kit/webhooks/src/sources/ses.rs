//! Amazon SES through SNS: an event as text in a notification that is signed with RSA.
//!
//! Everybody with an Amazon account has a topic whose notifications are signed with the same certificate. So a
//! secret names the topic as well. The certificate is not fetched here: whoever configures it takes it from the
//! address of `SigningCertURL` and adds the next one when Amazon changes it.

use crate::event::{Event, joined, scanned};
use crate::fields::{address, flag, id, instant, object, text, time};
use crate::signature::{base64, proven};
use crate::{Received, Refused, Request, keys};
use chrono::{DateTime, Utc};
use proto::v1::EngagementKind as Kind;
use ring::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
};
use serde_json::Value;
use url::Url;

pub(crate) fn receive(
    request: &Request<'_>,
    secrets: &[&str],
    now: DateTime<Utc>,
) -> Result<Received, Refused> {
    let envelope = object(request.body)?;
    verify(&envelope, secrets)?;
    match text(&envelope, "/Type") {
        Some("SubscriptionConfirmation") => {
            let url = text(&envelope, "/SubscribeURL").and_then(of_sns);
            let url = url.ok_or_else(|| Refused::Body("no confirmation of Amazon SNS".to_owned()))?;
            Ok(Received::ConfirmSubscription(url.into()))
        }
        Some("Notification") => {
            let notification = text(&envelope, "/MessageId").unwrap_or_default();
            // What is no JSON is a greeting: "Successfully validated SNS topic …".
            let message = text(&envelope, "/Message").and_then(|message| object(message.as_bytes()).ok());
            let events = message.map(|message| events(&message, notification, now));
            Ok(Received::Events(events.unwrap_or_default()))
        }
        _ => Ok(Received::Events(Vec::new())),
    }
}

/// No window: the signed time is that of the first try, and tries go on for hours. The id tells repeats.
fn verify(envelope: &Value, secrets: &[&str]) -> Result<(), Refused> {
    let topic = text(envelope, "/TopicArn").ok_or(Refused::Signature)?;
    let signature = text(envelope, "/Signature").and_then(base64).ok_or(Refused::Signature)?;
    text(envelope, "/SigningCertURL").and_then(of_sns).ok_or(Refused::Signature)?;
    let algorithm = match text(envelope, "/SignatureVersion") {
        Some("1") => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
        Some("2") => &RSA_PKCS1_2048_8192_SHA256,
        _ => return Err(Refused::Signature),
    };
    let message = canonical(envelope).ok_or(Refused::Signature)?;
    let fits = |secret: &&str| {
        let (arn, key) = secret.trim().split_once(char::is_whitespace)?;
        let key = keys::rsa(key).filter(|_| arn == topic)?;
        UnparsedPublicKey::new(algorithm, key).verify(message.as_bytes(), &signature).ok()
    };
    proven(secrets.iter().any(|secret| fits(secret).is_some()))
}

/// The signed text: names and values, a line each, in the order of the names.
fn canonical(envelope: &Value) -> Option<String> {
    let names: &[&str] = match envelope.get("Type")?.as_str()? {
        "Notification" => &["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
        "SubscriptionConfirmation" | "UnsubscribeConfirmation" => {
            &["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
        }
        _ => return None,
    };
    let mut canonical = String::new();
    for name in names {
        match envelope.get(name) {
            Some(Value::String(value)) => canonical.extend([name, "\n", value, "\n"]),
            None | Some(Value::Null) if *name == "Subject" => {}
            _ => return None,
        }
    }
    Some(canonical)
}

/// An address at `sns.<region>.amazonaws.com`.
fn of_sns(url: &str) -> Option<Url> {
    let url = Url::parse(url).ok()?;
    let region = url.host_str()?.strip_prefix("sns.")?.strip_suffix(".amazonaws.com")?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let ours = !region.is_empty() && region.bytes().all(plain);
    let bare = url.username().is_empty() && url.password().is_none() && url.port().is_none();
    (ours && bare && url.scheme() == "https").then_some(url)
}

fn events(message: &Value, notification: &str, now: DateTime<Utc>) -> Vec<Event> {
    let Some((kind, detail)) = kind(message) else { return Vec::new() };
    let at = time(message, &[&format!("/{detail}/timestamp"), "/mail/timestamp"], now);
    let sent = message.pointer("/mail/timestamp").and_then(|sent| instant(sent, now));
    let machine = if kind == Kind::Clicked { scanned(sent, at) } else { None };
    let mut recipients = recipients(message, kind, detail);
    // Nobody can tell which of several has opened it.
    if recipients.is_empty() || (recipients.len() > 1 && matches!(kind, Kind::Opened | Kind::Clicked)) {
        recipients = vec![None];
    }
    let event = |(place, email): (usize, Option<String>)| {
        let event_id = match place {
            0 => joined(&[notification]),
            _ => joined(&[notification, &place.to_string()]),
        };
        // It knows no steps: they are the sender's own.
        Event { email, machine, ..Event::new(event_id, kind, at) }
            .tagged(|key| id(message, &format!("/mail/tags/{key}/0")))
    };
    recipients.into_iter().enumerate().map(event).collect()
}

/// What happened, and the name of the object that says more.
fn kind(message: &Value) -> Option<(Kind, &'static str)> {
    let name = text(message, "/eventType").or_else(|| text(message, "/notificationType"))?;
    Some(match name {
        "Send" => (Kind::Sent, "send"),
        "Delivery" => (Kind::Delivered, "delivery"),
        "Open" => (Kind::Opened, "open"),
        "Click" => (Kind::Clicked, "click"),
        "Bounce" if text(message, "/bounce/bounceType") == Some("Permanent") => (Kind::Bounced, "bounce"),
        "Bounce" => (Kind::SoftBounced, "bounce"),
        "Complaint" if text(message, "/complaint/complaintFeedbackType") == Some("not-spam") => return None,
        "Complaint" => (Kind::Complained, "complaint"),
        "Reject" => (Kind::Failed, "reject"),
        "Rendering Failure" => (Kind::Failed, "failure"),
        "Subscription" if left(message) => (Kind::Unsubscribed, "subscription"),
        _ => return None,
    })
}

fn left(message: &Value) -> bool {
    let wants = "/subscription/newTopicPreferences";
    let topics = message.pointer(&format!("{wants}/topicSubscriptionStatus")).and_then(Value::as_array);
    let out = |topic: &Value| text(topic, "/subscriptionStatus") == Some("OptOut");
    flag(message, &format!("{wants}/unsubscribeAll")) || topics.is_some_and(|topics| topics.iter().any(out))
}

fn recipients(message: &Value, kind: Kind, detail: &str) -> Vec<Option<String>> {
    let list = match kind {
        Kind::Bounced | Kind::SoftBounced => "/bounce/bouncedRecipients".to_owned(),
        Kind::Complained => "/complaint/complainedRecipients".to_owned(),
        Kind::Delivered => format!("/{detail}/recipients"),
        _ => "/mail/destination".to_owned(),
    };
    let list = message.pointer(&list).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let of = |entry: &Value| address(text(entry, "/emailAddress").or(entry.as_str())?);
    list.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(message: Value) -> Vec<(Kind, String, Option<String>)> {
        let now = DateTime::from_timestamp(1_767_300_000, 0).unwrap();
        let events = events(&message, "sns-1", now).into_iter();
        events.map(|event| (event.kind, event.event_id, event.email)).collect()
    }

    #[test]
    fn each_recipient_of_a_bounce_is_an_event() {
        let bounced = |kind: &str| {
            json!({"notificationType": "Bounce", "bounce": {"bounceType": kind, "bouncedRecipients":
            [{"emailAddress": "A@b.example"}, {"emailAddress": "C <c@d.example>"}]}})
        };
        let expected = |kind| {
            vec![
                (kind, "sns-1".to_owned(), Some("a@b.example".to_owned())),
                (kind, "sns-1:1".to_owned(), Some("c@d.example".to_owned())),
            ]
        };
        assert_eq!(told(bounced("Permanent")), expected(Kind::Bounced));
        assert_eq!(told(bounced("Transient")), expected(Kind::SoftBounced));
        assert_eq!(told(bounced("Undetermined")), expected(Kind::SoftBounced));
    }

    #[test]
    fn nobody_is_said_to_have_opened_what_several_got() {
        let opened = |to: Value| json!({"eventType": "Open", "mail": {"destination": to}, "open": {}});
        assert_eq!(told(opened(json!(["a@b.example", "c@d.example"])))[0].2, None);
        assert_eq!(told(opened(json!(["a@b.example"])))[0].2.as_deref(), Some("a@b.example"));
    }

    #[test]
    fn a_click_as_soon_as_it_is_sent_is_a_scanner() {
        let at = |clicked: &str| {
            let message = json!({"eventType": "Click", "click": {"timestamp": clicked},
                "mail": {"timestamp": "2026-01-01T00:00:00Z", "tags": {"prospect_id": ["p-1"], "step": ["2"]}}});
            events(&message, "sns-1", DateTime::from_timestamp(1_767_300_000, 0).unwrap()).remove(0)
        };
        assert_eq!(at("2026-01-01T00:00:01Z").machine, Some("too_fast"));
        assert_eq!(at("2026-01-01T00:01:00Z").machine, None);
        assert_eq!((at("").prospect_id.as_deref(), at("").step), (Some("p-1"), Some(2)));
    }

    #[test]
    fn what_is_no_engagement_is_not_told() {
        let kind = |message| told(message).first().map(|told| told.0);
        for none in ["DeliveryDelay", "Subscription", "BrandNew"] {
            assert_eq!(kind(json!({ "eventType": none })), None, "{none}");
        }
        let complaint =
            |kind: &str| json!({"eventType": "Complaint", "complaint": {"complaintFeedbackType": kind}});
        assert_eq!(kind(complaint("abuse")), Some(Kind::Complained));
        assert_eq!(kind(complaint("not-spam")), None);
        let left = json!({"eventType": "Subscription", "subscription": {"newTopicPreferences": {"unsubscribeAll": true}}});
        assert_eq!(kind(left), Some(Kind::Unsubscribed));
        let topic = json!({"subscription": {"newTopicPreferences": {"topicSubscriptionStatus":
            [{"topicName": "a", "subscriptionStatus": "OptOut"}]}}, "eventType": "Subscription"});
        assert_eq!(kind(topic), Some(Kind::Unsubscribed));
    }
}
