//! What leads keep of their activities for learning: as if built from scratch, whatever happens to them, and read exactly.

use crate::server::{ALPHA, BETA, TestDb, run};
use chrono::{DateTime, TimeDelta, Utc};
use db::Uuid;
use db::outcomes::{ActivityRow, EVERYBODY, Outcomes};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use std::collections::BTreeMap;

/// Leads whose history is not that of their activities.
const WRONG: &str =
    "SELECT count(*) FROM leads WHERE history IS DISTINCT FROM leadfleet_history(client_id, id)";
const ALL: &str = "SELECT hashtext(string_agg(client_id::text || prospect_id || history::text, ' '
    ORDER BY client_id, prospect_id))::bigint FROM leads";

/// Two clients with the same two leads; everyone was written to twice and answered.
async fn with_leads() -> TestDb {
    let test = TestDb::new().await;
    test.sql(&format!(
        "INSERT INTO leads (client_id, id, prospect_id, name, source, collected_at, created_at)
        SELECT client, lpad(n::text, 32, '0')::uuid, 'p' || n, 'Ann', 'test', '2025-05-01', '2025-05-01'
        FROM unnest('{{{ALPHA}, {BETA}}}'::uuid[]) AS client, generate_series(1, 2) AS n;
        INSERT INTO activities (client_id, id, lead_id, action, channel, created_at, source, event_id)
        SELECT client_id, gen_random_uuid(), id, CASE step WHEN 3 THEN 'replied' ELSE 'sent' END, 'email',
            '2025-05-01'::timestamptz + step * interval '1 day', 'test', prospect_id || '-' || step
        FROM leads, generate_series(1, 3) AS step"
    ))
    .await;
    assert_eq!(test.number(WRONG).await, 0);
    test
}

/// SQL by which something happens to a lead of the first client.
fn happens(lead: u8, action: &str, at: &str, event: &str) -> String {
    format!(
        "INSERT INTO activities (client_id, id, lead_id, action, channel, created_at, source, event_id)
        VALUES ('{ALPHA}', gen_random_uuid(), lpad('{lead}', 32, '0')::uuid, '{action}', 'email', '{at}', 'test', '{event}')"
    )
}

#[tokio::test]
async fn histories_are_those_of_the_activities_whatever_happens_to_them() {
    let test = with_leads().await;
    for change in [
        happens(1, "email_sent", "2025-05-10", "by mail"),
        happens(1, "replied", "2025-05-11", "again"),
        // Marks touches itself, those too whose own turn is yet to come.
        format!("{}; {}", happens(2, "voice_completed", "2025-05-12", "call"), happens(2, "meeting_booked", "2025-05-13", "meeting")),
        "INSERT INTO activities (client_id, id, lead_id, action, channel, created_at, source, event_id)
            SELECT client_id, gen_random_uuid(), id, unnest('{meeting_booked, sent, sent}'::text[]), 'email', '2025-05-13', 'test', gen_random_uuid()
            FROM leads WHERE prospect_id = 'p1'"
            .to_owned(),
        // One statement, of which each part changes the same leads.
        "WITH changed AS (UPDATE activities SET channel = 'sms' WHERE event_id = 'p2-2')
            INSERT INTO activities (client_id, id, lead_id, action, created_at, source, event_id)
            SELECT client_id, gen_random_uuid(), id, 'sent', '2025-05-14', 'test', 'p2-4' FROM leads WHERE prospect_id = 'p2'"
            .to_owned(),
        "UPDATE activities SET content_features = '{\"w\":1}' WHERE event_id = 'p1-1'".to_owned(),
        "UPDATE activities SET content_features = NULL, content_snapshot = '{\"body\": \"Hi\"}' WHERE event_id = 'p1-1'".to_owned(),
        "UPDATE activities SET content_snapshot = '{\"body\": \"Ho\"}' WHERE event_id = 'p1-1'".to_owned(),
        "UPDATE activities SET action = 'opened' WHERE event_id = 'p1-2'".to_owned(),
        "UPDATE activities SET action = 'sent' WHERE event_id = 'p1-2'".to_owned(),
        "UPDATE activities SET channel = 'linkedin' WHERE event_id = 'p1-2'".to_owned(),
        "UPDATE activities SET created_at = created_at + interval '1 microsecond' WHERE event_id = 'p1-2'".to_owned(),
        "UPDATE activities SET machine = true WHERE event_id = 'p1-3'".to_owned(),
        "UPDATE activities SET machine = false WHERE event_id = 'p1-3'".to_owned(),
        "UPDATE activities SET led_to_booking = NULL WHERE event_id = 'p1-2'".to_owned(),
        "UPDATE activities SET lead_id = lpad('2', 32, '0')::uuid WHERE event_id = 'p1-2'".to_owned(),
        "UPDATE activities SET lead_id = NULL WHERE event_id = 'p1-2'".to_owned(),
        "UPDATE activities SET lead_id = lpad('1', 32, '0')::uuid WHERE event_id = 'p1-2'".to_owned(),
        format!("UPDATE activities SET client_id = '{BETA}', source = 'moved' WHERE client_id = '{ALPHA}' AND event_id = 'p1-2'"),
        "UPDATE leads SET status = 'converted' WHERE prospect_id = 'p2'".to_owned(),
        "DELETE FROM activities WHERE event_id = 'p1-1'".to_owned(),
        "DELETE FROM leads WHERE prospect_id = 'p1'".to_owned(),
        "TRUNCATE activities".to_owned(),
    ] {
        let before = test.number(ALL).await;
        test.sql(&change).await;
        assert_eq!(test.number(WRONG).await, 0, "{change}");
        assert_ne!(test.number(ALL).await, before, "{change}");
    }
    assert_eq!(test.number("SELECT count(*) FROM leads WHERE history = ''").await, 2);
}

