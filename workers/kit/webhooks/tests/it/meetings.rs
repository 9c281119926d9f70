//! Meetings that are booked, moved and cancelled: one that moves stays one.

use crate::delivery::{Delivery, file};
use proto::v1::EngagementKind as Kind;
use serde_json::{Value, json};
use webhooks::{Event, Source};

const OLD: &str = "https://api.calendly.com/scheduled_events/E1/invitees/I1";
const NEW: &str = "https://api.calendly.com/scheduled_events/E2/invitees/I2";

fn calendly(name: &str, change: impl FnOnce(&mut Value)) -> Vec<Event> {
    let mut body: Value = serde_json::from_slice(&file(name)).unwrap();
    change(&mut body);
    Delivery::json(Source::Calendly, &body).events()
}

#[test]
fn a_meeting_that_moves_at_calendly_is_one_meeting() {
    let cancelled = calendly("calendly_canceled_because_rescheduled.json", |_| {});
    assert_eq!(cancelled, []);
    let created = calendly("calendly_invitee_created.json", |body| {
        body["payload"]["uri"] = json!(NEW);
        body["payload"]["old_invitee"] = json!(OLD);
    });
    assert_eq!(created.len(), 1);
    assert_eq!(created[0].kind, Kind::MeetingBooked);
    assert_eq!(created[0].meeting_id.as_deref(), Some(NEW));
    assert_eq!(created[0].replaces_meeting_id.as_deref(), Some(OLD));
}

#[test]
fn a_meeting_that_is_cancelled_at_calendly_is_off() {
    let cancelled = calendly("calendly_canceled_because_rescheduled.json", |body| {
        body["payload"]["rescheduled"] = json!(false);
        body["payload"]["new_invitee"] = json!(null);
    });
    assert_eq!(cancelled[0].kind, Kind::MeetingCancelled);
    assert_eq!(cancelled[0].meeting_id.as_deref(), Some(OLD));
    assert_eq!(
        calendly("calendly_invitee_created.json", |body| body["event"] = json!("invitee_no_show.created")),
        []
    );
}

#[test]
fn what_the_sender_put_into_its_link_comes_back() {
    let events = calendly("calendly_invitee_created.json", |body| {
        body["payload"]["tracking"] =
            json!({"utm_term": "prospect_id:p-9,touch_id:t-4", "utm_content": "step-2,variant=B"});
    });
    let event = &events[0];
    assert_eq!((event.prospect_id.as_deref(), event.touch_id.as_deref()), (Some("p-9"), Some("t-4")));
    assert_eq!((event.step, event.variant.as_deref()), (Some(2), Some("B")));
}

fn calcom(name: &str, change: impl FnOnce(&mut Value)) -> Vec<Event> {
    let mut body: Value = serde_json::from_slice(&file("calcom_booking_created.json")).unwrap();
    body["triggerEvent"] = json!(name);
    change(&mut body["payload"]);
    Delivery::json(Source::CalCom, &body).events()
}

#[test]
fn a_booking_that_moves_at_calcom_names_the_old_one() {
    let events = calcom("BOOKING_RESCHEDULED", |payload| {
        payload["uid"] = json!("bk2");
        payload["rescheduleUid"] = json!("bk1");
        payload["metadata"] = json!({"prospect_id": "p-9", "touch_id": "t-4"});
    });
    let event = &events[0];
    assert_eq!((event.kind, event.event_id.as_str()), (Kind::MeetingBooked, "bk2:BOOKING_RESCHEDULED"));
    assert_eq!(event.replaces_meeting_id.as_deref(), Some("bk1"));
    assert_eq!((event.prospect_id.as_deref(), event.touch_id.as_deref()), (Some("p-9"), Some("t-4")));
}

#[test]
fn no_booking_takes_its_own_place() {
    let events = calcom("BOOKING_RESCHEDULED", |payload| payload["rescheduleUid"] = json!("bk1"));
    assert_eq!(events[0].replaces_meeting_id, None);
}

#[test]
fn only_bookings_that_hold_or_end_are_told() {
    assert_eq!(calcom("BOOKING_CANCELLED", |_| {})[0].kind, Kind::MeetingCancelled);
    for name in ["BOOKING_REQUESTED", "BOOKING_REJECTED", "BOOKING_NO_SHOW_UPDATED", "MEETING_ENDED", "PING"]
    {
        assert_eq!(calcom(name, |_| {}), [], "{name}");
    }
}
