//! Measures what pages ask for while the broker holds a run of 1,000,000 clinics in 10,000 segments and 100,000 dead letters.
//!
//! `pages [CLINICS]`
#![expect(clippy::print_stdout, reason = "the numbers are its output")]
#![expect(clippy::disallowed_methods, reason = "it times itself")]

use std::time::Instant;

use async_nats::HeaderMap;
use async_nats::jetstream::{self, context::PublishAckFuture};
use bytes::Bytes;
use chrono::Utc;
use overview::status::Postgres;
use overview::unmatched::{self, Place};
use overview::{Broker, Timelines, decided, explain, list, runs, status};
use proto::v1::{
    Assignment, Assignments, Attempt, Clinic, ClinicMatch, ClinicPart, Evidence, Matches, PainPart,
    PainPoint, RunHeader, RunSummary, ScoreSummary, Segment, Signal, Template,
};
use proto::{Message, Name, Outgoing, Stage, Subject, Token};
use runtime::Runtime;

/// Clinics of a part, about 64 KiB.
const IN_A_PART: u32 = 250;
const SEGMENTS: u32 = 10_000;
const PAINS: u32 = 20_000;
const PAINS_IN_A_PART: u32 = 200;
const DEAD: u32 = 100_000;
const LOOKS: usize = 40;

type Failure = Box<dyn std::error::Error + Send + Sync>;

struct Filler {
    jetstream: jetstream::Context,
    waiting: Vec<PublishAckFuture>,
}

impl Filler {
    async fn say(&mut self, subject: String, payload: Vec<u8>) -> Result<(), Failure> {
        let sent =
            self.jetstream.publish_with_headers(subject, HeaderMap::new(), Bytes::from(payload)).await?;
        self.waiting.push(sent);
        if self.waiting.len() == 500 {
            self.settle().await?;
        }
        Ok(())
    }

    async fn settle(&mut self) -> Result<(), Failure> {
        for ack in self.waiting.drain(..) {
            ack.await?;
        }
        Ok(())
    }

