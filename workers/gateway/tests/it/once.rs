//! A request with an Idempotency-Key is done once and answered alike.

use crate::rig::{PATTERNS, Rig, TRACK, opened, problem};
use crate::server::{ALPHA, BETA};
use reqwest::{Method, Response, StatusCode};

const REPLAYED: &str = "idempotency-replayed";

async fn track(rig: &Rig, key: &str, idempotency_key: &str, prospect: &str) -> Response {
    let request = rig.post(TRACK, key, &opened(prospect)).header("idempotency-key", idempotency_key);
    request.send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_is_answered_alike_and_done_once() {
    let rig = Rig::start(&[]).await;
    let key = rig.key(ALPHA, &["track"]).await;
    let first = track(&rig, &key, "k 1", "p_alpha").await;
    assert_eq!((first.status(), first.headers().contains_key(REPLAYED)), (StatusCode::ACCEPTED, false));
    let first = first.text().await.unwrap();
    let second = track(&rig, &key, "k 1", "p_alpha").await;
    assert_eq!(
        (second.status(), &second.headers()[REPLAYED]),
        (StatusCode::ACCEPTED, &"true".parse().unwrap())
    );
    assert_eq!(second.headers()["content-type"], "application/json");
    assert_eq!(second.text().await.unwrap(), first);
    assert_eq!(rig.events().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_answered_alike_too() {
    let rig = Rig::start(&[]).await;
    let key = rig.key(ALPHA, &["track"]).await;
    let first = problem(track(&rig, &key, "k", "p_beta").await, 404, "not-found").await;
    let second = track(&rig, &key, "k", "p_beta").await;
    assert_eq!(second.headers()[REPLAYED], "true");
    assert_eq!(problem(second, 404, "not-found").await, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_belongs_to_one_request_of_one_client() {
    let rig = Rig::start(&[]).await;
    let (alpha, beta) = (rig.key(ALPHA, &["admin"]).await, rig.key(BETA, &["admin"]).await);
    track(&rig, &alpha, "k", "p_alpha").await;
    problem(track(&rig, &alpha, "k", "p_beta").await, 422, "idempotency-key-reused").await;
    let elsewhere = rig.post(PATTERNS, &alpha, &opened("p_alpha")).header("idempotency-key", "k");
    problem(elsewhere.send().await.unwrap(), 422, "idempotency-key-reused").await;
    let other = track(&rig, &beta, "k", "p_beta").await;
    assert_eq!((other.status(), other.headers().contains_key(REPLAYED)), (StatusCode::ACCEPTED, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twins_at_the_same_time_one_is_done() {
    let rig = Rig::start(&[]).await;
    let key = rig.key(ALPHA, &["track"]).await;
    let twins = futures::future::join_all((0..20).map(|_| track(&rig, &key, "k", "p_alpha"))).await;
    let mut done = 0;
    for twin in twins {
        match twin.status().as_u16() {
            202 => done += i32::from(!twin.headers().contains_key(REPLAYED)),
            409 => {
                assert_eq!(twin.headers()["retry-after"], "1");
                problem(twin, 409, "idempotency-key-in-progress").await;
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!(done, 1);
    assert_eq!(rig.events().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_whose_holder_died_is_taken_over_after_a_minute() {
    let rig = Rig::start(&[]).await;
    let key = rig.key(ALPHA, &["track"]).await;
    track(&rig, &key, "k", "p_alpha").await;
    // As if the process had died before it could keep the answer.
    let die = async |age: &str| {
        let sql = format!("UPDATE idempotency_keys SET status = NULL, created_at = now() - interval '{age}'");
        rig.test.sql(&sql).await;
    };
    die("50 seconds").await;
    problem(track(&rig, &key, "k", "p_alpha").await, 409, "idempotency-key-in-progress").await;
    die("61 seconds").await;
    let again = track(&rig, &key, "k", "p_alpha").await;
    assert_eq!((again.status(), again.headers().contains_key(REPLAYED)), (StatusCode::ACCEPTED, false));
    assert_eq!(rig.events().await, 1, "the event itself is the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn that_we_failed_is_not_kept() {
    let mut rig = Rig::start(&[]).await;
    let key = rig.key(ALPHA, &["track"]).await;
    rig.broker.kill().await;
    problem(track(&rig, &key, "k", "p_alpha").await, 503, "unavailable").await;
    assert_eq!(rig.test.number("SELECT count(*) FROM idempotency_keys").await, 0);
    rig.broker.start().await;
    let again = track(&rig, &key, "k", "p_alpha").await;
    assert_eq!((again.status(), again.headers().contains_key(REPLAYED)), (StatusCode::ACCEPTED, false));
    assert_eq!(rig.events().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_short_and_printable() {
    let rig = Rig::start(&[]).await;
    let key = rig.key(ALPHA, &["write"]).await;
    let post = async |value: &[u8]| {
        let request = rig.request(Method::POST, PATTERNS).bearer_auth(&key);
        request.header("idempotency-key", value).send().await.unwrap()
    };
    assert_eq!(post(&[b'a'; 255]).await.status(), StatusCode::ACCEPTED);
    for wrong in [vec![b'a'; 256], "é".into(), vec![]] {
        let told = problem(post(&wrong).await, 422, "validation").await;
        assert_eq!(told["errors"][0]["field"], "Idempotency-Key");
    }
}
