//! Looking at a run that is on the stream, with Postgres gone.

use proto::v1::{
    Assignment, Assignments, Attempt, Clinic, ClinicMatch, ClinicPart, Evidence, ExportOutcome, ExportStatus,
    ExportedFile, Matches, OutreachTemplate, PainPart, PainPoint, Points, RunHeader, RunRequest, RunSummary,
    ScoreSummary, Segment, SegmentSignal, Signal, StoreOutcome, StoreStatus, Strategy, Template,
    TemplateSource,
};
use proto::{Message, Name, Outgoing, RunId, Stage, Token};
use runtime::Runtime;
use serde_json::Value;

use super::{Servers, check_fails, json, text};

const RUN: &str = "20251111-0a1b2c3d4e5f";
const LOADING: &str = "20251111-ffffffffffff";

fn token(text: &str) -> Token {
    text.parse().unwrap()
}

fn part<M: Message + Name>(stage: Stage, name: &str, message: &M) -> Outgoing {
    Outgoing::part(&token(RUN), stage, token(name), message)
}

fn header(run: &str) -> RunHeader {
    let request = RunRequest {
        request_id: "r-1".into(),
        run_date: "2025-11-11".into(),
        trigger: 3,
        ..RunRequest::default()
    };
    RunHeader {
        run_id: run.into(),
        request: Some(request),
        total_pain_points: 1,
        total_clinics: 2,
        pain_parts: 1,
        ..RunHeader::default()
    }
}

fn matches(strategy: Strategy, signals: Vec<Signal>) -> Matches {
    let clinics =
        if signals.is_empty() { vec![] } else { vec![ClinicMatch { clinic_id: 17, signals: vec![0] }] };
    Matches { strategy: strategy.into(), signals, clinics, skipped_pain_points: 0 }
}

