//! The way of a prospect through the API, and that no other client is on it.

use crate::rig::{Rig, problem};
use crate::server::ALPHA;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

impl Rig {
    /// The answer to a request with a body, which must be done.
    pub(crate) async fn done(&self, key: &str, path: &str, body: Value) -> Value {
        let answer = self.post(path, key, &body).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) async fn seen(&self, key: &str, path: &str) -> Value {
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
    let note = json!({"user_id": user, "prospect_id": "jane", "note": "hires", "source": "workflow"});
    rig.done(&key, "/api/research/enhanced/complete-workflow", note).await;
    let notes = rig.seen(&key, "/api/research/notes/jane").await;
    assert_eq!(notes["notes"][0]["note"], "opened a second clinic");
    assert_eq!(notes["notes"][1]["source"], "workflow");
    let person = rig.seen(&key, "/api/prospects/jane/export").await;
    assert_eq!(person["prospect"]["email"], "jane@clinic.example");
    let erase = || rig.request(Method::DELETE, "/api/prospects/jane").bearer_auth(&key).send();
    let erased: Value = erase().await.unwrap().json().await.unwrap();
    assert_eq!((&erased["notes"], &erased["prospect_id"]), (&json!(2), &json!("jane")));
    problem(erase().await.unwrap(), 404, "not-found").await;
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
        (
            "ics",
            "text/calendar; charset=utf-8",
            "SUMMARY:Connection request to Jane Roe\\, Oak Hill Clinic (",
        ),
        ("csv", "text/csv; charset=utf-8", ",Jane Roe,Founder,Oak Hill Clinic,,,"),
    ] {
        let answer = rig.get(&format!("/api/outreach/cadence/week.{file}?{week}")).bearer_auth(&key);
        let answer = answer.send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], media_type);
        let text = answer.text().await.unwrap();
        let unfolded = text.replace("\r\n ", "");
        assert_eq!(unfolded.matches(part).count(), 1, "{text}");
        assert!(!text.contains("jane@") && !text.contains("linkedin.com"), "{text}");
    }
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

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_would_be_two_is_refused_and_an_unknown_time_zone_is_told() {
    let rig = Rig::start(&[]).await;
    let key = rig.key(ALPHA, &["write"]).await;
    let discover = |people: Value| {
        rig.post("/api/prospects/discover", &key, &json!({"user_id": "ann", "prospects": people})).send()
    };
    let people = json!([jane(), {"prospect_id": "joe", "name": "Joe", "email": "joe@clinic.example", "time_zone": "Mars"}]);
    let taken: Value = discover(people).await.unwrap().json().await.unwrap();
    assert_eq!(taken["prospects"][0].get("warnings"), None);
    assert_eq!(
        taken["prospects"][1]["warnings"],
        json!(["Mars is no IANA time zone, such as America/Phoenix"])
    );
    let two = json!([{"prospect_id": "jane", "name": "Jane Roe", "email": "joe@clinic.example"}]);
    let told = problem(discover(two).await.unwrap(), 409, "conflict").await;
    assert_eq!(told["errors"][0]["field"], "prospects[0]");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_matched_clinics_of_the_current_run_become_prospects() {
    let rig = Rig::start(&[]).await;
    let key = rig.key(ALPHA, &["write"]).await;
    let post = || rig.post("/api/prospects/from-matches", &key, &json!({"user_id": "ann"})).send();
    problem(post().await.unwrap(), 409, "conflict").await;
    rig.test
        .sql(&format!(
            "INSERT INTO runs (client_id, run_id, run_date, generation, current, summary, stored_at, ready_at)
            VALUES ('{ALPHA}', 'r1', current_date, 0, true, '{{}}', now(), now())"
        ))
        .await;
    let none: Value = post().await.unwrap().json().await.unwrap();
    assert_eq!((&none["run_id"], &none["clinics"]), (&json!("r1"), &json!(0)));
    let wrong = rig.post("/api/prospects/from-matches", &key, &json!({"user_id": "ann", "segment": "nope"}));
    let told = problem(wrong.send().await.unwrap(), 409, "conflict").await;
    assert_eq!(told["errors"][0]["field"], "segment");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suppression_names_what_its_scope_needs() {
    let rig = Rig::start(&[]).await;
    let key = rig.key(ALPHA, &["write"]).await;
    let suppress = |body: Value| rig.post("/api/outreach/suppressions", &key, &body).send();
    for right in [
        json!({"scope": "address", "value": " jane@clinic.example ", "channel": "email"}),
        json!({"scope": "address", "value": "+1 (602) 555-0142"}),
        json!({"scope": "address", "value": "https://www.linkedin.com/in/jane?x=1"}),
        json!({"scope": "domain", "value": "clinic.example"}),
        json!({"scope": "company", "value": "株式会社"}),
        json!({"scope": "channel", "channel": "sms"}),
        json!({"scope": "global", "reason": "a pause"}),
    ] {
        let answer: Value = suppress(right.clone()).await.unwrap().json().await.unwrap();
        assert_eq!(answer["changed"], true, "{right}: {answer}");
    }
    for (wrong, field) in [
        (json!({"value": "jane@clinic.example"}), "scope"),
        (json!({"scope": "nobody"}), "scope"),
        (json!({"scope": "address"}), "value"),
        (json!({"scope": "address", "value": "12"}), "value"),
        (json!({"scope": "domain", "value": "jane@clinic.example"}), "value"),
        (json!({"scope": "company", "value": "  "}), "value"),
        (json!({"scope": "channel"}), "channel"),
        (json!({"scope": "channel", "channel": "meeting"}), "channel"),
        (json!({"scope": "global", "value": "x"}), "value"),
    ] {
        let told = problem(suppress(wrong.clone()).await.unwrap(), 422, "validation").await;
        assert_eq!(told["errors"][0]["field"], field, "{wrong}");
    }
}
