//! Outreach from intake to metrics: whom it plans, whom it leaves alone, and what it learns.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate, Weekday};
use prospects::{
    AckRequest, AckStatus, CadenceRequest, DueRequest, GenerateRequest, MetricsRequest, PrioritizeRequest,
    Prospects, Scope, SuppressRequest,
};
use proto::v1::{Engagement, EngagementKind, OutreachKind, ReplyIntent};
use tests::TestFleet;
use tests::prospects::{OWNER, USER, at, event, names, people, reply};

/// A Monday without holidays around it.
fn monday() -> NaiveDate {
    let today = NaiveDate::from_ymd_opt(2027, 4, 5).unwrap();
    assert_eq!(today, today.week(Weekday::Mon).first_day());
    today
}

fn week(start: NaiveDate, requests: u32) -> CadenceRequest {
    CadenceRequest {
        user_id: USER.to_owned(),
        target_connection_requests: requests,
        target_followups: 100,
        week_start: Some(start),
        dry_run: false,
    }
}

/// Plays the tool that sends: takes what is due each afternoon of a week, and says that it went out.
async fn send_week(outreach: &Prospects, start: NaiveDate) -> BTreeMap<String, i16> {
    let mut sent = BTreeMap::new();
    for day in start.iter_days().take(5) {
        let night = outreach.take(OWNER, "tool", DueRequest::up_to(100), at(day, 9)).await.unwrap();
        assert!(night.is_empty(), "nothing goes out at night");
        // Between two in the afternoon on the west coast and five on the east coast.
        let now = at(day, 21);
        outreach.ripen(OWNER.client, now, 10_000).await.unwrap().commit().await.unwrap();
        for touch in outreach.take(OWNER, "tool", DueRequest::up_to(1_000), now).await.unwrap() {
            assert!(!touch.text.is_empty() && !touch.text.contains(['{', '}']), "{touch:?}");
            let ack = AckRequest { status: AckStatus::Sent, at: Some(touch.touch.due_at) };
            outreach.acknowledge(OWNER, touch.touch.touch_id, &ack, now).await.unwrap();
            let twice = outreach.acknowledge(OWNER, touch.touch.touch_id, &ack, now).await.unwrap();
            assert_eq!(twice.state, "sent");
            let before = sent.insert(touch.touch.prospect_id.clone(), touch.touch.step);
            assert!(before.is_none(), "one touch each");
        }
        assert!(outreach.take(OWNER, "tool", DueRequest::up_to(1_000), now).await.unwrap().is_empty());
    }
    sent
}

