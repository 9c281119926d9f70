//! What outreach tools report counts when it is signed, once, and names nobody.

use crate::rig::{Rig, now, problem};
use crate::server::{ALPHA, BETA};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use db::{Uuid, webhook_endpoints as endpoints};
use prospects::{Keys, Named};
use proto::v1::EngagementKind;
use reqwest::{Method, Response};
use ring::hmac;
use serde_json::{Value, json};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// An endpoint, as `leadfleet webhook create` makes it.
async fn endpoint(rig: &Rig, client: Uuid, source: &str, secret: &str) -> String {
    let id = gateway::endpoint_id(client, *b"abcdef");
    let mut tx = rig.test.db.begin(client).await.unwrap();
    endpoints::create(&mut tx, &id, source, secret, now()).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// A delivery signed as Standard Webhooks are.
async fn deliver(rig: &Rig, id: &str, secret: &str, body: &Value, at: i64) -> Response {
    let body = body.to_string();
    let key = BASE64.decode(secret.trim_start_matches("whsec_")).unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let signature = BASE64.encode(hmac::sign(&key, format!("msg_1.{at}.{body}").as_bytes()));
    rig.request(Method::POST, &format!("/api/webhooks/{id}"))
        .header("webhook-id", "msg_1")
        .header("webhook-timestamp", at)
        .header("webhook-signature", format!("v1,{signature}"))
        .header("content-type", "application/json")
        .body(body)
        .send()
        .await
        .unwrap()
}

fn replied() -> Value {
    json!({"type": "replied", "timestamp": "2025-11-11T09:30:00Z",
        "data": {"email": "Jane@Clinic.example", "text": "Sounds great, let us talk"}})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_delivery_is_on_the_stream_and_names_nobody() {
    let rig = Rig::start(&[]).await;
    let id = endpoint(&rig, ALPHA, "standard", SECRET).await;
    let answer = deliver(&rig, &id, SECRET, &replied(), now().timestamp()).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.json::<Value>().await.unwrap(), json!({"events": 1}));
    let event = rig.event(ALPHA).await;
    assert_eq!((event.source.as_str(), event.kind()), ("standard", EngagementKind::Replied));
    let key = Keys::new(b"a key of the tests").hash(ALPHA, Named::Email, "jane@clinic.example").unwrap();
    assert_eq!(event.address_key, key);
    assert!(!format!("{event:?}").to_lowercase().contains("clinic"), "{event:?}");
    assert_eq!(
        rig.test.number("SELECT count(*) FROM webhook_endpoints WHERE last_used_at IS NOT NULL").await,
        1
    );
    deliver(&rig, &id, SECRET, &replied(), now().timestamp()).await;
    assert_eq!(rig.events().await, 1, "the same delivery again is the same event");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_stands_where_a_name_should_be_names_nobody_either() {
    let rig = Rig::start(&[]).await;
    let id = endpoint(&rig, ALPHA, "standard", SECRET).await;
    let body = json!({"type": "replied", "timestamp": "2025-11-11T09:30:00Z",
        "data": {"prospect_id": "Jane@Clinic.example", "variant": "for-jane@clinic.example",
            "touch_id": "jane@clinic.example", "meeting_id": "abc-jane@clinic.example"}});
    assert_eq!(deliver(&rig, &id, SECRET, &body, now().timestamp()).await.status(), 200);
    let event = rig.event(ALPHA).await;
    let key = Keys::new(b"a key of the tests").hash(ALPHA, Named::Email, "jane@clinic.example").unwrap();
    assert_eq!((event.prospect_id.as_str(), event.address_key.clone()), ("", key));
    assert!(!format!("{event:?}").to_lowercase().contains("jane"), "{event:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_endpoint_and_a_wrong_signature_look_alike() {
    let rig = Rig::start(&[]).await;
    let id = endpoint(&rig, ALPHA, "standard", SECRET).await;
    let revoked = endpoint(&rig, BETA, "standard", SECRET).await;
    let mut tx = rig.test.db.begin(BETA).await.unwrap();
    endpoints::revoke(&mut tx, &revoked, now()).await.unwrap();
    tx.commit().await.unwrap();
    let nobody = gateway::endpoint_id(Uuid::from_u128(9), [0; 6]);
    let mut told = Vec::new();
    for (id, secret) in [
        (&id, OTHER),
        (&revoked, SECRET),
        (&nobody, SECRET),
        (&"x".to_owned(), SECRET),
        (&"%00".to_owned(), SECRET),
    ] {
        let answer = deliver(&rig, id, secret, &replied(), now().timestamp()).await;
        let mut problem = problem(answer, 401, "unauthorized").await;
        problem["instance"].take();
        told.push(problem);
    }
    let bare = rig.request(Method::POST, &format!("/api/webhooks/{id}")).body("{}").send().await.unwrap();
    problem(bare, 401, "unauthorized").await;
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(rig.events().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_before_the_last_still_counts() {
    let rig = Rig::start(&[]).await;
    let id = endpoint(&rig, ALPHA, "standard", SECRET).await;
    let mut tx = rig.test.db.begin(ALPHA).await.unwrap();
    endpoints::add_secret(&mut tx, &id, OTHER).await.unwrap();
    tx.commit().await.unwrap();
    for secret in [SECRET, OTHER] {
        assert_eq!(deliver(&rig, &id, secret, &replied(), now().timestamp()).await.status(), 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_signed_and_old_or_unreadable_is_refused() {
    let rig = Rig::start(&[]).await;
    let id = endpoint(&rig, ALPHA, "standard", SECRET).await;
    let old = deliver(&rig, &id, SECRET, &replied(), now().timestamp() - 600).await;
    problem(old, 400, "bad-request").await;
    let large = json!({"data": " ".repeat(1024 * 1024)});
    problem(deliver(&rig, &id, SECRET, &large, now().timestamp()).await, 413, "too-large").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_of_a_delivery_is_told_or_none_is_confirmed() {
    let mut rig = Rig::start(&[]).await;
    let id = endpoint(&rig, ALPHA, "postmark", "user:password").await;
    let deliver = async |rig: &Rig| {
        let body = json!({"RecordType": "Open", "MessageID": "m-1", "Recipient": "jane@clinic.example",
            "ReceivedAt": "2025-11-11T09:30:00Z", "FirstOpen": true});
        let request = rig.request(Method::POST, &format!("/api/webhooks/{id}"));
        request.basic_auth("user", Some("password")).json(&body).send().await.unwrap()
    };
    rig.broker.kill().await;
    problem(deliver(&rig).await, 503, "unavailable").await;
    rig.broker.start().await;
    assert_eq!(deliver(&rig).await.json::<Value>().await.unwrap(), json!({"events": 1}));
    assert_eq!(rig.events().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_is_answered() {
    let rig = Rig::start(&[]).await;
    let id = endpoint(&rig, ALPHA, "slack", "8f742231b10e8888abcd99yyyzzz85a5").await;
    let body = json!({"type": "url_verification", "challenge": "3eZbrw1aB10"}).to_string();
    let at = now().timestamp();
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"8f742231b10e8888abcd99yyyzzz85a5");
    let signature = hmac::sign(&key, format!("v0:{at}:{body}").as_bytes());
    let signature: String = signature.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let answer = rig
        .request(Method::POST, &format!("/api/webhooks/{id}"))
        .header("x-slack-request-timestamp", at)
        .header("x-slack-signature", format!("v0={signature}"))
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.text().await.unwrap(), "3eZbrw1aB10");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_tool_has_sent_is_counted_of_somebody_who_is_known() {
    let rig = Rig::start(&[]).await;
    let key = Keys::new(b"a key of the tests").hash(ALPHA, Named::Email, "jane@oak.example").unwrap();
    let key: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let known = "UPDATE leads SET name = 'Jane Doe', email_key = decode";
    rig.test.sql(&format!("{known}('{key}', 'hex') WHERE prospect_id = 'p_alpha'")).await;
    let body = json!({"type": "sent", "timestamp": "2025-11-11T09:30:00Z",
        "data": {"email": "jane@oak.example", "subject": "Jane, a question", "body": "x".repeat(10_001)}});
    for (client, counted) in [(ALPHA, r#"{"s":"{first_name}, a question","w":0,"n":0}"#), (BETA, "")] {
        let id = endpoint(&rig, client, "standard", SECRET).await;
        assert_eq!(deliver(&rig, &id, SECRET, &body, now().timestamp()).await.status(), 200);
        let event = rig.event(client).await;
        // What is too long to be a message is left out; that it went out counts.
        assert_eq!((event.kind(), event.content_features.as_str()), (EngagementKind::Sent, counted));
    }
}
