//! The example workflow of the source document over HTTP, broker and database, for a thousand prospects.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate, Weekday};
use prospects::{NewProspect, Prospects};
use serde_json::{Value, json};
use tests::http::Api;
use tests::prospects::{OWNER, USER, at, people};
use tests::{Broker, TestFleet};

/// What happened, counted by hand.
#[derive(Default)]
struct Counted {
    sends: u64,
    asked: BTreeSet<String>,
    accepted: BTreeSet<String>,
    replied: BTreeSet<String>,
    positive: BTreeSet<String>,
    booked: BTreeSet<String>,
}

/// A Monday of the year to come: the gateway plans by its own clock, and no further ahead.
fn monday() -> NaiveDate {
    #[expect(clippy::disallowed_methods, reason = "the gateway refuses weeks that are over")]
    let today = chrono::Utc::now().date_naive();
    today.week(Weekday::Mon).first_day() + Days::new(14)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_workflow_over_http() {
    let fleet = TestFleet::start().await;
    let outreach = fleet.prospects().await;
    let _worker = fleet.run(&["outreach"]);
    let api = Api::start(&fleet).await;
    fleet.broker.waits("recorder").await;
    set_up(&api).await;

    let start = monday();
    let mut counted = Counted::default();
    for number in 0..4 {
        let start = start + Days::new(7 * number);
        let body = json!({"user_id": USER, "target_connection_requests": 40, "target_followups": 30,
            "week_start": start});
        let plan = api.post("/api/outreach/cadence/weekly", &body).await;
        assert_eq!(plan["connection_requests"], 40, "{} {}", plan["shortfalls"], plan["skipped"]);
        let filled: Vec<&Value> = array(&plan["segments"]).iter().map(|segment| &segment["filled"]).collect();
        assert_eq!(filled, [19, 19, 2]);
        let planned: BTreeSet<&str> =
            array(&plan["touches"]).iter().map(|touch| text(&touch["prospect_id"])).collect();
        assert!(
            planned.iter().all(|name| !counted.replied.contains(*name) && !counted.booked.contains(*name))
        );
        let week = send(&api, &outreach, start, &mut counted).await;
        answer(&api, &fleet.broker, &week, start, &mut counted).await;
        fleet.broker.settled().await;

        let friday = start + Days::new(6);
        let metrics = api.get(&format!("/api/outreach/metrics?user_id={USER}&to={friday}")).await;
        counted.check(&metrics, number + 1);
    }
    assert!(counted.replied.len() > 10 && counted.booked.len() > 3, "{}", counted.replied.len());
    let dead = fleet.broker.all("lf.v1.dead.>").await;
    assert!(dead.is_empty(), "{}", dead.len());
}

/// Week 1: prospects are taken in, placed in segments, ranked; the best twenty get sequences.
async fn set_up(api: &Api) {
    for some in people(1_000).chunks(250) {
        let body = json!({"user_id": USER, "prospects": some.iter().map(told).collect::<Vec<_>>()});
        let taken = api.post("/api/prospects/discover", &body).await;
        assert!(array(&taken["prospects"]).iter().all(|one| one["outcome"] == "created"), "{taken}");
    }
    let placed = api.post("/api/outreach/segment", &json!({"user_id": USER, "prospect_ids": null})).await;
    let counts: Vec<&Value> =
        array(&placed["segments"]).iter().map(|segment| &segment["prospects"]).collect();
    assert_eq!((&placed["total"], counts), (&json!(1_000), vec![&json!(400), &json!(400), &json!(200)]));
    let ranked = json!({"user_id": USER, "min_fit_score": 70, "min_referral_capacity": 60, "limit": 50});
    let ranked = api.post("/api/outreach/prioritize", &ranked).await;
    assert_eq!(array(&ranked["prospects"]).len(), 50);
    for prospect in &array(&ranked["prospects"])[..20] {
        let name = text(&prospect["prospect_id"]);
        let body = json!({"user_id": USER, "prospect_id": name, "sequence_type": "5-step"});
        let made = api.post("/api/outreach/sequence/generate", &body).await;
        assert_eq!((array(&made["messages"]).len(), &made["created"]), (6, &json!(true)));
        let shown = api.get(&format!("/api/outreach/sequence/{name}?user_id={USER}")).await;
        assert_eq!(shown["sequence_id"], made["sequence_id"]);
    }
}

/// Plays the tool that sends; what it says goes over HTTP.
///
/// What is due is taken past the gateway, which knows only the time of the machine.
async fn send(
    api: &Api,
    outreach: &Prospects,
    start: NaiveDate,
    counted: &mut Counted,
) -> BTreeMap<String, i16> {
    let mut sent = BTreeMap::new();
    for day in start.iter_days().take(5) {
        let now = at(day, 21);
        for touch in outreach.take(OWNER, "tool", 1_000, now).await.unwrap() {
            let touch = touch.touch;
            assert!(!counted.replied.contains(&touch.prospect_id), "{} has replied", touch.prospect_id);
            let path = format!("/api/outreach/due/{}/ack", touch.touch_id);
            let told = api.post(&path, &json!({"status": "sent", "at": touch.due_at})).await;
            assert_eq!(told["state"], "sent");
            counted.sends += 1;
            if touch.step == 0 {
                assert!(counted.asked.insert(touch.prospect_id.clone()), "{} twice", touch.prospect_id);
            }
            assert!(sent.insert(touch.prospect_id, touch.step).is_none(), "one touch a week each");
        }
    }
    sent
}

/// Requests are accepted, told on the broker as JSON; of the messages some are answered, told over HTTP.
async fn answer(
    api: &Api,
    broker: &Broker,
    week: &BTreeMap<String, i16>,
    start: NaiveDate,
    counted: &mut Counted,
) {
    let saturday = at(start + Days::new(5), 6);
    for (place, (name, step)) in week.iter().enumerate() {
        if *step == 0 && place % 4 > 0 {
            let event = json!({"eventId": format!("{name}-accepted"), "clientId": OWNER.client.to_string(),
                "source": "json", "prospectId": name, "kind": "ENGAGEMENT_KIND_ACCEPTED",
                "occurredAt": saturday.to_rfc3339(), "channel": "linkedin"});
            let subject = format!("lf.v1.event.engagement.{}", OWNER.client);
            broker.publish_json(&subject, event.to_string()).await;
            counted.accepted.insert(name.clone());
        }
        let (status, words) = match (*step, place % 6) {
            (0, _) => continue,
            (_, 0) => ("replied", "Sounds good, I am interested. Shall we talk?"),
            (_, 1) => ("replied", "No thanks, not interested."),
            (_, 2) => ("meeting_booked", ""),
            _ => ("opened", ""),
        };
        let mut body = json!({"user_id": USER, "prospect_id": name, "engagement_status": status,
            "occurred_at": saturday});
        if !words.is_empty() {
            body["text"] = json!(words);
        }
        for _twice in 0..2 {
            let told = api.post("/api/outreach/track-engagement", &body).await;
            assert_eq!(told["accepted"], true);
        }
        match (status, place % 6) {
            ("replied", 0) => {
                counted.replied.insert(name.clone());
                counted.positive.insert(name.clone());
            }
            ("replied", _) => _ = counted.replied.insert(name.clone()),
            ("meeting_booked", _) => {
                counted.booked.insert(name.clone());
                counted.positive.insert(name.clone());
            }
            _ => {}
        }
    }
}

impl Counted {
    fn check(&self, metrics: &Value, weeks: u64) {
        let totals = &metrics["totals"];
        let successes = |rate: &str| totals[rate]["successes"].as_u64().unwrap();
        let people = self.asked.len() as u64;
        assert_eq!((&totals["sends"], &totals["people"]), (&json!(self.sends), &json!(people)));
        assert_eq!(successes("reply_rate"), self.replied.len() as u64);
        assert_eq!(successes("positive_reply_rate"), self.positive.len() as u64);
        assert_eq!(successes("meeting_rate"), self.booked.len() as u64);
        assert_eq!(successes("acceptance_rate"), self.accepted.len() as u64);
        let rate = totals["reply_rate"]["rate"].as_f64().unwrap();
        assert!((rate - self.replied.len() as f64 / people as f64).abs() < 1e-4, "{rate}");
        assert_eq!(array(&metrics["weeks"]).len() as u64, weeks);
        assert_eq!(metrics["targets"], json!({"reply_rate": [15.0, 20.0], "meeting_rate": [5.0, 10.0]}));
    }
}

fn told(person: &NewProspect) -> Value {
    json!({"prospect_id": person.prospect_id, "name": person.name, "title": person.title,
        "company": person.company, "state": person.state, "email": person.email,
        "linkedin_url": person.linkedin_url})
}

fn array(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("no list: {value}"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
