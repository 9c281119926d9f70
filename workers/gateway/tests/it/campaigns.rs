//! The channels of prospects in a campaign over HTTP: shown before, assigned once, and nobody else's.

use crate::rig::{Rig, problem};
use crate::server::{ALPHA, BETA};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// A key, and the path of a campaign with ten prospects.
async fn with_campaign(rig: &Rig) -> (String, String) {
    let key = rig.key(ALPHA, &["read", "write"]).await;
    let person = |number: i32| {
        json!({"prospect_id": format!("p_{number}"), "name": format!("Person {number}"),
            "email": format!("p{number}@example.com"), "linkedin_url": format!("https://linkedin.example/in/{number}")})
    };
    let people: Vec<Value> = (0..10).map(person).collect();
    let people = json!({"user_id": "ann", "prospects": people});
    assert_eq!(
        rig.post("/api/prospects/discover", &key, &people).send().await.unwrap().status(),
        StatusCode::OK
    );
    let asked = rig.post("/api/campaigns", &key, &json!({"user_id": "ann", "icp": {}})).send().await.unwrap();
    let asked: Value = asked.json().await.unwrap();
    (key, format!("/api/campaigns/{}/allocate", asked["campaign_id"].as_str().unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_are_shown_by_a_dry_run_and_assigned_once() {
    let rig = Rig::start(&[]).await;
    let (key, path) = with_campaign(&rig).await;
    let names: Vec<String> = (0..10).map(|number| format!("p_{number}")).collect();
    let allocate = async |dry_run: bool, once: &str| {
        let asked = json!({"prospect_ids": names, "dry_run": dry_run});
        let answer = rig.post(&path, &key, &asked).header("idempotency-key", once).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let is_repeated = answer.headers().contains_key("idempotency-replayed");
        (answer.json::<Value>().await.unwrap(), is_repeated)
    };
    let assigned = "SELECT count(*) FROM campaign_assignments";
    let (shown, _) = allocate(true, "a").await;
    assert_eq!(rig.test.number(assigned).await, 0);
    let (told, _) = allocate(false, "b").await;
    assert_eq!((told.clone(), rig.test.number(assigned).await), (shown, 10));
    for one in told["prospects"].as_array().unwrap() {
        let likely = if one["channels"] == json!(["linkedin", "email"]) { 0.95 } else { 0.05 };
        let first = one["propensities"][0].as_f64().unwrap();
        assert!((first - likely).abs() < 1e-9 && one["propensities"][1] == 1.0, "{one}");
    }
    // Sent again, and asked for again: nobody gets other channels.
    assert_eq!(allocate(false, "b").await, (told.clone(), true));
    rig.test.sql("DELETE FROM campaign_assignments WHERE channels[1] = 'email'").await;
    rig.test.sql("UPDATE campaign_assignments SET channels = '{email, linkedin}', week = '2025-01-06'").await;
    let (kept, _) = allocate(true, "c").await;
    assert!(kept.to_string().contains("assigned in the week of 2025-01-06"), "{kept}");
    assert_eq!(kept["prospects"][0]["channels"], json!(["email", "linkedin"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_or_too_much_is_refused() {
    let rig = Rig::start(&[]).await;
    let (key, path) = with_campaign(&rig).await;
    let ask = async |path: &str, key: &str, asked: Value| rig.post(path, key, &asked).send().await.unwrap();
    let one = json!({"prospect_ids": ["p_1"]});
    let nowhere = "/api/campaigns/019ab3c4-5d6e-7f80-9123-456789abcdef/allocate";
    let told = problem(ask(nowhere, &key, one.clone()).await, 404, "not-found").await;
    assert_eq!(told["detail"], "there is no campaign 019ab3c4-5d6e-7f80-9123-456789abcdef");
    problem(ask("/api/campaigns/spring/allocate", &key, one.clone()).await, 404, "not-found").await;
    let nobody = json!({"prospect_ids": ["p_1", "nobody"]});
    problem(ask(&path, &key, nobody).await, 404, "not-found").await;
    let other = rig.key(BETA, &["write"]).await;
    problem(ask(&path, &other, json!({"prospect_ids": ["p_beta"]})).await, 404, "not-found").await;
    let reader = rig.key(ALPHA, &["read"]).await;
    problem(ask(&path, &reader, one).await, 403, "missing-scope").await;
    let many: Vec<String> = (0..501).map(|number| format!("p_{number}")).collect();
    for wrong in [json!({"prospect_ids": []}), json!({"prospect_ids": many}), json!({})] {
        problem(ask(&path, &key, wrong).await, 422, "validation").await;
    }
    assert_eq!(rig.test.number("SELECT count(*) FROM campaign_assignments").await, 0);
}
