//! A request as a tool sends it, signed as that tool signs.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, Utc};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use ring::{digest, hmac};
use serde_json::{Value, json};
use webhooks::{Event, Received, Refused, Request, Source};

pub(crate) const SECRET: &str = "dGhlLXNlY3JldC1vZi1hLXRlc3Q=";
pub(crate) const URL: &str = "https://hooks.example.com/in";

#[derive(Clone)]
pub(crate) struct Delivery {
    pub(crate) source: Source,
    pub(crate) url: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) secret: String,
    pub(crate) now: DateTime<Utc>,
}

pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

/// Shortly after what the examples tell of.
pub(crate) fn now() -> DateTime<Utc> {
    "2026-01-06T00:00:00Z".parse().unwrap()
}

pub(crate) fn file(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn mac(algorithm: hmac::Algorithm, secret: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(algorithm, secret), &parts.concat()).as_ref().to_vec()
}

impl Delivery {
    pub(crate) fn bare(source: Source, body: impl Into<Vec<u8>>) -> Self {
        Self {
            source,
            url: URL.into(),
            headers: vec![],
            body: body.into(),
            secret: SECRET.into(),
            now: now(),
        }
    }

    /// Signed now.
    pub(crate) fn signed(source: Source, body: impl Into<Vec<u8>>) -> Self {
        let mut delivery = Self::bare(source, body);
        delivery.sign();
        delivery
    }

    pub(crate) fn json(source: Source, body: &Value) -> Self {
        Self::signed(source, body.to_string())
    }

    fn sign(&mut self) {
        let seconds = self.now.timestamp().to_string();
        let sha256 = |parts: &[&[u8]]| mac(hmac::HMAC_SHA256, SECRET.as_bytes(), parts);
        let body = self.body.as_slice();
        self.headers = match self.source {
            Source::SendGrid => {
                let (key, signature) = ecdsa(&[seconds.as_bytes(), body].concat());
                self.secret = key;
                vec![
                    ("x-twilio-email-event-webhook-signature", signature),
                    ("x-twilio-email-event-webhook-timestamp", seconds),
                ]
            }
            Source::Mailgun => {
                let tag = hex(&sha256(&[seconds.as_bytes(), b"token"]));
                let signature = json!({"timestamp": seconds, "token": "token", "signature": tag});
                self.body = with(body, "signature", signature);
                vec![]
            }
            Source::Smartlead => {
                self.body = with(body, "secret_key", json!(SECRET));
                vec![]
            }
            Source::Lemlist => {
                self.body = with(body, "secret", json!(SECRET));
                vec![]
            }
            Source::Postmark => {
                self.secret = format!("user:{SECRET}");
                vec![("authorization", format!("Basic {}", BASE64_STANDARD.encode(&self.secret)))]
            }
            // Its notifications are fixtures: their key is gone.
            Source::Ses => vec![],
            Source::HubSpot => {
                let millis = format!("{seconds}000");
                let tag = sha256(&[b"POST", self.url.as_bytes(), body, millis.as_bytes()]);
                vec![
                    ("x-hubspot-signature-v3", BASE64_STANDARD.encode(tag)),
                    ("x-hubspot-request-timestamp", millis),
                ]
            }
            Source::Instantly => vec![("x-webhook-secret", SECRET.to_owned())],
            Source::Calendly => {
                let tag = hex(&sha256(&[seconds.as_bytes(), b".", body]));
                vec![("calendly-webhook-signature", format!("t={seconds},v1={tag}"))]
            }
            Source::CalCom => vec![("x-cal-signature-256", hex(&sha256(&[body])))],
            Source::Twilio => {
                // As its own libraries do for a body that is no form.
                self.url =
                    format!("{URL}?bodySHA256={}", hex(digest::digest(&digest::SHA256, body).as_ref()));
                vec![("x-twilio-signature", sha1(&[self.url.as_bytes()]))]
            }
            Source::Slack => {
                let tag = hex(&sha256(&[b"v0:", seconds.as_bytes(), b":", body]));
                vec![("x-slack-signature", format!("v0={tag}")), ("x-slack-request-timestamp", seconds)]
            }
            Source::Standard => {
                let key = BASE64_STANDARD.decode(SECRET).unwrap();
                let tag = mac(hmac::HMAC_SHA256, &key, &[b"msg_1.", seconds.as_bytes(), b".", body]);
                vec![
                    ("webhook-id", "msg_1".to_owned()),
                    ("webhook-timestamp", seconds),
                    ("webhook-signature", format!("v1,{}", BASE64_STANDARD.encode(tag))),
                ]
            }
        };
    }

    pub(crate) fn receive_with(&self, secrets: &[&str]) -> Result<Received, Refused> {
        let find = |name: &str| {
            let found = self.headers.iter().find(|(header, _)| *header == name);
            found.map(|(_, value)| value.as_str())
        };
        let request = Request { method: "POST", url: &self.url, headers: &find, body: &self.body };
        webhooks::receive(self.source, &request, secrets, self.now)
    }

    pub(crate) fn receive(&self) -> Result<Received, Refused> {
        self.receive_with(&[&self.secret])
    }

    #[track_caller]
    pub(crate) fn events(&self) -> Vec<Event> {
        match self.receive() {
            Ok(Received::Events(events)) => events,
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn event(&self) -> Event {
        let mut events = self.events();
        assert_eq!(events.len(), 1, "{events:?}");
        events.remove(0)
    }
}

/// What was signed with HMAC-SHA1 as Twilio does.
pub(crate) fn sha1(parts: &[&[u8]]) -> String {
    BASE64_STANDARD.encode(mac(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, SECRET.as_bytes(), parts))
}

/// A new key, base64 as `SendGrid` shows it, and its signature.
fn ecdsa(message: &[u8]) -> (String, String) {
    const PREFIX: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgA=";
    let random = SystemRandom::new();
    let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap();
    let mut key = BASE64_STANDARD.decode(PREFIX).unwrap();
    key.extend_from_slice(pair.public_key().as_ref());
    let signature = pair.sign(&random, message).unwrap();
    (BASE64_STANDARD.encode(key), BASE64_STANDARD.encode(signature))
}

/// The object with one more field; what is no object stays as it is.
fn with(body: &[u8], name: &str, value: Value) -> Vec<u8> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(mut object)) => {
            object.insert(name.to_owned(), value);
            Value::Object(object).to_string().into_bytes()
        }
        _ => body.to_vec(),
    }
}
