//! The exporter on a real broker: what it makes of a run, whole, damaged or with nowhere to write.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use exporter::{Config, Exporter, Options, export_run};
use proto::subject::Subject;
use proto::v1::{
    Alert, Assignment, Assignments, Clinic, ClinicPart, Complete, CsvLayout, ExportOutcome, ExportStatus,
    OutputFormat, OutreachTemplate, RunHeader, RunRequest, ScoreSummary, Segment, StoreOutcome, Template,
    TemplateSource,
};
use proto::{Kind, Message, Name, Outbox, Outgoing, RunId, Stage, Token};
use runtime::{Delivery, Fault, Runtime, Source, Worker};
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;

const DATE: &str = "2025-11-11";

/// Hands what it hears to the test.
struct Witness<M>(mpsc::UnboundedSender<M>);

impl Worker for Witness<ExportOutcome> {
    const NAME: &'static str = "witness-outcome";
    const SOURCE: Source = Source::Part(Stage::Outcome, "export");
    type Input = ExportOutcome;

    async fn handle(&self, outcome: ExportOutcome, _delivery: &Delivery) -> Result<Outbox, Fault> {
        let _ = self.0.send(outcome);
        Ok(Outbox::none())
    }
}

/// Hears that a run has ended, well or not.
impl Worker for Witness<Complete> {
    const NAME: &'static str = "witness-complete";
    const SOURCE: Source = Source::Complete(Stage::Outcome);
    type Input = Complete;

    async fn handle(&self, complete: Complete, _delivery: &Delivery) -> Result<Outbox, Fault> {
        let _ = self.0.send(complete);
        Ok(Outbox::none())
    }
}

impl Worker for Witness<Alert> {
    const NAME: &'static str = "witness-alert";
    const SOURCE: Source = Source::Event("alert");
    type Input = Alert;

    async fn handle(&self, alert: Alert, _delivery: &Delivery) -> Result<Outbox, Fault> {
        let _ = self.0.send(alert);
        Ok(Outbox::none())
    }
}

struct Fleet {
    _server: standins::NatsServer,
    runtime: Runtime,
    run: RunId,
}

impl Fleet {
    async fn start() -> Self {
        let server = standins::nats().await;
        let config = runtime::Config::of(server.url().to_owned());
        let runtime = Runtime::start(config).await.unwrap();
        Self { _server: server, runtime, run: "20251111-0123456789ab".parse().unwrap() }
    }

    async fn say<M: Message + Name>(&self, stage: Stage, part: &str, message: &M) {
        let message = Outgoing::part(&self.run, stage, Token::squeezed(part), message);
        self.runtime.publish(&message).await.unwrap();
    }

    async fn bury(&self, stage: Stage, part: &str) {
        let message = Outgoing::tombstone(&self.run, stage, Token::squeezed(part), "permanent");
        self.runtime.publish(&message).await.unwrap();
    }

    /// Says what nobody can read where a part is expected.
    async fn garble(&self, stage: Stage, part: &str) {
        let subject = Subject::Part { run: self.run.clone(), stage, part: Token::squeezed(part) };
        let (payload, schema) = (b"\xff\xff\xff".to_vec(), Segment::full_name());
        self.runtime.publish(&Outgoing { subject, payload, schema, kind: Kind::Content }).await.unwrap();
    }

    /// Two segments in two clinic parts of two clinics; the last clinic is in none.
    async fn say_run(&self) {
        self.say_run_as_of("2025-11-11T08:00:00Z").await;
    }

    async fn say_run_as_of(&self, as_of: &str) {
        let request = RunRequest { as_of: as_of.to_owned(), ..RunRequest::default() };
        let header = RunHeader { total_clinics: 4, request: Some(request), ..RunHeader::default() };
        self.say(Stage::Profile, "run", &header).await;
        for index in 0..2_u32 {
            let ids = [i64::from(index) * 2 + 1, i64::from(index) * 2 + 2];
            self.say(Stage::Load, &index.to_string(), &clinics(&ids)).await;
            self.say(Stage::Score, &index.to_string(), &assignments(&ids)).await;
            self.say(Stage::Segment, &index.to_string(), &segment(index)).await;
            self.say(Stage::Template, &index.to_string(), &template(index)).await;
        }
        let summary = ScoreSummary {
            run_id: self.run.to_string(),
            run_date: DATE.to_owned(),
            total_clinics: 4,
            segments: 2,
            clinics_matched: 3,
            clinics_unmatched: 1,
            clinic_parts: 2,
            ..ScoreSummary::default()
        };
        self.say(Stage::Score, "summary", &summary).await;
    }

