//! The example workflow of the source document over HTTP, broker and database, for a thousand prospects.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate, Weekday};
use prospects::NewProspect;
use serde_json::{Value, json};
use tests::TestFleet;
use tests::http::{Api, Endpoint, Time};
use tests::prospects::{OWNER, USER, at, people};

/// Whoever tells what became of touches, and to whom.
struct World {
    fleet: TestFleet,
    api: Api,
    time: Time,
    endpoint: Endpoint,
}

/// What went out to somebody.
struct Sent {
    step: i64,
    email: String,
}

/// What happened, counted by hand.
#[derive(Default)]
struct Counted {
    sends: u64,
    asked: BTreeSet<String>,
    accepted: BTreeSet<String>,
    replied: BTreeSet<String>,
    positive: BTreeSet<String>,
    booked: BTreeSet<String>,
    /// Answers of any kind; each fourth came as a webhook.
    answers: usize,
}

/// A Monday without holidays around it.
fn monday() -> NaiveDate {
    let monday = NaiveDate::from_ymd_opt(2027, 4, 5).unwrap();
    assert_eq!(monday, monday.week(Weekday::Mon).first_day());
    monday
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_workflow_over_http() {
    let start = monday();
    let (fleet, time) = (TestFleet::start().await, Time::new(at(start, 8)));
    let _worker = fleet.run(&["outreach", "scorer"]);
    let api = Api::at(&fleet, &time).await;
    let endpoint = fleet.said(&["webhook", "create", "--source", "standard", "--json"]).await;
    fleet.broker.waits("recorder").await;
    let world = World { api, time, endpoint: Endpoint::of(&endpoint), fleet };
    let (api, broker) = (&world.api, &world.fleet.broker);
    set_up(api).await;

    let mut counted = Counted::default();
    for number in 0..4 {
        let start = start + Days::new(7 * number);
        world.time.set(at(start, 8));
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
        let week = world.send(start, &mut counted).await;
        world.answer(&week, start, &mut counted).await;
        broker.settled().await;

        let friday = start + Days::new(6);
        let metrics = api.get(&format!("/api/outreach/metrics?user_id={USER}&to={friday}")).await;
        counted.check(&metrics, number + 1);
    }
    assert!(counted.replied.len() > 10 && counted.booked.len() > 3, "{}", counted.replied.len());
    assert!(counted.answers > 20, "{}", counted.answers);
    let dead = broker.all("lf.v1.dead.>").await;
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

impl World {
    /// Plays the tool that sends: takes what is due each afternoon, and says that it went out.
    async fn send(&self, start: NaiveDate, counted: &mut Counted) -> BTreeMap<String, Sent> {
        let mut sent = BTreeMap::new();
        for day in start.iter_days().take(5) {
            // Between two in the afternoon on the west coast and five on the east coast.
            self.time.set(at(day, 21));
            let due = self.api.post("/api/outreach/due", &json!({"limit": 1_000})).await;
            let again = self.api.post("/api/outreach/due", &json!({"limit": 1_000})).await;
            assert!(array(&again["touches"]).is_empty(), "{again}");
            for touch in array(&due["touches"]) {
                let (name, step) = (text(&touch["prospect_id"]).to_owned(), touch["step"].as_i64().unwrap());
                assert!(!counted.replied.contains(&name), "{name} has replied");
                assert!(!text(&touch["text"]).is_empty(), "{touch}");
                let path = format!("/api/outreach/due/{}/ack", text(&touch["touch_id"]));
                let told = self.api.post(&path, &json!({"status": "sent", "at": touch["due_at"]})).await;
                assert_eq!(told["state"], "sent");
                counted.sends += 1;
                if step == 0 {
                    assert!(counted.asked.insert(name.clone()), "{name} twice");
                }
                let email = text(&touch["email"]).to_owned();
                assert!(sent.insert(name, Sent { step, email }).is_none(), "one touch a week each");
            }
        }
        sent
    }

    /// Requests are accepted, told on the broker as JSON; of the messages some are answered.
    async fn answer(&self, week: &BTreeMap<String, Sent>, start: NaiveDate, counted: &mut Counted) {
        let saturday = at(start + Days::new(5), 6);
        self.time.set(saturday);
        for (place, (name, sent)) in week.iter().enumerate() {
            if sent.step == 0 && place % 4 > 0 {
                let event = json!({"eventId": format!("{name}-accepted"), "clientId": OWNER.client.to_string(),
                    "source": "json", "prospectId": name, "kind": "ENGAGEMENT_KIND_ACCEPTED",
                    "occurredAt": saturday.to_rfc3339(), "channel": "linkedin"});
                let subject = format!("lf.v1.event.engagement.{}", OWNER.client);
                self.fleet.broker.publish_json(&subject, event.to_string()).await;
                counted.accepted.insert(name.clone());
            }
            let (status, words) = match (sent.step, place % 6) {
                (0, _) => continue,
                (_, 0) => ("replied", "Sounds good, I am interested. Shall we talk?"),
                (_, 1) => ("replied", "No thanks, not interested."),
                (_, 2) => ("meeting_booked", ""),
                _ => ("opened", ""),
            };
            for _twice in 0..2 {
                if counted.answers.is_multiple_of(4) {
                    self.report(name, &sent.email, status, words, start).await;
                } else {
                    self.track(name, status, words, start).await;
                }
            }
            counted.answers += 1;
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

    /// Tells of an answer over the API.
    async fn track(&self, name: &str, status: &str, words: &str, start: NaiveDate) {
        let mut body = json!({"user_id": USER, "prospect_id": name, "engagement_status": status,
            "occurred_at": at(start + Days::new(5), 6)});
        if !words.is_empty() {
            body["text"] = json!(words);
        }
        let told = self.api.post("/api/outreach/track-engagement", &body).await;
        assert_eq!(told["accepted"], true);
    }

    /// Tells of an answer as a tool does that knows only an address.
    async fn report(&self, name: &str, email: &str, status: &str, words: &str, start: NaiveDate) {
        let saturday = at(start + Days::new(5), 6);
        let body = json!({"type": format!("engagement.{status}"), "timestamp": saturday,
            "data": {"email": email, "text": words, "channel": "linkedin"}});
        let id = format!("{name}-{status}-{start}");
        let told = self.api.deliver(&self.endpoint, &id, saturday, &body).await;
        assert_eq!(told, (200, json!({"events": 1})));
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
