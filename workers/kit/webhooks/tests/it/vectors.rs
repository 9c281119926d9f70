//! Signatures that others have published, and why each counts or does not.

use crate::delivery::{Delivery, SECRET, at, file, mac, now};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::hmac;
use serde_json::Value;
use webhooks::{Refused, Source};

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap()
}

/// The request that a vector describes, at its time.
fn delivery(vector: &Value) -> Delivery {
    let body = match vector.get("body_file") {
        Some(path) => file(path.as_str().unwrap().trim_start_matches("examples/")),
        None => vector["body"].as_str().unwrap_or_default().into(),
    };
    let field = |name: &str| text(vector, name).to_owned();
    let seconds = || vector["timestamp"].as_str().and_then(|at| at.parse().ok()).map_or(now(), at);
    let with = |source, secret: &str, headers| Delivery {
        headers,
        secret: field(secret),
        now: seconds(),
        ..Delivery::bare(source, body.clone())
    };
    match text(vector, "provider") {
        "sendgrid" => with(
            Source::SendGrid,
            "public_key_der_b64",
            vec![
                ("x-twilio-email-event-webhook-signature", field("signature_b64")),
                ("x-twilio-email-event-webhook-timestamp", field("timestamp")),
            ],
        ),
        "twilio" => {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            for (key, value) in vector["params"].as_object().unwrap() {
                form.append_pair(key, value.as_str().unwrap());
            }
            Delivery {
                url: field("url"),
                body: form.finish().into(),
                ..with(Source::Twilio, "auth_token", vec![("x-twilio-signature", field("signature_b64"))])
            }
        }
        "slack" => with(
            Source::Slack,
            "signing_secret",
            vec![
                ("x-slack-signature", field("signature")),
                ("x-slack-request-timestamp", field("timestamp")),
            ],
        ),
        "hubspot" if vector.get("timestamp_ms").is_some() => {
            let headers = vec![
                ("x-hubspot-signature-v3", field("signature_b64")),
                ("x-hubspot-request-timestamp", field("timestamp_ms")),
            ];
            let at = at(text(vector, "timestamp_ms").parse::<i64>().unwrap() / 1000);
            Delivery { url: field("uri"), now: at, ..with(Source::HubSpot, "client_secret", headers) }
        }
        "hubspot" => {
            with(Source::HubSpot, "client_secret", vec![("x-hubspot-signature", field("signature_hex"))])
        }
        "calendly" => {
            with(Source::Calendly, "signing_key", vec![("calendly-webhook-signature", field("value"))])
        }
        "calcom" => with(Source::CalCom, "secret", vec![("x-cal-signature-256", field("value_hex"))]),
        "mailgun" => {
            let signature = serde_json::json!({
                "timestamp": field("timestamp"), "token": field("token"), "signature": field("signature_hex"),
            });
            let body = serde_json::json!({ "signature": signature, "event-data": {} }).to_string();
            Delivery { body: body.into(), ..with(Source::Mailgun, "signing_key", vec![]) }
        }
        "standard" => with(
            Source::Standard,
            "secret",
            vec![
                ("svix-id", field("id")),
                ("svix-timestamp", field("timestamp")),
                ("svix-signature", field("signature")),
            ],
        ),
        other => panic!("{other}"),
    }
}

/// Whether the request counts as genuine and fresh.
fn counts(delivery: &Delivery) -> bool {
    !matches!(delivery.receive(), Err(Refused::Signature | Refused::Stale))
}

#[test]
fn every_vector_counts_as_it_should() {
    let vectors: Vec<Value> = serde_json::from_slice(&file("vectors.json")).unwrap();
    let mut checked = 0;
    for vector in vectors.iter().filter(|vector| vector["name"] != "stale_over_3min") {
        // The old signatures of HubSpot are right, and refused all the same.
        let old = text(vector, "provider") == "hubspot" && vector.get("timestamp_ms").is_none();
        let expected = vector["expect"].as_bool().unwrap() && !old;
        let name = format!("{} {}", vector["provider"], vector["name"]);
        let delivery = delivery(vector);
        assert_eq!(counts(&delivery), expected, "{name}: {:?}", delivery.receive());
        checked += 1;
        if !expected {
            continue;
        }
        let (before, after) = delivery.secret.split_at(delivery.secret.len() / 2);
        let wrong = format!("{before}Q{}", &after[1..]);
        assert_eq!(delivery.receive_with(&[&wrong]), Err(Refused::Signature), "{name}: wrong secret");
        let changed =
            Delivery { body: delivery.body.iter().copied().chain(*b" ").collect(), ..delivery.clone() };
        // The event of Mailgun is not covered by its signature.
        let covered = delivery.source != Source::Mailgun;
        assert_eq!(counts(&changed), !covered, "{name}: changed");
    }
    assert_eq!(checked, vectors.len() - 1);
}

#[track_caller]
fn check_window(provider: &str, seconds: i64) {
    let vectors: Vec<Value> = serde_json::from_slice(&file("vectors.json")).unwrap();
    let fits = |vector: &&Value| {
        vector["provider"] == provider && ["public_valid", "made", "v3_made"].contains(&text(vector, "name"))
    };
    let signed = delivery(vectors.iter().find(fits).unwrap());
    for (shift, fresh) in [(seconds, true), (-seconds, true), (seconds + 1, false), (-seconds - 1, false)] {
        let late = Delivery { now: signed.now + chrono::TimeDelta::seconds(shift), ..signed.clone() };
        assert_eq!(late.receive() != Err(Refused::Stale), fresh, "{provider} after {shift} s");
    }
}

#[test]
fn each_window_is_as_wide_as_documented() {
    check_window("calendly", 180);
    for provider in ["sendgrid", "mailgun", "slack", "hubspot", "standard"] {
        check_window(provider, 300);
    }
}

#[test]
fn hubspot_signs_its_address_in_plain() {
    let mut delivery = Delivery::signed(Source::HubSpot, "[]");
    let millis = format!("{}000", now().timestamp());
    let plain = "https://hooks.example.com/in?to=a@b.example&by=%20";
    let message = [b"POST", plain.as_bytes(), b"[]", millis.as_bytes()];
    let tag = mac(hmac::HMAC_SHA256, SECRET.as_bytes(), &message);
    delivery.headers[0].1 = BASE64_STANDARD.encode(tag);
    delivery.url = plain.replace('@', "%40");
    assert!(delivery.receive().is_ok());
}

#[test]
fn standard_webhooks_take_public_keys() {
    use ring::signature::{Ed25519KeyPair, KeyPair as _};
    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let message = format!("msg_1.{}.{{}}", now().timestamp());
    let signature = BASE64_STANDARD.encode(pair.sign(message.as_bytes()));
    let key = format!("whpk_{}", BASE64_STANDARD.encode(pair.public_key()));
    let mut delivery = Delivery::signed(Source::Standard, "{}");
    // The tag of another version, and one that is unknown, stand beside it.
    delivery.headers[2].1 = format!("v1,AAAA v9,AAAA v1a,{signature}");
    assert!(delivery.receive_with(&[&key]).is_ok());
    delivery.headers[2].1 = format!("v1,{signature}");
    assert_eq!(delivery.receive_with(&[&key]), Err(Refused::Signature));
}
