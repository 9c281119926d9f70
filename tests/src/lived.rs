//! A fleet that has lived for some weeks: every page of its dashboard has something to show.

use chrono::{DateTime, Days, TimeDelta, Utc, Weekday};
use fleet::sample::{self, Cohort};
use prospects::{
    AckRequest, AckStatus, CadenceRequest, DueRequest, GenerateRequest, PlannedTouch, Prospects,
};
use proto::v1::{EngagementKind, ReplyIntent};
use serde_json::json;

use crate::fleet::{DATE, TestFleet};
use crate::patterns::outcomes;
use crate::process::Process;
use crate::prospects::{OWNER, USER, at, event, reply};
use crate::rows::{self, sample};

impl TestFleet {
    /// Starts every worker and gives them weeks of work: a run, dead letters, outreach, outcomes, goals.
    pub async fn live(&self) -> Process {
        let workers = self.run(&["all"]);
        self.insert(&sample(100, 200, 200)).await;
        self.broker.scrapers_done(DATE).await;
        self.bring_cohort().await;
        self.said(&["growth", "learn", "--json"]).await;
        self.said(&["growth", "goals", "56", "--json"]).await;
        self.sql(&outcomes("ASC", "")).await;
        self.said(&["patterns", "learn", "--json"]).await;
        self.reach_out().await;
        for _ in 0..3 {
            self.die().await;
        }
        let first = self.broker.all("lf.v1.dead.>").await[0].sequence.to_string();
        let replay = ["dead", "replay", first.as_str(), "--apply", "--reason", "a try", "--json"];
        self.leadfleet(&replay).end().await;
        self.broker.finished(&format!("scrape-{DATE}-0")).await;
        self.broker.settled().await;
        workers
    }

    /// Publishes what dies, waits until it has, and returns its number among the dead.
    pub async fn die(&self) -> u64 {
        self.die_of(r#"{"source": "SCRAPE_SOURCE_TIKTOK", "date": "2025-11-11"}"#).await
    }

    /// The same, of this body.
    pub async fn die_of(&self, body: &str) -> u64 {
        let dead = self.broker.all("lf.v1.dead.>").await.len();
        self.broker.publish_json("lf.v1.event.scrape_done.reddit", body.to_owned()).await;
        let died = async || self.broker.all("lf.v1.dead.>").await.len() > dead;
        self.broker.until("a letter to die", died).await;
        self.broker.all("lf.v1.dead.>").await.last().unwrap().sequence
    }

    /// Imports the made contractors as somebody does who has them in files.
    pub async fn bring_cohort(&self) {
        for (table, rows) in Cohort::generate(rows::as_of().date_naive()).tables().unwrap() {
            let file = self.folder().join(format!("{table}.csv"));
            std::fs::write(&file, rows).unwrap();
            let imported = self.said(&["import", table, file.to_str().unwrap(), "--json"]).await;
            assert_eq!((&imported["problem_count"], &imported["inserted"]), (&json!(0), &imported["rows"]));
        }
    }

    /// Three weeks of outreach that were answered, and one that is planned.
    async fn reach_out(&self) {
        let outreach = self.prospects().await;
        let monday = rows::as_of().date_naive().week(Weekday::Mon).first_day();
        let people = sample::prospects();
        let first = people[0].prospect_id.clone().unwrap();
        outreach.take_in(OWNER, people, at(monday - Days::new(30), 1)).await.unwrap();
        let request = GenerateRequest {
            user_id: USER.to_owned(),
            prospect_id: first,
            sequence_type: "5-step".to_owned(),
        };
        outreach.generate(OWNER, &request, at(monday - Days::new(30), 2)).await.unwrap();
        for weeks in [3, 2, 1] {
            let start = monday - Days::new(7 * weeks);
            plan(&outreach, at(start, 6)).await;
            for day in start.iter_days().take(5) {
                self.answer(&send(&outreach, at(day, 21)).await, at(day, 23)).await;
            }
        }
        plan(&outreach, at(monday + Days::new(7), 6)).await;
    }

    /// Whoever was asked accepts; of the others one of three answers.
    async fn answer(&self, sent: &[PlannedTouch], now: DateTime<Utc>) {
        for (place, touch) in sent.iter().enumerate() {
            let id = &touch.prospect_id;
            if touch.step == 0 {
                self.engaged(&event(id, EngagementKind::Accepted, now)).await;
            } else if place % 3 == 0 {
                let intents = [ReplyIntent::Positive, ReplyIntent::NotInterested];
                self.engaged(&reply(id, intents[place / 3 % 2], now + TimeDelta::minutes(5))).await;
            }
        }
        self.broker.settled().await;
    }
}

async fn plan(outreach: &Prospects, now: DateTime<Utc>) {
    let request = CadenceRequest {
        user_id: USER.to_owned(),
        target_connection_requests: 12,
        target_followups: 30,
        week_start: Some(now.date_naive()),
        dry_run: false,
    };
    outreach.plan_week(OWNER, &request, now).await.unwrap();
}

/// Plays the tool that sends what is due.
async fn send(outreach: &Prospects, now: DateTime<Utc>) -> Vec<PlannedTouch> {
    outreach.ripen(OWNER.client, now, 10_000).await.unwrap().commit().await.unwrap();
    let mut sent = Vec::new();
    for due in outreach.take(OWNER, "tool", DueRequest::up_to(1_000), now).await.unwrap() {
        let ack = AckRequest { status: AckStatus::Sent, at: Some(due.touch.due_at) };
        outreach.acknowledge(OWNER, due.touch.touch_id, &ack, now).await.unwrap();
        sent.push(due.touch);
    }
    sent
}
