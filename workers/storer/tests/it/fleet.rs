//! A private broker that holds a matched run, and the storers on it without a Postgres.

use db::Db;
use futures::StreamExt as _;
use proto::subject::{Stage, Subject};
use proto::v1::{
    Assignment, Assignments, Complete, OutreachTemplate, RunHeader, RunRequest, ScoreSummary, Segment,
    Template, TemplateSource,
};
use proto::{Kind, Message, Name, Outgoing, RunId};
use runtime::{Runtime, Worker};
use std::time::Duration;
use storer::{Config, Storer};
use tempfile::TempDir;
use tokio::task::JoinHandle;

pub(crate) const RUN: &str = "20251111-0123456789ab";

pub(crate) struct Fleet {
    pub(crate) runtime: Runtime,
    pub(crate) backups: TempDir,
    _broker: standins::NatsServer,
}

impl Fleet {
    pub(crate) async fn start() -> Self {
        let broker = standins::nats().await;
        let config = runtime::Config::of(broker.url().to_owned());
        let runtime = Runtime::start(config).await.unwrap();
        Self { runtime, backups: tempfile::tempdir().unwrap(), _broker: broker }
    }

    pub(crate) fn config(&self) -> Config {
        Config { backup_directory: self.backups.path().to_owned(), store_retry_after: 1 }
    }

    /// A Postgres that is nowhere: its socket would be in a directory that does not exist.
    pub(crate) fn db(&self) -> Db {
        Db::new(&db::Config::of("postgresql:///nowhere?host=/nonexistent&user=nobody")).unwrap()
    }

    pub(crate) fn storer(&self) -> Storer {
        Storer::new(self.config(), self.db())
    }

    pub(crate) fn run(&self, worker: impl Worker) -> JoinHandle<()> {
        let runtime = self.runtime.clone();
        tokio::spawn(async move { runtime.run(worker).await.unwrap() })
    }

    pub(crate) async fn stop(&self, workers: impl IntoIterator<Item = JoinHandle<()>>) {
        self.runtime.stop();
        for worker in workers {
            worker.await.unwrap();
        }
    }

    pub(crate) async fn publish_header(&self) {
        let client_id = db::DEFAULT_CLIENT.to_string();
        let request = RunRequest { client_id, ..RunRequest::default() };
        self.publish(Stage::Profile, "run", &RunHeader { request: Some(request), ..RunHeader::default() })
            .await;
    }

    /// Two segments in force and one left over, a template that died, four clinics of which one is unmatched.
    pub(crate) async fn publish_run(&self) {
        self.publish_header().await;
        let summary = ScoreSummary {
            run_date: "2025-11-11".into(),
            segments: 2,
            clinic_parts: 2,
            ..ScoreSummary::default()
        };
        self.publish(Stage::Score, "summary", &summary).await;
        for (part, clinics) in [("0", [(1, Some(0)), (2, None)]), ("1", [(3, Some(1)), (4, Some(0))])] {
            let assignments = clinics.map(|(clinic_id, segment)| Assignment {
                clinic_id,
                segment,
                confidence: 8.0,
                match_strategy: "geographic".into(),
                ..Assignment::default()
            });
            self.publish(Stage::Score, part, &Assignments { assignments: assignments.into() }).await;
        }
        for index in 0..3_u32 {
            let name = format!("segment-{index}");
            let segment = Segment {
                index,
                name,
                pain_category: "emr".into(),
                priority_score: 7.5,
                ..Segment::default()
            };
            self.publish(Stage::Segment, &index.to_string(), &segment).await;
        }
        let outreach = OutreachTemplate { subject: "s".into(), opening: "o".into(), cta: "c".into() };
        let source = TemplateSource::Claude.into();
        for segment in [0, 2] {
            let outreach = Some(outreach.clone());
            let template = Template { segment, source, outreach, ..Template::default() };
            self.publish(Stage::Template, &segment.to_string(), &template).await;
        }
        let dead = Outgoing::tombstone(&run(), Stage::Template, "1".parse().unwrap(), "permanent");
        self.runtime.publish(&dead).await.unwrap();
        self.publish_complete().await;
    }

    pub(crate) async fn publish_complete(&self) {
        let complete = Complete { parts: 2, generation: 0 };
        let message = Outgoing {
            subject: Subject::Complete { run: run(), stage: Stage::Template, generation: 0 },
            payload: complete.encode_to_vec(),
            schema: Complete::full_name(),
            kind: Kind::Content,
        };
        self.runtime.publish(&message).await.unwrap();
    }

    /// Puts what nobody can read where a part is expected.
    pub(crate) async fn garble(&self, stage: Stage, part: &str) {
        let subject = Subject::Part { run: run(), stage, part: part.parse().unwrap() };
        let (payload, schema) = (b"\xff\xff\xff".to_vec(), Segment::full_name());
        self.runtime.publish(&Outgoing { subject, payload, schema, kind: Kind::Content }).await.unwrap();
    }

    async fn publish<M: Message + Name>(&self, stage: Stage, part: &str, message: &M) {
        let message = Outgoing::part(&run(), stage, part.parse().unwrap(), message);
        self.runtime.publish(&message).await.unwrap();
    }

    /// Waits for the first message under a filter; the broker says when, not a clock.
    pub(crate) async fn first<M: Message + Default>(&self, stream: &str, filter: &str) -> M {
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

    pub(crate) async fn count(&self, stream: &str) -> u64 {
        let mut stream = self.runtime.jetstream().get_stream(stream).await.unwrap();
        stream.info().await.unwrap().state.messages
    }
}

fn run() -> RunId {
    RUN.parse().unwrap()
}
