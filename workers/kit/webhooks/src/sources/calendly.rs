//! Calendly: one invitee, signed over time and body.

use crate::event::{Event, joined};
use crate::fields::{email, flag, id, object, text, time};
use crate::signature::{fresh, hex, hmac_fits, seconds};
use crate::{Received, Refused, Request};
use chrono::{DateTime, Utc};
use proto::v1::EngagementKind as Kind;
use ring::hmac::HMAC_SHA256;
use serde_json::Value;

const WINDOW: u64 = 180;

pub(crate) fn receive(
    request: &Request<'_>,
    secrets: &[&str],
    now: DateTime<Utc>,
) -> Result<Received, Refused> {
    let header = request.proof("calendly-webhook-signature")?;
    let part = |name: &str| {
        let of = |part: &str| Some(part.trim().strip_prefix(name)?.strip_prefix('=')?.to_owned());
        header.split(',').find_map(of).ok_or(Refused::Signature)
    };
    let timestamp = part("t")?;
    let message = [timestamp.as_bytes(), b".", request.body].concat();
    hmac_fits(HMAC_SHA256, secrets, &message, hex(&part("v1")?).as_deref())?;
    fresh(seconds(&timestamp)?, WINDOW, now)?;
    let body = object(request.body)?;
    Ok(Received::Events(event(&body, now).into_iter().collect()))
}

fn event(value: &Value, now: DateTime<Utc>) -> Option<Event> {
    let name = text(value, "/event")?;
    let kind = match name {
        "invitee.created" => Kind::MeetingBooked,
        // The invitee of the new time tells of it: one meeting, which has moved.
        "invitee.canceled" if flag(value, "/payload/rescheduled") => return None,
        "invitee.canceled" => Kind::MeetingCancelled,
        _ => return None,
    };
    // Meetings are known by their invitee: that is what a later one says it replaces.
    let meeting = id(value, "/payload/uri")?;
    let event = Event {
        email: email(value, &["/payload/email"]),
        meeting_id: Some(meeting.clone()),
        replaces_meeting_id: id(value, "/payload/old_invitee"),
        ..Event::new(joined(&[&meeting, name]), kind, time(value, &["/created_at"], now))
    };
    Some(event.tagged(|key| tracked(value, key)))
}

/// What the sender put into one of the `utm` values of its link: "step-2", or "prospect_id:p-9,touch_id:t-4".
/// It knows no steps: they are the sender's own.
fn tracked(value: &Value, key: &str) -> Option<String> {
    let tracking = value.pointer("/payload/tracking")?.as_object()?;
    let values = tracking.values().filter_map(Value::as_str);
    let mut pairs = values.flat_map(|value| value.split([',', ';', '|', '&', ' ']));
    let found = pairs.find_map(|pair| pair.strip_prefix(key)?.strip_prefix([':', '=', '-']))?;
    (!found.is_empty() && found.len() <= 200).then(|| found.to_owned())
}
