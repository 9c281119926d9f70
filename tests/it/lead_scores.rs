//! Leads are scored as they stand, whoever says that they came, changed, or that something was learned.

use chrono::Utc;
use db::Uuid;
use prospects::{NewProspect, Owner, Whom};
use proto::v1::{LeadChanged, PatternsChanged};
use proto::{Message, Name, Outgoing, Token, kind};
use tests::TestFleet;
use tests::prospects::{OWNER, people};

const OTHER: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0002);

const WEIGHTS: &str = r#"{"data_quality": 0.05, "authority": 0.5, "company_fit": 0.25, "timing": 0.05}"#;

fn owner(email: &str) -> NewProspect {
    NewProspect {
        prospect_id: Some("lead_1".to_owned()),
        name: "Jane Roe".to_owned(),
        title: "Owner".to_owned(),
        company: "Oak Clinic".to_owned(),
        state: "AZ".to_owned(),
        email: email.to_owned(),
        employee_count: Some(12),
        ..NewProspect::default()
    }
}

#[expect(clippy::disallowed_methods, reason = "leads come now, and weights grow old by the clock")]
fn now() -> chrono::DateTime<Utc> {
    Utc::now()
}

async fn take_in(fleet: &TestFleet, prospects: Vec<NewProspect>, announced: bool) {
    let outreach = fleet.prospects().await;
    let taken = outreach.take_in(OWNER, prospects, now()).await.unwrap();
    for message in prospects::of_taken(OWNER.client, &taken) {
        if announced {
            fleet.broker.say(&message).await;
        }
    }
}

/// Says something of a client on the subject of a client.
async fn say<M: Message + Name>(fleet: &TestFleet, kind: &str, subject: Uuid, id: &str, message: &M) {
    let key = Token::squeezed(&subject.to_string());
    fleet.broker.say(&Outgoing::event(Token::squeezed(kind), key, id.to_owned(), message)).await;
}

async fn learned(fleet: &TestFleet, source: &str, days: i32) {
    fleet
        .sql(&format!(
            "UPDATE clients SET als_learned_weights = '{WEIGHTS}', weights_source = '{source}',
                als_weights_updated_at = now() - make_interval(days => {days}) WHERE id = '{}'",
            OWNER.client
        ))
        .await;
    let client_id = OWNER.client.to_string();
    let said =
        PatternsChanged { client_id, run_id: format!("{source}-{days}"), weights_source: source.to_owned() };
    say(fleet, kind::PATTERNS_CHANGED, OWNER.client, &format!("patterns-{source}-{days}"), &said).await;
}

