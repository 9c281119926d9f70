//! Answers that come by other names, before the person is known, from colleagues, or after a touch was given up.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use prospects::{
    AckRequest, AckStatus, CadenceRequest, DueRequest, GenerateRequest, Named, Prospects, Recorded, Scope,
    SuppressRequest,
};
use proto::v1::{Engagement, EngagementKind, ReplyIntent};
use tests::TestFleet;
use tests::prospects::{OWNER, USER, at, event, names, people, reply};

/// A Monday without holidays near.
fn monday() -> NaiveDate {
    "2027-03-01".parse().unwrap()
}

fn week(start: NaiveDate) -> CadenceRequest {
    CadenceRequest {
        user_id: USER.to_owned(),
        target_connection_requests: 10,
        target_followups: 10,
        week_start: Some(start),
        dry_run: false,
    }
}

async fn planned(outreach: &Prospects, now: DateTime<Utc>) -> Vec<String> {
    let plan = outreach.plan_week(OWNER, &week(monday()), now).await.unwrap();
    names(&plan.touches).into_iter().collect()
}

async fn taken(outreach: &Prospects, now: DateTime<Utc>) -> Vec<String> {
    let taken = outreach.take(OWNER, "tool", DueRequest::up_to(100), now).await.unwrap();
    taken.into_iter().map(|touch| touch.touch.prospect_id).collect()
}

