//! Patterns of growth, matches, goals and outcomes: stored once, and asked for as the source document asks.

use crate::contractors::contractor;
use crate::rows::now;
use crate::server::{ALPHA, TestDb};
use db::goals::{self, Match, NewGoal};
use db::growth::{self, Outcome, Pattern, Told};
use db::{Tx, contractors, erasure};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};

fn document() -> Value {
    json!({
        "pattern_description": "d", "common_focus_areas": ["lead_systems"], "common_partners": [],
        "common_milestones": ["hired_ops_manager"], "common_books": [], "common_podcasts": [], "common_events": [],
        "avg_time_to_level_up_months": 11, "median_time_to_level_up_months": 10, "fastest_time_months": 4,
        "success_indicators": {"lead_flow_improved": true}, "confidence_low": 0.774, "confidence_high": 0.954,
        "success_rate": null, "common_milestones_stats": [], "months_stats": {"n": 47}
    })
}

fn pattern<'a>(document: &'a Value, name: &'a str, confidence_score: f64) -> Pattern<'a> {
    Pattern {
        from_revenue_tier: "0_5_million",
        to_revenue_tier: "5_10_million",
        pattern_type: "lead_improvement",
        pattern_name: name,
        status: "served",
        sample_size: 47,
        confidence_score,
        document,
        released_at: now(),
    }
}

/// Contractor 56 and a pattern of whose id it is told.
async fn with_pattern(test: &TestDb) -> (Tx, i32) {
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    contractors::write(&mut tx, &[contractor(56, "0_5_million")], now()).await.unwrap();
    let id = growth::store(&mut tx, &pattern(&document(), "lead systems first", 0.89), now()).await.unwrap();
    (tx, id)
}

fn goal(pattern_id: Option<i32>, checklist: &[&str]) -> NewGoal {
    NewGoal {
        pattern_id,
        goal_type: "lead_improvement".into(),
        goal_description: "Optimize lead generation and conversion systems".into(),
        target_milestone: "Implement CRM and lead tracking".into(),
        priority_score: 9,
        pattern_source: Some("Based on 47 contractors".into()),
        pattern_confidence: Some(0.89),
        data_gaps: vec!["close_rate".into()],
        expected_low_months: Some(8),
        expected_high_months: Some(12),
        timeline: None,
        checklist: checklist.iter().map(|item| (*item).to_owned()).collect(),
    }
}

#[tokio::test]
async fn the_queries_of_the_source_document_hold() {
    let test = TestDb::new().await;
    let (mut tx, id) = with_pattern(&test).await;
    // Learned again it is the same pattern.
    let again = growth::store(&mut tx, &pattern(&document(), "n", 0.9), now()).await.unwrap();
    assert_eq!(again, id);
    growth::store(&mut tx, &pattern(&document(), "lead systems first", 0.89), now()).await.unwrap();
    let found = [Match { pattern_id: id, match_score: 0.76, match_reason: "Revenue tier aligns".into() }];
    goals::keep_matches(&mut tx, 56, &found, now()).await.unwrap();
    tx.commit().await.unwrap();
    let mut connection = PgConnection::connect(&test.superuser_url).await.unwrap();
    for (sql, expected) in [
        (
            "SELECT pattern_name, from_revenue_tier, to_revenue_tier, sample_size, confidence_score FROM business_growth_patterns ORDER BY confidence_score DESC",
            "(\"lead systems first\",0_5_million,5_10_million,47,0.89)".to_owned(),
        ),
        (
            "SELECT id, pattern_name, common_focus_areas, avg_time_to_level_up_months FROM business_growth_patterns WHERE sample_size > 5",
            format!("({id},\"lead systems first\",\"[\"\"lead_systems\"\"]\",11)"),
        ),
        (
            "SELECT c.first_name, p.pattern_name, pm.match_score, pm.match_reason FROM contractor_pattern_matches pm JOIN contractors c ON pm.contractor_id = c.id JOIN business_growth_patterns p ON pm.pattern_id = p.id WHERE c.id = 56",
            "(,\"lead systems first\",0.76,\"Revenue tier aligns\")".to_owned(),
        ),
    ] {
        let rows = sqlx::query(AssertSqlSafe(format!("SELECT row::text FROM ({sql}) AS row")));
        let rows = rows.fetch_all(&mut connection).await.unwrap();
        let rows: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!(rows, [expected]);
    }
}

