//! Each example body, and the events that it tells of.

use crate::delivery::{Delivery, file, hex, mac};
use cadence::Intent;
use proto::v1::EngagementKind as Kind;
use ring::hmac;
use serde_json::{Value, json};
use webhooks::{Event, Received, Source};

fn example(source: Source, name: &str) -> Delivery {
    Delivery::signed(source, file(name))
}

#[track_caller]
fn check(event: &Event, kind: Kind, event_id: &str, at: &str, email: &str) {
    let found = (event.kind, event.event_id.as_str(), event.occurred_at.to_rfc3339());
    assert_eq!(found, (kind, event_id, format!("{at}+00:00")));
    assert_eq!(event.email.as_deref(), Some(email));
}

#[test]
fn sendgrid_tells_of_a_batch() {
    let events = example(Source::SendGrid, "sendgrid_batch.json").events();
    let found: Vec<_> =
        events.iter().map(|event| (event.event_id.as_str(), event.kind, event.machine)).collect();
    assert_eq!(
        found,
        [
            ("ev2", Kind::Delivered, None),
            ("ev3", Kind::Opened, Some("prefetch")),
            ("ev4", Kind::Clicked, None),
            ("ev5", Kind::Bounced, None),
            ("ev7", Kind::Unsubscribed, None),
            ("ev8", Kind::Complained, None),
        ]
    );
    check(&events[3], Kind::Bounced, "ev5", "2026-01-01T00:00:01", "gone@clinic.example.com");
}

#[test]
fn mailgun_tells_of_a_hard_bounce() {
    let event = example(Source::Mailgun, "mailgun_failed_permanent.json").event();
    let at = "2026-01-01T00:00:00.250";
    check(&event, Kind::Bounced, "token", at, "gone@clinic.example.com");
    assert_eq!(event.prospect_id.as_deref(), Some("p-10"));
}

#[test]
fn postmark_tells_of_a_hard_bounce() {
    let event = example(Source::Postmark, "postmark_bounce.json").event();
    let id = "11111111-2222-3333-4444-555555555555:Bounce:2026-01-01T00:00:01Z";
    check(&event, Kind::Bounced, id, "2026-01-01T00:00:01", "gone@clinic.example.com");
    assert_eq!(event.prospect_id.as_deref(), Some("p-10"));
}

#[test]
fn hubspot_tells_of_changes_that_are_no_engagement() {
    assert_eq!(example(Source::HubSpot, "hubspot_batch.json").events(), []);
}

#[test]
fn instantly_tells_of_a_reply() {
    let event = example(Source::Instantly, "instantly_reply_received.json").event();
    check(&event, Kind::Replied, &event.event_id, "2026-01-01T15:04:05", "owner@clinic.example.com");
    assert_eq!((event.step, event.variant.as_deref()), (Some(2), Some("1")));
    assert_eq!((event.intent, event.machine), (Some(Intent::Neutral), None));
    assert_eq!(event.event_id.len(), 32);
}

#[test]
fn instantly_tells_of_a_meeting() {
    let event = example(Source::Instantly, "instantly_meeting_booked.json").event();
    check(&event, Kind::MeetingBooked, &event.event_id, "2026-01-02T15:04:05", "owner@clinic.example.com");
    assert_eq!((event.channel, event.step, event.intent), ("meeting", None, None));
}

#[test]
fn smartlead_names_the_lead_though_an_alias_has_answered() {
    let event = example(Source::Smartlead, "smartlead_email_reply.json").event();
    let id = "st-1:EMAIL_REPLY:2026-01-01T15:04:05.000Z";
    check(&event, Kind::Replied, id, "2026-01-01T15:04:05", "owner@clinic.example.com");
    assert_eq!((event.step, event.intent), (Some(2), Some(Intent::Neutral)));
}

#[test]
fn smartlead_tells_of_a_bounce_and_of_a_category() {
    let bounce = example(Source::Smartlead, "smartlead_email_bounce.json").event();
    check(&bounce, Kind::Bounced, &bounce.event_id, "2026-01-01T00:00:02", "gone@clinic.example.com");
    assert_eq!((bounce.step, bounce.event_id.len()), (Some(1), 32));
    let category = example(Source::Smartlead, "smartlead_category_updated.json").event();
    check(&category, Kind::Replied, &category.event_id, "2026-01-01T16:00:00", "owner@clinic.example.com");
    assert_eq!(category.intent, Some(Intent::Positive));
}

