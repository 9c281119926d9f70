//! Smartlead: one event in one of two shapes, without a signature: the body repeats a secret.

use crate::event::{Event, hashed, joined, scanned};
use crate::fields::{email, first_text, id, instant, number, object, text, time};
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
    known(text(&body, "/secret_key").ok_or(Refused::Signature)?, secrets)?;
    Ok(Received::Events(event(&body, now).into_iter().collect()))
}

const TIMES: [&str; 7] = [
    "/event_timestamp",
    "/timestamp",
    "/time_replied",
    "/time_clicked",
    "/time_opened",
    "/time_sent",
    "/created_at",
];

fn event(value: &Value, now: DateTime<Utc>) -> Option<Event> {
    let name = first_text(value, &["/event_type", "/event"])?;
    let (kind, intent) = kind(name, value)?;
    // An alias may have answered: the lead is who was written to.
    let leads = ["/sl_lead_email", "/lead/email", "/lead_data/email", "/to_email", "/lead_email"];
    let lead = email(value, &leads);
    let at = time(value, &TIMES, now);
    let told_at = TIMES.iter().find_map(|at| id(value, at)).unwrap_or_default();
    // The first message is told of twice, under two names.
    let name = if name == "FIRST_EMAIL_SENT" { "EMAIL_SENT" } else { name };
    let part = |pointer: &str| id(value, pointer).unwrap_or_default();
    let event_id = match id(value, "/stats_id") {
        Some(stats) => joined(&[&stats, name, &told_at]),
        None => hashed(&[
            name,
            lead.as_deref().unwrap_or_default(),
            &part("/campaign_id"),
            &part("/sequence_number"),
            &told_at,
        ]),
    };
    let sent = value.pointer("/sent_message/time").and_then(|sent| instant(sent, now));
    let event = Event {
        email: lead,
        // Counts from 1, the first message, as we do.
        step: number(value, "/sequence_number"),
        machine: if kind == Kind::Clicked { scanned(sent, at) } else { None },
        ..Event::new(event_id, kind, at)
    };
    let places = ["/lead_data/custom_fields", "/lead/custom_fields", "/custom_fields"];
    let ids = |key: &str| {
        key.ends_with("_id").then(|| places.iter().find_map(|place| id(value, &format!("{place}/{key}"))))?
    };
    let html = first_text(value, &["/sent_message/html", "/sent_message_body"]).map(without_tags);
    let body = text(value, "/sent_message/text").or(html.as_deref());
    let event =
        event.tagged(ids).saying_what_went_out(first_text(value, &["/subject", "/email/subject"]), body);
    let told_html = ["/reply_message/html", "/reply_body", "/reply/html", "/last_reply/email_body"];
    let html = first_text(value, &told_html).map(without_tags);
    let told_text = ["/reply_message/text", "/preview_text", "/reply/text", "/reply/body"];
    let words = first_text(value, &told_text).or(html.as_deref());
    Some(match intent {
        Some(intent) => event.meaning(intent, words),
        None if kind == Kind::Replied => {
            event.saying(first_text(value, &["/subject", "/reply/subject"]), words)
        }
        None => event,
    })
}

fn kind(name: &str, value: &Value) -> Option<(Kind, Option<Intent>)> {
    Some(match name {
        "EMAIL_SENT" | "FIRST_EMAIL_SENT" => (Kind::Sent, None),
        "EMAIL_OPEN" | "EMAIL_OPENED" => (Kind::Opened, None),
        "EMAIL_LINK_CLICK" | "EMAIL_CLICKED" => (Kind::Clicked, None),
        "EMAIL_REPLY" | "EMAIL_REPLIED" => (Kind::Replied, None),
        "EMAIL_BOUNCE" | "EMAIL_BOUNCED" => (bounce(value), None),
        "LEAD_UNSUBSCRIBED" => (Kind::Unsubscribed, None),
        "LEAD_CATEGORY_UPDATED" => {
            let names = ["/lead_category/new_name", "/lead_category/name", "/new_category", "/category"];
            return category(first_text(value, &names)?);
        }
        _ => return None,
    })
}

fn category(name: &str) -> Option<(Kind, Option<Intent>)> {
    Some(match name.to_lowercase().as_str() {
        "interested" | "meeting request" => (Kind::Replied, Some(Intent::Positive)),
        "information request" => (Kind::Replied, Some(Intent::Question)),
        "meeting booked" => (Kind::MeetingBooked, None),
        "not interested" => (Kind::NotInterested, Some(Intent::NotInterested)),
        "do not contact" => (Kind::Unsubscribed, Some(Intent::Unsubscribe)),
        "out of office" => (Kind::Replied, Some(Intent::OutOfOffice)),
        "wrong person" => (Kind::Replied, Some(Intent::WrongPerson)),
        _ => return None,
    })
}

/// Hard and soft bounces have one name; a code of 4 hundred or 4.x.x stands in what came back of a soft one.
fn bounce(value: &Value) -> Kind {
    let kind = first_text(value, &["/bounce_type", "/bounce/type", "/bounce/bounce_type"]);
    if let Some(kind) = kind {
        return if kind.to_lowercase().contains("soft") { Kind::SoftBounced } else { Kind::Bounced };
    }
    let told =
        ["/bounce_message/text", "/bounce_reply_email_preview", "/bounce_message/html", "/bounce/reason"];
    let words = first_text(value, &told).unwrap_or_default();
    let code = words.split(|c: char| !c.is_ascii_digit() && c != '.').find(|word| is_status(word));
    if code.is_some_and(|code| code.starts_with('4')) { Kind::SoftBounced } else { Kind::Bounced }
}

/// 550 or 5.1.1
fn is_status(word: &str) -> bool {
    let word = word.trim_end_matches('.');
    let whole = word.len() == 3 && !word.contains('.');
    let parts = word.split('.').filter(|part| !part.is_empty()).count() == 3;
    matches!(word.as_bytes(), [b'4' | b'5', rest @ ..] if whole || (parts && rest.first() == Some(&b'.')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(text: &str, expected: Kind) {
        assert_eq!(bounce(&json!({ "bounce_message": { "text": text } })), expected, "{text}");
    }

    #[test]
    fn a_bounce_is_soft_if_its_code_says_so() {
        check("550", Kind::Bounced);
        check("452 4.2.2 mailbox full", Kind::SoftBounced);
        check("The server said: 4.7.1, try later.", Kind::SoftBounced);
        check("from 45.1.2.3 on 2026: 550.", Kind::Bounced);
        check("address not found", Kind::Bounced);
        assert_eq!(bounce(&json!({ "bounce": { "type": "SOFT" } })), Kind::SoftBounced);
        assert_eq!(bounce(&json!({})), Kind::Bounced);
    }
}
