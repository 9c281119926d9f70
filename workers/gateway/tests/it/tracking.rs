//! What became of a touch: it counts when the broker has it, and names nobody.

use crate::rig::{Rig, TRACK, opened, problem};
use crate::server::ALPHA;
use proto::v1::{EngagementKind, OutreachKind, ReplyIntent};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_on_the_stream_when_the_caller_hears_of_it() {
    let rig = Rig::start(&[]).await;
    let key = rig.key(ALPHA, &["track"]).await;
    let body = json!({"user_id": "ann", "prospect_id": "p_alpha", "outreach_type": "followup_1",
        "engagement_status": "replied", "occurred_at": "2025-11-11T10:30:00+01:00", "variant": "a",
        "channel": "linkedin", "event_id": "crm-7", "text": "I am out of office until 2025-11-20. Jane, jane@clinic.example"});
    let answer = rig.post(TRACK, &key, &body).send().await.unwrap();
    assert_eq!(answer.status(), 202);
    let told: Value = answer.json().await.unwrap();
    assert_eq!(told, json!({"accepted": true, "event_id": "crm-7", "duplicate": false}));
    assert_eq!(rig.events().await, 1);
    let event = rig.event(ALPHA).await;
    assert_eq!((event.event_id.as_str(), event.source.as_str()), ("crm-7", "api"));
    assert_eq!(
        (event.client_id.as_str(), event.prospect_id.as_str()),
        (ALPHA.to_string().as_str(), "p_alpha")
    );
    assert_eq!((event.kind(), event.intent()), (EngagementKind::Replied, ReplyIntent::OutOfOffice));
    assert_eq!(event.occurred_at, "2025-11-11T09:30:00Z");
    assert_eq!((event.step, event.outreach_kind()), (None, OutreachKind::Followup1));
    assert!(event.machine, "an automatic reply counts for nothing");
    assert_eq!(event.away_until, "2025-11-20");
    assert!(!format!("{event:?}").contains("clinic.example"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_event_is_one_event() {
    let rig = Rig::start(&[]).await;
    let key = rig.key(ALPHA, &["track"]).await;
    let post = async |change: Value| -> Value {
        let mut body = opened("p_alpha");
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        rig.post(TRACK, &key, &body).send().await.unwrap().json().await.unwrap()
    };
    let first = post(json!({})).await;
    assert_eq!(post(json!({})).await, first);
    assert_eq!(rig.events().await, 1);
    let others = [
        json!({"engagement_status": "replied"}),
        json!({"outreach_type": "initial_dm"}),
        json!({"occurred_at": "2025-11-11T09:30:01Z"}),
        json!({"event_id": "mine"}),
        json!({"step": 2}),
        json!({"variant": "b"}),
        json!({"engagement_status": "replied", "text": "Out of office until December 1"}),
        json!({"engagement_status": "replied", "text": "please remove me"}),
    ];
    for (other, events) in others.into_iter().zip(2..) {
        assert_ne!(post(other).await["event_id"], first["event_id"]);
        assert_eq!(rig.events().await, events);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_was_recorded_is_a_duplicate() {
    let rig = Rig::start(&[]).await;
    let key = rig.key(ALPHA, &["track"]).await;
    rig.test
        .sql(
            "INSERT INTO activities (id, action, created_at, source, event_id)
            VALUES (gen_random_uuid(), 'opened', now(), 'api', 'known')",
        )
        .await;
    let mut body = opened("p_alpha");
    body["event_id"] = "known".into();
    let told: Value = rig.post(TRACK, &key, &body).send().await.unwrap().json().await.unwrap();
    assert_eq!(told, json!({"accepted": true, "event_id": "known", "duplicate": true}));
    assert_eq!(rig.events().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_away_takes_nothing_and_nothing_is_said_to_be_taken() {
    let mut rig = Rig::start(&[]).await;
    let key = rig.key(ALPHA, &["track"]).await;
    rig.broker.kill().await;
    let answer = rig.post(TRACK, &key, &opened("p_alpha")).send().await.unwrap();
    assert_eq!(answer.headers()["retry-after"], "5");
    problem(answer, 503, "unavailable").await;
    problem(rig.get("/readyz").send().await.unwrap(), 503, "unavailable").await;
    rig.broker.start().await;
    let answer = rig.post(TRACK, &key, &opened("p_alpha")).send().await.unwrap();
    assert_eq!(answer.status(), 202);
    assert_eq!(rig.events().await, 1);
    assert_eq!(rig.get("/readyz").send().await.unwrap().text().await.unwrap(), "ready\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_status_is_an_event_of_its_kind_and_no_other_is_known() {
    let rig = Rig::start(&[]).await;
    let key = rig.key(ALPHA, &["track"]).await;
    let statuses = [
        ("not_sent", EngagementKind::Failed),
        ("sent", EngagementKind::Sent),
        ("delivered", EngagementKind::Delivered),
        ("opened", EngagementKind::Opened),
        ("clicked", EngagementKind::Clicked),
        ("accepted", EngagementKind::Accepted),
        ("replied", EngagementKind::Replied),
        ("meeting_booked", EngagementKind::MeetingBooked),
        ("not_interested", EngagementKind::NotInterested),
        ("no_response", EngagementKind::NoResponse),
        ("bounced", EngagementKind::Bounced),
        ("unsubscribed", EngagementKind::Unsubscribed),
        ("complained", EngagementKind::Complained),
    ];
    let post = async |status: &str| {
        let mut body = opened("p_alpha");
        body["engagement_status"] = status.into();
        rig.post(TRACK, &key, &body).send().await.unwrap()
    };
    for (status, _) in statuses {
        assert_eq!(post(status).await.status(), 202, "{status}");
    }
    let events = rig.first_events(ALPHA, statuses.len()).await;
    let kinds: Vec<EngagementKind> = events.iter().map(|event| event.kind()).collect();
    assert_eq!(kinds, statuses.map(|(_, kind)| kind));
    let told = problem(post("loved").await, 422, "validation").await;
    let names = statuses.map(|(status, _)| status).join(", ");
    assert_eq!(told["errors"][0]["message"], format!("must be one of {names}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_words_of_a_sending_only_what_is_counted_travels() {
    let rig = Rig::start(&[]).await;
    rig.test
        .sql("UPDATE leads SET name = 'Dr. Jane Doe', company = 'Oak Hill', email = 'jane@oak.example', phone = '602 555'")
        .await;
    let key = rig.key(ALPHA, &["track"]).await;
    let post = async |change: Value| {
        let mut body = opened("p_alpha");
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        rig.post(TRACK, &key, &body).send().await.unwrap()
    };
    let words = json!({"subject": "Jane, about OAK HILL", "body": "Dear Dr. Doe of jane@oak.example, 602 555: will we talk?"});
    let mut sent = words.clone();
    sent["engagement_status"] = "sent".into();
    assert_eq!(post(sent).await.status(), 202);
    assert_eq!(post(words).await.status(), 202, "of what was opened the words say nothing");
    let events = rig.first_events(ALPHA, 2).await;
    let counted: Value = events[0].content_features.parse().unwrap();
    assert_eq!((&counted["s"], &counted["w"]), (&json!("{first_name}, about {company}"), &json!(10)));
    assert!(!format!("{events:?}").to_lowercase().contains("jane"), "{events:?}");
    assert_eq!(events[1].content_features, "");
    for (field, most) in [("subject", 500), ("body", 10_000)] {
        let told = problem(post(json!({field: "x".repeat(most + 1)})).await, 422, "validation").await;
        assert_eq!(told["errors"][0]["message"], format!("must have at most {most} characters"));
        let told = problem(post(json!({field: "a\u{0}b"})).await, 422, "validation").await;
        assert_eq!(told["errors"][0]["message"], "must not contain NUL");
    }
}
