//! The notifier on a real broker, against stand-ins of Slack and of a mail relay.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use notifier::{Alerter, Config, Notifier};
use proto::subject::Subject;
use proto::v1::{
    Alert, Complete, ExportOutcome, ExportStatus, RunSummary, ScoreSummary, Severity, StoreOutcome,
    StoreStatus,
};
use proto::{Kind, Message, Name, Outbox, Outgoing, RunId, Stage, Token};
use runtime::{Delivery, Fault, Runtime, Source, Worker};
use standins::{SlackStandIn, SlackStep, SmtpStandIn};
use tokio::sync::mpsc;

/// Hands the summaries of runs to the test.
struct Witness(mpsc::UnboundedSender<RunSummary>);

impl Worker for Witness {
    const NAME: &'static str = "witness";
    const SOURCE: Source = Source::Part(Stage::Notify, "summary");
    type Input = RunSummary;

    async fn handle(&self, summary: RunSummary, _delivery: &Delivery) -> Result<Outbox, Fault> {
        let _ = self.0.send(summary);
        Ok(Outbox::none())
    }
}

struct Fleet {
    _server: standins::NatsServer,
    runtime: Runtime,
    run: RunId,
    slack: SlackStandIn,
    relay: SmtpStandIn,
}

impl Fleet {
    async fn start() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let server = standins::nats().await;
        let config = runtime::Config::of(server.url().to_owned());
        Self {
            runtime: Runtime::start(config).await.unwrap(),
            _server: server,
            run: "20251111-0123456789ab".parse().unwrap(),
            slack: SlackStandIn::start().await,
            relay: SmtpStandIn::start().await,
        }
    }

    fn config(&self) -> Config {
        let relay = format!("smtp://user:secret@{}:{}", self.relay.host(), self.relay.port());
        Config {
            slack_webhook_url: Some(self.slack.url().into()),
            backup_email: Some("ops@clinic.example".parse().unwrap()),
            smtp_url: Some(relay.into()),
            ..nothing()
        }
    }

    async fn say<M: Message + Name>(&self, run: &RunId, stage: Stage, part: &str, message: &M) {
        let message = Outgoing::part(run, stage, Token::squeezed(part), message);
        self.runtime.publish(&message).await.unwrap();
    }

    async fn say_run(&self, run: &RunId) {
        let score = ScoreSummary {
            run_date: "2025-11-11".to_owned(),
            total_clinics: 487,
            clinics_matched: 452,
            segments: 18,
            ai_ranked: true,
            ..ScoreSummary::default()
        };
        self.say(run, Stage::Score, "summary", &score).await;
        let store = StoreOutcome { status: StoreStatus::Stored.into(), ..StoreOutcome::default() };
        self.say(run, Stage::Outcome, "store", &store).await;
        let export = ExportOutcome { status: ExportStatus::Written.into(), ..ExportOutcome::default() };
        self.say(run, Stage::Outcome, "export", &export).await;
    }

    /// Says that a run is complete; another `name` is another message of the same.
    async fn complete(&self, run: &RunId, name: &str) {
        let message = Outgoing {
            subject: Subject::Complete { run: run.clone(), stage: Stage::Outcome, generation: 0 },
            payload: Complete { parts: 2, generation: 0 }.encode_to_vec(),
            schema: Complete::full_name(),
            kind: Kind::Named(name.to_owned()),
        };
        self.runtime.publish(&message).await.unwrap();
    }

    /// Runs the notifier until it has announced the run, which is said to be complete.
    async fn summary(&self, config: &Config, run: &RunId) -> RunSummary {
        let (sender, mut summaries) = mpsc::unbounded_channel();
        self.complete(run, run.as_str()).await;
        let heard = async {
            loop {
                let summary: RunSummary = summaries.recv().await.unwrap();
                if summary.run_id == run.as_str() {
                    return summary;
                }
            }
        };
        tokio::select! {
            ended = self.runtime.run(Notifier::new(config).unwrap()) => panic!("{ended:?}"),
            ended = self.runtime.run(Witness(sender)) => panic!("{ended:?}"),
            summary = heard => summary,
        }
    }

    fn titles(&self) -> Vec<String> {
        let title = |payload: &serde_json::Value| {
            payload["blocks"][0]["text"]["text"].as_str().unwrap_or_default().to_owned()
        };
        self.slack.journal().iter().map(title).collect()
    }
}

fn nothing() -> Config {
    Config {
        slack_webhook_url: None,
        slack_webhook_url_file: None,
        backup_email: None,
        smtp_url: None,
        smtp_url_file: None,
        mail_from: "leadfleet@localhost".parse().unwrap(),
        public_base_url: None,
    }
}