#[tokio::test]
async fn who_cannot_see_all_leads_cannot_empty_the_activities() {
    let test = with_leads().await;
    let mut owner = PgConnection::connect(&test.owner_url).await.unwrap();
    let refused = sqlx::raw_sql("TRUNCATE activities").execute(&mut owner).await.unwrap_err();
    assert!(refused.to_string().contains("row-level security"), "{refused}");
    assert_eq!(test.number(WRONG).await, 0);
}

#[tokio::test]
async fn of_two_at_once_none_misses_what_the_other_wrote() {
    let test = with_leads().await;
    for (event, other) in [
        ("replied", happens(1, "replied", "2025-06-02", "other reply")),
        ("sent", happens(1, "email_sent", "2025-06-03", "other touch")),
        ("replied", "DELETE FROM activities WHERE event_id = 'p1-3'".to_owned()),
    ] {
        let mut first = PgConnection::connect(&test.superuser_url).await.unwrap();
        let mut first = first.begin().await.unwrap();
        let at = happens(1, event, "2025-06-01", &format!("{event} {}", other.len()));
        sqlx::raw_sql(AssertSqlSafe(at)).execute(&mut *first).await.unwrap();
        let (url, statement) = (test.superuser_url.clone(), other.clone());
        let second = tokio::spawn(async move { run(&url, &statement).await });
        while test
            .number(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN
            (SELECT pid FROM pg_stat_activity WHERE datname = current_database())",
            )
            .await
            == 0
        {
            assert!(!second.is_finished(), "{other} did not wait");
        }
        first.commit().await.unwrap();
        second.await.unwrap();
        assert_eq!(test.number(WRONG).await, 0, "{event}, {other}");
    }
}

type Read = (i64, String, String, bool, String, String);

fn owned(row: ActivityRow<'_>) -> Read {
    let [action, channel, features, snapshot] =
        [row.action, row.channel, row.content_features, row.content_snapshot].map(str::to_owned);
    (row.created_at, action, channel, row.led_to_booking, features, snapshot)
}

/// The histories of a client's leads, by the names of the leads' last digits.
async fn read(test: &TestDb, client: Uuid, as_of: DateTime<Utc>) -> BTreeMap<u128, Vec<Read>> {
    let mut outcomes = Outcomes::open(&test.db, client, as_of).await.unwrap();
    let mut found = BTreeMap::new();
    outcomes
        .histories(EVERYBODY, |lead, history| {
            found.insert(lead.id.as_u128(), history.map(owned).collect());
        })
        .await
        .unwrap();
    found
}