#[tokio::test]
async fn an_open_goal_is_made_once_and_what_is_done_of_it_stays() {
    let test = TestDb::new().await;
    let (mut tx, pattern) = with_pattern(&test).await;
    let found = [Match { pattern_id: pattern, match_score: 0.76, match_reason: "r".into() }];
    goals::keep_matches(&mut tx, 56, &found, now()).await.unwrap();
    let id = goals::keep(&mut tx, 56, &goal(Some(pattern), &["a", "b", "a"]), now()).await.unwrap();
    tx.commit().await.unwrap();
    test.sql("UPDATE ai_concierge_checklist_items SET done_at = now() WHERE item = 'a'").await;
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    let again = goals::keep(&mut tx, 56, &goal(Some(pattern), &["c", "b"]), now()).await.unwrap();
    assert_eq!(again, id);
    let items = goals::items(&mut tx, &[id]).await.unwrap();
    let items: Vec<(&str, bool)> =
        items.iter().map(|item| (item.item.as_str(), item.done_at.is_some())).collect();
    assert_eq!(items, [("a", true), ("c", false), ("b", false)]);
    goals::apply(&mut tx, 56, &[pattern], now()).await.unwrap();
    let applied = goals::matches(&mut tx, 56).await.unwrap().remove(0);
    assert_eq!(
        (applied.pattern_result.as_str(), applied.goals_generated, applied.checklist_items_generated),
        ("in_progress", 1, 3)
    );
    assert!(goals::end(&mut tx, id, "completed", now()).await.unwrap());
    assert!(!goals::end(&mut tx, id, "abandoned", now()).await.unwrap());
    let next = goals::keep(&mut tx, 56, &goal(None, &[]), now()).await.unwrap();
    let all = goals::of_contractor(&mut tx, 56).await.unwrap();
    let all: Vec<(i32, &str)> = all.iter().map(|goal| (goal.id, goal.status.as_str())).collect();
    assert_eq!(all, [(next, "open"), (id, "completed")]);
}

#[tokio::test]
async fn an_outcome_is_kept_once_and_outlives_its_goal() {
    let test = TestDb::new().await;
    let (mut tx, pattern_id) = with_pattern(&test).await;
    let goal_id = goals::keep(&mut tx, 56, &goal(Some(pattern_id), &[]), now()).await.unwrap();
    let outcome = |event: &str, contractor_satisfaction| Outcome {
        event_id: event.to_owned(),
        contractor_id: 56,
        pattern_id,
        goal_id: Some(goal_id),
        goal_completed: true,
        contractor_satisfaction,
        pattern_confidence: Some(0.89),
        ..Outcome::default()
    };
    for (event, satisfaction, expected) in [
        ("done", None, Told::New),
        ("done", Some(1), Told::Known),
        ("rated", Some(4), Told::Added),
        ("rated", Some(4), Told::Known),
    ] {
        let tracked = growth::track(&mut tx, &outcome(event, satisfaction), now()).await.unwrap().unwrap();
        assert_eq!(tracked.told, expected, "{event} {satisfaction:?}");
    }
    // What was told first stays, in whatever order it is told again.
    for (event, satisfaction) in [("changed", Some(2)), ("rated", Some(4)), ("changed", Some(2))] {
        let tracked = growth::track(&mut tx, &outcome(event, satisfaction), now()).await.unwrap().unwrap();
        assert_eq!((tracked.told, tracked.contractor_satisfaction), (Told::Known, Some(4)), "{event}");
    }
    let elsewhere = Outcome { goal_id: None, ..outcome("done", None) };
    assert_eq!(growth::track(&mut tx, &elsewhere, now()).await.unwrap(), None);
    tx.commit().await.unwrap();
    test.sql("DELETE FROM ai_concierge_goals").await;
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    let ended = growth::outcomes(&mut tx, now()).await.unwrap().remove(0);
    assert_eq!((ended.contractor_id, ended.counted_as), (Some(56), None));
    growth::keep_counted(&mut tx, &[(ended.id, Some(0.5))]).await.unwrap();
    assert_eq!(growth::outcomes(&mut tx, now()).await.unwrap()[0].counted_as, Some(0.5));
    assert_eq!((ended.contractor_satisfaction, ended.pattern_confidence), (Some(4), Some(0.89)));
    assert!(growth::outcomes(&mut tx, chrono::DateTime::UNIX_EPOCH).await.unwrap().is_empty());
}

#[tokio::test]
async fn who_is_erased_counts_as_one_however_many_goals_they_had() {
    let test = TestDb::new().await;
    let (mut tx, pattern_id) = with_pattern(&test).await;
    for place in 0..12 {
        let goal_id = goals::keep(&mut tx, 56, &goal(Some(pattern_id), &[]), now()).await.unwrap();
        goals::end(&mut tx, goal_id, "completed", now()).await.unwrap();
        let outcome = Outcome {
            event_id: place.to_string(),
            contractor_id: 56,
            pattern_id,
            goal_id: Some(goal_id),
            goal_completed: true,
            contractor_satisfaction: Some(if place == 11 { 2 } else { 5 }),
            pattern_confidence: Some(0.8 + f64::from(place) / 100.0),
            ..Outcome::default()
        };
        growth::track(&mut tx, &outcome, now()).await.unwrap().unwrap();
    }
    let first = growth::outcomes(&mut tx, now()).await.unwrap()[0].id;
    growth::keep_counted(&mut tx, &[(first, Some(1.0))]).await.unwrap();
    let erased = erasure::erase(&mut tx, 56, now()).await.unwrap();
    // The profile's tier, twelve goals, and eleven outcomes.
    assert_eq!(erased, Some(erasure::Erased { rows: 24, outcomes: 1 }));
    let left = growth::outcomes(&mut tx, now()).await.unwrap();
    // Counted as they were, until four others change too what they say.
    let of_nobody = (left[0].contractor_id, left[0].counted_as, left[0].pattern_confidence);
    assert_eq!((left.len(), of_nobody), (1, (None, Some(1.0), Some(0.8))));
    assert_eq!((left[0].goal_completed, left[0].contractor_satisfaction), (true, Some(2)));
}
