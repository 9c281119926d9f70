//! Due touches are announced for every client that has any, each once.

use chrono::{Days, NaiveDate};
use db::Uuid;
use prospects::{CadenceRequest, Owner};
use tests::TestFleet;
use tests::prospects::{at, people};

const OTHER: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);

/// A week whose slots are long over.
fn monday() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 4, 6).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_is_announced_for_each_client() {
    let fleet = TestFleet::start().await;
    fleet.sql(&format!("INSERT INTO clients (id, slug, name) VALUES ('{OTHER}', 'other', 'Other')")).await;
    let outreach = fleet.prospects().await;
    for client in [db::DEFAULT_CLIENT, OTHER] {
        let owner = Owner { client, user: None };
        outreach.take_in(owner, people(10), at(monday(), 1)).await.unwrap();
        let request = CadenceRequest {
            user_id: String::new(),
            target_connection_requests: 5,
            target_followups: 0,
            week_start: Some(monday()),
            dry_run: false,
        };
        let planned = outreach.plan_week(owner, &request, at(monday(), 6)).await.unwrap();
        assert_eq!(planned.connection_requests, 5);
    }
    let worker = fleet.run(&["outreach"]);
    let told = async |client: Uuid| fleet.broker.all(&format!("lf.v1.event.touch-due.{client}")).await.len();
    fleet
        .broker
        .until("ten touches", async || told(db::DEFAULT_CLIENT).await + told(OTHER).await == 10)
        .await;
    assert_eq!((told(db::DEFAULT_CLIENT).await, told(OTHER).await), (5, 5));
    assert!(worker.stop().success());
    let later = at(monday() + Days::new(30), 12);
    assert!(outreach.clients_due(later).await.unwrap().is_empty());
}
