//! Attempts at reading a contractor back from what the API tells others.

use crate::rig::{Rig, Time, contractors};
use crate::server::ALPHA;
use contractors::{Contractors, NewOutcome};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// A contractor who levelled up within a day span, used a partner, read a book and reached something.
fn levelled_up(id: i32, left: &str, partner: i32, rated: i32, book: &str) -> String {
    format!(
        "INSERT INTO contractors (client_id, id, company_name) VALUES ('{ALPHA}', {id}, 'Roofs {id}');
        INSERT INTO contractor_revenue_history (client_id, contractor_id, tier, valid_from, focus_areas)
        VALUES ('{ALPHA}', {id}, '0_5_million', '2024-01-01', '{{lead_systems}}'),
            ('{ALPHA}', {id}, '5_10_million', '{left}', '{{lead_systems}}');
        INSERT INTO partners (client_id, id, name) VALUES ('{ALPHA}', {partner}, 'Partner {partner}')
        ON CONFLICT DO NOTHING;
        INSERT INTO contractor_partner_usage (client_id, contractor_id, partner_id, used_from, satisfaction)
        VALUES ('{ALPHA}', {id}, {partner}, '2024-01-20', {rated});
        INSERT INTO contractor_milestones (client_id, contractor_id, milestone, reached_on)
        VALUES ('{ALPHA}', {id}, 'milestone_{partner}', '2024-01-20');
        INSERT INTO contractor_content (client_id, contractor_id, kind, title, consumed_on)
        VALUES ('{ALPHA}', {id}, 'book', '{book}', '2024-01-20');"
    )
}

/// Everything that the API tells contractor 56 of others, but for when it was looked at last.
async fn told(rig: &Rig, key: &str) -> Value {
    let mut told = json!({});
    for path in [
        "/api/growth/patterns",
        "/api/growth/contractors/56/patterns",
        "/api/growth/contractors/56/partners",
        "/api/growth/contractors/56/content",
        "/api/growth/contractors/56/timeline",
        "/api/growth/runs/latest",
    ] {
        let answer = rig.get(path).bearer_auth(key).send().await.unwrap();
        let unknown = answer.status() == StatusCode::CONFLICT && path.ends_with("timeline");
        assert!(unknown || answer.status() == StatusCode::OK, "{path}: {}", answer.status());
        told[path] = answer.json().await.unwrap();
    }
    let goals = "/api/growth/contractors/56/goals?dry_run=true";
    told[goals] = rig.post(goals, key, &json!({})).send().await.unwrap().json().await.unwrap();
    for pattern in told["/api/growth/patterns"]["patterns"].as_array_mut().unwrap() {
        pattern["last_recalculated_at"] = Value::Null;
    }
    // How many are known is told of a run, and moves by one.
    for exact in ["as_of", "contractors", "with_history"] {
        told["/api/growth/runs/latest"][exact] = Value::Null;
    }
    told
}