#[test]
fn lemlist_counts_messages_from_zero() {
    let event = example(Source::Lemlist, "lemlist_emailsReplied.json").event();
    check(&event, Kind::Replied, "act_1", "2026-01-01T15:04:05", "owner@clinic.example.com");
    assert_eq!((event.step, event.intent, event.channel), (Some(2), None, "email"));
}

#[test]
fn calendly_tells_of_a_meeting() {
    let event = example(Source::Calendly, "calendly_invitee_created.json").event();
    let invitee = "https://api.calendly.com/scheduled_events/E1/invitees/I1";
    let id = format!("{invitee}:invitee.created");
    check(&event, Kind::MeetingBooked, &id, "2026-01-01T15:10:00", "owner@clinic.example.com");
    assert_eq!(event.meeting_id.as_deref(), Some(invitee));
    assert_eq!((event.replaces_meeting_id, event.step, event.channel), (None, Some(2), "meeting"));
}

#[test]
fn calcom_tells_of_a_meeting() {
    let event = example(Source::CalCom, "calcom_booking_created.json").event();
    let at = "2026-01-01T15:10:00";
    check(&event, Kind::MeetingBooked, "bk1:BOOKING_CREATED", at, "owner@clinic.example.com");
    assert_eq!(event.meeting_id.as_deref(), Some("bk1"));
}

#[test]
fn twilio_tells_of_a_text_that_did_not_arrive() {
    let fields: Value = serde_json::from_slice(&file("twilio_status_form.json")).unwrap();
    let event = Delivery::json(Source::Twilio, &fields).event();
    assert_eq!(event.kind, Kind::SoftBounced);
    assert_eq!(event.event_id, "SM00000000000000000000000000000001:undelivered");
    assert_eq!((event.phone.as_deref(), event.channel), (Some("+15555550100"), "sms"));
}

#[test]
fn slack_events_are_no_engagement_and_its_challenge_is_answered() {
    assert_eq!(example(Source::Slack, "slack_event_callback.json").events(), []);
    let challenge = json!({"type": "url_verification", "token": "x", "challenge": "3eZbrw1a"});
    let answer = Delivery::json(Source::Slack, &challenge).receive();
    assert_eq!(answer, Ok(Received::Challenge("3eZbrw1a".into())));
}

#[test]
fn the_same_delivery_has_the_same_ids_and_another_has_others() {
    let ids = |delivery: &Delivery| -> Vec<String> {
        delivery.events().into_iter().map(|event| event.event_id).collect()
    };
    for (source, name) in [
        (Source::SendGrid, "sendgrid_batch.json"),
        (Source::Instantly, "instantly_reply_received.json"),
        (Source::Smartlead, "smartlead_email_bounce.json"),
    ] {
        let first = example(source, name);
        // Signed again an hour later, as senders do that got no answer.
        let again = Delivery { now: first.now + chrono::TimeDelta::hours(1), ..first.clone() };
        if source != Source::SendGrid {
            assert_eq!(ids(&first), ids(&again), "{name}");
        }
        let body = String::from_utf8(file(name)).unwrap();
        let other = Delivery::signed(source, body.replace("gone@", "lost@").replace("owner@", "chef@"));
        let changed = ids(&first) != ids(&other);
        assert_eq!(changed, source != Source::SendGrid, "{name}");
    }
}

#[test]
fn the_second_of_two_secrets_is_as_good_as_the_first() {
    let body = file("calcom_booking_created.json");
    let mut delivery = Delivery::bare(Source::CalCom, body.clone());
    delivery.headers = vec![("x-cal-signature-256", hex(&mac(hmac::HMAC_SHA256, b"old", &[&body])))];
    for secrets in [&["old"][..], &["new", "old"], &["old", "new"], &["", "old"]] {
        assert!(delivery.receive_with(secrets).is_ok(), "{secrets:?}");
    }
    for secrets in [&["new"][..], &["new", "newer"], &[], &["", " "]] {
        assert!(delivery.receive_with(secrets).is_err(), "{secrets:?}");
    }
}
