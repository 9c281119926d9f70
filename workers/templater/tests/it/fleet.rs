//! A private broker with two segments on it, a stand-in for Claude, and a templater between them.

use clap::Parser;
use claude::Claude;
use futures::StreamExt as _;
use proto::subject::Stage;
use proto::v1::{Alert, Complete, RunHeader, RunRequest, Segment, Template};
use proto::{Message, Name, Outgoing, RunId};
use runtime::Runtime;
use standins::{ClaudeStandIn, NatsServer, Step};
use std::time::Duration;
use templater::{Config, Templater};
use tokio::task::JoinHandle;

pub(crate) const RUN: &str = "20251111-0123456789ab";

pub(crate) struct Fleet {
    runtime: Runtime,
    templater: JoinHandle<()>,
    _broker: NatsServer,
    _claude: ClaudeStandIn,
}

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    claude: claude::Config,
    #[command(flatten)]
    templater: Config,
}

impl Fleet {
    /// Starts everything and publishes a run of two segments.
    pub(crate) async fn start(script: Vec<Step>, key: bool) -> Self {
        // As the process does at its start; the second test finds it installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let standin = ClaudeStandIn::start().await;
        standin.script(script);
        let key = if key { standin.key() } else { "" };
        let cli = ["t", "--claude-api-key", key, "--claude-base-url", standin.url()];
        let cli = Cli::parse_from(cli.into_iter().chain(["--claude-retry-delay", "0.01"]));

        let broker = standins::nats().await;
        let config = runtime::Config {
            // Gates are probed as often as leases are short.
            lease: Some(Duration::from_secs(1)),
            ..runtime::Config::of(broker.url())
        };
        let runtime = Runtime::start(config).await.unwrap();
        let claude = Claude::connect(cli.claude, Some(runtime.jetstream().clone())).await.unwrap();
        let templater = Templater::new(cli.templater, claude);
        let templater = {
            let runtime = runtime.clone();
            tokio::spawn(async move { runtime.run(templater).await.unwrap() })
        };
        let fleet = Self { runtime, templater, _broker: broker, _claude: standin };
        fleet.publish_run().await;
        fleet
    }

    async fn publish_run(&self) {
        let request = RunRequest { client_id: "acme".into(), ..RunRequest::default() };
        let header = RunHeader { request: Some(request), ..RunHeader::default() };
        self.publish(Stage::Profile, "run", &header).await;
        self.runtime.publish(&Outgoing::plan(&run(), Stage::Template, 2)).await.unwrap();
        for (index, category) in (0..).zip(["emr", "billing"]) {
            let segment = Segment {
                index,
                name: format!("{category}-arizona"),
                pain_category: category.into(),
                city: "Phoenix".into(),
                state: "AZ".into(),
                ..Segment::default()
            };
            self.publish(Stage::Segment, &index.to_string(), &segment).await;
        }
    }

    /// The templates, once the stage is complete.
    pub(crate) async fn templates(&self) -> Vec<Template> {
        let complete: Complete = self.first("RUN", &format!("lf.v1.run.{RUN}.template.complete.0")).await;
        assert_eq!(complete.parts, 2);
        let mut parts = self.runtime.runs().parts::<Template>(&run(), Stage::Template).await.unwrap();
        let mut templates = Vec::new();
        while let Some(part) = parts.next().await.unwrap() {
            templates.push(part.body.unwrap());
        }
        templates.sort_by_key(|template| template.segment);
        templates
    }

    /// All alerts so far.
    pub(crate) async fn alerts(&self) -> Vec<Alert> {
        let runs = self.runtime.runs();
        let mut messages = runs.messages("EVENTS", "lf.v1.event.alert.>".to_owned()).await.unwrap();
        let mut alerts = Vec::new();
        while let Some(message) = messages.next().await.unwrap() {
            alerts.push(Alert::decode(message.payload).unwrap());
        }
        alerts
    }

    pub(crate) async fn stop(self) {
        self.runtime.stop();
        self.templater.await.unwrap();
    }

    async fn publish<M: Message + Name>(&self, stage: Stage, part: &str, message: &M) {
        let message = Outgoing::part(&run(), stage, part.parse().unwrap(), message);
        self.runtime.publish(&message).await.unwrap();
    }

    /// Waits for the first message under a filter; the broker says when, not a clock.
    async fn first<M: Message + Default>(&self, stream: &str, filter: &str) -> M {
        let config = async_nats::jetstream::consumer::pull::OrderedConfig {
            filter_subject: filter.to_owned(),
            ..Default::default()
        };
        let stream = self.runtime.jetstream().get_stream(stream).await.unwrap();
        let mut messages = stream.create_consumer(config).await.unwrap().messages().await.unwrap();
        let next = tokio::time::timeout(Duration::from_secs(60), messages.next()).await;
        let message = next.unwrap_or_else(|_| panic!("nothing came on {filter}")).unwrap().unwrap();
        M::decode(message.payload.clone()).unwrap()
    }
}

fn run() -> RunId {
    RUN.parse().unwrap()
}