#[tokio::test]
async fn words_of_any_kind_read_back_exactly() {
    let test = with_leads().await;
    test.sql("TRUNCATE activities").await;
    let words = [
        "",
        " ",
        "\n\t\r",
        "a:b,c;d|e",
        "'\"\\",
        "\\x00ff",
        "\u{1}\u{7f}\u{ffff}",
        "Grüße, 你好 🦷",
        "\u{0}ÿÿÿÿ",
        "1 sent email 55",
        "{\"s\":\"x\"}",
    ];
    let long = words.concat().repeat(200);
    let mut expected = Vec::new();
    let mut writer = PgConnection::connect(&test.superuser_url).await.unwrap();
    for (place, word) in words.iter().chain([&long.as_str()]).enumerate() {
        // Postgres keeps no zeros.
        let word = word.replace('\0', "");
        let snapshot = json!({"body": word, "subject": [word]});
        let (features, snapshot) =
            if place % 2 == 0 { (Some(word.clone()), Some(Value::Null)) } else { (None, Some(snapshot)) };
        sqlx::query(
            "INSERT INTO activities (client_id, id, lead_id, action, channel, created_at, source, event_id, content_features,
                content_snapshot, led_to_booking)
            VALUES ($1, gen_random_uuid(), lpad('1', 32, '0')::uuid, 'sent', $2, to_timestamp($3), 'test', $3::text, $4, $5, $6)",
        )
        .bind(ALPHA)
        .bind(&word)
        .bind(1_746_144_000.5 + place as f64)
        .bind(&features)
        .bind(&snapshot)
        .bind((place == 3).then_some(true))
        .execute(&mut writer)
        .await
        .unwrap();
        expected.push((1_746_144_000 + place as i64, word, place == 3, features, snapshot));
    }
    let found = read(&test, ALPHA, "2025-06-01T00:00:00Z".parse().unwrap()).await.remove(&1).unwrap();
    assert_eq!(found.len(), expected.len());
    for (found, (at, word, led, features, snapshot)) in found.into_iter().zip(expected) {
        let (seconds, action, channel, led_to_booking, content_features, content_snapshot) = found;
        assert_eq!((seconds, action.as_str(), &channel, led_to_booking), (at, "sent", &word, led));
        match features {
            Some(features) => assert_eq!((content_features, content_snapshot.as_str()), (features, "")),
            None => {
                let read: Value = content_snapshot.parse().unwrap();
                assert_eq!((content_features.as_str(), Some(read)), ("", snapshot));
            }
        }
    }
}

#[tokio::test]
async fn what_came_later_or_too_long_ago_is_not_read() {
    let test = with_leads().await;
    let as_of: DateTime<Utc> = "2025-07-01T12:00:00.000005Z".parse().unwrap();
    let since = as_of - TimeDelta::days(365);
    let micro = TimeDelta::microseconds(1);
    test.sql("TRUNCATE activities").await;
    for (place, at) in [since, since + micro, as_of, as_of + micro].into_iter().enumerate() {
        test.sql(&happens(1, "replied", &at.to_rfc3339(), &format!("edge {place}"))).await;
    }
    test.sql(&happens(1, "replied", "infinity", "never")).await;
    test.sql(&happens(1, "replied", "-infinity", "always")).await;
    let found = read(&test, ALPHA, as_of).await;
    let times: Vec<i64> = found[&1].iter().map(|row| row.0).collect();
    assert_eq!(times, [since.timestamp(), as_of.timestamp()]);
    assert_eq!(found[&2], []);
    assert_eq!(test.number(WRONG).await, 0);
}

#[tokio::test]
async fn a_long_history_is_read_as_well() {
    let test = with_leads().await;
    test.sql(&format!(
        "INSERT INTO activities (client_id, id, lead_id, action, channel, created_at, source, event_id, content_snapshot)
        SELECT '{ALPHA}', gen_random_uuid(), lpad('1', 32, '0')::uuid, 'sent', 'email',
            '2025-05-05'::timestamptz + n * interval '1 minute', 'test', n, jsonb_build_object('body',
            (SELECT string_agg(md5((n * i)::text), ' ') FROM generate_series(1, 20) AS i))
        FROM generate_series(1, 500) AS n"
    ))
    .await;
    assert_eq!(test.number(WRONG).await, 0);
    let found = read(&test, ALPHA, "2025-06-01T00:00:00Z".parse().unwrap()).await;
    assert_eq!((found[&1].len(), found[&2].len()), (503, 3));
    assert!(found[&1][3..].iter().all(|row| row.5.len() > 600));
    assert_eq!(read(&test, BETA, "2025-06-01T00:00:00Z".parse().unwrap()).await[&1].len(), 3);
}