async fn is_stored(fleet: &TestFleet, what: &str, expected: &str) {
    let sql = "SELECT als_score || ' ' || als_tier || ' ' || weights_source FROM leads
        WHERE prospect_id = 'lead_1' AND scored_at IS NOT NULL";
    let found = async || fleet.texts(sql).await;
    fleet.broker.until(&format!("{what}: {expected}"), async || found().await == [expected]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_that_comes_or_changes_is_scored() {
    let fleet = TestFleet::start().await;
    let _worker = fleet.run(&["scorer"]);
    fleet.broker.waits("lead-scorer").await;
    take_in(&fleet, vec![owner("")], true).await;
    // 4 of data, 25 of authority, 23 of fit.
    is_stored(&fleet, "who comes", "52 warm default").await;
    let parts =
        r#"{"data_quality": 4.0, "authority": 25.0, "company_fit": 23.0, "timing": 0.0, "risk": 0.0}"#;
    let stored = format!(
        "SELECT count(*) FROM leads WHERE als_components = '{parts}' AND als_weights_used =
        '{{\"data_quality\": 0.2, \"authority\": 0.25, \"company_fit\": 0.25, \"timing\": 0.15}}'"
    );
    assert_eq!(fleet.number(&stored).await, 1, "the seed's keys, with the risk");
    take_in(&fleet, vec![owner("jane@oak.example")], true).await;
    is_stored(&fleet, "who changes", "58 warm default").await;

    // Old news, twice: the lead is scored as it is now.
    let id = fleet.texts("SELECT id::text FROM leads").await.remove(0);
    let client_id = OWNER.client.to_string();
    let old = LeadChanged { client_id, lead_ids: vec![id.clone(), Uuid::nil().to_string()] };
    for name in ["old-1", "old-2"] {
        say(&fleet, kind::LEAD_UPDATED, OWNER.client, name, &old).await;
    }
    fleet.broker.settled().await;
    is_stored(&fleet, "old news", "58 warm default").await;

    // Who was deleted keeps what was there.
    fleet.sql("UPDATE leads SET deleted_at = now(), als_score = 1").await;
    say(&fleet, kind::LEAD_UPDATED, OWNER.client, "deleted", &old).await;
    fleet.broker.settled().await;
    assert_eq!(fleet.number("SELECT als_score::bigint FROM leads").await, 1);
    assert!(fleet.broker.all("lf.v1.dead.>").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_learned_scores_anew_whom_nobody_has_contacted() {
    let fleet = TestFleet::start().await;
    take_in(&fleet, vec![owner("jane@oak.example")], true).await;
    let mut others = people(1_200);
    others.iter_mut().for_each(|one| one.prospect_id = None);
    take_in(&fleet, others, true).await;
    let _worker = fleet.run(&["scorer"]);
    fleet
        .broker
        .until("all scores", async || fleet.number("SELECT count(scored_at) FROM leads").await == 1_201)
        .await;
    fleet
        .sql(
            "INSERT INTO activities (client_id, id, lead_id, action, channel, created_at, source, event_id)
            SELECT client_id, gen_random_uuid(), id, 'sent', 'email', now(), 'test', 'e1' FROM leads
            WHERE name = 'Person 0'",
        )
        .await;

    learned(&fleet, "learned", 13).await;
    // 10 of 20 at 0.05, 50, 23.
    is_stored(&fleet, "learned", "75 hot learned").await;
    let with = |source: &str| format!("SELECT count(*) FROM leads WHERE weights_source = '{source}'");
    fleet.broker.settled().await;
    assert_eq!(fleet.number(&with("learned")).await, 1_200, "all but the one who was contacted");
    let equal = "SELECT count(*) FROM leads JOIN clients ON clients.id = client_id
        WHERE als_weights_used = als_learned_weights";
    assert_eq!(fleet.number(equal).await, 1_200, "CI-150");
    let snapshot = "SELECT (als_snapshot ->> 'score') || ' ' || als_score FROM leads WHERE name = 'Person 0'";
    let snapshot = fleet.texts(snapshot).await.remove(0);
    let (before, after) = snapshot.split_once(' ').unwrap();
    assert_eq!(before, after);

    learned(&fleet, "learned", 15).await;
    is_stored(&fleet, "expired", "58 warm expired").await;
    learned(&fleet, "held", 1).await;
    is_stored(&fleet, "held", "75 hot held").await;
    learned(&fleet, "blend", 1).await;
    is_stored(&fleet, "blend", "75 hot blend").await;
}

/// Writes down what was fitted last, as a WHO document has it, and says so.
async fn fitted(fleet: &TestFleet, candidate: &str, run: &str) {
    fleet
        .sql(&format!(
            "INSERT INTO conversion_patterns (client_id, pattern_type, patterns, sample_size, confidence, valid_until)
            VALUES ('{}', 'who', '{{\"candidate_weights\": {candidate}}}', 89, 0.41, now() + interval '1 day')
            ON CONFLICT ON CONSTRAINT unique_client_pattern_type DO UPDATE SET patterns = excluded.patterns",
            OWNER.client
        ))
        .await;
    let client_id = OWNER.client.to_string();
    let said = PatternsChanged { client_id, run_id: run.to_owned(), weights_source: "held".to_owned() };
    say(fleet, kind::PATTERNS_CHANGED, OWNER.client, &format!("patterns-{run}"), &said).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn weights_that_were_not_adopted_score_beside_those_in_force() {
    let fleet = TestFleet::start().await;
    let _worker = fleet.run(&["scorer"]);
    fitted(&fleet, WEIGHTS, "one").await;
    take_in(&fleet, vec![owner("jane@oak.example")], true).await;
    let scores = "SELECT als_score || ' ' || coalesce(als_shadow_score::text, '-') FROM leads WHERE scored_at IS NOT NULL";
    let are = async |expected: &str| {
        let found = async || fleet.texts(scores).await;
        fleet.broker.until(&format!("scores {expected}"), async || found().await == [expected]).await;
    };
    are("58 75").await;
    let shown = fleet.said(&["leads", "show", "lead_1", "--json"]).await;
    assert_eq!((&shown["score"], &shown["shadow_score"]), (&58.into(), &75.into()));
    let explained = fleet.said(&["leads", "explain", "lead_1", "--json"]).await;
    assert_eq!(explained["lead"]["shadow_score"], 75);

    // Other weights, which nobody adopted either; then they are adopted; then nothing is known of any.
    let even = r#"{"data_quality": 0.2, "authority": 0.2, "company_fit": 0.2, "timing": 0.25}"#;
    fitted(&fleet, even, "two").await;
    // 10 of 20, 25 and 23 of 25, nothing of 15.
    are("58 48").await;
    fleet
        .sql(&format!("UPDATE conversion_patterns SET patterns = '{{\"candidate_weights\": {WEIGHTS}}}'"))
        .await;
    learned(&fleet, "learned", 1).await;
    are("75 -").await;
    fitted(&fleet, even, "three").await;
    are("75 48").await;
    fitted(&fleet, "null", "four").await;
    are("75 -").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_scored_by_the_weights_in_force_already_is_left_alone() {
    let fleet = TestFleet::start().await;
    let mut others = people(600);
    others.iter_mut().for_each(|one| one.prospect_id = None);
    take_in(&fleet, others, false).await;
    let scores = fleet.scores();
    let rescore = async || {
        let told = scores.rescore(OWNER.client, Whom::Outdated, true, now(), || {}).await.unwrap();
        (told.leads, told.current)
    };
    assert_eq!(rescore().await, (600, 0));
    let written = "SELECT count(DISTINCT xmin::text) FROM leads";
    let before = fleet.texts("SELECT string_agg(xmin::text, ',' ORDER BY id) FROM leads").await;
    assert_eq!(fleet.number(written).await, 2, "two pages");
    assert_eq!(rescore().await, (0, 600));
    assert_eq!(fleet.texts("SELECT string_agg(xmin::text, ',' ORDER BY id) FROM leads").await, before);

    // A run that stopped after some leads goes on with the others; who changed is scored with them.
    fleet.sql("UPDATE leads SET als_weights_used = '{}' WHERE name IN ('Person 1', 'Person 2')").await;
    fleet.sql("UPDATE leads SET title = 'Chief' WHERE name = 'Person 3'").await;
    fleet.sql("UPDATE leads SET weights_source = 'held' WHERE name = 'Person 4'").await;
    fleet.sql("UPDATE leads SET als_shadow_weights = '{}' WHERE name = 'Person 5'").await;
    assert_eq!(rescore().await, (5, 595));
    assert_eq!(rescore().await, (0, 600));
    let all = scores.rescore(OWNER.client, Whom::All, false, now(), || {}).await.unwrap();
    assert_eq!((all.leads, all.current), (600, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn leads_that_nobody_spoke_of_are_found() {
    let fleet = TestFleet::start().await;
    fleet.sql(&format!("INSERT INTO clients (id, slug, name) VALUES ('{OTHER}', 'other', 'Other')")).await;
    for (client, name) in [(OWNER.client, "lead_1"), (OTHER, "lead_2")] {
        fleet
            .sql(&format!(
                "INSERT INTO leads (client_id, id, prospect_id, name, title, source, collected_at, created_at)
                VALUES ('{client}', gen_random_uuid(), '{name}', 'Jane', 'Owner', 'sql', now(),
                    now() - interval '1 minute')"
            ))
            .await;
    }
    // Taken in by a process that died before it could say so.
    take_in(&fleet, people(20).split_off(10), false).await;
    fleet.sql("UPDATE leads SET created_at = created_at - interval '1 minute'").await;
    let worker = fleet.run(&["scorer"]);
    fleet
        .broker
        .until("all scores", async || fleet.number("SELECT count(scored_at) FROM leads").await == 12)
        .await;
    is_stored(&fleet, "by SQL", "25 cool default").await;
    fleet.broker.settled().await;
    assert!(worker.stop().success());

    // What is changed by SQL is no longer scored, and found as well; what has nothing to do with the score stays.
    fleet.sql("UPDATE leads SET email = 'a@b.example' WHERE prospect_id = 'lead_1'").await;
    fleet.sql("UPDATE leads SET replies = 3 WHERE prospect_id = 'lead_2'").await;
    assert_eq!(fleet.number("SELECT count(scored_at) FROM leads").await, 11);
    let _worker = fleet.run(&["scorer"]);
    is_stored(&fleet, "changed by SQL", "31 cool default").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn leads_of_which_news_comes_at_once_are_scored_together_and_one_that_cannot_be_harms_no_other() {
    let fleet = TestFleet::start().await;
    take_in(&fleet, people(300), false).await;
    // Whoever looks for leads that nobody spoke of does not find them yet.
    fleet.sql("UPDATE leads SET created_at = now() + interval '1 hour'").await;
    fleet.sql("ALTER TABLE leads ADD CHECK (name <> 'Person 150' OR als_score IS NULL)").await;
    let leads = fleet.texts("SELECT id::text FROM leads ORDER BY name").await;
    for lead in &leads {
        let said = LeadChanged { client_id: OWNER.client.to_string(), lead_ids: vec![lead.clone()] };
        say(&fleet, kind::LEAD_UPDATED, OWNER.client, lead, &said).await;
    }
    let _worker = fleet.run(&["scorer"]);
    let dead = fleet.broker.said("lf.v1.dead.lead-update-scorer.*").await;
    fleet.broker.settled().await;
    let scored = "SELECT count(*) FROM leads WHERE als_score IS NOT NULL AND name <> 'Person 150'";
    assert_eq!(fleet.number(scored).await, 299);
    assert!(
        String::from_utf8_lossy(&dead.payload)
            .contains(&fleet.texts("SELECT id::text FROM leads WHERE name = 'Person 150'").await[0])
    );
    assert_eq!(fleet.broker.all("lf.v1.dead.>").await.len(), 1);
    let transactions =
        fleet.number("SELECT count(DISTINCT xmin::text) FROM leads WHERE als_score IS NOT NULL").await;
    assert!(transactions < 150, "{transactions} transactions");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_that_stays_locked_holds_up_no_other() {
    let fleet = TestFleet::start().await;
    take_in(&fleet, people(60), false).await;
    fleet.sql("UPDATE leads SET created_at = now() + interval '1 hour'").await;
    let locked: Uuid = fleet.texts("SELECT id::text FROM leads LIMIT 1").await[0].parse().unwrap();
    let mut holder = fleet.db.begin(OWNER.client).await.unwrap();
    db::scores::lock(&mut holder, &[locked]).await.unwrap();
    for lead in fleet.texts("SELECT id::text FROM leads").await {
        let said = LeadChanged { client_id: OWNER.client.to_string(), lead_ids: vec![lead.clone()] };
        say(&fleet, kind::LEAD_UPDATED, OWNER.client, &lead, &said).await;
    }
    let _worker = fleet.run(&["scorer"]);
    let scored = async |count: i64| fleet.number("SELECT count(als_score) FROM leads").await == count;
    fleet.broker.until("all others", async || scored(59).await).await;
    holder.rollback().await.unwrap();
    fleet.broker.until("the last one", async || scored(60).await).await;
    fleet.broker.settled().await;
    assert!(fleet.broker.all("lf.v1.dead.>").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_client_cannot_speak_for_another() {
    let fleet = TestFleet::start().await;
    fleet.sql(&format!("INSERT INTO clients (id, slug, name) VALUES ('{OTHER}', 'other', 'Other')")).await;
    let outreach = fleet.prospects().await;
    let theirs = Owner { client: OTHER, user: None };
    let taken = outreach.take_in(theirs, vec![owner("")], now()).await.unwrap();
    let lead_ids = vec![taken[0].lead.unwrap().id.to_string()];
    // Whoever looks for leads that nobody spoke of does not find it yet.
    fleet.sql("UPDATE leads SET created_at = now() + interval '1 hour'").await;
    let _worker = fleet.run(&["scorer"]);
    fleet.broker.waits("lead-scorer").await;
    // Another client than that of the subject.
    let said = LeadChanged { client_id: OTHER.to_string(), lead_ids: lead_ids.clone() };
    say(&fleet, kind::LEAD_CREATED, OWNER.client, "other-1", &said).await;
    fleet.broker.said("lf.v1.dead.lead-scorer.invalid").await;
    // A lead of another client.
    let said = LeadChanged { client_id: OWNER.client.to_string(), lead_ids };
    say(&fleet, kind::LEAD_CREATED, OWNER.client, "other-2", &said).await;
    let learned = PatternsChanged {
        client_id: OTHER.to_string(),
        run_id: "r".to_owned(),
        weights_source: String::new(),
    };
    say(&fleet, kind::PATTERNS_CHANGED, OWNER.client, "other-3", &learned).await;
    fleet.broker.said("lf.v1.dead.rescorer.invalid").await;
    // No lead at all.
    let said = LeadChanged { client_id: OWNER.client.to_string(), lead_ids: vec!["lead_1".to_owned()] };
    say(&fleet, kind::LEAD_UPDATED, OWNER.client, "other-4", &said).await;
    fleet.broker.said("lf.v1.dead.lead-update-scorer.invalid").await;
    fleet.broker.settled().await;
    assert_eq!(fleet.number("SELECT count(als_score) FROM leads").await, 0);
}
