//! Bookings: which touch led to them, what stays of a score from before, and who may see what was learned.

use crate::rows::now;
use crate::server::{ALPHA, BETA, TestDb};
use db::conversion::{self, ClientWeights, Learned};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};

const ANN: &str = "01900000-0000-7000-8000-00000000a001";
const USER: &str = "01900000-0000-7000-8000-00000000b001";

/// A client with one lead that was scored.
async fn with_lead() -> TestDb {
    let test = TestDb::new().await;
    test.sql(&format!(
        "INSERT INTO leads (client_id, id, prospect_id, name, source, collected_at, als_score, als_tier, als_components,
            als_weights_used, scored_at)
        VALUES ('{ALPHA}', '{ANN}', 'ann', 'Ann', 'test', now(), 65, 'warm',
            '{{\"data_quality\": 16, \"authority\": 22, \"company_fit\": 18, \"timing\": 9, \"risk\": 0}}', '{{}}', '2025-04-01')"
    ))
    .await;
    test
}

/// Something happens to the lead, so many hours after the first of May.
async fn happens(test: &TestDb, action: &str, hour: u32, event: &str) {
    let intent = if action == "replied" { "'positive'" } else { "NULL" };
    test.sql(&format!(
        "INSERT INTO activities (client_id, id, lead_id, action, channel, created_at, source, event_id, intent)
        VALUES ('{ALPHA}', uuid_generate_v7(), '{ANN}', '{action}', 'email',
            '2025-05-01T00:00:00Z'::timestamptz + interval '{hour} hours', 'test', '{event}', {intent})"
    ))
    .await;
}

/// The event that led to the booking, if there is one.
async fn converting(test: &TestDb) -> Vec<String> {
    let mut connection = PgConnection::connect(&test.superuser_url).await.unwrap();
    let rows =
        sqlx::query("SELECT event_id FROM activities WHERE led_to_booking").fetch_all(&mut connection).await;
    rows.unwrap().iter().map(|row| row.get(0)).collect()
}

async fn text(test: &TestDb, sql: &str) -> String {
    let mut connection = PgConnection::connect(&test.superuser_url).await.unwrap();
    let row = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_one(&mut connection).await.unwrap();
    row.get::<Option<String>, _>(0).unwrap_or_default()
}

#[tokio::test]
async fn the_last_touch_before_the_booking_is_the_converting_one() {
    let test = with_lead().await;
    happens(&test, "email_sent", 1, "first").await;
    happens(&test, "linkedin_sent", 20, "second").await;
    happens(&test, "opened", 21, "no touch").await;
    happens(&test, "meeting_booked", 30, "booking").await;
    happens(&test, "sms_sent", 40, "later").await;
    assert_eq!(converting(&test).await, ["second"]);
    let parts = "SELECT string_agg(event_id || attribution::text, ' ' ORDER BY created_at) FROM activities";
    assert_eq!(
        text(&test, parts).await,
        "first{\"last\": 0, \"first\": 1, \"linear\": 0.5000} second{\"last\": 1, \"first\": 0, \"linear\": 0.5000}"
    );
    let at = text(&test, "SELECT (converted_at AT TIME ZONE 'UTC')::text FROM leads").await;
    assert_eq!(at, "2025-05-02 06:00:00");
}

#[tokio::test]
async fn a_touch_that_is_heard_of_late_takes_its_place() {
    let test = with_lead().await;
    happens(&test, "sent", 1, "first").await;
    happens(&test, "meeting_booked", 30, "booking").await;
    assert_eq!(converting(&test).await, ["first"]);
    happens(&test, "voice_completed", 20, "second").await;
    assert_eq!(converting(&test).await, ["second"]);
}

#[tokio::test]
async fn a_positive_answer_comes_before_the_change_of_status() {
    // X71: what went out between the answer and the change of status did not lead to it.
    let test = with_lead().await;
    happens(&test, "sent", 1, "first").await;
    happens(&test, "replied", 5, "answer").await;
    happens(&test, "sent", 9, "too late").await;
    test.sql("UPDATE leads SET status = 'converted'").await;
    assert_eq!(converting(&test).await, ["first"]);
}

