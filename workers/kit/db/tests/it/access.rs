//! Keys, webhook endpoints and kept answers: who may call, and what was answered before.

use crate::rows::now;
use crate::server::{ALPHA, BETA, TestDb};
use chrono::{DateTime, TimeDelta, Utc};
use db::idempotency::{self, ABANDONED, Answer, Begun, Claim, KEPT};
use db::keys::{self, NewKey};
use db::webhook_endpoints as endpoints;

const REQUEST: &[u8] = b"request";

fn answer(text: &str) -> Answer {
    Answer { status: 200, content_type: "application/json".into(), body: text.into() }
}

async fn begin(test: &TestDb, client: db::Uuid, request: &[u8], at: DateTime<Utc>) -> Begun {
    let mut tx = test.db.begin(client).await.unwrap();
    let begun = idempotency::begin(&mut tx, "k", request, at).await.unwrap();
    tx.commit().await.unwrap();
    begun
}

async fn claim(test: &TestDb, at: DateTime<Utc>) -> Claim {
    match begin(test, ALPHA, REQUEST, at).await {
        Begun::Claimed(claim) => claim,
        other => panic!("{other:?}"),
    }
}

async fn finish(test: &TestDb, claim: &Claim, text: &str) -> bool {
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    let kept = idempotency::finish(&mut tx, claim, &answer(text)).await.unwrap();
    tx.commit().await.unwrap();
    kept
}

#[tokio::test]
async fn a_key_is_found_by_its_own_tenant_until_it_is_revoked() {
    let test = TestDb::new().await;
    let scopes = ["read".to_owned(), "track".to_owned()];
    let expires_at = Some(now() + TimeDelta::days(1));
    let new = NewKey { key_id: "id", name: "crm", secret_hash: b"hash", scopes: &scopes, expires_at };
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    keys::create(&mut tx, &new, now()).await.unwrap();
    keys::touch(&mut tx, "id", now()).await.unwrap();
    keys::touch(&mut tx, "id", now() + TimeDelta::seconds(59)).await.unwrap();
    let key = keys::find(&mut tx, "id").await.unwrap().unwrap();
    assert_eq!((key.name.as_str(), key.secret_hash.as_slice()), ("crm", b"hash".as_slice()));
    assert_eq!((key.scopes.as_slice(), key.last_used_at), (scopes.as_slice(), Some(now())));
    assert!(key.is_active(now()) && !key.is_active(now() + TimeDelta::days(1)));
    assert!(keys::revoke(&mut tx, "id", now()).await.unwrap());
    assert!(keys::revoke(&mut tx, "id", now() + TimeDelta::days(9)).await.unwrap());
    assert!(!keys::revoke(&mut tx, "other", now()).await.unwrap());
    let listed = keys::list(&mut tx).await.unwrap();
    assert_eq!(listed[0].revoked_at, Some(now()), "the first time counts");
    assert!(!listed[0].is_active(now()));
    tx.commit().await.unwrap();

    let mut tx = test.db.begin(BETA).await.unwrap();
    assert_eq!(keys::find(&mut tx, "id").await.unwrap(), None);
    assert!(!keys::revoke(&mut tx, "id", now()).await.unwrap());
}

#[tokio::test]
async fn a_key_with_an_unknown_scope_is_not_made() {
    let test = TestDb::new().await;
    let scopes = ["everything".to_owned()];
    let new = NewKey { key_id: "id", name: "", secret_hash: b"", scopes: &scopes, expires_at: None };
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    assert!(keys::create(&mut tx, &new, now()).await.unwrap_err().is_permanent());
}

#[tokio::test]
async fn an_endpoint_knows_its_last_two_secrets() {
    let test = TestDb::new().await;
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    endpoints::create(&mut tx, "id", "sendgrid", "first", now()).await.unwrap();
    for secret in ["second", "third"] {
        assert!(endpoints::add_secret(&mut tx, "id", secret).await.unwrap());
    }
    endpoints::touch(&mut tx, "id", now()).await.unwrap();
    let endpoint = endpoints::find(&mut tx, "id").await.unwrap().unwrap();
    assert_eq!((endpoint.source.as_str(), endpoint.last_used_at), ("sendgrid", Some(now())));
    assert_eq!(endpoint.secrets, ["third", "second"]);
    assert!(endpoints::revoke(&mut tx, "id", now()).await.unwrap());
    assert!(!endpoints::add_secret(&mut tx, "id", "fourth").await.unwrap(), "revoked is revoked");
    assert_eq!(endpoints::list(&mut tx).await.unwrap()[0].revoked_at, Some(now()));
    tx.commit().await.unwrap();

    let mut tx = test.db.begin(BETA).await.unwrap();
    assert_eq!(endpoints::find(&mut tx, "id").await.unwrap(), None);
}

#[tokio::test]
async fn an_answer_is_given_again_to_the_same_request_of_the_same_tenant() {
    let test = TestDb::new().await;
    let claim = claim(&test, now()).await;
    assert_eq!(begin(&test, ALPHA, REQUEST, now()).await, Begun::InProgress);
    assert_eq!(begin(&test, ALPHA, b"other", now()).await, Begun::Reused);
    assert!(finish(&test, &claim, "first").await);
    assert_eq!(begin(&test, ALPHA, REQUEST, now()).await, Begun::Answered(answer("first")));
    assert_eq!(begin(&test, ALPHA, b"other", now()).await, Begun::Reused);
    assert!(matches!(begin(&test, BETA, b"other", now()).await, Begun::Claimed(_)));
}

#[tokio::test]
async fn a_claim_whose_holder_is_gone_is_taken_over_and_only_the_new_holder_may_answer() {
    let test = TestDb::new().await;
    let first = claim(&test, now()).await;
    assert_eq!(begin(&test, ALPHA, REQUEST, now() + ABANDONED).await, Begun::InProgress);
    let later = now() + ABANDONED + TimeDelta::seconds(1);
    assert_eq!(begin(&test, ALPHA, b"other", later).await, Begun::Reused);
    let second = claim(&test, later).await;
    assert!(!finish(&test, &first, "late").await);
    assert!(finish(&test, &second, "second").await);
    assert!(!finish(&test, &second, "twice").await);
    assert_eq!(begin(&test, ALPHA, REQUEST, later).await, Begun::Answered(answer("second")));
}

#[tokio::test]
async fn a_released_claim_is_free_at_once() {
    let test = TestDb::new().await;
    let first = claim(&test, now()).await;
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    idempotency::release(&mut tx, &first).await.unwrap();
    tx.commit().await.unwrap();
    claim(&test, now()).await;
}

#[tokio::test]
async fn answers_are_forgotten_after_a_day_and_their_rows_go() {
    let test = TestDb::new().await;
    let first = claim(&test, now()).await;
    finish(&test, &first, "old").await;
    test.sql(
        "INSERT INTO idempotency_keys (key, request_hash, created_at)
        SELECT 'old-' || n, '', '2020-01-01' FROM generate_series(1, 15) n",
    )
    .await;
    assert_eq!(begin(&test, ALPHA, REQUEST, now() + KEPT).await, Begun::Answered(answer("old")));
    let later = now() + KEPT + TimeDelta::seconds(1);
    assert!(matches!(begin(&test, ALPHA, b"other", later).await, Begun::Claimed(_)));
    assert_eq!(test.number("SELECT count(*) FROM idempotency_keys").await, 1);
}