    async fn part<M: Message + Name>(
        &mut self,
        run: &Token,
        stage: Stage,
        name: &str,
        message: &M,
    ) -> Result<(), Failure> {
        let said = Outgoing::part(run, stage, name.parse()?, message);
        self.say(said.subject.to_string(), said.payload).await
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let clinics: u32 = std::env::args().nth(1).map_or(Ok(1_000_000), |clinics| clinics.parse())?;
    let parts = clinics / IN_A_PART;
    let nats = standins::nats().await;
    let config = runtime::Config::of(nats.url());
    let _streams = Runtime::start(config).await?;
    let client = runtime::connect(&nats.url(), &runtime::Login::default()).await?;
    let jetstream = jetstream::new(client);
    let started = Instant::now();
    let mut filler = Filler { jetstream: jetstream.clone(), waiting: Vec::new() };
    for name in ["20251109-aaaaaaaaaaaa", "20251110-aaaaaaaaaaaa", "20251111-aaaaaaaaaaaa"] {
        let small = if name.starts_with("20251111") { 1 } else { 100 };
        fill(&mut filler, &name.parse()?, parts / small, SEGMENTS / small).await?;
    }
    for n in 0..DEAD {
        let subject = Subject::dead(
            ["storer", "scorer", "loader"][n as usize % 3],
            ["decode", "exhausted"][n as usize % 2],
        );
        filler.say(subject, vec![0; 200]).await?;
    }
    filler.settle().await?;
    println!("{clinics} clinics in {parts} parts, filled in {:.1} s", started.elapsed().as_secs_f64());
    look(&Broker::new(jetstream), &nats.url(), clinics).await
}

async fn fill(filler: &mut Filler, run: &Token, parts: u32, segments: u32) -> Result<(), Failure> {
    let header = RunHeader {
        run_id: run.to_string(),
        total_clinics: parts * IN_A_PART,
        pain_parts: PAINS / PAINS_IN_A_PART,
        ..RunHeader::default()
    };
    filler.part(run, Stage::Profile, "run", &header).await?;
    for at in 0..PAINS / PAINS_IN_A_PART {
        let text = "I hate EMRs in Arizona! ".repeat(12);
        let pain = |id: u32| PainPoint { id: id.into(), text: text.clone(), ..PainPoint::default() };
        let pains =
            PainPart { pain_points: (at * PAINS_IN_A_PART..(at + 1) * PAINS_IN_A_PART).map(pain).collect() };
        filler.part(run, Stage::Profile, &format!("pains-{at}"), &pains).await?;
    }
    for (stage, plan) in [(Stage::Load, parts), (Stage::Match, 3 * parts), (Stage::Template, segments)] {
        let said = Outgoing::plan(run, stage, plan);
        filler.say(said.subject.to_string(), said.payload).await?;
    }
    for at in 0..parts {
        let ids = at * IN_A_PART..(at + 1) * IN_A_PART;
        let clinic = |id: u32| Clinic {
            id: id.into(),
            name: format!("Physical Therapy Clinic {id}"),
            phone: Some("(602) 555-1234".to_owned()),
            website: Some(format!("https://www.physical-therapy-clinic-{id}.com/contact")),
            email: Some(format!("office@physical-therapy-clinic-{id}.com")),
            city: Some("Phoenix".to_owned()),
            state: Some("AZ".to_owned()),
            business_type: Some("Physical therapy clinic".to_owned()),
            ..Clinic::default()
        };
        filler
            .part(
                run,
                Stage::Load,
                &at.to_string(),
                &ClinicPart { clinics: ids.clone().map(clinic).collect() },
            )
            .await?;
        for strategy in ["geographic", "business_type", "pain_pattern"] {
            let evidence = (0..3).map(|n| Evidence {
                pain_point_id: i64::from((at * 37 + n * 5_000) % PAINS),
                start: 15,
                end: 22,
                rule: "state name".to_owned(),
            });
            let matches = Matches {
                signals: vec![Signal {
                    category: "emr".to_owned(),
                    label: "AZ".to_owned(),
                    points: 5.0,
                    evidence: evidence.collect(),
                    ..Signal::default()
                }],
                clinics: ids
                    .clone()
                    .map(|id| ClinicMatch { clinic_id: id.into(), signals: vec![0] })
                    .collect(),
                ..Matches::default()
            };
            filler.part(run, Stage::Match, &format!("{strategy}-{at}"), &matches).await?;
        }
        // One of a hundred is unmatched.
        let said = |id: u32| Assignment {
            clinic_id: id.into(),
            segment: (!id.is_multiple_of(100)).then_some(id % segments),
            match_reason: "Pain point mentioned in Arizona, targeting local clinics".to_owned(),
            nearest_miss: if id.is_multiple_of(100) {
                "emr-arizona: 4.0 of 7 needed".to_owned()
            } else {
                String::new()
            },
            ..Assignment::default()
        };
        filler
            .part(run, Stage::Score, &at.to_string(), &Assignments { assignments: ids.map(said).collect() })
            .await?;
    }
    for index in 0..segments {
        let segment = Segment {
            index,
            name: format!("emr-arizona-{index}"),
            pain_texts: vec!["I hate EMRs".repeat(10); 5],
            ..Segment::default()
        };
        filler.part(run, Stage::Segment, &index.to_string(), &segment).await?;
        filler
            .part(
                run,
                Stage::Template,
                &index.to_string(),
                &Template { segment: index, ..Template::default() },
            )
            .await?;
    }
    let score = ScoreSummary {
        segments,
        clinic_parts: parts,
        attempts: vec![Attempt { threshold: 7.0, segments }],
        ..ScoreSummary::default()
    };
    filler.part(run, Stage::Score, "summary", &score).await?;
    let summary =
        RunSummary { run_id: run.to_string(), status: "complete".to_owned(), ..RunSummary::default() };
    filler.part(run, Stage::Notify, "summary", &summary).await
}

/// Prints how long a look takes: the first, the median, and one of the slowest.
async fn timed<T>(
    what: &str,
    mut look: impl AsyncFnMut(usize) -> Result<T, overview::Error>,
) -> Result<(), Failure> {
    let mut times = Vec::new();
    for n in 0..LOOKS {
        let started = Instant::now();
        look(n).await?;
        times.push(started.elapsed().as_secs_f64() * 1e3);
    }
    let first = times[0];
    times.sort_by(f64::total_cmp);
    println!(
        "{what:<34} first {first:>8.1} ms   median {:>7.1} ms   p95 {:>7.1} ms",
        times[LOOKS / 2],
        times[LOOKS * 95 / 100]
    );
    Ok(())
}

async fn look(broker: &Broker, url: &str, clinics: u32) -> Result<(), Failure> {
    let known = runs::find(broker, "latest").await?;
    let timelines = Timelines::default();
    let id = |n: usize| i64::from((n as u32 * 7_919) % clinics);
    timed("runs, the newest 20", async |_| list::newest(broker, 20, Utc::now()).await).await?;
    timed("a run by its id", async |_| runs::find(broker, known.id.as_str()).await).await?;
    timed("status of the fleet", async |_| status::of(broker, url, Postgres::default(), Utc::now()).await)
        .await?;
    timed("timeline of a run", async |_| timelines.timeline(broker, &known, Utc::now()).await).await?;
    timed("a segment by its place", async |n| decided::segment_at(broker, &known, n as u32).await).await?;
    timed("why a clinic is where it is", async |n| explain::clinic_of_id(broker, &known, id(n)).await)
        .await?;
    timed("a clinic that is not there", async |n| {
        Ok(explain::clinic_of_id(broker, &known, i64::from(clinics) + id(n)).await.is_err())
    })
    .await?;
    timed("50 unmatched clinics", async |n| {
        unmatched::page(broker, &known, Place { part: n as u32 * 10, row: 0 }, None, 50).await
    })
    .await
}
