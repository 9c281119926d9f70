//! What is counted of touches and of what they brought.

use crate::server::{ALPHA, TestDb};
use chrono::{DateTime, Utc};
use db::outreach_metrics::{Group, Span, groups};

/// Touches and outcomes, each told as "person day action" with the intent or the kind of touch behind.
async fn told(events: &[&str]) -> TestDb {
    let test = TestDb::new().await;
    for (number, event) in events.iter().enumerate() {
        let [person, day, action, more] = event.split(' ').collect::<Vec<_>>()[..] else { panic!("{event}") };
        let lead = format!("00000000-0000-0000-0000-00000000000{person}");
        let (kind, intent) = if action == "sent" { (more, "") } else { ("", more) };
        let sql = format!(
            "INSERT INTO leads (client_id, id, prospect_id, name, source, collected_at)
                VALUES ('{ALPHA}', '{lead}', 'p{person}', 'Ann', 'test', now()) ON CONFLICT DO NOTHING;
            INSERT INTO activities (client_id, id, lead_id, action, created_at, source, event_id, kind, variant, segment,
                sequence_type, intent)
            VALUES ('{ALPHA}', gen_random_uuid(), '{lead}', '{action}', '2026-10-{day}T12:00:00Z', 'test', '{number}',
                nullif('{kind}', ''), nullif('{kind}', ''), CASE '{kind}' WHEN 'value_share' THEN 'other' ELSE 'one' END,
                '3-step', nullif('{intent}', '-'))"
        );
        test.sql(&sql).await;
    }
    test
}

impl TestDb {
    async fn group(&self, days: [u32; 2], segment: Option<&str>, dimension: &str, value: &str) -> Group {
        let at = |day: u32| -> DateTime<Utc> { format!("2026-10-{day:02}T00:00:00Z").parse().unwrap() };
        let span = Span { from: at(days[0]), to: at(days[1]), segment, sequence_type: None };
        let mut tx = self.db.begin(ALPHA).await.unwrap();
        let groups = groups(&mut tx, &span).await.unwrap();
        groups.into_iter().find(|group| group.dimension == dimension && group.value == value).unwrap()
    }
}

#[tokio::test]
async fn an_answer_belongs_to_the_last_touch_of_all() {
    let test = told(&["1 05 sent initial_dm", "1 26 sent value_share", "1 27 replied positive"]).await;
    let of = async |days, segment| test.group(days, segment, "all", "all").await.replied;
    assert_eq!(of([1, 31], None).await, 1);
    // The first week has brought nothing, nor has the other segment.
    assert_eq!(of([1, 12], None).await, 0);
    assert_eq!(of([1, 31], Some("one")).await, 0);
    assert_eq!(of([26, 31], Some("other")).await, 1);
    // An answer after the days asked about still belongs to a touch within them.
    assert_eq!(of([26, 27], None).await, 1);
    assert_eq!(test.group([1, 31], None, "step", "value_share").await.positive, 1);
    assert_eq!(test.group([1, 31], None, "step", "initial_dm").await.positive, 0);
}

#[tokio::test]
async fn what_is_answered_twice_is_one_answer() {
    let test = told(&[
        "1 05 sent initial_dm",
        "1 06 replied question",
        "1 06 replied positive",
        "1 07 meeting_booked -",
        "1 08 meeting_booked -",
        "1 09 sent followup_1",
        "1 12 replied positive",
    ])
    .await;
    let all = test.group([1, 31], None, "all", "all").await;
    assert_eq!((all.sends, all.people, all.replies, all.replied), (2, 1, 2, 1));
    assert_eq!((all.bookings, all.meetings), (1, 1));
}

#[tokio::test]
async fn whoever_received_nothing_is_in_no_rate() {
    let test = told(&[
        "1 05 sent initial_dm",
        "1 05 bounced -",
        "2 05 sent initial_dm",
        "2 08 sent followup_1",
        "2 08 bounced -",
        "3 05 sent initial_dm",
        "3 05 bounced -",
        "3 06 replied -",
        "4 05 sent initial_dm",
    ])
    .await;
    let all = test.group([1, 31], None, "all", "all").await;
    // The second got the first message, the third answered all the same.
    assert_eq!((all.sends, all.people, all.bounced, all.replied), (5, 3, 3, 1));
    assert_eq!(test.group([1, 31], None, "step", "followup_1").await.people, 0);
}
