//! The scorer on a real broker: what it makes of runs with parts that are left over, missing or unreadable.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends here")]

use clap::Parser as _;
use claude::Claude;
use proto::subject::Subject;
use proto::v1::{
    Assignments, Clinic, ClinicMatch, ClinicPart, Complete, MatchConfig, Matches, RunHeader, RunRequest,
    ScoreSummary, Signal, StoreOutcome, Strategy,
};
use proto::{Kind, Message, Name, Outbox, Outgoing, RunId, Stage, Token};
use runtime::{Delivery, Fault, Runtime, Source, Worker};
use scorer::{Config, Scorer};
use tokio::sync::mpsc;

/// Hands what it hears to the test.
struct Witness<M>(mpsc::UnboundedSender<M>);

impl Worker for Witness<ScoreSummary> {
    const NAME: &'static str = "witness-summary";
    const SOURCE: Source = Source::Part(Stage::Score, "summary");
    type Input = ScoreSummary;

    async fn handle(&self, summary: ScoreSummary, _delivery: &Delivery) -> Result<Outbox, Fault> {
        let _ = self.0.send(summary);
        Ok(Outbox::none())
    }
}

impl Worker for Witness<Complete> {
    const NAME: &'static str = "witness-complete";
    const SOURCE: Source = Source::Complete(Stage::Outcome);
    type Input = Complete;

    async fn handle(&self, complete: Complete, _delivery: &Delivery) -> Result<Outbox, Fault> {
        let _ = self.0.send(complete);
        Ok(Outbox::none())
    }
}

#[derive(clap::Parser)]
struct Cli {
    #[command(flatten)]
    claude: claude::Config,
    #[command(flatten)]
    scorer: Config,
}

struct Fleet {
    _server: standins::NatsServer,
    runtime: Runtime,
    run: RunId,
}

