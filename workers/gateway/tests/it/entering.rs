//! Who is let in: keys, scopes, tenants, and how often.

use crate::rig::{
    PATTERNS, Rig, TRACK, config, contractors, conversion, now, opened, problem, prospects, scores,
};
use crate::server::{ALPHA, BETA};
use chrono::TimeDelta;
use gateway::{ApiKey, Gateway};
use reqwest::{Method, StatusCode};

#[tokio::test(flavor = "multi_thread")]
async fn only_a_valid_key_opens_and_all_others_are_alike() {
    let rig = Rig::start(&[]).await;
    let good = rig.key_until(ALPHA, &["write"], Some(now() + TimeDelta::hours(1))).await;
    let expired = rig.key_until(ALPHA, &["write"], Some(now())).await;
    let revoked = rig.key_until(ALPHA, &["write"], None).await;
    let mut tx = rig.test.db.begin(ALPHA).await.unwrap();
    db::keys::revoke(&mut tx, &revoked.id, now()).await.unwrap();
    tx.commit().await.unwrap();
    let post = |key: Option<String>| {
        let request = rig.request(Method::POST, PATTERNS);
        match key {
            Some(key) => request.header("authorization", key).send(),
            None => request.send(),
        }
    };
    let answer = post(Some(format!("Bearer {}", good.text()))).await.unwrap();
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    let unknown = ApiKey::make(ALPHA, [99; 6], [9; 32]).text();
    // The id is somebody's, the secret is not.
    let mixed = format!("lf_live_{}_{}", good.id, &unknown[unknown.len() - 43..]);
    let mut told = Vec::new();
    for key in [&unknown, &mixed, &expired.text(), &revoked.text(), "", "lf_live_"] {
        let answer = post(Some(format!("Bearer {key}"))).await.unwrap();
        assert_eq!(answer.headers()["www-authenticate"], "Bearer");
        told.push(problem(answer, 401, "unauthorized").await);
    }
    told.push(problem(post(None).await.unwrap(), 401, "unauthorized").await);
    told.push(
        problem(post(Some(format!("Basic {}", good.text()))).await.unwrap(), 401, "unauthorized").await,
    );
    for one in &mut told {
        one["instance"].take();
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_does_what_its_scopes_say_and_admin_does_all() {
    let rig = Rig::start(&[]).await;
    for (scopes, patterns, track) in [
        (vec!["read"], 403, 403),
        (vec!["track"], 403, 202),
        (vec!["write"], 202, 403),
        (vec!["read", "write", "track"], 202, 202),
        (vec!["admin"], 202, 202),
    ] {
        let key = rig.key(ALPHA, &scopes).await;
        for (path, expected) in [(PATTERNS, patterns), (TRACK, track)] {
            let answer = rig.post(path, &key, &opened("p_alpha")).send().await.unwrap();
            if expected == 403 {
                problem(answer, 403, "missing-scope").await;
            } else {
                assert_eq!(answer.status(), expected, "{scopes:?} {path}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_finds_nothing_of_another_client() {
    let rig = Rig::start(&[]).await;
    for (client, own, other) in [(ALPHA, "p_alpha", "p_beta"), (BETA, "p_beta", "p_alpha")] {
        let key = rig.key(client, &["track"]).await;
        let answer = rig.post(TRACK, &key, &opened(own)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
        problem(rig.post(TRACK, &key, &opened(other)).send().await.unwrap(), 404, "not-found").await;
    }
    assert_eq!(rig.events().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_asks_too_often_is_told_when_to_come_back() {
    let rig = Rig::start(&["--gateway-rate", "1", "--gateway-burst", "2"]).await;
    let (key, other) = (rig.key(ALPHA, &["write"]).await, rig.key(ALPHA, &["write"]).await);
    let post = async |key: &str| rig.request(Method::POST, PATTERNS).bearer_auth(key).send().await.unwrap();
    for _ in 0..2 {
        assert_eq!(post(&key).await.status(), StatusCode::ACCEPTED);
    }
    let answer = post(&key).await;
    assert_eq!(answer.headers()["retry-after"], "1");
    problem(answer, 429, "rate-limited").await;
    assert_eq!(post(&other).await.status(), StatusCode::ACCEPTED, "keys are counted apart");
}

#[tokio::test(flavor = "multi_thread")]
async fn open_is_for_this_machine_alone() {
    let rig = Rig::start(&["--open"]).await;
    let answer = rig.request(Method::POST, PATTERNS).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    let answer = rig.request(Method::POST, TRACK).json(&opened("p_alpha")).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::ACCEPTED, "it is the default client");
    let rebound = rig.request(Method::POST, PATTERNS).header("host", "evil.example").send().await.unwrap();
    problem(rebound, 403, "missing-scope").await;

    let mut wide = config(&["--open"]);
    wide.listen = "0.0.0.0:0".parse().unwrap();
    let db = rig.test.db.clone();
    let (prospects, scores, conversion) = (prospects(db.clone()), scores(db.clone()), conversion(db.clone()));
    let contractors = contractors(db.clone());
    let refused =
        Gateway::bind(rig.runtime.clone(), db, prospects, scores, conversion, contractors, wide).await;
    assert!(refused.err().unwrap().to_string().contains("loopback"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_remembers_that_it_was_used() {
    let rig = Rig::start(&[]).await;
    let key = rig.key(ALPHA, &["write"]).await;
    rig.request(Method::POST, PATTERNS).bearer_auth(key).send().await.unwrap();
    assert_eq!(rig.test.number("SELECT count(*) FROM api_keys WHERE last_used_at IS NOT NULL").await, 1);
}