/// Everything that a run of two clinics says, one of them in a segment.
fn run() -> Vec<Outgoing> {
    let run: RunId = token(RUN);
    let pain = PainPoint {
        id: 5,
        category: "emr".into(),
        text: "I hate EMRs in Arizona!".into(),
        severity: 9.0,
        mentions: 2,
        ..PainPoint::default()
    };
    let signal = Signal {
        category: "emr".into(),
        label: "AZ".into(),
        points: 3.0,
        pain_points: 1,
        evidence: vec![Evidence { pain_point_id: 5, start: 15, end: 22, rule: "state name".into() }],
        ..Signal::default()
    };
    let clinic = |id: i64, name: &str| Clinic {
        id,
        name: name.into(),
        city: Some("Phoenix".into()),
        state: Some("AZ".into()),
        ..Clinic::default()
    };
    let kept = Assignment {
        clinic_id: 17,
        segment: Some(0),
        confidence: 8.0,
        points: Some(Points { geographic: 3.0, decision_maker: 2.0, email: 3.0, ..Points::default() }),
        match_reason: "Pain point mentioned in Arizona, targeting local clinics".into(),
        removed_from: vec!["billing-arizona".into()],
        categories: vec!["emr".into(), "billing".into()],
        hot_lead: true,
        ..Assignment::default()
    };
    let missed = Assignment {
        clinic_id: 18,
        nearest_miss: "emr-arizona: 4.0 of 7 needed".into(),
        ..Assignment::default()
    };
    let segment = Segment {
        name: "emr-arizona".into(),
        pain_category: "emr".into(),
        match_strategy: "geographic".into(),
        clinics: 1,
        with_email: 1,
        with_decision_maker: 1,
        mean_confidence: 8.0,
        mean_severity: 9.0,
        mean_mentions: 1.0,
        priority_raw: 11.232,
        priority_score: 10.0,
        ai_adjustment: 0.5,
        ai_reason: "large market".into(),
        evidence: vec![SegmentSignal { strategy: 1, label: "AZ".into(), pain_point_ids: vec![5] }],
        ..Segment::default()
    };
    let template = Template {
        source: TemplateSource::Generic.into(),
        outreach: Some(OutreachTemplate { subject: "A better EMR".into(), ..OutreachTemplate::default() }),
        ..Template::default()
    };
    let score = ScoreSummary {
        run_id: RUN.into(),
        segments: 1,
        total_clinics: 2,
        clinics_matched: 1,
        clinics_unmatched: 1,
        attempts: vec![Attempt { threshold: 7.0, segments: 1 }],
        ..ScoreSummary::default()
    };
    let file = ExportedFile { path: "outputs/segments.csv".into(), ..ExportedFile::default() };
    let summary = RunSummary {
        run_id: RUN.into(),
        total_clinics_analyzed: 2,
        clinics_matched: 1,
        clinics_unmatched: 1,
        segments_created: 1,
        status: "complete".into(),
        channel: "console".into(),
        missing: vec!["match pain_pattern-0".into()],
        ..RunSummary::default()
    };
    vec![
        part(Stage::Profile, "run", &header(RUN)),
        Outgoing::part(&token("r-1"), Stage::Profile, token("run"), &header(RUN)),
        Outgoing::part(&token(LOADING), Stage::Profile, token("run"), &header(LOADING)),
        part(Stage::Profile, "pains-0", &PainPart { pain_points: vec![pain] }),
        part(Stage::Load, "0", &ClinicPart { clinics: vec![clinic(17, "Oak PT"), clinic(18, "Elm PT")] }),
        Outgoing::plan(&run, Stage::Load, 1),
        Outgoing::plan(&run, Stage::Match, 3),
        part(Stage::Match, "geographic-0", &matches(Strategy::Geographic, vec![signal])),
        part(Stage::Match, "business_type-0", &matches(Strategy::BusinessType, vec![])),
        Outgoing::tombstone(&run, Stage::Match, token("pain_pattern-0"), "decode"),
        part(Stage::Score, "0", &Assignments { assignments: vec![kept, missed] }),
        part(Stage::Score, "summary", &score),
        part(Stage::Segment, "0", &segment),
        Outgoing::plan(&run, Stage::Template, 1),
        part(Stage::Template, "0", &template),
        Outgoing::plan(&run, Stage::Outcome, 2),
        part(
            Stage::Outcome,
            "store",
            &StoreOutcome {
                status: StoreStatus::Stored.into(),
                rows: 1,
                segments: 1,
                ..StoreOutcome::default()
            },
        ),
        part(
            Stage::Outcome,
            "export",
            &ExportOutcome { status: ExportStatus::Written.into(), files: vec![file], note: String::new() },
        ),
        part(Stage::Notify, "summary", &summary),
    ]
}

/// Servers with the run on the stream and without Postgres; streams are made, and nothing else ran.
async fn servers() -> Servers {
    let mut servers = Servers::start();
    let nats_url = servers.stack.nats_url();
    let runtime = Runtime::start(runtime::Config::of(nats_url)).await;
    let runtime = runtime.unwrap();
    for message in run() {
        runtime.publish(&message).await.unwrap();
    }
    // The last of the matchers needed four deliveries for its part.
    let mut headers = async_nats::HeaderMap::new();
    headers.insert("Lf-Try", "matcher-business-type 4");
    let last = part(Stage::Match, "business_type-0", &matches(Strategy::BusinessType, vec![]));
    let (subject, payload) = (last.subject.to_string(), last.payload.into());
    let said = runtime.jetstream().publish_with_headers(subject, headers, payload).await.unwrap();
    said.await.unwrap();
    servers.stack.stop_postgres().unwrap();
    servers
}

struct Reader(Servers);

impl Reader {
    #[track_caller]
    fn says(&self, arguments: &[&str], parts: &[&str]) {
        let output = self.0.leadfleet(arguments).output().unwrap();
        let stdout = text(&output.stdout);
        for part in parts {
            assert!(stdout.contains(part), "{part:?} is not in {stdout}{}", text(&output.stderr));
        }
    }