#[tokio::test]
async fn of_touches_of_the_same_moment_one_is_marked() {
    let test = with_lead().await;
    for event in ["one", "other"] {
        happens(&test, "sent", 1, event).await;
    }
    test.sql("UPDATE leads SET status = 'converted'").await;
    assert_eq!(converting(&test).await.len(), 1);
}

#[tokio::test]
async fn a_conversion_that_is_taken_back_leaves_nothing() {
    let test = with_lead().await;
    happens(&test, "sent", 1, "first").await;
    test.sql("UPDATE leads SET status = 'converted'").await;
    assert_eq!(converting(&test).await, ["first"]);
    test.sql("UPDATE leads SET status = 'not_interested'").await;
    assert!(converting(&test).await.is_empty());
    assert_eq!(text(&test, "SELECT converted_at::text FROM leads").await, "");
    happens(&test, "sent", 2, "second").await;
    test.sql("UPDATE leads SET status = 'converted'").await;
    assert_eq!(converting(&test).await, ["second"]);
    // Who leaves after a booking has booked.
    test.sql("UPDATE leads SET status = 'unsubscribed'").await;
    assert_eq!(converting(&test).await, ["second"]);
}

#[tokio::test]
async fn a_lead_that_is_inserted_as_converted_counts() {
    let test = with_lead().await;
    let insert =
        "INSERT INTO leads (client_id, id, prospect_id, name, source, collected_at, status, converted_at)";
    test.sql(&format!(
        "{insert} VALUES ('{ALPHA}', uuid_generate_v7(), 'b', 'B', 't', now(), 'converted', NULL)"
    ))
    .await;
    assert_eq!(test.number("SELECT count(*) FROM leads WHERE converted_at IS NOT NULL").await, 1);
}

#[tokio::test]
async fn the_score_from_before_the_first_touch_stays() {
    let test = with_lead().await;
    assert_eq!(text(&test, "SELECT als_before FROM leads").await, "16 22 18 9 0 warm");
    happens(&test, "sent", 9, "first").await;
    test.sql("UPDATE leads SET als_score = 80, als_components = '{\"timing\": 15}', scored_at = now()").await;
    happens(&test, "sent", 10, "second").await;
    assert_eq!(text(&test, "SELECT als_before FROM leads").await, "16 22 18 9 0 warm");
    assert_eq!(text(&test, "SELECT als_snapshot ->> 'score' FROM leads").await, "65");
    assert_eq!(text(&test, "SELECT als_snapshot -> 'components' ->> 'timing' FROM leads").await, "9");
}

#[tokio::test]
async fn a_score_from_after_the_first_touch_is_none_from_before_it() {
    let test = with_lead().await;
    test.sql("UPDATE leads SET scored_at = '2025-06-01'").await;
    happens(&test, "sent", 9, "first").await;
    assert_eq!(text(&test, "SELECT als_snapshot::text FROM leads").await, "");
    assert_eq!(text(&test, "SELECT als_before FROM leads").await.trim(), "");
    // Parts that came with a lead are from before, whenever they are read.
    test.sql("UPDATE leads SET als_given = '{\"timing\": 9}', als_components = '{\"timing\": 9}'").await;
    assert_eq!(text(&test, "SELECT als_before FROM leads").await, "   9  warm");
    // Only numbers are points.
    let odd = r#"{"data_quality": "16", "authority": null, "company_fit": {"a": 1}, "timing": [1, 2], "risk": 1.5}"#;
    test.sql(&format!("UPDATE leads SET als_components = '{odd}'")).await;
    assert_eq!(text(&test, "SELECT als_before FROM leads").await, "    1.5 warm");
}

