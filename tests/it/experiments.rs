//! What outreach learns from answers: the way to say a step that does better is said more often from then on.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, Utc};
use prospects::{CadenceRequest, GenerateRequest, MetricsRequest, Prospects, Sequence};
use proto::v1::{Engagement, EngagementKind, OutreachKind, ReplyIntent};
use tests::TestFleet;
use tests::prospects::{OWNER, USER, at, event, people, reply};

const NAME: &str = "referral_network.connection_request@a+b";
const WINNER: &str = "referral_network.connection_request.b";

async fn enrolled(outreach: &Prospects, prospect: &str, now: DateTime<Utc>) -> Sequence {
    let request = GenerateRequest {
        user_id: USER.to_owned(),
        prospect_id: prospect.to_owned(),
        sequence_type: "3-step".to_owned(),
    };
    outreach.generate(OWNER, &request, now).await.unwrap()
}

fn request(sequence: &Sequence) -> (&str, f64) {
    (sequence.messages[0].variant.as_str(), sequence.messages[0].propensity)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_that_brings_answers_is_said_to_most_of_the_next_ones() {
    let fleet = TestFleet::start().await;
    let outreach = fleet.prospects().await;
    let _worker = fleet.run(&["outreach"]);
    fleet.broker.waits("recorder").await;
    let start = NaiveDate::from_ymd_opt(2027, 4, 5).unwrap();
    for some in people(700).chunks(500) {
        outreach.take_in(OWNER, some.to_vec(), at(start, 1)).await.unwrap();
    }
    outreach.segment(OWNER, None).await.unwrap();
    // Two of five refer.
    let names: Vec<String> = (0..700)
        .filter(|number| number % 5 < 2)
        .map(|number: usize| format!("prospect_{}", number + 1))
        .collect();
    let (first, later) = names.split_at(240);

    // Nobody knows anything yet: about half get each way.
    let mut said = BTreeMap::new();
    for prospect in first {
        said.insert(prospect.as_str(), enrolled(&outreach, prospect, at(start, 2)).await);
    }
    let with = |variant: &str| said.values().filter(|sequence| request(sequence).0 == variant).count();
    assert!((100..=140).contains(&with(WINNER)), "{}", with(WINNER));
    let unexplained = "SELECT count(*) FROM experiment_assignments
        WHERE abs(shares[1] + shares[2] - 1) > 1e-9
            OR abs(propensity - shares[CASE WHEN variant LIKE '%.a' THEN 1 ELSE 2 END]) > 1e-9";
    assert_eq!(fleet.number(unexplained).await, 0);
    let assignments = "SELECT count(*) FROM experiment_assignments";
    assert_eq!(fleet.number(assignments).await, 4 * 240, "one for each step");

    // What is only tried leaves nothing behind.
    let dry: CadenceRequest = serde_json::from_value(serde_json::json!({
        "user_id": USER, "target_connection_requests": 40, "target_followups": 0, "dry_run": true
    }))
    .unwrap();
    outreach.plan_week(OWNER, &dry, at(start, 6)).await.unwrap();
    assert_eq!(fleet.number(assignments).await, 4 * 240);

    // One in three of those who got the second way is interested, one in fifteen of the others.
    for prospect in first {
        let sent = Engagement {
            outreach_kind: OutreachKind::ConnectionRequest.into(),
            ..event(prospect, EngagementKind::Sent, at(start, 15))
        };
        fleet.engaged(&sent).await;
    }
    fleet.broker.settled().await;
    let mut places = BTreeMap::<&str, usize>::new();
    for (prospect, sequence) in &said {
        let (variant, _) = request(sequence);
        let place = places.entry(variant).or_default();
        *place += 1;
        if place.is_multiple_of(if variant == WINNER { 3 } else { 15 }) {
            fleet.engaged(&reply(prospect, ReplyIntent::Positive, at(start + Days::new(2), 15))).await;
        }
    }
    fleet.broker.settled().await;
    let shown = async |day| {
        let request = MetricsRequest { user_id: USER.to_owned(), ..MetricsRequest::default() };
        let metrics = outreach.metrics(OWNER, &request, at(start + Days::new(day), 16)).await.unwrap();
        metrics.experiments.into_iter().find(|experiment| experiment.name == NAME).unwrap()
    };
    let early = shown(10).await;
    assert_eq!((early.verdict.as_str(), early.winner), ("running", None), "{}", early.explanation);

    // Sixteen days later nine of ten get the better way, whoever of many comes first.
    let now = at(start + Days::new(16), 14);
    let drawn =
        futures::future::join_all(later.iter().map(|prospect| enrolled(&outreach, prospect, now))).await;
    let better = drawn.iter().filter(|sequence| request(sequence) == (WINNER, 0.9)).count();
    let other = drawn.iter().filter(|sequence| request(sequence).1 == 0.1).count();
    assert_eq!((drawn.len(), better + other), (40, 40));
    assert!(better >= 30, "{better}");
    let found = shown(16).await;
    assert_eq!((found.verdict.as_str(), found.winner.as_deref()), ("better", Some(WINNER)));
    assert_eq!(found.next_shares[WINNER], 0.9);
    // The other steps have taught nothing: nothing of them went out.
    let better = "SELECT count(*) FROM experiments WHERE settled_on = '2027-04-21'";
    assert_eq!(fleet.number(better).await, 1);

    // Who was assigned keeps the way, even when the shares have changed and the sequence is made again.
    let (prospect, before) = said.iter().find(|(_, sequence)| request(sequence).0 != WINNER).unwrap();
    let again = format!(
        "DELETE FROM enrolments e USING leads l WHERE l.id = e.lead_id AND l.prospect_id = '{prospect}'"
    );
    fleet.sql(&again).await;
    let after = enrolled(&outreach, prospect, now).await;
    assert!(after.created);
    assert_eq!(request(&after), request(before));
}