    async fn complete(&self) {
        let complete = Complete { parts: 2, generation: 0 };
        let message = Outgoing {
            subject: Subject::Complete { run: self.run.clone(), stage: Stage::Template, generation: 0 },
            payload: complete.encode_to_vec(),
            schema: Complete::full_name(),
            kind: Kind::Content,
        };
        self.runtime.publish(&message).await.unwrap();
    }

    /// Runs the exporter until it has said how it ended.
    async fn outcome(&self, directory: &Path) -> ExportOutcome {
        let (sender, mut outcomes) = mpsc::unbounded_channel();
        let exporter = Exporter::new(Config { output_directory: directory.to_owned() });
        self.complete().await;
        tokio::select! {
            ended = self.runtime.run(exporter) => panic!("{ended:?}"),
            ended = self.runtime.run(Witness(sender)) => panic!("{ended:?}"),
            outcome = outcomes.recv() => outcome.unwrap(),
        }
    }

    /// Why there is no outcome, once the run has ended.
    async fn death(&self, directory: &Path) -> String {
        let (sender, mut ends) = mpsc::unbounded_channel();
        let exporter = Exporter::new(Config { output_directory: directory.to_owned() });
        self.say(Stage::Outcome, "store", &StoreOutcome::default()).await;
        self.complete().await;
        tokio::select! {
            ended = self.runtime.run(exporter) => panic!("{ended:?}"),
            ended = self.runtime.run(Witness::<Complete>(sender)) => panic!("{ended:?}"),
            end = ends.recv() => drop(end.unwrap()),
        }
        let part = self.runtime.runs().part::<ExportOutcome>(&self.run, Stage::Outcome, "export").await;
        part.unwrap().unwrap().body.unwrap_err().class
    }

    async fn alert(&self) -> Alert {
        let (sender, mut alerts) = mpsc::unbounded_channel();
        tokio::select! {
            ended = self.runtime.run(Witness::<Alert>(sender)) => panic!("{ended:?}"),
            alert = alerts.recv() => alert.unwrap(),
        }
    }
}

fn clinics(ids: &[i64]) -> ClinicPart {
    let clinic = |id: &i64| Clinic { id: *id, name: format!("Clinic {id}"), ..Clinic::default() };
    ClinicPart { clinics: ids.iter().map(clinic).collect() }
}

/// Odd clinics are in segment 1, even ones in segment 0, but the fourth in none.
fn assignments(ids: &[i64]) -> Assignments {
    let assignment = |id: &i64| Assignment {
        clinic_id: *id,
        segment: (*id != 4).then_some(u32::from(id % 2 == 1)),
        confidence: 8.0,
        nearest_miss: "nothing near".to_owned(),
        ..Assignment::default()
    };
    Assignments { assignments: ids.iter().map(assignment).collect() }
}

fn segment(index: u32) -> Segment {
    Segment { index, name: format!("emr-{index}"), priority_score: 9.0, ..Segment::default() }
}

fn template(segment: u32) -> Template {
    let outreach = OutreachTemplate { subject: format!("Subject {segment}"), ..OutreachTemplate::default() };
    Template {
        segment,
        source: TemplateSource::Claude.into(),
        outreach: Some(outreach),
        ..Template::default()
    }
}

fn read(outcome: &ExportOutcome, format: &str) -> String {
    let file = outcome.files.iter().find(|file| file.format == format).unwrap();
    std::fs::read_to_string(PathBuf::from(&file.path)).unwrap()
}

#[tokio::test]
async fn a_run_becomes_files_in_the_order_of_its_segments() {
    let fleet = Fleet::start().await;
    fleet.say_run().await;
    let dir = tempfile::tempdir().unwrap();
    let outcome = fleet.outcome(dir.path()).await;
    assert_eq!(outcome.status(), ExportStatus::Written);
    let csv = read(&outcome, "csv");
    let clinics: Vec<&str> = csv.lines().skip(1).filter_map(|line| line.split(',').nth(1)).collect();
    assert_eq!(clinics, ["Clinic 2", "Clinic 1", "Clinic 3"]);
    assert!(read(&outcome, "markdown").contains("- Clinic 4: nothing near"));
    assert_eq!(outcome.files.len(), 5);
}

#[tokio::test]
async fn what_died_on_the_way_is_missing_and_named() {
    let fleet = Fleet::start().await;
    fleet.say_run().await;
    fleet.bury(Stage::Template, "1").await;
    fleet.bury(Stage::Load, "0").await;
    let dir = tempfile::tempdir().unwrap();
    let outcome = fleet.outcome(dir.path()).await;
    let manifest: serde_json::Value = serde_json::from_str(&read(&outcome, "manifest")).unwrap();
    assert_eq!(manifest["missing"], serde_json::json!(["load 0", "template 1"]));
    assert!(read(&outcome, "markdown").contains("- Missing: load 0"));
    assert_eq!(read(&outcome, "csv").lines().count(), 2);
}

