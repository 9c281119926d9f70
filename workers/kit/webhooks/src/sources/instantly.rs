//! Instantly: one event, without a signature: it sends the headers that the subscriber has set.

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
    let given = match (request.headers)("x-webhook-secret") {
        Some(secret) => secret,
        None => {
            let header = request.proof("authorization")?;
            header.strip_prefix("Bearer ").unwrap_or(header)
        }
    };
    known(given, secrets)?;
    let body = object(request.body)?;
    Ok(Received::Events(event(&body, now).into_iter().collect()))
}

fn event(value: &Value, now: DateTime<Utc>) -> Option<Event> {
    let name = text(value, "/event_type")?;
    let (kind, intent) = kind(name, value)?;
    let lead = email(value, &["/lead_email"]);
    let part = |pointer: &str| id(value, pointer).unwrap_or_default();
    let event_id = hashed(&[
        name,
        lead.as_deref().unwrap_or_default(),
        &part("/campaign_id"),
        &part("/step"),
        &part("/timestamp"),
    ]);
    let event = Event {
        email: lead,
        // Counts from 1, the first message, as we do.
        step: number(value, "/step"),
        variant: id(value, "/variant"),
        ..Event::new(event_id, kind, time(value, &["/timestamp"], now))
    };
    // What is known of the lead lies flat among the other fields; "step" and "variant" are its own.
    let ids = |key: &str| key.ends_with("_id").then(|| id(value, &format!("/{key}")))?;
    let html = text(value, "/email_html").map(without_tags);
    let body = text(value, "/email_text").or(html.as_deref());
    let event = event.tagged(ids).saying_what_went_out(text(value, "/email_subject"), body);
    if kind != Kind::Replied && intent.is_none() {
        return Some(event);
    }
    let html = text(value, "/reply_html").map(without_tags);
    let words = first_text(value, &["/reply_text", "/reply_text_snippet"]).or(html.as_deref());
    Some(match intent {
        // It tells automatic replies from others; away is known from the words only.
        Some(Intent::AutoReply) => {
            let event = event.saying(text(value, "/reply_subject"), words);
            let machine = event.intent.is_some_and(|intent| !intent.is_human());
            if machine { event } else { event.meaning(Intent::AutoReply, None) }
        }
        Some(intent) => event.meaning(intent, words),
        None => event.saying(text(value, "/reply_subject"), words),
    })
}

fn kind(name: &str, value: &Value) -> Option<(Kind, Option<Intent>)> {
    Some(match name {
        "email_sent" => (Kind::Sent, None),
        "email_opened" => (Kind::Opened, None),
        "link_clicked" | "email_link_clicked" => (Kind::Clicked, None),
        "email_bounced" if text(value, "/bounce_type").is_some_and(|kind| kind.contains("soft")) => {
            (Kind::SoftBounced, None)
        }
        "email_bounced" => (Kind::Bounced, None),
        "lead_unsubscribed" => (Kind::Unsubscribed, None),
        "reply_received" => (Kind::Replied, None),
        "auto_reply_received" => (Kind::Replied, Some(Intent::AutoReply)),
        "lead_interested" => (Kind::Replied, Some(Intent::Positive)),
        "lead_not_interested" => (Kind::NotInterested, Some(Intent::NotInterested)),
        "lead_out_of_office" => (Kind::Replied, Some(Intent::OutOfOffice)),
        "lead_wrong_person" => (Kind::Replied, Some(Intent::WrongPerson)),
        "lead_meeting_booked" => (Kind::MeetingBooked, None),
        // Neutral, completed and closed leads, and labels of its users: nothing that a touch has done.
        _ => return None,
    })
}
