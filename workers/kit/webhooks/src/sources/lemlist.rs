//! Lemlist: one activity, without a signature: the body repeats a secret.

use crate::event::{Event, hashed};
use crate::fields::{email, first_text, id, number, object, text, time};
use crate::reply::without_tags;
use crate::signature::known;
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
    let body = object(request.body)?;
    known(text(&body, "/secret").ok_or(Refused::Signature)?, secrets)?;
    Ok(Received::Events(event(&body, now).into_iter().collect()))
}

fn event(value: &Value, now: DateTime<Utc>) -> Option<Event> {
    let name = text(value, "/type")?;
    let (channel, activity) = channel(name);
    let (kind, intent) = kind(activity)?;
    let lead = email(value, &["/leadEmail", "/email"]);
    let part = |pointer: &str| id(value, pointer).unwrap_or_default();
    let event_id = id(value, "/_id").unwrap_or_else(|| {
        hashed(&[
            name,
            lead.as_deref().unwrap_or_default(),
            &part("/campaignId"),
            &part("/sequenceStep"),
            &part("/createdAt"),
        ])
    });
    let event = Event::new(event_id, kind, time(value, &["/createdAt"], now));
    let event = Event {
        email: lead,
        step: step(channel, activity, number(value, "/sequenceStep")),
        channel: channel.unwrap_or(event.channel),
        ..event
    };
    // The variables of a lead lie flat among the other fields.
    let event = event.tagged(|key| key.ends_with("_id").then(|| id(value, &format!("/{key}")))?);
    let html = text(value, "/html").map(without_tags);
    let words = first_text(value, &["/text", "/message"]).or(html.as_deref());
    Some(match intent {
        Some(intent) => event.meaning(intent, words),
        None if kind == Kind::Replied => event.saying(text(value, "/subject"), words),
        None => event,
    })
}

/// Counts from 0. In mail that is the first message; on LinkedIn it is taken for the connection request.
fn step(channel: Option<&str>, activity: &str, sequence: Option<u32>) -> Option<u32> {
    match (channel, activity) {
        (Some("linkedin"), activity) if activity.starts_with("Invite") => Some(0),
        (Some("linkedin"), _) => sequence.map(|step| step.max(1)),
        _ => sequence?.checked_add(1),
    }
}

/// The channel of "emailsReplied", and what is left of the name.
fn channel(name: &str) -> (Option<&'static str>, &str) {
    const PREFIXES: [(&str, &str); 6] = [
        ("emails", "email"),
        ("linkedin", "linkedin"),
        ("sms", "sms"),
        ("whatsapp", "sms"),
        ("aircall", "voice"),
        ("call", "voice"),
    ];
    for (prefix, channel) in PREFIXES {
        if let Some(activity) = name.strip_prefix(prefix) {
            return (Some(channel), activity);
        }
    }
    (None, name.strip_prefix("manual").or_else(|| name.strip_prefix("api")).unwrap_or(name))
}

fn kind(activity: &str) -> Option<(Kind, Option<Intent>)> {
    Some(match activity {
        "Sent" | "MessageSent" | "InviteDone" | "VoiceNoteDone" => (Kind::Sent, None),
        "Delivered" | "MessageDelivered" => (Kind::Delivered, None),
        "Opened" => (Kind::Opened, None),
        "Clicked" => (Kind::Clicked, None),
        "InviteAccepted" => (Kind::Accepted, None),
        "Replied" => (Kind::Replied, None),
        "Bounced" => (Kind::Bounced, None),
        "SendFailed" | "Failed" | "InviteFailed" | "VoiceNoteFailed" => (Kind::Failed, None),
        "Unsubscribed" => (Kind::Unsubscribed, None),
        "Interested" | "interested" => (Kind::Replied, Some(Intent::Positive)),
        "NotInterested" | "notInterested" => (Kind::NotInterested, Some(Intent::NotInterested)),
        "meetingBooked" => (Kind::MeetingBooked, None),
        // "contacted", "hooked", "attracted" and "warmed" repeat what the activities have told.
        _ => return None,
    })
}
