//! Every error is a problem, whoever found it, and says what to do.

use crate::rig::{PATTERNS, Rig, TRACK, opened, problem};
use crate::server::ALPHA;
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_and_what_cannot_be_done_there() {
    let rig = Rig::start(&[]).await;
    for path in [
        "/nothing",
        "/api",
        "/api/outreach",
        "/api/outreach/nothing",
        "/docs/nothing",
        "/%ff",
        "/api/learning/update-patterns/",
    ] {
        problem(rig.get(path).send().await.unwrap(), 404, "not-found").await;
    }
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS, Method::TRACE] {
        let answer = rig.request(method, PATTERNS).send().await.unwrap();
        assert_eq!(answer.headers()["allow"], "POST");
        problem(answer, 405, "method-not-allowed").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_json_of_the_right_size() {
    let rig = Rig::start(&[]).await;
    let key = rig.key(ALPHA, &["track"]).await;
    let post = |media_type: &'static str, body: Vec<u8>| {
        let request = rig.request(Method::POST, TRACK).bearer_auth(&key);
        request.header("content-type", media_type).body(body).send()
    };
    for body in ["", "{", "[1,", "{\"user_id\": \u{1}}", "nonsense"] {
        problem(post("application/json", body.into()).await.unwrap(), 400, "malformed-json").await;
    }
    problem(post("application/json", vec![0xff, 0xfe]).await.unwrap(), 400, "malformed-json").await;
    problem(post("application/json", "[".repeat(60_000).into()).await.unwrap(), 400, "malformed-json").await;
    let right = opened("p_alpha").to_string();
    for media_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx"] {
        problem(post(media_type, right.clone().into()).await.unwrap(), 415, "unsupported-media-type").await;
    }
    let none = rig.request(Method::POST, TRACK).bearer_auth(&key).body(right.clone()).send().await.unwrap();
    problem(none, 415, "unsupported-media-type").await;
    assert_eq!(
        post("application/json; charset=utf-8", right.into()).await.unwrap().status(),
        StatusCode::ACCEPTED
    );

    let mut large = opened("p_alpha");
    large["text"] = " ".repeat(64 * 1024).into();
    problem(post("application/json", large.to_string().into()).await.unwrap(), 413, "too-large").await;
    // Nobody says beforehand how long it is.
    let pieces = futures::stream::iter([0, 1].map(|_| Ok::<_, std::io::Error>(vec![b' '; 40_000])));
    let chunked =
        rig.request(Method::POST, TRACK).bearer_auth(&key).header("content-type", "application/json");
    let chunked = chunked.body(reqwest::Body::wrap_stream(pieces)).send().await.unwrap();
    problem(chunked, 413, "too-large").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_too_much_is_not_cut_off_before_hearing_so() {
    let rig = Rig::start(&[]).await;
    let key = rig.key(ALPHA, &["track"]).await;
    // What is sent must be read, no buffer of the system holds it.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(16 * 1024).unwrap();
    let mut stream = socket.connect(rig.base.trim_start_matches("http://").parse().unwrap()).await.unwrap();
    let body = vec![b' '; 3 * 1024 * 1024];
    let head = format!(
        "POST {TRACK} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\nconnection: close\r\n\
        content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&body).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_field_is_named() {
    let rig = Rig::start(&[]).await;
    let key = rig.key(ALPHA, &["track"]).await;
    let body = json!({"prospect_id": "a b", "engagement_status": "loved", "occurred_at": "yesterday", "step": -1,
        "touch_id": 7, "text": "a\0b", "variant": "é".repeat(65), "usr_id": "ann", "event_id": ""});
    let told = problem(rig.post(TRACK, &key, &body).send().await.unwrap(), 422, "validation").await;
    let mut fields: Vec<&str> =
        told["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    fields.sort_unstable();
    let expected = [
        "engagement_status",
        "event_id",
        "occurred_at",
        "prospect_id",
        "step",
        "text",
        "touch_id",
        "user_id",
        "usr_id",
        "variant",
    ];
    assert_eq!(fields, expected);
    for wrong in [json!(null), json!([]), json!("x"), json!(1)] {
        problem(rig.post(TRACK, &key, &wrong).send().await.unwrap(), 422, "validation").await;
    }
    assert_eq!(rig.events().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_that_the_client_does_not_have_is_named() {
    let rig = Rig::start(&[]).await;
    let key = rig.key(ALPHA, &["track"]).await;
    let mut body = opened("p_alpha");
    body["user_id"] = "bob".into();
    problem(rig.post(TRACK, &key, &body).send().await.unwrap(), 404, "unknown-user").await;
    assert_eq!(rig.events().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgres_that_is_away_is_said_and_not_waited_for_for_ever() {
    let rig = Rig::without_postgres(&["--open"]).await;
    let answer = rig.post(TRACK, "", &opened("p_alpha")).send().await.unwrap();
    assert!(!answer.headers()["retry-after"].is_empty());
    let told = problem(answer, 503, "unavailable").await;
    assert!(told["detail"].as_str().unwrap().contains("Postgres"));
    problem(rig.get("/readyz").send().await.unwrap(), 503, "unavailable").await;
    assert_eq!(rig.get("/livez").send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(rig.events().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_keeps_its_id_if_it_has_a_plain_one() {
    let rig = Rig::start(&[]).await;
    let id = async |given: &str| {
        let answer = rig.get("/livez").header("x-request-id", given).send().await.unwrap();
        answer.headers()["x-request-id"].to_str().unwrap().to_owned()
    };
    assert_eq!(id("abc-123").await, "abc-123");
    assert_ne!(id("a b").await, "a b");
    assert_ne!(id(&"a".repeat(129)).await, "a".repeat(129));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_under_way_are_finished_at_the_stop_and_no_new_ones_begin() {
    let mut rig = Rig::start(&[]).await;
    let key = rig.key(ALPHA, &["track"]).await;
    let (body, host) = (opened("p_alpha").to_string(), rig.base.trim_start_matches("http://").to_owned());
    let mut stream = TcpStream::connect(&host).await.unwrap();
    let head = format!(
        "POST {TRACK} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {key}\r\n\
        content-type: application/json\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // The gateway asks for the body, so it is at work on it.
    let mut said = [0; 25];
    stream.read_exact(&mut said).await.unwrap();
    assert!(said.starts_with(b"HTTP/1.1 100 Continue"));
    rig.runtime.stop();
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    (&mut rig.serving).await.unwrap();
    assert!(TcpStream::connect(&host).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_dawdles_over_the_headers_is_cut_off() {
    let rig = Rig::start(&[]).await;
    let host = rig.base.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).await.unwrap();
    stream.write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\n").await.unwrap();
    let mut answer = String::new();
    let heard = tokio::time::timeout(Duration::from_secs(20), stream.read_to_string(&mut answer));
    heard.await.expect("the connection is still open").unwrap();
    assert!(!answer.contains("200"), "{answer}");
}