/// No figure is of one to four contractors, or of all but so many.
#[track_caller]
fn tells_of_nobody(told: &Value) {
    match told {
        Value::Object(fields) => {
            let number = |name: &str| fields.get(name).and_then(Value::as_u64);
            for (with, of) in [("count", "n"), ("stayed_with", "stayed")] {
                if let Some((with, of)) = number(with).zip(number(of)) {
                    let few = [with, of - with].iter().any(|part| (1..5).contains(part));
                    assert!(!few, "{with} of {of}: {told}");
                }
            }
            // Of outcomes, a sum with halves, and a share.
            let share = |name: &str| fields.get(name).and_then(Value::as_f64);
            if let Some(of) = share("n") {
                let succeeded = share("succeeded").map(|share| (share * of).round());
                for with in share("successes").into_iter().chain(succeeded) {
                    let few = [with, of - with].iter().any(|part| *part > 0.0 && *part < 2.5);
                    assert!(!few, "{with} of {of}: {told}");
                }
            }
            for size in ["sample_size", "satisfaction_count"] {
                assert!(number(size).is_none_or(|n| n >= 5), "{size}: {told}");
            }
            fields.values().for_each(tells_of_nobody);
        }
        Value::Array(items) => items.iter().for_each(tells_of_nobody),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_read_from_two_releases_of_the_smallest_cohort() {
    let time = Time::new("2026-06-01T10:00:00Z");
    let rig = Rig::at(&time).await;
    let key = rig.key(ALPHA, &["admin"]).await;
    let learn = async |moment: &str| {
        time.set(moment);
        let moment = moment.parse().unwrap();
        contractors(rig.test.db.clone()).learn(ALPHA, moment, || {}).await.unwrap();
    };
    let asks = format!(
        "INSERT INTO contractors (client_id, id, revenue_tier, focus_areas, updated_at)
        VALUES ('{ALPHA}', 56, '0_5_million', '{{lead_systems}}', '2026-05-01')"
    );
    let four: String = (1..=4).map(|id| levelled_up(id, "2024-11-01", 1, 5, "Traction")).collect();
    rig.test.sql(&format!("{asks};{four}")).await;
    learn("2026-06-01T10:00:00Z").await;
    let of_four = told(&rig, &key).await;
    assert_eq!(of_four["/api/growth/patterns"]["patterns"], json!([]));
    assert_eq!(of_four["/api/growth/contractors/56/partners"]["partners"], json!([]));

    // With the fifth there is something to tell, of all five.
    rig.test.sql(&levelled_up(5, "2024-11-01", 1, 5, "Traction")).await;
    learn("2026-06-01T12:00:00Z").await;
    let of_five = told(&rig, &key).await;
    tells_of_nobody(&of_five);
    let texts = of_five.to_string();
    assert!(
        texts.contains("Partner 1") && texts.contains("Traction") && texts.contains("milestone_1"),
        "{texts}"
    );

    // The sixth is like nobody else; whoever knows the five sees nothing of it, from any of the endpoints.
    rig.test.sql(&levelled_up(6, "2024-02-01", 99, 1, "A strange book")).await;
    learn("2026-06-01T14:00:00Z").await;
    let of_six = told(&rig, &key).await;
    assert_eq!(of_six, of_five);

    // And nobody who asks is told more once the sixth has gone.
    let erased = rig.request(reqwest::Method::DELETE, "/api/growth/contractors/6");
    assert_eq!(erased.bearer_auth(&key).send().await.unwrap().status(), StatusCode::OK);
    learn("2026-06-01T16:00:00Z").await;
    assert_eq!(told(&rig, &key).await, of_five);
}

/// A contractor makes goals, and says how helpful one that a pattern stands behind was.
async fn rates(contractors: &Contractors, id: i32, rating: i16, at: &str) {
    let now = at.parse().unwrap();
    let made = contractors.generate_goals(ALPHA, id, false, now).await.unwrap();
    let place = made.goals.iter().position(|goal| goal.pattern_id.is_some()).unwrap();
    let outcome = NewOutcome {
        event_id: format!("{id} {}", made.ids[place]),
        contractor_id: id,
        goal_id: Some(made.ids[place]),
        goal_completed: true,
        contractor_satisfaction: Some(rating),
        ..NewOutcome::default()
    };
    contractors.record_outcome(ALPHA, &outcome, now).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobodys_answer_is_read_from_what_came_of_goals() {
    let time = Time::new("2026-06-01T10:00:00Z");
    let rig = Rig::at(&time).await;
    let key = rig.key(ALPHA, &["admin"]).await;
    let known = contractors(rig.test.db.clone());
    let learn = async |moment: &str| {
        time.set(moment);
        contractors(rig.test.db.clone()).learn(ALPHA, moment.parse().unwrap(), || {}).await.unwrap();
        told(&rig, &key).await
    };
    let mut rows: String = (1..=5).map(|id| levelled_up(id, "2024-11-01", 1, 5, "Traction")).collect();
    for id in std::iter::once(56).chain(60..70) {
        rows.push_str(&format!(
            "INSERT INTO contractors (client_id, id, revenue_tier, focus_areas, updated_at)
            VALUES ('{ALPHA}', {id}, '0_5_million', '{{lead_systems}}', '2026-05-01');"
        ));
    }
    rig.test.sql(&rows).await;
    let before = learn("2026-06-01T10:00:00Z").await;

    // Of five one finds it useless: who counts in the others sees neither that, nor that anything was told.
    for (id, rating) in [(60, 5), (61, 5), (62, 5), (63, 5), (64, 1)] {
        rates(&known, id, rating, "2026-06-01T11:00:00Z").await;
    }
    assert_eq!(learn("2026-06-01T12:00:00Z").await, before);
    for (id, rating) in [(65, 1), (66, 1), (67, 1), (68, 1), (69, 5)] {
        rates(&known, id, rating, "2026-06-01T13:00:00Z").await;
    }
    let of_ten = learn("2026-06-01T14:00:00Z").await;
    tells_of_nobody(&of_ten);
    assert_ne!(of_ten, before);

    // One who changes their mind, however often, changes no byte, nor does erasing them with all that they said.
    for _ in 0..6 {
        rates(&known, 60, 1, "2026-06-01T15:00:00Z").await;
    }
    assert_eq!(learn("2026-06-01T16:00:00Z").await, of_ten);
    let erased = rig.request(reqwest::Method::DELETE, "/api/growth/contractors/60");
    assert_eq!(erased.bearer_auth(&key).send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(learn("2026-06-01T18:00:00Z").await, of_ten);
}
