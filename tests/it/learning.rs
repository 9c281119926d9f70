//! What conversions teach: learned from rows, stored, announced, and the same bytes whenever it is learned again.

use chrono::{DateTime, TimeDelta, Utc};
use conversion::Request;
use prospects::NewProspect;
use proto::v1::{LearnRequest, PatternsChanged};
use proto::{Message as _, Outgoing, Token};
use serde_json::{Value, json};
use stats::weights::Objective;
use tests::TestFleet;
use tests::http::Api;
use tests::patterns::{moment, outcomes};
use tests::prospects::OWNER;

fn request() -> Request {
    Request { client: db::DEFAULT_CLIENT, moment: moment(), objective: Objective::Centred }
}

async fn patterns(fleet: &TestFleet) -> Vec<String> {
    fleet.texts("SELECT pattern_type || patterns::text FROM conversion_patterns ORDER BY pattern_type").await
}

async fn ask(fleet: &TestFleet, moment: DateTime<Utc>) {
    let client = db::DEFAULT_CLIENT.to_string();
    let moment = moment.to_rfc3339();
    let id = Token::squeezed(&format!("{moment}-{}", uuid_of_now()));
    let request = LearnRequest { client_id: client.clone(), moment, asked_by: "test".to_owned() };
    fleet.broker.say(&Outgoing::job("detector", Token::squeezed(&client), id, &request)).await;
}

