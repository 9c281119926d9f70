//! Growth from end to end: a made cohort comes in, is learned from, gives goals, and learns from what came of them.

use chrono::{DateTime, SubsecRound as _, Utc};
use contractors::schedule;
use proto::v1::{ContractorOutcome, GrowthPatternsRecalculated, RevenueImpact};
use proto::{Message as _, Outgoing};
use runtime::learning;
use serde_json::{Value, json};
use tests::TestFleet;
use tests::http::Api;

const CLIENT: db::Uuid = db::DEFAULT_CLIENT;
const TRACKED: &str = "SELECT count(*) FROM pattern_success_tracking";

fn now() -> DateTime<Utc> {
    #[expect(clippy::disallowed_methods, reason = "goals are made as of now")]
    Utc::now().trunc_subsecs(0)
}

async fn learned_for(fleet: &TestFleet, moment: DateTime<Utc>) {
    let sql = format!("SELECT count(*) FROM growth_runs WHERE computed_at = '{moment}'");
    fleet.broker.until("growth is learned", async || fleet.number(&sql).await == 1).await;
}

/// The rows of a query, as JSON.
async fn rows(fleet: &TestFleet, query: &str) -> Vec<Value> {
    let texts = fleet.texts(&format!("SELECT row_to_json(q)::text FROM ({query}) AS q")).await;
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn named<'a>(goals: &'a Value, goal_type: &str) -> &'a Value {
    let goals = goals["goals"].as_array().unwrap();
    goals.iter().find(|goal| goal["goal_type"] == goal_type).unwrap_or_else(|| panic!("{goals:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_goal_of_the_source_document_comes_of_the_made_cohort() {
    let fleet = TestFleet::start().await;
    fleet.bring_cohort().await;
    let moment = now();
    fleet.broker.say(&learning::request(growth::JOBS, CLIENT, moment, "test")).await;
    let worker = fleet.run(&["growth"]);
    learned_for(&fleet, moment).await;
    let run_id = moment.format("growth-%Y%m%dT%H%M%SZ").to_string();
    let told = fleet
        .broker
        .said_that("lf.v1.event.growth-patterns-recalculated.>", |message| {
            GrowthPatternsRecalculated::decode(message.payload.clone()).unwrap().run_id == run_id
        })
        .await;
    assert!(GrowthPatternsRecalculated::decode(told.payload.clone()).unwrap().patterns >= 3);
    assert!(worker.stop().success());

    // Both queries by which the source document verifies day 1 (GR-067, GR-068).
    let first = "SELECT pattern_name, from_revenue_tier, to_revenue_tier, sample_size, confidence_score
        FROM business_growth_patterns ORDER BY confidence_score DESC";
    let found = rows(&fleet, first).await;
    assert_eq!(
        found[0],
        json!({"pattern_name": "Lead improvement from $3M to $5M", "from_revenue_tier": "0_5_million",
            "to_revenue_tier": "5_10_million", "sample_size": 47, "confidence_score": 0.89})
    );
    let ways = "SELECT DISTINCT from_revenue_tier, to_revenue_tier FROM business_growth_patterns";
    assert_eq!(rows(&fleet, ways).await.len(), 3, "GR-064");
    let second = "SELECT id, pattern_name, common_focus_areas, avg_time_to_level_up_months
        FROM business_growth_patterns WHERE sample_size > 5";
    let found = rows(&fleet, second).await;
    let lead = found.iter().find(|one| one["pattern_name"] == "Lead improvement from $3M to $5M").unwrap();
    assert_eq!(
        (&lead["common_focus_areas"], &lead["avg_time_to_level_up_months"]),
        (&json!(["lead_systems"]), &json!(10))
    );

    // GR-091. Beside the source document's words stands how many of those who stayed did the same.
    let goals = fleet.said(&["growth", "goals", "56", "--json"]).await;
    let goal = named(&goals, "lead_improvement");
    assert_eq!(goal["goal_description"], "Optimize lead generation and conversion systems");
    assert_eq!(goal["target_milestone"], "Implement CRM and lead tracking");
    assert_eq!((&goal["priority_score"], &goal["pattern_confidence"]), (&json!(9), &json!(0.89)));
    assert_eq!(
        goal["pattern_source"],
        "Based on 47 contractors who went from $3M to $5M - 89% improved lead systems first (85% of those who stayed \
         did too)"
    );
    assert_eq!(goal["data_gaps"], json!(["close_rate", "lead_sources"]));
    assert_eq!(goal["timeline"], "Based on similar contractors, expect 8-12 months to reach $5M");
    let checklist = goal["checklist"].as_array().unwrap();
    assert_eq!(checklist[..2], [json!("Get current close rate"), json!("Assess current CRM usage")]);
    for item in [
        "Recommend BuildPro (used by 89% of successful contractors; 67% of those who stayed did too) or LeadGen Tools \
         (used by 66%; 67% of those who stayed did too)",
        "Read 'Traction' (recommended by 72% of successful scalers; 75% of those who stayed did too)",
    ] {
        assert!(checklist.contains(&json!(item)), "{checklist:?}");
    }
    let team = named(&goals, "team_expansion");
    assert!(
        team["checklist"].as_array().unwrap().contains(&json!("Assess operations management needs")),
        "{team}"
    );

    // GR-079.
    let matched = "SELECT c.first_name, p.pattern_name, pm.match_score, pm.match_reason
        FROM contractor_pattern_matches pm JOIN contractors c ON pm.contractor_id = c.id
        JOIN business_growth_patterns p ON pm.pattern_id = p.id WHERE c.id = 56 ORDER BY pm.match_score DESC";
    let found = rows(&fleet, matched).await;
    assert_eq!(
        (found.len(), &found[0]["pattern_name"], &found[0]["match_score"]),
        (3, &json!("Lead improvement from $3M to $5M"), &json!(1.0))
    );

    let partners = fleet.said(&["growth", "partners", "56", "--scores", "1=0.6", "--json"]).await;
    assert_eq!(
        partners["partners"][0]["text"],
        "BuildPro (used by 89% of contractors who went from $3M to $5M, avg satisfaction 4.8/5; 67% of those who stayed \
         did too)"
    );
    let raised = partners["scores"][0]["boosted_score"].as_f64().unwrap();
    assert!((raised - 0.69).abs() < 0.001, "{raised}");
    let content = fleet.said(&["growth", "content", "56", "--json"]).await;
    assert_eq!(
        content["content"][0]["text"],
        "72% of contractors who scaled to $5M read 'Traction' by Gino Wickman (75% of those who stayed did too)"
    );
    let far = fleet.said(&["growth", "predict", "56", "--to", "21_30_million", "--json"]).await;
    assert_eq!(far["steps"].as_array().unwrap().len(), 3, "{far}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_of_a_goal_is_recorded_once_however_it_is_told() {
    let fleet = TestFleet::start().await;
    fleet.bring_cohort().await;
    let learned = fleet.contractors().learn(CLIENT, now(), || {}).await.unwrap();
    assert!(!learned.repeated);
    let api = Api::start(&fleet).await;
    assert_eq!(api.status(&api.key, "/api/growth/contractors/4711/patterns").await, 404);
    let made = api.post("/api/growth/contractors/56/goals?dry_run=true", &json!({})).await;
    assert_eq!((&made["dry_run"], &made["goals"][0]["id"]), (&json!(true), &Value::Null));
    assert_eq!(fleet.number("SELECT count(*) FROM ai_concierge_goals").await, 0);
    let made = api.post("/api/growth/contractors/56/goals", &json!({})).await;
    let goal = named(&made, "lead_improvement")["id"].as_i64().unwrap();

    let worker = fleet.run(&["growth"]);
    let told = json!({"contractor_id": 56, "goal_id": goal, "goal_completed": true, "event_id": "done",
        "revenue_impact": "positive", "what_worked": "Leads come in by themselves"});
    let accepted = api.post("/api/growth/outcomes", &told).await;
    assert_eq!((&accepted["accepted"], &accepted["event_id"]), (&json!(true), &json!("done")));
    api.post("/api/growth/outcomes", &told).await;
    fleet.broker.until("it is recorded", async || fleet.number(TRACKED).await == 1).await;
    // The same event by somebody who speaks to the broker, and one that says something more of the same goal.
    let mut event = ContractorOutcome {
        client_id: CLIENT.to_string(),
        event_id: "done".to_owned(),
        contractor_id: 56,
        goal_id: i32::try_from(goal).ok(),
        goal_completed: true,
        revenue_impact: RevenueImpact::Positive.into(),
        ..ContractorOutcome::default()
    };
    let said = growth::outcome(&event);
    let again = format!("{}:again", said.id(0));
    fleet.broker.say(&Outgoing { kind: proto::Kind::Named(again), ..said }).await;
    event.event_id = "rated".to_owned();
    event.contractor_satisfaction = 5;
    fleet.broker.say(&growth::outcome(&event)).await;
    let rated = "SELECT count(*) FROM pattern_success_tracking WHERE contractor_satisfaction = 5
        AND goal_completed AND revenue_impact = 'positive'";
    fleet.broker.until("it is rated", async || fleet.number(rated).await == 1).await;
    fleet.broker.settled().await;
    assert_eq!(fleet.number(TRACKED).await, 1);
    let result = "SELECT pattern_result FROM contractor_pattern_matches AS m JOIN ai_concierge_goals AS g
        USING (client_id, contractor_id, pattern_id)";
    let results = fleet.texts(&format!("{result} WHERE g.status = 'completed'")).await;
    assert_eq!(results, ["successful"]);
    let goals = api.get("/api/growth/contractors/56/goals").await;
    assert_eq!(named(&goals, "lead_improvement")["status"], "completed");

    // Somebody at a terminal tells of another one.
    let team = named(&made, "team_expansion")["id"].to_string();
    let tell = ["growth", "outcome", "56", "--goal", &team, "--failed", "--satisfaction", "2", "--json"];
    let dry = fleet.said(&[&tell[..], &["--dry-run"]].concat()).await;
    assert_eq!((&dry["dry_run"], fleet.number(TRACKED).await), (&json!(true), 1));
    for told in ["new", "known"] {
        assert_eq!(fleet.said(&tell).await["told"], told);
    }
    let explained = fleet.said(&["growth", "explain", &team, "--json"]).await;
    assert_eq!(
        (&explained["goal"]["status"], &explained["match"]["pattern_result"]),
        (&json!("abandoned"), &json!("unsuccessful"))
    );

    // What nobody can know of dies, and says why.
    let unknown = ContractorOutcome { event_id: "unknown".to_owned(), goal_id: Some(4711), ..event };
    fleet.broker.say(&growth::outcome(&unknown)).await;
    let dead = fleet.broker.said("lf.v1.dead.>").await;
    let error = format!("{:?}", dead.headers);
    assert!(error.contains("there is no goal 4711"), "{error}");

    // What comes late of somebody who was erased is dropped with their words.
    fleet.said(&["growth", "erase", "56", "--yes", "--json"]).await;
    let late =
        ContractorOutcome { event_id: "late".to_owned(), what_worked: "Ann's words".to_owned(), ..unknown };
    fleet.broker.say(&growth::outcome(&late)).await;
    fleet.broker.settled().await;
    assert_eq!(fleet.broker.all("lf.v1.dead.>").await.len(), 1);
    fleet.broker.until("it is dropped", async || worker.log().contains("who was erased is dropped")).await;
    assert!(!worker.log().contains("Ann's words"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_gateway_forgets_patterns_when_others_are_released() {
    let fleet = TestFleet::start().await;
    let api = Api::start(&fleet).await;
    let none = api.get("/api/growth/patterns").await;
    assert_eq!(none["patterns"], json!([]));
    assert_eq!(none["next_learning"], json!(schedule::next_learning(CLIENT, now())));
    assert_eq!(api.status(&api.key, "/api/growth/runs/latest").await, 404);
    fleet.bring_cohort().await;
    let told = fleet.said(&["growth", "learn", "--dry-run", "--json"]).await;
    assert_eq!(told["stored"], false);
    assert_eq!(told["patterns"][0]["sample_size"], Value::Null, "a dry run has no figures");
    assert_eq!(fleet.number("SELECT count(*) FROM business_growth_patterns").await, 0);
    fleet.said(&["growth", "learn", "--json"]).await;
    let known = async || !api.get("/api/growth/patterns").await["patterns"].as_array().unwrap().is_empty();
    fleet.broker.until("the gateway tells the new patterns", known).await;
    let run = api.get("/api/growth/runs/latest").await;
    assert_eq!((&run["contractors"], run["eligible"].as_array().unwrap().len()), (&json!(108), 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_ask_once_for_a_month_that_was_missed() {
    let fleet = TestFleet::start().await;
    fleet.bring_cohort().await;
    let replicas = [fleet.run(&["growth"]), fleet.run(&["growth"])];
    let due = schedule::last_learning(CLIENT, now());
    learned_for(&fleet, due).await;
    for worker in &replicas {
        let log = || worker.log().contains("started");
        fleet.broker.until("a replica to start", async || log()).await;
    }
    fleet.broker.settled().await;
    let asked = fleet.broker.all("lf.v1.job.growth.>").await;
    assert_eq!(asked.len(), 1);
    assert_eq!(fleet.number("SELECT count(*) FROM growth_runs").await, 1);
    for worker in replicas {
        assert!(worker.stop().success());
    }
}
