//! `HubSpot`: arrays of changes, signed with signature v3; the older signatures lack the time and are refused.

use crate::event::{Event, joined};
use crate::fields::{id, objects, text, time};
use crate::signature::{base64, fresh, hmac_fits, seconds};
use crate::{Received, Refused, Request};
use chrono::{DateTime, Utc};
use proto::Token;
use proto::v1::EngagementKind as Kind;
use ring::hmac::HMAC_SHA256;
use serde_json::Value;

const WINDOW: u64 = 300;

pub(crate) fn receive(
    request: &Request<'_>,
    secrets: &[&str],
    now: DateTime<Utc>,
) -> Result<Received, Refused> {
    let timestamp = request.proof("x-hubspot-request-timestamp")?;
    let tag = base64(request.proof("x-hubspot-signature-v3")?);
    let url = decoded(request.url);
    let message = [request.method.as_bytes(), url.as_bytes(), request.body, timestamp.as_bytes()].concat();
    hmac_fits(HMAC_SHA256, secrets, &message, tag.as_deref())?;
    // Milliseconds.
    fresh(seconds(timestamp)? / 1000, WINDOW, now)?;
    let values = objects(request.body)?;
    Ok(Received::Events(values.iter().filter_map(|value| event(value, now)).collect()))
}

/// The address with those characters in plain that it signs in plain.
fn decoded(url: &str) -> String {
    const PLAIN: [(&str, char); 12] = [
        ("3A", ':'),
        ("2F", '/'),
        ("3F", '?'),
        ("40", '@'),
        ("21", '!'),
        ("24", '$'),
        ("27", '\''),
        ("28", '('),
        ("29", ')'),
        ("2A", '*'),
        ("2C", ','),
        ("3B", ';'),
    ];
    let mut pieces = url.split('%');
    let mut decoded = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let plain = piece.split_at_checked(2).and_then(|(code, rest)| {
            Some((PLAIN.iter().find(|(of, _)| of.eq_ignore_ascii_case(code))?.1, rest))
        });
        match plain {
            Some((character, rest)) => {
                decoded.push(character);
                decoded.push_str(rest);
            }
            None => decoded.extend(["%", piece]),
        }
    }
    decoded
}

/// It tells of properties that changed, and names a contact by its own number only.
fn event(value: &Value, now: DateTime<Utc>) -> Option<Event> {
    let changed = text(value, "/propertyValue").filter(|value| *value != "false");
    if text(value, "/subscriptionType") != Some("contact.propertyChange") || changed.is_none() {
        return None;
    }
    let kind = match text(value, "/propertyName")? {
        "hs_email_hard_bounce_reason" | "hs_email_hard_bounce_reason_enum" => Kind::Bounced,
        "hs_sales_email_last_replied" => Kind::Replied,
        "engagements_last_meeting_booked" => Kind::MeetingBooked,
        // One for all mail, and one for each kind of mail.
        name if name == "hs_email_optout" || name.starts_with("hs_email_optout_") => Kind::Unsubscribed,
        _ => return None,
    };
    // The event's id alone is not promised to be unique.
    let part = |name: &str| id(value, &format!("/{name}"));
    let (event, subscription, at) = (part("eventId")?, part("subscriptionId")?, part("occurredAt")?);
    let contact = prospect_id(&part("objectId")?)?;
    let event_id = joined(&[&event, &subscription, &at]);
    let event = Event::new(event_id, kind, time(value, &["/occurredAt"], now));
    Some(Event { prospect_id: Some(contact), ..event })
}

/// The contact's number as prospects are named: whoever imports from it gives them these names.
fn prospect_id(contact: &str) -> Option<String> {
    let name = format!("hubspot_{contact}");
    name.parse::<Token>().is_ok().then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_signed_in_plain_is_decoded() {
        assert_eq!(decoded("https://a/b?x=%3a%2F%20%&y=%2"), "https://a/b?x=:/%20%&y=%2");
        assert_eq!(decoded("%ü"), "%ü");
        assert_eq!(decoded(""), "");
    }
}