async fn all_recorded(fleet: &TestFleet, events: &[Engagement]) {
    for event in events {
        fleet.engaged(event).await;
    }
    fleet.broker.settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn four_weeks_of_a_thousand_prospects() {
    let fleet = TestFleet::start().await;
    let outreach = fleet.prospects().await;
    let _worker = fleet.run(&["outreach"]);
    fleet.broker.waits("recorder").await;
    let start = monday();

    // Week 1: set up.
    for some in people(1_000).chunks(500) {
        let taken = outreach.take_in(OWNER, some.to_vec(), at(start, 1)).await.unwrap();
        assert!(taken.iter().all(|taken| taken.outcome == "created"));
    }
    let again = outreach.take_in(OWNER, people(10), at(start, 1)).await.unwrap();
    assert!(again.iter().all(|taken| taken.outcome == "updated"));
    let segmentation = outreach.segment(OWNER, None).await.unwrap();
    let counts: Vec<u64> = segmentation.segments.iter().map(|segment| segment.prospects).collect();
    assert_eq!((segmentation.total, counts), (1_000, vec![400, 400, 200]));
    let request: PrioritizeRequest = serde_json::from_str(
        r#"{"user_id": "user123", "min_fit_score": 70, "min_referral_capacity": 60, "limit": 50}"#,
    )
    .unwrap();
    let top = outreach.prioritize(OWNER, &request).await.unwrap().prospects;
    assert_eq!(top.len(), 50);
    assert!(top.windows(2).all(|pair| pair[0].priority_score >= pair[1].priority_score));
    for prospect in &top[..20] {
        let request = GenerateRequest {
            user_id: USER.to_owned(),
            prospect_id: prospect.prospect_id.clone(),
            sequence_type: "5-step".to_owned(),
        };
        let sequence = outreach.generate(OWNER, &request, at(start, 2)).await.unwrap();
        assert_eq!((sequence.messages.len(), sequence.created), (6, true));
        assert!(!outreach.generate(OWNER, &request, at(start, 2)).await.unwrap().created);
    }

    // Weeks 1 to 4: requests go out, some are accepted, some answer.
    let mut stopped: BTreeSet<String> = BTreeSet::new();
    let mut asked: BTreeSet<String> = BTreeSet::new();
    for number in 0..4 {
        let start = start + Days::new(7 * number);
        let dry = CadenceRequest { dry_run: true, ..week(start, 40) };
        let shown = outreach.plan_week(OWNER, &dry, at(start, 6)).await.unwrap();
        assert_eq!(outreach.week(OWNER, start).await.unwrap(), []);
        let plan = outreach.plan_week(OWNER, &week(start, 40), at(start, 6)).await.unwrap();
        assert_eq!(names(&plan.touches), names(&shown.touches));
        assert_eq!(plan.connection_requests, 40, "{:?} {:?}", plan.shortfalls, plan.skipped);
        let filled: Vec<usize> = plan.segments.iter().map(|segment| segment.filled).collect();
        assert_eq!(filled, [19, 19, 2]);
        assert!(names(&plan.touches).is_disjoint(&stopped), "who has answered is left alone");
        let again = outreach.plan_week(OWNER, &week(start, 40), at(start, 6)).await.unwrap();
        assert_eq!(again.touches, plan.touches, "a week is planned once");

        let sent = send_week(&outreach, start).await;
        assert_eq!(sent.keys().cloned().collect::<BTreeSet<_>>(), names(&plan.touches));
        // When even the afternoon of the west coast is over.
        let saturday = at(start + Days::new(5), 6);
        let mut events = Vec::new();
        for (place, (prospect, step)) in sent.iter().enumerate() {
            if *step == 0 {
                assert!(asked.insert(prospect.clone()), "{prospect} is asked once");
                events.push(event(prospect, EngagementKind::Accepted, saturday));
            } else if place % 3 == 0 {
                let intents = [ReplyIntent::Positive, ReplyIntent::NotInterested, ReplyIntent::Unsubscribe];
                events.push(reply(prospect, intents[place / 3 % 3], saturday));
                stopped.insert(prospect.clone());
            }
        }
        // Twice, and the last first.
        let doubled: Vec<Engagement> = events.iter().rev().chain(&events).cloned().collect();
        all_recorded(&fleet, &doubled).await;
    }
    assert!(stopped.len() > 20, "{}", stopped.len());

    // Metrics, counted by hand as well.
    let request = MetricsRequest { user_id: USER.to_owned(), ..MetricsRequest::default() };
    let metrics = outreach.metrics(OWNER, &request, at(start + Days::new(28), 12)).await.unwrap();
    assert_eq!(metrics.totals.people, 160);
    assert_eq!(metrics.totals.reply_rate.successes, stopped.len() as u64);
    assert_eq!(metrics.totals.acceptance_rate.successes, 160);
    assert_eq!(metrics.weeks.len(), 4);
    let sends: u64 = metrics.steps.iter().map(|step| step.sends).sum();
    assert_eq!(metrics.totals.sends, sends);
    let dead = fleet.broker.all("lf.v1.dead.>").await;
    assert!(dead.is_empty(), "{}", dead.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_to_be_left_alone_gets_nothing_that_was_planned_before() {
    let fleet = TestFleet::start().await;
    let outreach = fleet.prospects().await;
    let _worker = fleet.run(&["outreach"]);
    fleet.broker.waits("recorder").await;
    let start = monday();
    let mut made = people(10);
    // A colleague, by another spelling of the company.
    made[5].company = format!("{}, Inc.", made[0].company);
    outreach.take_in(OWNER, made, at(start, 1)).await.unwrap();
    let plan = outreach.plan_week(OWNER, &week(start, 10), at(start, 6)).await.unwrap();
    assert_eq!(plan.touches.len(), 10);

    let suppress = SuppressRequest {
        scope: Scope::Address,
        value: " PERSON1@example.com".to_owned(),
        channel: None,
        reason: "asked by telephone".to_owned(),
    };
    assert!(outreach.suppress(OWNER.client, &suppress, "test").await.unwrap());
    let monday_noon = at(start, 12);
    let mut unsubscribed = event("", EngagementKind::Unsubscribed, monday_noon);
    unsubscribed.address_key =
        outreach.keys().hash(OWNER.client, prospects::Named::Email, "person2@example.com").unwrap();
    all_recorded(
        &fleet,
        &[
            reply("prospect_1", ReplyIntent::Positive, monday_noon),
            unsubscribed,
            event("prospect_4", EngagementKind::Bounced, monday_noon),
            event("prospect_5", EngagementKind::MeetingBooked, monday_noon),
        ],
    )
    .await;
    let sent = send_week(&outreach, start).await;
    // 1 has answered and 6 is a colleague; 2 is suppressed, 3 has left, 4 does not exist, 5 has a meeting.
    let expected: BTreeSet<String> = [7, 8, 9, 10].map(|number| format!("prospect_{number}")).into();
    assert_eq!(sent.into_keys().collect::<BTreeSet<_>>(), expected);
    let of = async |prospect: &str| outreach.sequence(OWNER, prospect).await.unwrap().unwrap().stop;
    assert_eq!(of("prospect_6").await.as_deref(), Some("company_replied"));
    assert_eq!(of("prospect_2").await.as_deref(), Some("suppressed"));

    // A person who is forgotten stays suppressed, and is not taken in again.
    let erased = outreach.erase(OWNER, "prospect_3").await.unwrap();
    assert_eq!(erased.suppressed, 2);
    assert!(outreach.export(OWNER, "prospect_3").await.is_err());
    let again = outreach.take_in(OWNER, vec![people(3).pop().unwrap()], at(start, 2)).await.unwrap();
    assert_eq!(again[0].outcome, "erased");
    let request = GenerateRequest {
        user_id: USER.to_owned(),
        prospect_id: "prospect_3".to_owned(),
        sequence_type: "3-step".to_owned(),
    };
    let refused = outreach.generate(OWNER, &request, at(start, 2)).await.unwrap_err().to_string();
    assert_eq!(refused, "there is no prospect prospect_3");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_means_nothing_is_a_dead_letter_and_one_about_nobody_is_kept() {
    let fleet = TestFleet::start().await;
    let outreach = fleet.prospects().await;
    let _worker = fleet.run(&["outreach"]);
    fleet.broker.waits("recorder").await;
    outreach.take_in(OWNER, people(1), at(monday(), 1)).await.unwrap();
    let wrong = Engagement { kind: 99, ..event("prospect_1", EngagementKind::Replied, at(monday(), 9)) };
    all_recorded(&fleet, &[wrong, event("prospect_99", EngagementKind::Replied, at(monday(), 9))]).await;
    let dead = fleet.broker.said("lf.v1.dead.recorder.invalid").await;
    assert!(dead.headers.unwrap().get("Dl-Error").unwrap().as_str().contains("kind 99 is unknown"));
    assert_eq!(fleet.number("SELECT count(*) FROM activities WHERE lead_id IS NULL").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_tool_says_finds_its_step() {
    let fleet = TestFleet::start().await;
    let outreach = fleet.prospects().await;
    let _worker = fleet.run(&["outreach"]);
    fleet.broker.waits("recorder").await;
    let start = monday();
    let mut made = people(2);
    // Nobody has to accept a mail.
    made[1].linkedin_url = String::new();
    outreach.take_in(OWNER, made, at(start, 1)).await.unwrap();
    outreach.plan_week(OWNER, &week(start, 2), at(start, 6)).await.unwrap();
    let said = |prospect: &str, kind: EngagementKind, outreach_kind: OutreachKind, hour| Engagement {
        outreach_kind: outreach_kind.into(),
        ..event(prospect, kind, at(start, hour))
    };
    let request = OutreachKind::ConnectionRequest;
    for prospect in ["prospect_1", "prospect_2"] {
        all_recorded(&fleet, &[said(prospect, EngagementKind::Sent, request, 15)]).await;
        // A second word of another id: it went out once.
        all_recorded(&fleet, &[said(prospect, EngagementKind::Sent, request, 16)]).await;
    }
    let state = async |prospect: &str| outreach.sequence(OWNER, prospect).await.unwrap().unwrap().state;
    assert_eq!(
        (state("prospect_1").await.as_str(), state("prospect_2").await.as_str()),
        ("requested", "connected")
    );
    let sends = "SELECT count(*) FROM activities WHERE action = 'sent'";
    assert_eq!(fleet.number(sends).await, 2);
    all_recorded(&fleet, &[said("prospect_2", EngagementKind::Sent, OutreachKind::InitialDm, 17)]).await;
    all_recorded(&fleet, &[said("prospect_2", EngagementKind::Sent, OutreachKind::Followup1, 18)]).await;
    assert_eq!(outreach.sequence(OWNER, "prospect_2").await.unwrap().unwrap().step, Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_answered_or_left_is_not_asked_again() {
    let fleet = TestFleet::start().await;
    let outreach = fleet.prospects().await;
    let _worker = fleet.run(&["outreach"]);
    fleet.broker.waits("recorder").await;
    let start = monday();
    // Before anybody is known by that address.
    let mut stranger = event("", EngagementKind::Unsubscribed, at(start, 1));
    stranger.address_key =
        outreach.keys().hash(OWNER.client, prospects::Named::Email, "person2@example.com").unwrap();
    all_recorded(&fleet, &[stranger]).await;
    outreach.take_in(OWNER, people(4), at(start, 2)).await.unwrap();
    // And before anybody is in a sequence.
    all_recorded(
        &fleet,
        &[
            event("prospect_1", EngagementKind::NotInterested, at(start, 3)),
            reply("prospect_2", ReplyIntent::Positive, at(start, 3)),
        ],
    )
    .await;
    let plan = outreach.plan_week(OWNER, &week(start, 4), at(start, 6)).await.unwrap();
    assert_eq!(names(&plan.touches), ["prospect_4".to_owned()].into());
    let request = GenerateRequest {
        user_id: USER.to_owned(),
        prospect_id: "prospect_1".to_owned(),
        sequence_type: "3-step".to_owned(),
    };
    assert!(outreach.generate(OWNER, &request, at(start, 2)).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_that_was_moved_is_one_meeting() {
    let fleet = TestFleet::start().await;
    let outreach = fleet.prospects().await;
    let _worker = fleet.run(&["outreach"]);
    fleet.broker.waits("recorder").await;
    outreach.take_in(OWNER, people(1), at(monday(), 1)).await.unwrap();
    let booked = |id: &str, replaces: &str, hour| Engagement {
        meeting_id: id.to_owned(),
        replaces_meeting_id: replaces.to_owned(),
        ..event("prospect_1", EngagementKind::MeetingBooked, at(monday(), hour))
    };
    all_recorded(&fleet, &[booked("m-1", "", 9)]).await;
    all_recorded(&fleet, &[booked("m-2", "m-1", 10)]).await;
    // And in the other order.
    all_recorded(&fleet, &[booked("m-4", "m-3", 12)]).await;
    all_recorded(&fleet, &[booked("m-3", "", 11)]).await;
    let count = "SELECT count(*) FROM activities WHERE action = 'meeting_booked'";
    assert_eq!(fleet.number(count).await, 2);
}
