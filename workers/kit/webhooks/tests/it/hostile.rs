//! Requests that are forged, broken or absurd: refused, and never a panic.

use crate::delivery::{Delivery, SECRET, file, hex, mac};
use crate::ses;
use proptest::prelude::*;
use ring::hmac;
use serde_json::{Value, json};
use webhooks::{Received, Refused, Source};

const EXAMPLES: [(Source, &str); 15] = [
    (Source::SendGrid, "sendgrid_batch.json"),
    (Source::Mailgun, "mailgun_failed_permanent.json"),
    (Source::Postmark, "postmark_bounce.json"),
    (Source::HubSpot, "hubspot_batch.json"),
    (Source::Instantly, "instantly_reply_received.json"),
    (Source::Instantly, "instantly_meeting_booked.json"),
    (Source::Smartlead, "smartlead_email_reply.json"),
    (Source::Smartlead, "smartlead_email_bounce.json"),
    (Source::Smartlead, "smartlead_category_updated.json"),
    (Source::Lemlist, "lemlist_emailsReplied.json"),
    (Source::Calendly, "calendly_invitee_created.json"),
    (Source::Calendly, "calendly_canceled_because_rescheduled.json"),
    (Source::CalCom, "calcom_booking_created.json"),
    (Source::Twilio, "twilio_status_form.json"),
    (Source::Slack, "slack_event_callback.json"),
];

/// Those whose proof stands in a header: a body of any kind can be signed.
const BY_HEADER: [Source; 9] = [
    Source::SendGrid,
    Source::Postmark,
    Source::HubSpot,
    Source::Instantly,
    Source::Calendly,
    Source::CalCom,
    Source::Twilio,
    Source::Slack,
    Source::Standard,
];

/// Those whose signature covers the body.
const COVERED: [Source; 7] = [
    Source::SendGrid,
    Source::HubSpot,
    Source::Calendly,
    Source::CalCom,
    Source::Twilio,
    Source::Slack,
    Source::Standard,
];

