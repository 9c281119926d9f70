//! What a sending said is kept beside it, whoever says that it went out, and forgotten with the person.

use chrono::NaiveDate;
use prospects::{
    AckRequest, AckStatus, CadenceRequest, DueRequest, GenerateRequest, Prospects, Recorded, Words,
};
use proto::v1::{Engagement, EngagementKind};
use serde_json::{Value, json};
use tests::TestFleet;
use tests::prospects::{OWNER, USER, at, event, people};

/// A Monday without holidays around it.
fn monday() -> NaiveDate {
    NaiveDate::from_ymd_opt(2027, 4, 5).unwrap()
}

/// Snapshot and features of what was sent, in the order of time.
async fn kept(fleet: &TestFleet) -> Vec<(Value, Value)> {
    let sql = "SELECT coalesce(content_snapshot::text, '') || E'\\n' || coalesce(content_features, '') FROM activities \
               WHERE action = 'sent' ORDER BY created_at, id";
    let parse = |text: &str| serde_json::from_str(text).unwrap_or_default();
    let rows = fleet.texts(sql).await;
    rows.iter()
        .filter_map(|row| row.split_once('\n'))
        .map(|(one, other)| (parse(one), parse(other)))
        .collect()
}

async fn enrolled(outreach: &Prospects, prospect_id: &str) -> prospects::Sequence {
    let request = GenerateRequest {
        user_id: USER.to_owned(),
        prospect_id: prospect_id.to_owned(),
        sequence_type: "3-step".to_owned(),
    };
    outreach.generate(OWNER, &request, at(monday(), 2)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_touch_said_is_kept_when_it_is_acknowledged() {
    let fleet = TestFleet::start().await;
    let outreach = fleet.prospects().await;
    outreach.take_in(OWNER, people(1), at(monday(), 1)).await.unwrap();
    let sequence = enrolled(&outreach, "prospect_1").await;
    let week = CadenceRequest {
        user_id: USER.to_owned(),
        target_connection_requests: 10,
        target_followups: 10,
        week_start: Some(monday()),
        dry_run: false,
    };
    outreach.plan_week(OWNER, &week, at(monday(), 6)).await.unwrap();
    let afternoon = at(monday(), 21);
    outreach.ripen(OWNER.client, afternoon, 100).await.unwrap().commit().await.unwrap();
    let taken = outreach.take(OWNER, "tool", DueRequest::up_to(10), afternoon).await.unwrap();
    let [touch] = taken.as_slice() else { panic!("{taken:?}") };
    let ack = AckRequest { status: AckStatus::Sent, at: Some(touch.touch.due_at) };
    for _ in 0..2 {
        outreach.acknowledge(OWNER, touch.touch.touch_id, &ack, touch.touch.due_at).await.unwrap();
    }

    let kept = kept(&fleet).await;
    let [(snapshot, features)] = kept.as_slice() else { panic!("{kept:?}") };
    assert_eq!(snapshot["body"], touch.text);
    assert_eq!(snapshot["body"], sequence.messages[0].text);
    assert_eq!(features["w"], snapshot["word_count"]);
    assert_eq!(features["w"], touch.text.split_whitespace().count());
    // The connection request says the name.
    assert!(snapshot["personalization_level"].as_u64().unwrap() >= 1, "{snapshot}");
    let export = serde_json::to_string(&outreach.export(OWNER, "prospect_1").await.unwrap()).unwrap();
    assert!(export.contains("content_snapshot"), "{export}");
    outreach.erase(OWNER, "prospect_1").await.unwrap();
    assert_eq!(fleet.number("SELECT count(*) FROM activities").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_tool_says_it_has_sent_is_kept_with_the_words_of_that_variant() {
    let fleet = TestFleet::start().await;
    let outreach = fleet.prospects().await;
    outreach.take_in(OWNER, people(2), at(monday(), 1)).await.unwrap();
    let (first, second) = (enrolled(&outreach, "prospect_1").await, enrolled(&outreach, "prospect_2").await);
    let other = &second.messages[0].alternatives[0];
    let sent = |prospect: &str, hour| Engagement {
        step: Some(0),
        ..event(prospect, EngagementKind::Sent, at(monday(), hour))
    };
    let alternative = Engagement { variant: other.variant.clone(), ..sent("prospect_2", 16) };
    // What is only opened says nothing, and nor does what nobody of ours has sent.
    let opened = event("prospect_1", EngagementKind::Opened, at(monday(), 17));
    let beyond = Engagement { step: Some(7), ..sent("prospect_1", 18) };
    for event in [&sent("prospect_1", 15), &alternative, &opened, &beyond] {
        assert_eq!(outreach.record(event).await.unwrap(), Recorded::Applied);
    }
    let kept = kept(&fleet).await;
    let bodies: Vec<&Value> = kept.iter().map(|(snapshot, _)| &snapshot["body"]).collect();
    assert_eq!(bodies, [&first.messages[0].text.clone().into(), &other.text.clone().into(), &Value::Null]);
    let others = fleet.number("SELECT count(*) FROM activities WHERE content_snapshot IS NOT NULL").await;
    assert_eq!(others, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_words_that_a_tool_tells_are_what_went_out() {
    let fleet = TestFleet::start().await;
    let outreach = fleet.prospects().await;
    outreach.take_in(OWNER, people(2), at(monday(), 1)).await.unwrap();
    enrolled(&outreach, "prospect_1").await;
    let sent = |prospect: &str| event(prospect, EngagementKind::Sent, at(monday(), 15));
    let counted = async |prospect: &str, subject: &str, body: &str| {
        let words = Words::of(subject, body).unwrap();
        outreach.count_words(OWNER.client, prospect, &[], &words).await.unwrap()
    };
    let words = ("A question about Oak 0 Academy", "Hi Person, worth 15 minutes?");
    let features = counted("prospect_1", words.0, words.1).await;
    let told = Engagement { step: Some(1), content_features: features, ..sent("prospect_1") };
    // Nobody has to be in a sequence of ours.
    let features = counted("prospect_2", "Your leads", "").await;
    let elsewhere = Engagement { content_features: features.clone(), ..sent("prospect_2") };
    // What is no sending has no words of ours.
    let opened = event("prospect_2", EngagementKind::Opened, at(monday(), 16));
    let opened = Engagement { content_features: features, ..opened };
    for event in [&told, &elsewhere, &opened] {
        assert_eq!(outreach.record(event).await.unwrap(), Recorded::Applied);
    }
    let mut kept = kept(&fleet).await;
    kept.sort_by_key(|(snapshot, _)| snapshot["subject"].to_string());
    let [(first, features), (other, _)] = kept.as_slice() else { panic!("{kept:?}") };
    assert_eq!((&first["subject"], &first["body"]), (&"A question about {company}".into(), &"".into()));
    assert_eq!((&first["personalization"], &first["word_count"]), (&json!(["company_mention"]), &json!(5)));
    assert_eq!((&features["s"], &features["w"]), (&"A question about {company}".into(), &5.into()));
    assert_eq!((&other["subject"], &other["pain_points"][0]), (&"Your leads".into(), &"leads".into()));
    assert_eq!(fleet.number("SELECT count(*) FROM activities WHERE content_snapshot IS NOT NULL").await, 2);
    assert_eq!(counted("nobody", "Your leads", "").await, "");

    for wrong in ["words", r#"{"w":1,"n":1,"p":[200]}"#, r#"{"w":1,"n":1,"x":[1,1]}"#] {
        let event = Engagement { content_features: wrong.to_owned(), ..sent("prospect_2") };
        assert_eq!(outreach.record(&event).await.unwrap_err().to_string(), "content_features are none");
    }
}
