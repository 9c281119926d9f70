//! A broker, and runs of 20 clinics in five parts.

use async_nats::HeaderMap;
use chrono::{DateTime, Utc};
use overview::Broker;
use proto::subject::header;
use proto::v1::{
    Alert, Assignment, Assignments, Attempt, Clinic, ClinicMatch, ClinicPart, Evidence, Matches, PainPart,
    PainPoint, RunHeader, RunRequest, RunSummary, ScoreSummary, Segment, Signal, Strategy,
};
use proto::{Message, Name, Outgoing, RunId, Stage, Token};
use runtime::Runtime;
use standins::NatsServer;

pub(crate) const PARTS: i64 = 5;
pub(crate) const IN_A_PART: i64 = 4;
pub(crate) const ALPHA: &str = "00000000-0000-7000-8000-000000000001";

pub(crate) struct Room {
    _nats: NatsServer,
    runtime: Runtime,
    pub(crate) broker: Broker,
}

impl Room {
    pub(crate) async fn open() -> Self {
        let nats = standins::nats().await;
        let config = runtime::Config::of(nats.url());
        let runtime = Runtime::start(config).await.unwrap();
        let client = runtime::connect(&nats.url(), &runtime::Login::default()).await.unwrap();
        Self { _nats: nats, runtime, broker: Broker::new(async_nats::jetstream::new(client)) }
    }

    pub(crate) async fn say(&self, messages: impl IntoIterator<Item = Outgoing>) {
        for message in messages {
            self.runtime.publish(&message).await.unwrap();
        }
    }

    /// Says what came of a later delivery of an input.
    pub(crate) async fn say_late(&self, message: &Outgoing, input: &str, tried: &str) {
        let mut headers = HeaderMap::new();
        headers.insert(header::CAUSE, input);
        headers.insert(header::TRY, tried);
        let (subject, payload) = (message.subject.to_string(), message.payload.clone().into());
        let said = self.runtime.jetstream().publish_with_headers(subject, headers, payload);
        said.await.unwrap().await.unwrap();
    }
}

#[expect(clippy::disallowed_methods, reason = "the broker says by its own clock when messages came")]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}

pub(crate) fn token(text: &str) -> Token {
    text.parse().unwrap()
}

pub(crate) fn part<M: Message + Name>(run: &str, stage: Stage, name: &str, message: &M) -> Outgoing {
    Outgoing::part(&token(run), stage, token(name), message)
}

pub(crate) fn begun(run: &str, client: &str) -> Outgoing {
    let request = RunRequest {
        request_id: format!("request-of-{run}"),
        client_id: client.to_owned(),
        run_date: "2025-11-11".to_owned(),
        ..RunRequest::default()
    };
    let header = RunHeader {
        run_id: run.to_owned(),
        request: Some(request),
        total_clinics: 20,
        pain_parts: 3,
        ..RunHeader::default()
    };
    part(run, Stage::Profile, "run", &header)
}

/// The id of the n-th clinic: every tenth number from 10 on.
pub(crate) fn id(n: i64) -> i64 {
    (n + 1) * 10
}

fn clinics(at: i64) -> ClinicPart {
    let clinic = |n: i64| Clinic { id: id(n), name: format!("Clinic {n}"), ..Clinic::default() };
    ClinicPart { clinics: (at * IN_A_PART..(at + 1) * IN_A_PART).map(clinic).collect() }
}

/// Every third clinic is unmatched.
fn assignments(at: i64) -> Assignments {
    let said = |n: i64| Assignment {
        clinic_id: id(n),
        segment: (n % 3 != 0).then_some(0),
        confidence: if n % 3 == 0 { 4.0 } else { 8.0 },
        nearest_miss: if n % 3 == 0 { format!("emr-arizona: 4.0 of 7 needed ({n})") } else { String::new() },
        ..Assignment::default()
    };
    Assignments { assignments: (at * IN_A_PART..(at + 1) * IN_A_PART).map(said).collect() }
}

/// The n-th clinic is in the state that the pain point of its place in its part speaks of.
fn matches(at: i64) -> Matches {
    let signal = |place: i64| Signal {
        category: "emr".to_owned(),
        label: "AZ".to_owned(),
        points: 5.0,
        pain_points: 1,
        evidence: vec![Evidence {
            pain_point_id: 3 * place + 1,
            start: 15,
            end: 22,
            rule: "state name".to_owned(),
        }],
        ..Signal::default()
    };
    let of = |place: i64| ClinicMatch { clinic_id: id(at * IN_A_PART + place), signals: vec![place as u32] };
    Matches {
        strategy: Strategy::Geographic.into(),
        signals: (0..IN_A_PART).map(signal).collect(),
        clinics: (0..IN_A_PART).map(of).collect(),
        skipped_pain_points: 0,
    }
}

fn pains(at: i64) -> PainPart {
    let pain =
        |id: i64| PainPoint { id, text: format!("I hate EMRs in Arizona! ({id})"), ..PainPoint::default() };
    PainPart { pain_points: (at * 4 + 1..at * 4 + 5).map(pain).collect() }
}

/// Everything up to the decision, without the summary.
pub(crate) fn decided(run: &str) -> Vec<Outgoing> {
    let id: RunId = token(run);
    let segment = Segment { name: "emr-arizona".to_owned(), clinics: 13, ..Segment::default() };
    let score = ScoreSummary {
        segments: 1,
        clinics_matched: 13,
        clinics_unmatched: 7,
        clinic_parts: PARTS as u32,
        attempts: vec![Attempt { threshold: 7.0, segments: 1 }],
        ..ScoreSummary::default()
    };
    let mut messages = vec![begun(run, ALPHA)];
    messages.extend((0..3).map(|at| part(run, Stage::Profile, &format!("pains-{at}"), &pains(at))));
    messages.extend((0..PARTS).map(|at| part(run, Stage::Load, &at.to_string(), &clinics(at))));
    messages.push(Outgoing::plan(&id, Stage::Load, PARTS as u32));
    messages.push(Outgoing::plan(&id, Stage::Match, PARTS as u32));
    messages.extend((0..PARTS).map(|at| part(run, Stage::Match, &format!("geographic-{at}"), &matches(at))));
    messages.extend((0..PARTS).map(|at| part(run, Stage::Score, &at.to_string(), &assignments(at))));
    messages.push(part(run, Stage::Segment, "0", &segment));
    messages.push(part(run, Stage::Score, "summary", &score));
    messages
}

pub(crate) fn summary(run: &str, missing: &[&str]) -> Outgoing {
    let summary = RunSummary {
        run_id: run.to_owned(),
        status: "complete".to_owned(),
        channel: "console".to_owned(),
        missing: missing.iter().map(ToString::to_string).collect(),
        ..RunSummary::default()
    };
    part(run, Stage::Notify, "summary", &summary)
}

pub(crate) fn alert(run: &str, kind: &str) -> Outgoing {
    Outgoing::alert(Alert {
        kind: kind.to_owned(),
        key: run.to_owned(),
        severity: 2,
        text: format!("{kind} of {run}"),
        run_id: run.to_owned(),
        ..Alert::default()
    })
}