#[tokio::test]
async fn without_a_folder_the_run_is_in_the_database_only_pt117() {
    let fleet = Fleet::start().await;
    fleet.say_run().await;
    let outcome = fleet.outcome(Path::new("/dev/null/outputs")).await;
    assert_eq!(outcome.status(), ExportStatus::DatabaseOnly);
    let alert = fleet.alert().await;
    assert_eq!(alert.text, "Store in database only");
    assert!(alert.hint.contains("`leadfleet match start --again`"), "{}", alert.hint);
}

#[tokio::test]
async fn a_run_can_be_exported_again_in_another_layout() {
    let fleet = Fleet::start().await;
    fleet.say_run().await;
    let dir = tempfile::tempdir().unwrap();
    let options = Options {
        directory: dir.path().to_owned(),
        formats: vec![OutputFormat::Csv],
        csv_layout: Some(CsvLayout::Step12),
    };
    let outcome = export_run(&fleet.runtime.runs(), &fleet.run, &options, &|| {}).await.unwrap();
    assert!(read(&outcome, "csv").starts_with("clinic_name,phone"));
    assert_eq!(outcome.files.len(), 2);
}

#[tokio::test]
async fn a_run_that_lacks_a_segment_is_not_exported_in_part() {
    let fleet = Fleet::start().await;
    fleet.say_run().await;
    fleet.bury(Stage::Segment, "0").await;
    let dir = tempfile::tempdir().unwrap();
    let options = Options { directory: dir.path().to_owned(), formats: Vec::new(), csv_layout: None };
    let error = export_run(&fleet.runtime.runs(), &fleet.run, &options, &|| {}).await.unwrap_err();
    assert_eq!(error.to_string(), "the run lacks a segment: replay its dead letters first");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn what_cannot_be_read_now_is_not_read_again() {
    let fleet = Fleet::start().await;
    fleet.say_run().await;
    fleet.garble(Stage::Segment, "1").await;
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(fleet.death(dir.path()).await, "decode");
}

#[tokio::test]
async fn segments_that_a_corrected_run_no_longer_has_are_in_no_file() {
    let fleet = Fleet::start().await;
    fleet.say_run().await;
    let stale = Segment { name: "stale".to_owned(), ..segment(2) };
    fleet.say(Stage::Segment, "2", &stale).await;
    fleet.say(Stage::Template, "2", &template(2)).await;
    fleet.bury(Stage::Template, "3").await;
    let dir = tempfile::tempdir().unwrap();
    let outcome = fleet.outcome(dir.path()).await;
    for format in ["csv", "json", "markdown", "manifest"] {
        let text = read(&outcome, format);
        assert!(!text.contains("stale") && !text.contains("Subject 2"), "{text}");
    }
    let manifest: serde_json::Value = serde_json::from_str(&read(&outcome, "manifest")).unwrap();
    assert_eq!(manifest["missing"], serde_json::json!([]));
}

#[tokio::test]
async fn the_files_of_a_newer_run_of_the_day_stay() {
    let mut fleet = Fleet::start().await;
    let dir = tempfile::tempdir().unwrap();
    let newer = fleet.run.clone();
    fleet.say_run_as_of("2025-11-11T09:00:00Z").await;
    let files = fleet.outcome(dir.path()).await.files;
    fleet.run = "20251111-00000000000b".parse().unwrap();
    fleet.say_run_as_of("2025-11-11T08:59:59.5+00:00").await;
    let outcome = fleet.outcome(dir.path()).await;
    assert_eq!(outcome.status(), ExportStatus::DatabaseOnly);
    assert!(outcome.note.contains(newer.as_str()), "{}", outcome.note);
    let alert = fleet.alert().await;
    assert_eq!((alert.kind.as_str(), alert.run_id.as_str()), ("export-behind", fleet.run.as_str()));
    let kept = std::fs::read_to_string(&files.last().unwrap().path).unwrap();
    assert!(kept.contains(newer.as_str()), "{kept}");
}

#[tokio::test]
async fn a_newer_run_of_the_day_takes_the_place_of_an_older_one() {
    let mut fleet = Fleet::start().await;
    let dir = tempfile::tempdir().unwrap();
    fleet.say_run_as_of("2025-11-11T08:00:00Z").await;
    fleet.outcome(dir.path()).await;
    fleet.run = "20251111-00000000000b".parse().unwrap();
    fleet.say_run_as_of("2025-11-11T09:00:00Z").await;
    let outcome = fleet.outcome(dir.path()).await;
    assert_eq!(outcome.status(), ExportStatus::Written);
    assert!(read(&outcome, "manifest").contains(fleet.run.as_str()));
}