/// What a tool says of an address; it has a name of its own for the person, or none.
fn of_address(outreach: &Prospects, name: &str, email: &str, kind: EngagementKind) -> Engagement {
    let key = outreach.keys().hash(OWNER.client, Named::Email, email).unwrap();
    Engagement {
        address_key: key,
        event_id: format!("{email}-{name}"),
        ..event(name, kind, at(monday(), 12))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_finds_the_person_though_the_tool_has_another_name_for_it() {
    let fleet = TestFleet::start().await;
    let outreach = fleet.prospects().await;
    outreach.take_in(OWNER, people(3), at(monday(), 1)).await.unwrap();
    assert_eq!(planned(&outreach, at(monday(), 6)).await.len(), 3);
    let replied = of_address(&outreach, "crm-4711", "person1@example.com", EngagementKind::NotInterested);
    assert_eq!(outreach.record(&replied).await.unwrap(), Recorded::Applied);
    let left = taken(&outreach, at(monday() + Days::new(4), 21)).await;
    assert!(!left.contains(&"prospect_2".to_owned()) && left.len() == 2, "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_answered_before_anybody_knew_him_is_left_alone() {
    let fleet = TestFleet::start().await;
    let outreach = fleet.prospects().await;
    for (email, kind) in [
        ("person0@example.com", EngagementKind::NotInterested),
        ("person1@example.com", EngagementKind::Replied),
        ("person2@example.com", EngagementKind::Opened),
    ] {
        let told = of_address(&outreach, "", email, kind);
        assert_eq!(outreach.record(&told).await.unwrap(), Recorded::Nobody);
    }
    outreach.take_in(OWNER, people(3), at(monday(), 13)).await.unwrap();
    assert_eq!(planned(&outreach, at(monday(), 13)).await, ["prospect_3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_counts_for_the_company_whatever_became_of_its_own_sequence() {
    let fleet = TestFleet::start().await;
    let outreach = fleet.prospects().await;
    let mut made = people(6);
    // 1 and 4, 2 and 5, 3 and 6 are colleagues.
    for place in 3..6 {
        made[place].company = made[place - 3].company.clone();
    }
    outreach.take_in(OWNER, made.drain(3..).collect(), at(monday(), 1)).await.unwrap();
    let noon = at(monday(), 12);
    // The colleague of 4 answers without a sequence, before the week is planned.
    outreach.take_in(OWNER, made.drain(..1).collect(), at(monday(), 1)).await.unwrap();
    outreach.record(&reply("prospect_1", ReplyIntent::NotInterested, noon)).await.unwrap();
    assert_eq!(planned(&outreach, noon).await, ["prospect_5", "prospect_6"]);
    // That of 5 answers after its mail had bounced, once 5 is planned.
    outreach.take_in(OWNER, made.drain(..1).collect(), noon).await.unwrap();
    let generate = GenerateRequest {
        user_id: USER.to_owned(),
        prospect_id: "prospect_2".to_owned(),
        sequence_type: "3-step".to_owned(),
    };
    outreach.generate(OWNER, &generate, noon).await.unwrap();
    outreach.record(&event("prospect_2", EngagementKind::Bounced, noon)).await.unwrap();
    outreach.record(&reply("prospect_2", ReplyIntent::NotInterested, noon)).await.unwrap();
    let left = taken(&outreach, at(monday() + Days::new(4), 21)).await;
    assert_eq!(left, ["prospect_6"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suppression_holds_in_every_spelling() {
    let fleet = TestFleet::start().await;
    let outreach = fleet.prospects().await;
    let suppress = |scope, value: &str| SuppressRequest {
        scope,
        value: value.to_owned(),
        channel: None,
        reason: String::new(),
    };
    for (scope, value) in [
        (Scope::Address, "Person <PERSON0@example.com>"),
        (Scope::Address, "http://linkedin.example/in/person-1/?x=2"),
        (Scope::Domain, "https://www.clinic.example/about"),
        (Scope::Address, "602/555-0142"),
    ] {
        assert!(outreach.suppress(OWNER.client, &suppress(scope, value), "test").await.unwrap(), "{value}");
    }
    for (scope, value) in [
        (Scope::Address, "a@b@c"),
        (Scope::Address, "jane"),
        (Scope::Domain, "clinic"),
        (Scope::Domain, ""),
        (Scope::Company, " "),
    ] {
        let refused = outreach.suppress(OWNER.client, &suppress(scope, value), "test").await;
        assert!(refused.is_err(), "{value:?} would be kept and hold for nobody");
    }
    let mut made = people(5);
    made[2].email = "jane@mail.clinic.example".to_owned();
    made[3].phone = "(602) 555-0142".to_owned();
    outreach.take_in(OWNER, made, at(monday(), 1)).await.unwrap();
    assert_eq!(planned(&outreach, at(monday(), 6)).await, ["prospect_5"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_touch_that_was_given_up_and_went_out_after_all_is_not_sent_again() {
    let fleet = TestFleet::start().await;
    let outreach = fleet.prospects().await;
    outreach.take_in(OWNER, people(1), at(monday(), 1)).await.unwrap();
    planned(&outreach, at(monday(), 6)).await;
    let evening = at(monday(), 21);
    let first = outreach.take(OWNER, "tool", DueRequest::up_to(1), evening).await.unwrap().pop().unwrap();
    let first = first.touch.touch_id;
    let says = |status| AckRequest { status, at: Some(evening) };
    outreach.acknowledge(OWNER, first, &says(AckStatus::Failed), evening).await.unwrap();
    assert_eq!(planned(&outreach, evening).await, ["prospect_1"], "the step is planned again");
    let sent = outreach.acknowledge(OWNER, first, &says(AckStatus::Sent), evening).await.unwrap();
    assert_eq!(sent.state, "sent");
    assert!(taken(&outreach, at(monday() + Days::new(4), 21)).await.is_empty());
    // The same the other way round: the second one is acknowledged first.
    let again = outreach.acknowledge(OWNER, first, &says(AckStatus::Sent), evening).await.unwrap();
    assert_eq!(again.state, "sent");
    let sends = "SELECT count(*) FROM activities WHERE action = 'sent'";
    assert_eq!(fleet.number(sends).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_must_be_left_alone_do_not_stand_before_the_others() {
    let fleet = TestFleet::start().await;
    let outreach = fleet.prospects().await;
    let mut made = people(1_300);
    made.retain(|person| person.title == "Head of School" || person.title == "Founder");
    for person in &mut made {
        // The better ones have left.
        person.signal_strength = Some(100.0);
        person.email = person.email.replace("@example.com", "@left.example");
    }
    for person in made.iter_mut().rev().take(20) {
        person.signal_strength = Some(0.0);
        person.email = person.email.replace("@left.example", "@example.com");
    }
    let (nowhere, rest) = made.split_last_mut().unwrap();
    (nowhere.email, nowhere.linkedin_url) = (String::new(), String::new());
    assert!(rest.len() > 500);
    let suppress = SuppressRequest {
        scope: Scope::Domain,
        value: "left.example".to_owned(),
        channel: None,
        reason: String::new(),
    };
    outreach.suppress(OWNER.client, &suppress, "test").await.unwrap();
    for some in made.chunks(500) {
        outreach.take_in(OWNER, some.to_vec(), at(monday(), 1)).await.unwrap();
    }
    let plan = outreach.plan_week(OWNER, &week(monday()), at(monday(), 6)).await.unwrap();
    assert_eq!(plan.touches.len(), 10, "{:?} {:?}", plan.shortfalls, plan.skipped);
    assert!(plan.skipped.iter().any(|skipped| skipped.reason == "has neither profile nor e-mail"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_gets_its_touch_again_and_another_one_only_when_it_is_lost() {
    let fleet = TestFleet::start().await;
    let outreach = fleet.prospects().await;
    outreach.take_in(OWNER, people(1), at(monday(), 1)).await.unwrap();
    planned(&outreach, at(monday(), 6)).await;
    let take =
        async |tool: &str, now| outreach.take(OWNER, tool, DueRequest::up_to(10), now).await.unwrap().len();
    let (day, minutes) = (Days::new(1), |minutes| at(monday(), 20) + TimeDelta::minutes(minutes));
    assert_eq!(take("one", minutes(0)).await, 1);
    assert_eq!(take("one", minutes(10)).await, 0, "it has it");
    assert_eq!(take("one", minutes(20)).await, 1, "it may have lost the answer");
    assert_eq!(take("other", minutes(50)).await, 0, "the first may have it in a queue of its own");
    assert_eq!(take("other", minutes(30) + day).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cap_holds_when_two_weeks_are_due_at_once() {
    let fleet = TestFleet::start().await;
    let outreach = fleet.prospects().await;
    outreach.take_in(OWNER, people(200), at(monday(), 1)).await.unwrap();
    for start in [monday(), monday() + Days::new(7)] {
        let week = CadenceRequest { target_connection_requests: 40, ..week(start) };
        let plan = outreach.plan_week(OWNER, &week, at(monday(), 6)).await.unwrap();
        assert_eq!(plan.connection_requests, 40);
    }
    let friday = at(monday() + Days::new(11), 21);
    assert_eq!(taken(&outreach, friday).await.len(), 50);
    assert!(taken(&outreach, friday).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sending_that_two_tell_of_is_one_and_a_touch_says_more_than_a_number() {
    let fleet = TestFleet::start().await;
    let outreach = fleet.prospects().await;
    outreach.take_in(OWNER, people(1), at(monday(), 1)).await.unwrap();
    planned(&outreach, at(monday(), 6)).await;
    let evening = at(monday(), 21);
    let touch = outreach.take(OWNER, "tool", DueRequest::up_to(1), evening).await.unwrap().pop().unwrap();
    // The tool counts its first message as 1.
    let told = Engagement {
        step: Some(1),
        touch_id: touch.touch.touch_id.to_string(),
        ..event("prospect_1", EngagementKind::Sent, evening)
    };
    outreach.record(&told).await.unwrap();
    let carrier =
        Engagement { source: "carrier".to_owned(), ..event("prospect_1", EngagementKind::Sent, evening) };
    outreach.record(&carrier).await.unwrap();
    let sequence = outreach.sequence(OWNER, "prospect_1").await.unwrap().unwrap();
    assert_eq!(sequence.step, Some(0));
    assert_eq!(fleet.number("SELECT count(*) FROM activities WHERE action = 'sent'").await, 1);
    assert_eq!(fleet.number("SELECT count(*) FROM touches WHERE state = 'sent'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_week_of_a_simulation_follows_from_the_first() {
    let fleet = TestFleet::start().await;
    let outreach = fleet.prospects().await;
    let mut made = people(10);
    made.iter_mut().for_each(|person| person.linkedin_url.clear());
    outreach.take_in(OWNER, made, at(monday(), 1)).await.unwrap();
    let weeks = outreach.simulate(OWNER, &week(monday()), at(monday(), 6)).await.unwrap();
    let kinds = |place: usize| -> Vec<&str> {
        let mut kinds: Vec<&str> = weeks[place].touches.iter().map(|touch| touch.kind.as_str()).collect();
        kinds.dedup();
        kinds
    };
    // A mail needs nobody to accept it: the first message comes two business days later.
    assert_eq!(kinds(0), ["connection_request"]);
    assert!(kinds(1).contains(&"initial_dm"), "{:?} {:?}", weeks[1].touches, weeks[1].skipped);
    assert_eq!(fleet.number("SELECT count(*) FROM touches").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_complained_stays_suppressed() {
    let fleet = TestFleet::start().await;
    let outreach = fleet.prospects().await;
    outreach.take_in(OWNER, people(2), at(monday(), 1)).await.unwrap();
    let complained = of_address(&outreach, "prospect_1", "person0@example.com", EngagementKind::Complained);
    outreach.record(&complained).await.unwrap();
    let address = |value: &str| SuppressRequest {
        scope: Scope::Address,
        value: value.to_owned(),
        channel: None,
        reason: "asked by telephone".to_owned(),
    };
    let refused = outreach.unsuppress(OWNER.client, &address("person0@example.com")).await.unwrap_err();
    assert!(refused.to_string().contains("for good: complained"), "{refused}");
    // What was suppressed by hand may be taken back.
    assert!(outreach.suppress(OWNER.client, &address("person1@example.com"), "test").await.unwrap());
    assert!(outreach.unsuppress(OWNER.client, &address("person1@example.com")).await.unwrap());
    assert_eq!(planned(&outreach, at(monday(), 13)).await, ["prospect_2"]);
}
