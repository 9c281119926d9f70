//! Leads over HTTP: announced when they come or change, listed by score, explained, and reckoned otherwise.

use crate::rig::{Rig, problem, scores};
use crate::server::ALPHA;
use prospects::Whom;
use proto::Message as _;
use proto::v1::LeadChanged;
use reqwest::StatusCode;
use serde_json::{Value, json};

async fn json_of(answer: reqwest::Response) -> Value {
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(status, StatusCode::OK, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// A key, and two leads that are scored.
async fn with_leads(rig: &Rig) -> String {
    let key = rig.key(ALPHA, &["read", "write"]).await;
    let people = json!({"user_id": "ann", "prospects": [
        {"prospect_id": "p_owner", "name": "Jane Roe", "title": "Owner", "company": "Oak Clinic", "state": "AZ",
            "phone": "+1 602 555 0100", "employee_count": 12, "is_hiring": true},
        {"prospect_id": "p_nurse", "name": "Joe Poe", "title": "Nurse", "company": "Elm Clinic"}]});
    json_of(rig.post("/api/prospects/discover", &key, &people).send().await.unwrap()).await;
    let scores = scores(rig.test.db.clone());
    scores.rescore(ALPHA, Whom::All, true, crate::rig::now(), || {}).await.unwrap();
    key
}

/// How many leads the last message of a kind names.
async fn announced(rig: &Rig, kind: &str) -> Option<usize> {
    let stream = rig.runtime.jetstream().get_stream("EVENTS").await.unwrap();
    let subject = format!("lf.v1.event.{kind}.{ALPHA}");
    let last = stream.get_last_raw_message_by_subject(&subject).await.ok()?;
    let said = LeadChanged::decode(last.payload).unwrap();
    assert_eq!(said.client_id, ALPHA.to_string());
    Some(said.lead_ids.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_or_changes_is_announced_by_id() {
    let rig = Rig::start(&[]).await;
    let key = with_leads(&rig).await;
    assert_eq!(announced(&rig, "lead-created").await, Some(2));
    assert_eq!(announced(&rig, "lead-updated").await, None);
    let again = json!({"user_id": "ann", "prospects": [{"prospect_id": "p_nurse", "name": "Joe Poe", "title": "CEO"}]});
    json_of(rig.post("/api/prospects/discover", &key, &again).send().await.unwrap()).await;
    assert_eq!(announced(&rig, "lead-updated").await, Some(1));
    assert_eq!(
        rig.test
            .number("SELECT count(*) FROM leads WHERE prospect_id = 'p_nurse' AND scored_at IS NULL")
            .await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn leads_are_listed_by_score_page_by_page() {
    let rig = Rig::start(&[]).await;
    let key = with_leads(&rig).await;
    let get = async |path: &str| json_of(rig.get(path).bearer_auth(&key).send().await.unwrap()).await;
    let names = |page: &Value| -> Vec<String> {
        page["leads"]
            .as_array()
            .unwrap()
            .iter()
            .map(|lead| lead["prospect_id"].as_str().unwrap().to_owned())
            .collect()
    };
    let all = get("/api/leads").await;
    assert_eq!(names(&all), ["p_owner", "p_nurse", "p_alpha"]);
    assert_eq!((&all["leads"][0]["score"], &all["next"]), (&json!(60), &Value::Null));
    for (sort, expected) in [
        ("score", ["p_owner", "p_nurse", "p_alpha"]),
        ("-score", ["p_alpha", "p_nurse", "p_owner"]),
        ("name", ["p_alpha", "p_owner", "p_nurse"]),
        ("-name", ["p_nurse", "p_owner", "p_alpha"]),
    ] {
        let mut seen = Vec::new();
        let mut path = format!("/api/leads?limit=1&sort={sort}");
        loop {
            let page = get(&path).await;
            seen.extend(names(&page));
            let Some(next) = page["next"].as_str() else { break };
            path = format!("/api/leads?limit=1&sort={sort}&cursor={next}");
        }
        assert_eq!(seen, expected, "{sort}");
    }
    assert_eq!(names(&get("/api/leads?tier=warm").await), ["p_owner"]);
    assert_eq!(names(&get("/api/leads?status=converted").await), Vec::<String>::new());
    for (words, found) in [
        ("oak", "p_owner"),
        ("ELM+cl", "p_nurse"),
        ("roe%2C+own", "p_owner"),
        ("oak+nurse", ""),
        ("ane", ""),
        ("%27", ""),
    ] {
        assert_eq!(names(&get(&format!("/api/leads?q={words}")).await).join(" "), found, "{words}");
    }
    for wrong in ["tier=boiling", "limit=0", "cursor=x", "cursor=999999.p", "sort=age"] {
        let answer = rig.get(&format!("/api/leads?{wrong}")).bearer_auth(&key).send().await.unwrap();
        problem(answer, 422, "validation").await;
    }
    for other in ["cursor=n.p", "sort=name&cursor=60.p", "sort=name&cursor=nAA.p", "sort=-name&cursor=n_w.p"]
    {
        let answer = rig.get(&format!("/api/leads?{other}")).bearer_auth(&key).send().await.unwrap();
        problem(answer, 409, "conflict").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_score_is_explained_and_reckoned_otherwise_without_writing() {
    let rig = Rig::start(&[]).await;
    let key = with_leads(&rig).await;
    let told = rig.get("/api/leads/p_owner/score").bearer_auth(&key).send().await.unwrap();
    let told = json_of(told).await;
    let ledger = &told["now"]["ledger"];
    let parts = ledger["parts"].as_array().unwrap();
    let sum: f64 = parts.iter().map(|part| part["contributes"].as_f64().unwrap()).sum();
    assert!((sum + ledger["cut"]["contributes"].as_f64().unwrap() - 60.0).abs() < 1e-9, "{ledger}");
    assert_eq!(told["now"]["what_if"][0]["rule"], "email");
    assert_eq!((&told["lead"]["score"], &told["now"]["weights_source"]), (&json!(60), &json!("default")));

    let path = "/api/leads/p_owner/score/whatif";
    let ask = async |body: Value| json_of(rig.post(path, &key, &body).send().await.unwrap()).await;
    let with = ask(json!({"lead": {"email": "jane@oak.example"}})).await;
    assert_eq!((&with["now"]["score"], &with["then"]["score"]), (&json!(60), &json!(66)));
    let weights = json!({"data_quality": 0.05, "authority": 0.5, "company_fit": 0.25, "timing": 0.05});
    let with = ask(json!({"weights": weights})).await;
    // 2 + 50 + 23 + 1.333.
    assert_eq!((&with["then"]["score"], &with["then"]["weights_source"]), (&json!(76), &Value::Null));
    assert_eq!(
        rig.test.number("SELECT als_score::bigint FROM leads WHERE prospect_id = 'p_owner'").await,
        60
    );

    let none = json!({"weights": {"data_quality": 0, "authority": 0, "company_fit": 0, "timing": 0}});
    problem(rig.post(path, &key, &none).send().await.unwrap(), 422, "validation").await;
    let unknown = json!({"lead": {"luck": 7}});
    problem(rig.post(path, &key, &unknown).send().await.unwrap(), 422, "validation").await;
    let nobody = rig.get("/api/leads/p_nobody/score").bearer_auth(&key).send().await.unwrap();
    problem(nobody, 404, "not-found").await;
}
