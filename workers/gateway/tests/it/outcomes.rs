//! What came of goals, told through the API.

use crate::rig::{Rig, contractors, now, problem};
use crate::server::ALPHA;
use contractors::NewOutcome;
use reqwest::StatusCode;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_told_of_one_goal_is_refused_for_another() {
    let rig = Rig::start(&[]).await;
    let key = rig.key(ALPHA, &["admin"]).await;
    rig.test
        .sql(&format!(
            "INSERT INTO contractors (client_id, id) VALUES ('{ALPHA}', 1);
            INSERT INTO business_growth_patterns (client_id, id, from_revenue_tier, to_revenue_tier, pattern_name,
                pattern_type, sample_size, confidence_score, last_recalculated_at, status, confidence_low,
                confidence_high, document, released_at)
            VALUES ('{ALPHA}', 1, 'a', 'b', 'n', 'lead_improvement', 5, 0.5, now(), 'served', 0, 1, '{{}}', now());
            INSERT INTO ai_concierge_goals (client_id, id, contractor_id, pattern_id, goal_type, goal_description,
                target_milestone, priority_score)
            VALUES ('{ALPHA}', 1, 1, 1, 'a', 'd', 't', 5), ('{ALPHA}', 2, 1, 1, 'b', 'd', 't', 5)"
        ))
        .await;
    let told = NewOutcome {
        event_id: "done".to_owned(),
        contractor_id: 1,
        goal_id: Some(1),
        goal_completed: true,
        ..NewOutcome::default()
    };
    contractors(rig.test.db.clone()).record_outcome(ALPHA, &told, now()).await.unwrap();
    let report = |goal: i32| {
        let told = json!({"contractor_id": 1, "goal_id": goal, "goal_completed": true, "event_id": "done"});
        rig.post("/api/growth/outcomes", &key, &told).send()
    };
    assert_eq!(report(1).await.unwrap().status(), StatusCode::ACCEPTED);
    let refused = problem(report(2).await.unwrap(), 422, "validation").await;
    assert_eq!(refused["errors"][0]["field"], "event_id", "{refused}");
    // What the table cannot hold is refused here, and dies nowhere else.
    for (field, wrong) in [
        ("contractor_satisfaction", json!(70_000)),
        ("contractor_satisfaction", json!(6)),
        ("time_to_completion_days", json!(-1)),
        ("time_to_completion_days", json!(3_000_000_000_u64)),
    ] {
        let told = json!({"contractor_id": 1, "goal_id": 2, "event_id": "other", field: wrong});
        let answer = rig.post("/api/growth/outcomes", &key, &told).send().await.unwrap();
        let refused = problem(answer, 422, "validation").await;
        assert_eq!(refused["errors"][0]["field"], field, "{refused}");
    }
    assert_eq!(rig.events().await, 1);
    let ended = rig.test.number("SELECT count(*) FROM ai_concierge_goals WHERE status <> 'open'").await;
    assert_eq!(ended, 1);
}
