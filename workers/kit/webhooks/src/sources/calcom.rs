//! Cal.com: one booking, signed over the body; without a time, so repeats are told by their id.

use crate::event::{Event, joined};
use crate::fields::{email, id, object, text, time};
use crate::signature::{hex, hmac_fits};
use crate::{Received, Refused, Request};
use chrono::{DateTime, Utc};
use proto::v1::EngagementKind as Kind;
use ring::hmac::HMAC_SHA256;
use serde_json::Value;

pub(crate) fn receive(
    request: &Request<'_>,
    secrets: &[&str],
    now: DateTime<Utc>,
) -> Result<Received, Refused> {
    let tag = hex(request.proof("x-cal-signature-256")?);
    hmac_fits(HMAC_SHA256, secrets, request.body, tag.as_deref())?;
    let body = object(request.body)?;
    Ok(Received::Events(event(&body, now).into_iter().collect()))
}

fn event(value: &Value, now: DateTime<Utc>) -> Option<Event> {
    let name = text(value, "/triggerEvent")?;
    let kind = match name {
        "BOOKING_CREATED" | "BOOKING_RESCHEDULED" => Kind::MeetingBooked,
        "BOOKING_CANCELLED" => Kind::MeetingCancelled,
        // A requested booking is none yet, a rejected one never was.
        _ => return None,
    };
    let meeting = id(value, "/payload/uid")?;
    let emails = ["/payload/attendees/0/email", "/payload/responses/email/value"];
    let event = Event {
        email: email(value, &emails),
        // Set if the booking takes the place of another.
        replaces_meeting_id: id(value, "/payload/rescheduleUid").filter(|old| *old != meeting),
        meeting_id: Some(meeting.clone()),
        ..Event::new(joined(&[&meeting, name]), kind, time(value, &["/createdAt"], now))
    };
    // It knows no steps: they are the sender's own.
    Some(event.tagged(|key| {
        let asked = format!("/payload/responses/{key}/value");
        id(value, &format!("/payload/metadata/{key}")).or_else(|| id(value, &asked))
    }))
}
