//! The way of a prospect through the API, and that no other client is on it.

use crate::rig::{Rig, problem};
use crate::server::{ALPHA, BETA};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

impl Rig {
    /// The answer to a request with a body, which must be done.
    async fn done(&self, key: &str, path: &str, body: Value) -> Value {
        let answer = self.post(path, key, &body).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    async fn seen(&self, key: &str, path: &str) -> Value {
        let answer = self.get(path).bearer_auth(key).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }
}

fn jane() -> Value {
    json!({"prospect_id": "jane", "name": "Jane Roe", "title": "Founder", "company": "Oak Hill Clinic",
        "state": "AZ", "email": "jane@clinic.example", "linkedin_url": "https://linkedin.com/in/jane",
        "about": "physical therapy owner, referrals"})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prospect_is_discovered_ranked_enrolled_planned_and_forgotten() {
    let rig = Rig::start(&[]).await;
    let key = rig.key(ALPHA, &["admin"]).await;
    let user = "ann";
    let taken =
        rig.done(&key, "/api/prospects/discover", json!({"user_id": user, "prospects": [jane()]})).await;
    assert_eq!(taken["prospects"][0]["outcome"], "created");
    let again =
        rig.done(&key, "/api/prospects/discover", json!({"user_id": user, "prospects": [jane()]})).await;
    assert_eq!(again["prospects"][0]["outcome"], "updated");
    let segments =
        rig.done(&key, "/api/outreach/segment", json!({"user_id": user, "prospect_ids": ["jane"]})).await;
    assert_eq!(segments["total"], 1);
    let scored = json!({"user_id": user, "scores": [{"prospect_id": "jane", "fit_score": 90}]});
    assert_eq!(rig.done(&key, "/api/prospects/score", scored).await["prospects"][0]["fit_score"], 90.0);
    let ranked =
        rig.done(&key, "/api/outreach/prioritize", json!({"user_id": user, "min_fit_score": 90})).await;
    assert_eq!(ranked["prospects"].as_array().unwrap().len(), 1);
    let generate = json!({"user_id": user, "prospect_id": "jane"});
    let sequence = rig.done(&key, "/api/outreach/sequence/generate", generate).await;
    assert_eq!((&sequence["sequence_type"], &sequence["created"]), (&json!("3-step"), &json!(true)));
    let seen = rig.seen(&key, "/api/outreach/sequence/jane?user_id=ann").await;
    assert_eq!(seen["sequence_id"], sequence["sequence_id"]);
    let plan =
        json!({"user_id": user, "target_connection_requests": 1, "target_followups": 0, "dry_run": true});
    assert_eq!(rig.done(&key, "/api/outreach/cadence/weekly", plan).await["dry_run"], true);
    let metrics = rig.done(&key, "/api/outreach/metrics", json!({"user_id": user})).await;
    assert_eq!(rig.seen(&key, "/api/outreach/metrics?user_id=ann").await, metrics);
    let note = json!({"user_id": user, "prospect_id": "jane", "note": "opened a second clinic"});
    rig.done(&key, "/api/research/notes", note).await;
    let notes = rig.seen(&key, "/api/research/notes/jane").await;
    assert_eq!(notes["notes"][0]["note"], "opened a second clinic");
    let person = rig.seen(&key, "/api/prospects/jane/export").await;
    assert_eq!(person["prospect"]["email"], "jane@clinic.example");
    let erase = || rig.request(Method::DELETE, "/api/prospects/jane").bearer_auth(&key).send();
    let erased: Value = erase().await.unwrap().json().await.unwrap();
    assert_eq!((&erased["notes"], &erased["prospect_id"]), (&json!(1), &json!("jane")));
    problem(erase().await.unwrap(), 404, "not-found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_client_finds_nothing_on_any_route() {
    let rig = Rig::start(&[]).await;
    let (alpha, beta) = (rig.key(ALPHA, &["admin"]).await, rig.key(BETA, &["admin"]).await);
    rig.done(&alpha, "/api/prospects/discover", json!({"user_id": "ann", "prospects": [jane()]})).await;
    rig.done(&alpha, "/api/outreach/sequence/generate", json!({"user_id": "ann", "prospect_id": "jane"}))
        .await;
    let both = json!({"user_id": "ann", "prospect_id": "jane"});
    for (path, change) in [
        ("/api/outreach/segment", json!({"prospect_ids": ["jane"], "prospect_id": null})),
        ("/api/prospects/score", json!({"scores": [{"prospect_id": "jane"}], "prospect_id": null})),
        ("/api/outreach/sequence/generate", json!({})),
        ("/api/research/notes", json!({"note": "x"})),
        ("/api/outreach/track-engagement", json!({"engagement_status": "opened"})),
    ] {
        let mut body = both.as_object().unwrap().clone();
        body.extend(change.as_object().unwrap().clone());
        body.retain(|_, value| !value.is_null());
        problem(rig.post(path, &beta, &body.into()).send().await.unwrap(), 404, "not-found").await;
    }
    for path in
        ["/api/outreach/sequence/jane?user_id=ann", "/api/research/notes/jane", "/api/prospects/jane/export"]
    {
        problem(rig.get(path).bearer_auth(&beta).send().await.unwrap(), 404, "not-found").await;
    }
    let erase = rig.request(Method::DELETE, "/api/prospects/jane").bearer_auth(&beta);
    problem(erase.send().await.unwrap(), 404, "not-found").await;
    let ranked = rig.done(&beta, "/api/outreach/prioritize", json!({"user_id": "ann"})).await;
    assert_eq!(ranked["considered"], 1, "its own");
    rig.seen(&alpha, "/api/prospects/jane/export").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_week_is_planned_handed_out_and_acknowledged() {
    let rig = Rig::start(&[]).await;
    let key = rig.key(ALPHA, &["write", "read"]).await;
    rig.done(&key, "/api/prospects/discover", json!({"user_id": "ann", "prospects": [jane()]})).await;
    let plan = json!({"user_id": "ann", "target_connection_requests": 1, "target_followups": 0});
    let planned = rig.done(&key, "/api/outreach/cadence/weekly", plan).await;
    assert_eq!(planned["connection_requests"], 1, "{planned}");
    let week = format!("user_id=ann&week_start={}", planned["week_start"].as_str().unwrap());
    for (file, media_type, part) in [
        ("ics", "text/calendar; charset=utf-8", "SUMMARY:connection_request to "),
        ("csv", "text/csv; charset=utf-8", ",connection_request,0,"),
    ] {
        let answer = rig.get(&format!("/api/outreach/cadence/week.{file}?{week}")).bearer_auth(&key);
        let answer = answer.send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], media_type);
        let text = answer.text().await.unwrap();
        assert_eq!(text.matches(part).count(), 1, "{text}");
    }
    // Whether it may go out now is for the recipient's clock to say.
    assert!(rig.seen(&key, "/api/outreach/due?limit=5").await["touches"].is_array());
    let first = rig.get("/api/outreach/cadence/week.csv?user_id=ann&week_start=0001-01-01").bearer_auth(&key);
    assert_eq!(first.send().await.unwrap().status(), StatusCode::OK);
    let id = planned["touches"][0]["touch_id"].as_str().unwrap();
    let acknowledged =
        rig.done(&key, &format!("/api/outreach/due/{id}/ack"), json!({"status": "sent"})).await;
    assert_eq!(acknowledged["state"], "sent");
    for id in ["0190163d-8694-739b-aea5-966c26f8ad91", "nonsense"] {
        let unknown = rig.post(&format!("/api/outreach/due/{id}/ack"), &key, &json!({"status": "sent"}));
        problem(unknown.send().await.unwrap(), 404, "not-found").await;
    }
    let wrong = rig.get("/api/outreach/due?limit=0").bearer_auth(&key).send().await.unwrap();
    let told = problem(wrong, 422, "validation").await;
    assert_eq!(told["errors"], json!([{"field": "limit", "message": "must be at least 1"}]));
    for (query, field) in [("limit=x", "limit"), ("limt=1", "limt"), ("limit=1&limit=2", "limit")] {
        let answer = rig.get(&format!("/api/outreach/due?{query}")).bearer_auth(&key).send().await.unwrap();
        assert_eq!(problem(answer, 422, "validation").await["errors"][0]["field"], field);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_suppressed_is_not_enrolled_until_it_is_taken_back() {
    let rig = Rig::start(&[]).await;
    let key = rig.key(ALPHA, &["admin"]).await;
    rig.done(&key, "/api/prospects/discover", json!({"user_id": "ann", "prospects": [jane()]})).await;
    let suppression = json!({"scope": "address", "value": "JANE@clinic.example"});
    assert_eq!(rig.done(&key, "/api/outreach/suppressions", suppression.clone()).await["changed"], true);
    assert_eq!(rig.done(&key, "/api/outreach/suppressions", suppression.clone()).await["changed"], false);
    let listed = rig.seen(&key, "/api/outreach/suppressions").await;
    assert!(!listed.to_string().contains("clinic"), "{listed}");
    let generate = json!({"user_id": "ann", "prospect_id": "jane"});
    let refused = rig.post("/api/outreach/sequence/generate", &key, &generate).send().await.unwrap();
    problem(refused, 409, "conflict").await;
    let remove = || {
        rig.request(Method::DELETE, "/api/outreach/suppressions").bearer_auth(&key).json(&suppression).send()
    };
    assert_eq!(remove().await.unwrap().status(), StatusCode::OK);
    problem(remove().await.unwrap(), 404, "not-found").await;
    rig.done(&key, "/api/outreach/sequence/generate", generate).await;
}