#[tokio::test]
async fn a_run_is_announced_once_however_often_it_is_complete() {
    let fleet = Fleet::start().await;
    fleet.say_run(&fleet.run).await;
    let summary = fleet.summary(&fleet.config(), &fleet.run).await;
    assert_eq!((summary.channel.as_str(), summary.slack_notification_sent), ("slack", true));

    // Another run behind the repetition shows that the repetition was handled.
    fleet.complete(&fleet.run, "again").await;
    let other: RunId = "20251112-0123456789ab".parse().unwrap();
    fleet.say_run(&other).await;
    fleet.summary(&fleet.config(), &other).await;
    let title = "Matching run 2025-11-11: 18 segments, 452 of 487 clinics matched";
    assert_eq!(fleet.titles(), [title, title]);
}

#[tokio::test]
async fn without_its_channel_the_summary_goes_by_mail_pt121() {
    let fleet = Fleet::start().await;
    fleet.say_run(&fleet.run).await;
    fleet.slack.script([SlackStep::Refuse(410, "channel_is_archived")]);
    let summary = fleet.summary(&fleet.config(), &fleet.run).await;
    assert_eq!((summary.channel.as_str(), summary.slack_notification_sent), ("email", false));
    let mails = fleet.relay.journal();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].data.contains("410 channel_is_archived"), "{}", mails[0].data);
}

#[tokio::test]
async fn an_answer_that_was_lost_is_asked_for_once_more_and_said_so() {
    let fleet = Fleet::start().await;
    fleet.say_run(&fleet.run).await;
    fleet.slack.script([SlackStep::Network(standins::Fault::CloseBeforeHeaders)]);
    let summary = fleet.summary(&fleet.config(), &fleet.run).await;
    assert_eq!(summary.channel, "slack");
    let titles = fleet.titles();
    assert_eq!(titles.len(), 2);
    assert!(titles[1].ends_with("(sent again after an interruption)"), "{titles:?}");
}

#[tokio::test]
async fn a_refusal_for_now_is_tried_again_without_a_mark() {
    let fleet = Fleet::start().await;
    fleet.say_run(&fleet.run).await;
    fleet.slack.script([SlackStep::Limit { retry_after: 1 }]);
    let summary = fleet.summary(&fleet.config(), &fleet.run).await;
    assert_eq!(summary.channel, "slack");
    assert_eq!(fleet.titles()[0], fleet.titles()[1]);
}

#[tokio::test]
async fn with_no_channel_at_all_the_run_still_ends() {
    let fleet = Fleet::start().await;
    fleet.say_run(&fleet.run).await;
    assert_eq!(fleet.summary(&nothing(), &fleet.run).await.channel, "console");
}

#[tokio::test]
async fn a_run_that_lost_a_part_is_announced_as_failed() {
    let fleet = Fleet::start().await;
    fleet.say_run(&fleet.run).await;
    let dead = Outgoing::tombstone(&fleet.run, Stage::Outcome, Token::squeezed("export"), "incomplete");
    fleet.runtime.publish(&dead).await.unwrap();
    let summary = fleet.summary(&fleet.config(), &fleet.run).await;
    assert_eq!(summary.status, "failed");
    assert_eq!(summary.missing, ["outcome export (incomplete)"]);
    assert_eq!(fleet.titles(), ["Matching run 2025-11-11 failed"]);
}

#[tokio::test]
async fn a_part_that_nobody_can_read_is_missing_and_the_run_is_announced() {
    let fleet = Fleet::start().await;
    fleet.say_run(&fleet.run).await;
    for part in ["1", "18"] {
        let subject =
            Subject::Part { run: fleet.run.clone(), stage: Stage::Template, part: Token::squeezed(part) };
        let (payload, schema) = (b"\xff\xff\xff".to_vec(), Complete::full_name());
        let garbled = Outgoing { subject, payload, schema, kind: Kind::Content };
        fleet.runtime.publish(&garbled).await.unwrap();
    }
    let summary = fleet.summary(&fleet.config(), &fleet.run).await;
    // The run has 18 segments: what lies behind them was left by an earlier generation.
    assert_eq!(
        (summary.status.as_str(), summary.missing),
        ("complete", vec!["template 1 (decode)".to_owned()])
    );
}

#[tokio::test]
async fn an_alert_is_said_once_for_its_kind_and_key() {
    let fleet = Fleet::start().await;
    let alert = |key: &str| Alert {
        kind: "no-clinics".to_owned(),
        key: key.to_owned(),
        severity: Severity::Error.into(),
        text: "Google Maps scraper may have failed".to_owned(),
        ..Alert::default()
    };
    let (kind, place) = (Token::squeezed("alert"), Token::squeezed("no-clinics"));
    // The same alert under two message ids stands for one that is raised again after the broker has forgotten it.
    for (id, key) in [("1", "run-a"), ("2", "run-a"), ("3", "run-b")] {
        let event = Outgoing::event(kind.clone(), place.clone(), id.to_owned(), &alert(key));
        fleet.runtime.publish(&event).await.unwrap();
    }
    tokio::select! {
        ended = fleet.runtime.run(Alerter::new(&fleet.config()).unwrap()) => panic!("{ended:?}"),
        () = fleet.slack.arrived(2) => {}
    }
    assert_eq!(fleet.titles(), ["Error: Google Maps scraper may have failed"; 2]);
}