    fn json(&self, arguments: &[&str]) -> Value {
        json(&self.0.leadfleet(&[arguments, &["--json"]].concat()).output().unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_told_from_the_stream_alone() {
    let it = Reader(servers().await);

    let runs = it.json(&["match", "list"]);
    let states: Vec<_> = runs.as_array().unwrap().iter().map(|run| (&run["run_id"], &run["state"])).collect();
    assert_eq!(states.len(), 2, "the name that a request gave is no run: {runs}");
    assert!(
        states.contains(&(&RUN.into(), &"complete".into()))
            && states.contains(&(&LOADING.into(), &"loading".into()))
    );

    let status = it.json(&["match", "status", "r-1"]);
    assert_eq!((&status["run_id"], &status["files"][0]), (&RUN.into(), &"outputs/segments.csv".into()));
    let stage = status["stages"].as_array().unwrap().iter().find(|stage| stage["stage"] == "match").unwrap();
    assert_eq!(
        (&stage["done"], &stage["planned"], &stage["dead"][0]["class"], &stage["retries"]),
        (&3.into(), &3.into(), &"decode".into(), &3.into())
    );
    it.says(
        &["match", "status", RUN],
        &["match     3/3    1     3        ", "died: match pain_pattern-0 (decode)", "stored: 1 row in"],
    );

    let watched = it.0.leadfleet(&["match", "watch", RUN]).output().unwrap();
    assert_eq!(watched.status.code(), Some(6), "a run with missing parts is a partial one");
    assert_eq!(it.json(&["match", "watch", RUN])["run_id"], RUN, "nothing but the result is printed");

    it.says(&["match", "show", RUN], &["1 clinic matched, 1 unmatched", "emr-arizona", "A better EMR"]);
    assert_eq!(it.json(&["match", "show", RUN])["summary"]["clinics_matched"], 1);
    let segment = it.json(&["match", "show", RUN, "--segment", "emr-arizona"]);
    assert_eq!((&segment["clinics"][0]["name"], &segment["clinics"][1]), (&"Oak PT".into(), &Value::Null));

    it.says(
        &["match", "explain", RUN, "--clinic", "oak pt"],
        &[
            "#5 I hate EMRs in [[Arizona]]! (state name)",
            "geographic 3.0, decision maker 2.0, e-mail 3.0, together 8.0",
            "at least 7 was needed",
            "kept in emr-arizona",
            "removed from billing-arizona",
            "8.00 × severity 9.00 × mentions 1.00/10 × decision makers 1.20 × e-mails 1.30 = 11.2320",
            "Claude: +0.5, large market",
        ],
    );
    it.says(&["match", "explain", RUN, "--clinic", "18"], &["nearest miss: emr-arizona: 4.0 of 7 needed"]);
    assert_eq!(it.json(&["match", "explain", RUN, "--clinic", "17"])["threshold"], 7.0);
    assert_eq!(
        it.json(&["match", "explain", RUN, "--segment", "emr-arizona"])["evidence"][0]["pain_points"],
        1
    );

    let status = it.json(&["status"]);
    assert_eq!((&status["postgres"]["reachable"], &status["runs"][1]), (&false.into(), &runs[1]));

    for (command, hint) in [
        (&["match", "status", "nope"][..], RUN),
        (&["match", "show", RUN, "--segment", "nope"], "emr-arizona"),
        (&["match", "explain", RUN, "--clinic", "99"], "hint: "),
    ] {
        check_fails(
            &it.0.leadfleet(command).output().unwrap(),
            3,
            &["nope", hint][usize::from(command[1] == "explain")..],
        );
    }
}

#[test]
fn a_server_that_never_saw_a_run_has_none() {
    let servers = Servers::start();
    let list = servers.leadfleet(&["match", "list"]).output().unwrap();
    assert!(text(&list.stdout).starts_with("No runs yet"), "{}", text(&list.stderr));
    check_fails(
        &servers.leadfleet(&["match", "show"]).output().unwrap(),
        3,
        &["there is no run yet", "hint: "],
    );
    let review = json(&servers.leadfleet(&["match", "review", "--json"]).output().unwrap());
    assert_eq!(review["waiting"], serde_json::json!([]));
    check_fails(
        &servers.leadfleet(&["match", "review", "--accept", "1:2"]).output().unwrap(),
        3,
        &["no pair 1:2"],
    );
}