#[tokio::test]
async fn what_goes_out_after_the_change_of_status_did_not_lead_to_it() {
    let test = with_lead().await;
    happens(&test, "sent", 1, "first").await;
    test.sql("UPDATE leads SET status = 'converted', converted_at = '2025-05-02'").await;
    happens(&test, "voice_completed", 60, "later").await;
    assert_eq!(converting(&test).await, ["first"]);
}

#[tokio::test]
async fn who_belongs_to_a_client_sees_its_patterns_and_changes_none() {
    let test = TestDb::new().await;
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    let patterns = json!({"type": "who"});
    let learned = Learned {
        pattern_type: "who",
        patterns: &patterns,
        sample_size: 200,
        confidence: 0.97,
        computed_at: now(),
        valid_until: now(),
    };
    assert!(conversion::store(&mut tx, &learned).await.unwrap());
    tx.commit().await.unwrap();
    let seen = async |member: &str, accepted: &str| {
        test.sql("DELETE FROM memberships").await;
        test.sql(&format!(
            "INSERT INTO memberships (client_id, user_id, accepted_at) VALUES ('{member}', '{USER}', {accepted})"
        ))
        .await;
        let mut person = PgConnection::connect(&test.owner_url).await.unwrap();
        sqlx::raw_sql("SET ROLE leadfleet_app").execute(&mut person).await.unwrap();
        let log_in = format!("SELECT set_config('app.user_id', '{USER}', false)");
        sqlx::raw_sql(AssertSqlSafe(log_in)).execute(&mut person).await.unwrap();
        let row = sqlx::query(
            "SELECT (SELECT count(*) FROM conversion_patterns), (SELECT count(*) FROM conversion_pattern_history)",
        )
        .fetch_one(&mut person)
        .await
        .unwrap();
        // People look; programs write.
        for change in [
            format!("INSERT INTO memberships (client_id, user_id, accepted_at) VALUES ('{BETA}', '{USER}', now())"),
            format!(
                "INSERT INTO conversion_patterns (client_id, pattern_type, patterns, sample_size, confidence, valid_until)
                VALUES ('{ALPHA}', 'what', '{{}}', 1, 0, now())"
            ),
        ] {
            let error = sqlx::raw_sql(AssertSqlSafe(change)).execute(&mut person).await.unwrap_err().to_string();
            assert!(error.contains("row-level security"), "{error}");
        }
        (row.get::<i64, _>(0), row.get::<i64, _>(1))
    };
    assert_eq!(seen(&ALPHA.to_string(), "now()").await, (1, 1));
    assert_eq!(seen(&ALPHA.to_string(), "NULL").await, (0, 0), "an invitation is no membership");
    assert_eq!(seen(&BETA.to_string(), "now()").await, (0, 0));
}

#[tokio::test]
async fn an_older_moment_is_history_and_the_same_moment_is_kept_once() {
    let test = TestDb::new().await;
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    let (older, newer) = (json!({"n": 1}), json!({"n": 2}));
    let earlier = now() - chrono::TimeDelta::days(7);
    let learned = |patterns, computed_at| Learned {
        pattern_type: "when",
        patterns,
        sample_size: 1,
        confidence: 0.5,
        computed_at,
        valid_until: now(),
    };
    assert!(conversion::store(&mut tx, &learned(&newer, now())).await.unwrap());
    assert!(!conversion::store(&mut tx, &learned(&older, earlier)).await.unwrap());
    assert!(conversion::store(&mut tx, &learned(&newer, now())).await.unwrap());
    assert_eq!(conversion::current(&mut tx, Some("when")).await.unwrap()[0].patterns, newer);
    let history = conversion::history(&mut tx, None, 9).await.unwrap();
    assert_eq!(history.iter().map(|one| &one.patterns).collect::<Vec<_>>(), [&newer, &older]);
    let weights = ClientWeights { weights_source: "learned".into(), ..ClientWeights::default() };
    conversion::set_weights(&mut tx, &weights, Some(now())).await.unwrap();
    assert_eq!(conversion::weights(&mut tx).await.unwrap().weights_source, "learned");
}
