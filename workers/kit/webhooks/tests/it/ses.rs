//! Amazon SES through SNS: signed notifications, and which topics and addresses are believed.

use crate::delivery::{Delivery, file};
use proto::v1::EngagementKind as Kind;
use serde_json::Value;
use webhooks::{Received, Refused, Source};

const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:ses-events";

fn secret(key: &str) -> String {
    format!("{TOPIC}\n{}", String::from_utf8(file(key)).unwrap())
}

fn vectors() -> Vec<Value> {
    serde_json::from_slice(&file("ses_vectors.json")).unwrap()
}

pub(crate) fn delivery(name: &str) -> Delivery {
    let vectors = vectors();
    let vector = vectors.iter().find(|vector| vector["name"] == name).unwrap();
    let body = vector["body"].as_str().unwrap();
    Delivery { secret: secret("ses_certificate.pem"), ..Delivery::bare(Source::Ses, body) }
}

#[test]
fn every_vector_counts_as_it_should() {
    for vector in vectors() {
        let delivery = delivery(vector["name"].as_str().unwrap());
        let counts = delivery.receive() != Err(Refused::Signature);
        assert_eq!(counts, vector["expect"].as_bool().unwrap(), "{}", vector["name"]);
    }
}

#[test]
fn a_certificate_and_its_key_are_worth_the_same() {
    let delivery = delivery("bounce_sha256");
    let key = secret("ses_public_key.pem");
    assert!(delivery.receive_with(&[&key]).is_ok());
    let base64 = key.lines().filter(|line| !line.starts_with("---")).collect::<Vec<_>>();
    assert!(delivery.receive_with(&[&format!("{TOPIC} {}", base64[1..].concat())]).is_ok());
}

#[test]
fn a_key_without_its_topic_lets_nobody_in() {
    let key = String::from_utf8(file("ses_certificate.pem")).unwrap();
    let delivery = delivery("bounce_sha256");
    assert_eq!(delivery.receive_with(&[&key]), Err(Refused::Signature));
    let other = key.replacen("-----BEGIN", "arn:aws:sns:us-east-1:0:other -----BEGIN", 1);
    assert_eq!(delivery.receive_with(&[&other]), Err(Refused::Signature));
    assert!(delivery.receive_with(&[&other, &secret("ses_certificate.pem")]).is_ok());
}

#[test]
fn only_amazon_is_asked_to_confirm() {
    let Ok(Received::ConfirmSubscription(url)) = delivery("confirmation").receive() else { panic!() };
    assert!(url.starts_with("https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&"), "{url}");
    let refused = [
        "confirmation_elsewhere",
        "confirmation_without_tls",
        "confirmation_of_a_look_alike",
        "confirmation_with_a_port",
        "confirmation_of_a_deeper_host",
    ];
    for name in refused {
        assert!(matches!(delivery(name).receive(), Err(Refused::Body(_))), "{name}");
    }
}

#[test]
fn a_hard_bounce_is_one_event() {
    let event = delivery("bounce_sha1").event();
    assert_eq!(event.kind, Kind::Bounced);
    assert_eq!(event.email.as_deref(), Some("gone@clinic.example.com"));
    assert_eq!((event.event_id.as_str(), event.channel), ("sns-1", "email"));
    assert_eq!(event.occurred_at.to_rfc3339(), "2026-01-01T00:00:01+00:00");
    assert_eq!(delivery("bounce_with_subject").event(), event);
}

#[test]
fn a_greeting_and_a_farewell_tell_nothing() {
    assert_eq!(delivery("greeting").events(), []);
    assert_eq!(delivery("unsubscribe_confirmation").events(), []);
}