fn uuid_of_now() -> String {
    db::Uuid::now_v7().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn patterns_are_learned_stored_and_announced() {
    let fleet = TestFleet::start().await;
    fleet.sql(&outcomes("ASC", "")).await;
    fleet.conversion().learn(request(), || {}).await.unwrap();
    let before = patterns(&fleet).await;
    assert_eq!(before.len(), 4);
    ask(&fleet, moment()).await;
    let worker = fleet.run(&["detector", "scorer"]);
    let told = fleet.broker.said("lf.v1.event.patterns-changed.>").await;
    let changed = PatternsChanged::decode(told.payload.clone()).unwrap();
    assert_eq!(
        (changed.run_id.as_str(), changed.weights_source.as_str()),
        (moment().format("learn-%Y%m%dT%H%M%SZ").to_string().as_str(), "learned")
    );
    fleet.broker.settled().await;

    let found: Value =
        fleet.texts("SELECT patterns::text FROM conversion_patterns WHERE pattern_type = 'who'").await[0]
            .parse()
            .unwrap();
    assert_eq!(
        (&found["type"], &found["version"], &found["computed_at"]),
        (&json!("who"), &json!("1.0"), &json!(moment()))
    );
    assert_eq!((&found["sample_size"], &found["confidence"]), (&json!(200), &json!(0.97)));
    // CI-150: what is recommended is what scores are made with.
    let weights = fleet.texts("SELECT als_learned_weights::text FROM clients").await;
    assert_eq!(found["recommended_weights"], weights[0].parse::<Value>().unwrap());
    assert!(found["recommended_weights"]["timing"].as_f64().unwrap() > 0.15, "{found}");
    assert_eq!(fleet.number("SELECT conversion_sample_count::bigint FROM clients").await, 200);

    // Learned by a command before, for the same moment: the same bytes, and the history has it once.
    assert_eq!(patterns(&fleet).await, before);
    assert_eq!(fleet.number("SELECT count(*) FROM conversion_pattern_history").await, 4);
    assert!(worker.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_in_the_future_is_refused_and_stands_in_nobodys_way() {
    let fleet = TestFleet::start().await;
    let worker = fleet.run(&["detector"]);
    let in_ten_years = moment() + TimeDelta::days(3_652);
    ask(&fleet, in_ten_years).await;
    let dead = fleet.broker.said("lf.v1.dead.>").await;
    let error = format!("{:?}", dead.headers);
    assert!(error.contains("lies in the future"), "{error}");
    assert!(worker.stop().success());
    let at = in_ten_years.to_rfc3339();
    let (status, log) = fleet.leadfleet(&["patterns", "learn", "--moment", &at]).end().await;
    assert!(status.code() == Some(2) && log.contains("lies in the future"), "{log}");
    assert_eq!(fleet.number("SELECT count(*) FROM conversion_pattern_history").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_is_scored_by_what_is_recommended_until_it_has_run_out() {
    let fleet = TestFleet::start().await;
    fleet.sql(&outcomes("ASC", "")).await;
    fleet.conversion().learn(request(), || {}).await.unwrap();
    let _scorer = fleet.run(&["scorer"]);
    let new = NewProspect {
        prospect_id: Some("new".into()),
        name: "Ann Poe".into(),
        title: "Owner".into(),
        email: "ann@oak.example".into(),
        ..NewProspect::default()
    };
    let taken = fleet.prospects().await.take_in(OWNER, vec![new], moment()).await.unwrap();
    for message in prospects::of_taken(OWNER.client, &taken) {
        fleet.broker.say(&message).await;
    }
    // CI-150, X89.
    let equal = "SELECT count(*) FROM leads, clients, conversion_patterns AS p WHERE prospect_id = 'new'
        AND p.pattern_type = 'who' AND als_weights_used = p.patterns -> 'recommended_weights'
        AND als_weights_used = als_learned_weights AND leads.weights_source = 'learned'";
    fleet.broker.until("scored by what was learned", async || fleet.number(equal).await == 1).await;

    let explain = ["leads", "explain", "new", "--json"];
    let likelihood = fleet.said(&explain).await["now"]["likelihood"].as_f64();
    assert!(likelihood.is_some_and(|share| (0.001..0.5).contains(&share)), "{likelihood:?}");

    fleet.sql("UPDATE clients SET als_weights_updated_at = now() - interval '15 days'").await;
    let _detector = fleet.run(&["detector"]);
    let expired = "SELECT count(*) FROM leads JOIN clients ON clients.id = client_id
        WHERE prospect_id = 'new' AND leads.weights_source = 'expired' AND clients.weights_source = 'expired'";
    fleet.broker.until("scored by the defaults again", async || fleet.number(expired).await == 1).await;
    assert!(fleet.said(&explain).await["now"]["likelihood"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_week_gives_the_same_bytes() {
    let mut found = Vec::new();
    // Rows get other ids when events are played again, and come in another order.
    for (order, ids) in [("ASC", "one"), ("DESC", "other")] {
        let fleet = TestFleet::start().await;
        fleet.sql(&outcomes(order, ids)).await;
        let learned = fleet.conversion().learn(request(), || {}).await.unwrap();
        assert_eq!((learned.leads, learned.activities), (200, 600));
        found.push(patterns(&fleet).await);
    }
    assert_eq!(found[0], found[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_shows_what_was_learned_and_leads_back_to_the_leads() {
    let fleet = TestFleet::start().await;
    fleet.sql(&outcomes("ASC", "")).await;
    fleet.prospects().await;
    let api = Api::start(&fleet).await;
    assert_eq!(api.get("/api/patterns").await["patterns"], json!([]));
    fleet.conversion().learn(request(), || {}).await.unwrap();

    let all = api.get("/api/patterns").await;
    let types: Vec<&str> =
        all["patterns"].as_array().unwrap().iter().map(|one| one["pattern_type"].as_str().unwrap()).collect();
    assert_eq!(types, ["who", "what", "when", "how"]);
    let who = api.get("/api/patterns/who").await;
    let card = &who["patterns"]["title_rankings"][0];
    let evidence =
        api.get(&format!("/api/patterns/evidence/{}", card["evidence"]["id"].as_str().unwrap())).await;
    assert_eq!((&evidence["query"], &evidence["as_learned"]), (&card["evidence"]["query"], &json!(true)));
    assert_eq!(evidence["total"], card["sample"]);
    let booked = evidence["leads"].as_array().unwrap().iter().filter(|lead| lead["booked"] == true).count();
    assert_eq!(json!(booked), card["converted"]);

    // Messages are counted as often as they were sent.
    let what = api.get("/api/patterns/what").await;
    let subject = &what["patterns"]["subject_patterns"]["winning"][0];
    let evidence =
        api.get(&format!("/api/patterns/evidence/{}", subject["evidence"]["id"].as_str().unwrap())).await;
    assert_eq!((&evidence["total"], &evidence["as_learned"]), (&json!(200), &json!(true)), "{subject}");
    fleet.sql("UPDATE leads SET title = 'Chief' WHERE prospect_id = 'lead_4'").await;
    let id = card["evidence"]["id"].as_str().unwrap();
    let changed = api.get(&format!("/api/patterns/evidence/{id}")).await;
    assert_eq!(changed["as_learned"], false);

    let history = api.get("/api/patterns/history?type=who&limit=5").await;
    assert_eq!(history["history"].as_array().unwrap().len(), 1);
    let weights =
        json!({"weights": {"data_quality": 0.05, "authority": 0.05, "company_fit": 0.25, "timing": 0.5}});
    let what_if = api.post("/api/patterns/whatif", &weights).await;
    assert_eq!((&what_if["leads"], &what_if["outcomes"]), (&json!(200), &json!(200)));
    assert!(what_if["ranking"]["auc_what_if"].as_f64().unwrap() > 0.6, "{what_if}");
    assert!(what_if["caution"].as_str().unwrap().contains("not known"), "{what_if}");
}