impl Fleet {
    /// A run of two parts with a clinic each, both in Phoenix.
    async fn start() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let server = standins::nats().await;
        let config = runtime::Config::of(server.url().to_owned());
        let runtime = Runtime::start(config).await.unwrap();
        let fleet = Self { _server: server, runtime, run: "20251111-0123456789ab".parse().unwrap() };
        let config = MatchConfig { min_confidence_score: 5.0, ..MatchConfig::default() };
        let request = RunRequest { config: Some(config), ..RunRequest::default() };
        let header = RunHeader { request: Some(request), ..RunHeader::default() };
        fleet.say(Stage::Profile, "run", &header).await;
        fleet.runtime.publish(&Outgoing::plan(&fleet.run, Stage::Load, 2)).await.unwrap();
        for number in 0..2 {
            fleet.say_part(number).await;
        }
        fleet
    }

    async fn say<M: Message + Name>(&self, stage: Stage, part: &str, message: &M) {
        let message = Outgoing::part(&self.run, stage, Token::squeezed(part), message);
        self.runtime.publish(&message).await.unwrap();
    }

    async fn bury(&self, stage: Stage, part: &str) {
        let message = Outgoing::tombstone(&self.run, stage, Token::squeezed(part), "permanent");
        self.runtime.publish(&message).await.unwrap();
    }

    /// A clinic part of one clinic, and its match.
    async fn say_part(&self, number: i64) {
        let clinic = Clinic { id: number, email: Some("a@clinic.example".into()), ..Clinic::default() };
        self.say(Stage::Load, &number.to_string(), &ClinicPart { clinics: vec![clinic] }).await;
        let signal = Signal {
            category: "emr".into(),
            label: "AZ".into(),
            points: 5.0,
            pain_points: 1,
            severity_sum: 7.0,
            mentions_sum: 1,
            ..Signal::default()
        };
        let matches = Matches {
            strategy: Strategy::Geographic.into(),
            signals: vec![signal],
            clinics: vec![ClinicMatch { clinic_id: number, signals: vec![0] }],
            skipped_pain_points: 0,
        };
        self.say(Stage::Match, &format!("geographic-{number}"), &matches).await;
    }

    async fn complete(&self) {
        let complete = Complete { parts: 2, generation: 0 };
        let message = Outgoing {
            subject: Subject::Complete { run: self.run.clone(), stage: Stage::Match, generation: 0 },
            payload: complete.encode_to_vec(),
            schema: Complete::full_name(),
            kind: Kind::Content,
        };
        self.runtime.publish(&message).await.unwrap();
    }

    async fn scorer(&self) -> Scorer {
        let cli = Cli::parse_from(["scorer", "--claude-api-key", ""]);
        let claude = Claude::connect(cli.claude, Some(self.runtime.jetstream().clone())).await.unwrap();
        Scorer::new(&cli.scorer, claude)
    }

    /// Scores the run; the clinics of each part of the assignments come with the summary.
    async fn scored(&self) -> (ScoreSummary, Vec<Vec<i64>>) {
        let (sender, mut summaries) = mpsc::unbounded_channel();
        self.complete().await;
        let summary: ScoreSummary = tokio::select! {
            ended = self.runtime.run(self.scorer().await) => panic!("{ended:?}"),
            ended = self.runtime.run(Witness::<ScoreSummary>(sender)) => panic!("{ended:?}"),
            summary = summaries.recv() => summary.unwrap(),
        };
        let mut clinics = Vec::new();
        let runs = self.runtime.runs();
        for number in 0..summary.clinic_parts {
            let part = runs.part::<Assignments>(&self.run, Stage::Score, &number.to_string()).await;
            let assignments = part.unwrap().unwrap().body.unwrap().assignments;
            clinics.push(assignments.iter().map(|assignment| assignment.clinic_id).collect());
        }
        (summary, clinics)
    }

    /// Why there is no score, once the run has ended.
    async fn death(&self) -> String {
        let (sender, mut ends) = mpsc::unbounded_channel();
        self.complete().await;
        tokio::select! {
            ended = self.runtime.run(self.scorer().await) => panic!("{ended:?}"),
            ended = self.runtime.run(Witness::<Complete>(sender)) => panic!("{ended:?}"),
            end = ends.recv() => drop(end.unwrap()),
        }
        let part = self.runtime.runs().part::<StoreOutcome>(&self.run, Stage::Outcome, "store").await;
        part.unwrap().unwrap().body.unwrap_err().class
    }
}

#[tokio::test]
async fn parts_beyond_the_plan_were_left_by_an_earlier_generation() {
    let fleet = Fleet::start().await;
    fleet.say_part(2).await;
    fleet.bury(Stage::Match, "geographic-3").await;
    let (summary, clinics) = fleet.scored().await;
    assert_eq!((summary.total_clinics, summary.clinics_matched, summary.clinic_parts), (2, 2, 2));
    assert_eq!(summary.missing, [""; 0]);
    assert_eq!(clinics, [[0], [1]]);
}

#[tokio::test]
async fn a_clinic_part_that_died_is_named_and_the_next_one_keeps_its_number() {
    let fleet = Fleet::start().await;
    fleet.bury(Stage::Load, "0").await;
    fleet.bury(Stage::Match, "geographic-0").await;
    let (summary, clinics) = fleet.scored().await;
    assert_eq!(summary.missing, ["load 0", "match geographic-0"]);
    assert_eq!((summary.clinic_parts, clinics), (2, vec![vec![], vec![1]]));
}

#[tokio::test]
async fn what_cannot_be_read_now_is_not_read_again() {
    for (stage, part) in [(Stage::Load, "1"), (Stage::Match, "geographic-1")] {
        let fleet = Fleet::start().await;
        let subject = Subject::Part { run: fleet.run.clone(), stage, part: Token::squeezed(part) };
        let (payload, schema) = (b"\xff\xff\xff".to_vec(), ClinicPart::full_name());
        let garbled = Outgoing { subject, payload, schema, kind: Kind::Content };
        fleet.runtime.publish(&garbled).await.unwrap();
        assert_eq!(fleet.death().await, "decode");
    }
}
