//! Who may call the gateway, as an operator decides on the command line.

use chrono::Utc;
use serde_json::{Value, json};
use tests::TestFleet;
use tests::http::{Api, Endpoint};

const PATH: &str = "/api/outreach/suppressions";

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_shown_once_kept_as_a_hash_and_closed_for_good() {
    let fleet = TestFleet::start().await;
    let api = Api::start(&fleet).await;
    let made = fleet.said(&["key", "create", "--name", "crm", "--scope", "read", "--json"]).await;
    let (id, key) = (made["key_id"].as_str().unwrap(), made["key"].as_str().unwrap());
    let secret = key.strip_prefix(&format!("lf_live_{id}_")).unwrap();
    assert_eq!((secret.len(), &made["scopes"]), (43, &json!(["read"])));
    assert_eq!(api.status(key, PATH).await, 200);

    let (_, list) = fleet.leadfleet(&["key", "list"]).end().await;
    assert!(list.contains(id) && list.contains("crm") && !list.contains(secret), "{list}");
    let rows = fleet.texts("SELECT to_jsonb(k)::text FROM api_keys k").await.join("\n");
    assert!(rows.contains(id) && !rows.contains(secret), "{rows}");
    let hashed =
        format!("SELECT count(*) FROM api_keys WHERE secret_hash = sha256('{secret}') AND key_id = '{id}'");
    assert_eq!(fleet.number(&hashed).await, 1);

    let (revoked, log) = fleet.leadfleet(&["key", "revoke", id]).end().await;
    assert!(revoked.success(), "{log}");
    fleet.broker.until("the key to be refused", || async { api.status(key, PATH).await == 401 }).await;
    assert_eq!(api.status(&api.key, PATH).await, 200, "another key goes on");
    let listed = fleet.said(&["key", "list", "--json"]).await;
    let of =
        |listed: &Value| listed.as_array().unwrap().iter().find(|key| key["key_id"] == id).cloned().unwrap();
    assert!(of(&listed)["revoked_at"].is_string(), "{listed}");
    assert!(!listed.to_string().contains(secret));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_another_client_or_an_unknown_one_cannot_be_closed() {
    let fleet = TestFleet::start().await;
    for id in ["nonsense", "AAAAAAAAcACAAAAAAAAAAaMz1H2cXw"] {
        let (status, log) = fleet.leadfleet(&["key", "revoke", id]).end().await;
        assert_eq!(status.code(), Some(3), "{log}");
        assert!(log.contains("there is no key") && log.contains("leadfleet key list"), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_of_a_webhook_is_shown_once_changed_without_a_gap_and_closed_for_good() {
    let fleet = TestFleet::start().await;
    let api = Api::start(&fleet).await;
    let made = fleet.said(&["webhook", "create", "--source", "standard", "--json"]).await;
    let id = made["endpoint_id"].as_str().unwrap();
    assert!(made["url"].as_str().unwrap().ends_with(&format!("/api/webhooks/{id}")), "{made}");
    let rotate = async || fleet.said(&["webhook", "rotate", id, "--json"]).await;
    let first = Endpoint::of(&made);
    assert_eq!(delivered(&api, &first).await, 200);
    let second = Endpoint::of(&rotate().await);
    assert_eq!((delivered(&api, &first).await, delivered(&api, &second).await), (200, 200));
    let third = Endpoint::of(&rotate().await);
    let heard =
        (delivered(&api, &first).await, delivered(&api, &second).await, delivered(&api, &third).await);
    assert_eq!(heard, (401, 200, 200));

    let listed = fleet.said(&["webhook", "list", "--json"]).await;
    assert!(listed.to_string().contains(id) && !listed.to_string().contains("whsec_"), "{listed}");
    let (revoked, log) = fleet.leadfleet(&["webhook", "revoke", id]).end().await;
    assert!(revoked.success(), "{log}");
    assert_eq!(delivered(&api, &third).await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_that_makes_the_secret_itself_needs_it_from_a_file() {
    let fleet = TestFleet::start().await;
    let (status, log) = fleet.leadfleet(&["webhook", "create", "--source", "slack"]).end().await;
    assert_eq!(status.code(), Some(2), "{log}");
    assert!(log.contains("slack makes the secret itself") && log.contains("--secret-file"), "{log}");
    let file = fleet.folder().join("secret");
    std::fs::write(&file, "8f742231b10e8888abcd99yyyzzz85a5\n").unwrap();
    let file = file.to_str().unwrap();
    let made = fleet.said(&["webhook", "create", "--source", "slack", "--secret-file", file, "--json"]).await;
    assert_eq!((&made["source"], made.get("secret")), (&json!("slack"), None));
}

#[expect(clippy::disallowed_methods, reason = "a delivery is signed now")]
async fn delivered(api: &Api, endpoint: &Endpoint) -> u16 {
    let body = json!({"type": "opened", "timestamp": "2025-11-11T09:30:00Z", "data": {"email": "jane@clinic.example"}});
    api.deliver(endpoint, "msg_1", Utc::now(), &body).await.0
}