#[test]
fn a_changed_body_is_refused() {
    for source in COVERED {
        let mut delivery = Delivery::signed(source, r#"{"event":"open"}"#);
        assert!(delivery.receive().is_ok(), "{source}");
        delivery.body[2] ^= 1;
        assert_eq!(delivery.receive(), Err(Refused::Signature), "{source}");
    }
}

#[test]
fn a_wrong_secret_none_and_a_missing_header_are_refused() {
    for (source, name) in EXAMPLES {
        let delivery = Delivery::signed(source, file(name));
        assert!(delivery.receive().is_ok(), "{source}");
        for secrets in [&["wrong"][..], &[], &["", "  "], &["user:wrong", "whsec_d3Jvbmc="]] {
            assert_eq!(delivery.receive_with(secrets), Err(Refused::Signature), "{source}: {secrets:?}");
        }
        for header in 0..delivery.headers.len() {
            let mut missing = delivery.clone();
            missing.headers.remove(header);
            assert_eq!(missing.receive(), Err(Refused::Signature), "{source}");
            let mut odd = delivery.clone();
            odd.headers[header].1 = "ü,=\u{0}".into();
            assert_eq!(odd.receive(), Err(Refused::Signature), "{source}");
        }
    }
}

#[test]
fn an_empty_secret_lets_nobody_in() {
    let mut delivery = Delivery::bare(Source::CalCom, "{}");
    delivery.headers = vec![("x-cal-signature-256", hex(&mac(hmac::HMAC_SHA256, b"", &[b"{}"])))];
    assert_eq!(delivery.receive_with(&[""]), Err(Refused::Signature));
    let lemlist = Delivery::bare(Source::Lemlist, r#"{"secret": ""}"#);
    assert_eq!(lemlist.receive_with(&[""]), Err(Refused::Signature));
}

#[test]
fn a_proof_of_another_form_is_refused() {
    let changed = |source, header: usize, from: &str, to: &str| {
        let mut delivery = Delivery::signed(source, "{}");
        delivery.headers[header].1 = delivery.headers[header].1.replacen(from, to, 1);
        delivery.receive()
    };
    assert_eq!(changed(Source::Slack, 0, "v0=", "v1="), Err(Refused::Signature));
    assert_eq!(changed(Source::Postmark, 0, "Basic", "Bearer"), Err(Refused::Signature));
    assert_eq!(changed(Source::Postmark, 0, "Basic", "basic"), Ok(Received::Events(vec![])));
    assert_eq!(changed(Source::Standard, 2, "v1,", "v2,"), Err(Refused::Signature));
}

#[test]
fn a_public_key_is_no_shared_secret() {
    // Everybody may know the public key: whoever signs with it has proven nothing.
    let delivery = |prefix: &str| {
        let mut delivery = Delivery::signed(Source::Standard, "{}");
        delivery.secret = delivery.secret.replacen("", prefix, 1);
        delivery.receive()
    };
    assert!(delivery("whsec_").is_ok() && delivery("").is_ok());
    assert_eq!(delivery("whpk_"), Err(Refused::Signature));
}

#[test]
fn a_proof_that_is_missing_in_the_body_is_refused() {
    for source in [Source::Mailgun, Source::Smartlead, Source::Lemlist, Source::Ses] {
        for body in ["{}", r#"{"signature": [], "secret": null, "secret_key": {}, "TopicArn": 1}"#] {
            assert_eq!(Delivery::bare(source, body).receive(), Err(Refused::Signature), "{source}");
        }
    }
}

/// What a body that is not understood is answered, though it is signed.
#[track_caller]
fn check_unread(body: &[u8], told: &str) {
    for source in BY_HEADER {
        match Delivery::signed(source, body).receive() {
            Err(Refused::Body(reason)) => assert!(reason.starts_with(told), "{source}: {reason}"),
            other => panic!("{source}: {other:?}"),
        }
    }
}

#[test]
fn a_body_that_cannot_be_read_is_refused_without_repeating_it() {
    check_unread(b"", "not JSON at line 1");
    check_unread(b"secret@example.com", "not JSON at line 1 column 1");
    check_unread(&[0xff, 0xfe], "not JSON");
    check_unread("[".repeat(100_000).as_bytes(), "not JSON");
    check_unread(format!("{}1{}", "{\"a\":".repeat(200), "}".repeat(200)).as_bytes(), "not JSON");
    check_unread(&vec![b'7'; 1 << 20], "no");
    check_unread(format!("\"{}\"", "x".repeat(1 << 20)).as_bytes(), "no JSON");
    check_unread(b"null", "no JSON");
}

#[test]
fn empty_bodies_tell_nothing() {
    for source in BY_HEADER {
        let array = Delivery::signed(source, "[]").receive();
        match source {
            Source::SendGrid | Source::HubSpot => assert_eq!(array, Ok(Received::Events(vec![])), "{source}"),
            _ => assert_eq!(array, Err(Refused::Body("no JSON object".into())), "{source}"),
        }
        assert_eq!(Delivery::signed(source, "{}").events(), [], "{source}");
    }
    for source in [Source::Mailgun, Source::Smartlead, Source::Lemlist] {
        assert_eq!(Delivery::signed(source, "{}").events(), [], "{source}");
    }
}

#[test]
fn one_broken_element_does_not_hide_the_others() {
    let body = json!([null, 7, "x", [], {}, {"event": []}, {"event": "delivered", "sg_event_id": "ok"}]);
    assert_eq!(Delivery::json(Source::SendGrid, &body).event().event_id, "ok");
}

#[test]
fn a_challenge_without_its_word_is_refused() {
    let body = json!({"type": "url_verification", "challenge": 7});
    let answer = Delivery::json(Source::Slack, &body).receive();
    assert_eq!(answer, Err(Refused::Body("without its challenge".into())));
}

/// Every body that differs from this one in one value.
fn changed(body: &Value) -> Vec<Value> {
    fn paths(value: &Value, path: &str, found: &mut Vec<String>) {
        found.push(path.to_owned());
        match value {
            Value::Object(object) => {
                object.iter().for_each(|(key, value)| paths(value, &format!("{path}/{key}"), found));
            }
            Value::Array(array) => {
                array.iter().enumerate().for_each(|(at, value)| paths(value, &format!("{path}/{at}"), found));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    paths(body, "", &mut found);
    let odd = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(u64::MAX),
        json!(""),
        json!("ü<blockquote"),
        json!("x".repeat(30_000)),
        json!([]),
        json!([[{}]]),
        json!({}),
    ];
    let with = |path: &String, odd: &Value| {
        let mut body = body.clone();
        *body.pointer_mut(path).unwrap() = odd.clone();
        body
    };
    found.iter().flat_map(|path| odd.iter().map(move |odd| with(path, odd))).collect()
}

#[test]
fn values_of_another_type_are_absent_and_never_a_panic() {
    for (source, name) in EXAMPLES {
        let body: Value = serde_json::from_slice(&file(name)).unwrap();
        for body in changed(&body) {
            let delivery = Delivery::json(source, &body);
            let answer = delivery.receive();
            if let Ok(Received::Events(events)) = &answer {
                for event in events {
                    assert!(event.occurred_at <= delivery.now + chrono::TimeDelta::days(1), "{body}");
                    assert!(!event.event_id.is_empty() && event.event_id.len() <= 254, "{body}");
                }
            }
            assert!(!matches!(answer, Err(Refused::Signature | Refused::Stale)), "{source}: {body}");
        }
    }
}

proptest! {
    #[test]
    fn arbitrary_requests_never_panic(
        place in 0..Source::ALL.len(),
        body in proptest::collection::vec(any::<u8>(), 0..400),
        header in "\\PC{0,60}",
        url in "\\PC{0,60}",
        secret in "\\PC{0,60}",
    ) {
        let source = Source::ALL[place];
        let find = |_: &str| Some(header.as_str());
        let request = webhooks::Request { method: "POST", url: &url, headers: &find, body: &body };
        let now = crate::delivery::now();
        prop_assert!(webhooks::receive(source, &request, &[&secret, SECRET], now).is_err());
    }

    #[test]
    fn arbitrary_bodies_that_are_signed_never_panic(
        place in 0..BY_HEADER.len(),
        body in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        let answer = Delivery::signed(BY_HEADER[place], body).receive();
        prop_assert!(!matches!(answer, Err(Refused::Signature | Refused::Stale)));
    }

    #[test]
    fn arbitrary_notifications_never_panic(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut delivery = ses::delivery("bounce_sha256");
        let at = at.index(delivery.body.len());
        let same = delivery.body[at] == byte;
        delivery.body[at] = byte;
        // Most of the envelope is signed; the rest is not believed.
        let answer = delivery.receive();
        prop_assert!(!same || answer.is_ok());
        if let Ok(Received::Events(events)) = answer {
            prop_assert_eq!(events, ses::delivery("bounce_sha256").events());
        }
    }
}
