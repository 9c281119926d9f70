//! What a user of nats-server may do: what the process behind it does, and nothing else.

use std::collections::BTreeSet;

use proto::subject::{Subject, stream};

use crate::consumers::Consumer;
use crate::{gate, intents, ledger, letters, processes, sweep};

/// Subjects that a user may publish to and listen on, beside its own inbox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rights {
    pub publish: BTreeSet<String>,
    /// What it may not publish to, whatever it may.
    pub deny: BTreeSet<String>,
    pub subscribe: BTreeSet<String>,
}

impl Rights {
    /// Of somebody who prepares servers, replays and removes.
    pub fn everything() -> Self {
        let all = BTreeSet::from([">".to_owned()]);
        Self { publish: all.clone(), subscribe: all, ..Self::default() }
    }

    /// Of any process: it looks at streams, follows the gates, keeps its books, shows itself, reads runs and alerts.
    pub fn of_process() -> Self {
        let mut rights = Self::default();
        rights.publishes(["$JS.API.INFO".to_owned()]);
        rights.publishes(stream::ALL.map(|stream| format!("$JS.API.STREAM.INFO.{stream}")));
        for bucket in [gate::BUCKET, ledger::BUCKET, intents::BUCKET, letters::BUCKET, processes::BUCKET] {
            rights.reads_bucket(bucket);
        }
        rights.follows_bucket(gate::BUCKET);
        rights.writes_bucket(letters::BUCKET, "*");
        rights.writes_bucket(processes::BUCKET, "*");
        rights.reads(stream::RUN);
        rights.publishes([Subject::events(proto::kind::ALERT)]);
        rights
    }

    /// Of a worker: its consumer, and its dead letters. What it cannot read it stores again where it found it.
    pub fn works(&mut self, consumer: &Consumer) {
        let Consumer { worker, stream, config } = consumer;
        let name = config.durable_name.as_deref().unwrap_or_default();
        self.consumes(stream, name);
        self.reads(stream);
        self.publishes([
            format!("$JS.API.STREAM.MSG.DELETE.{stream}"),
            config.filter_subject.clone(),
            Subject::dead(worker, "*"),
        ]);
        self.writes_bucket(gate::BUCKET, &format!("{worker}.*"));
        self.writes_bucket(ledger::BUCKET, &format!("{name}.*.*"));
        let (swept, filter) = (sweep::consumer_name(worker), sweep::filter(stream, name));
        self.publishes([format!("$JS.API.CONSUMER.CREATE.{}.{swept}.{filter}", stream::ADVISORIES)]);
        self.consumes(stream::ADVISORIES, &swept);
    }

    /// It records intents before calls to the outside.
    pub fn intends(&mut self) {
        self.writes_bucket(intents::BUCKET, ">");
    }

    pub fn publishes(&mut self, subjects: impl IntoIterator<Item = String>) {
        self.publish.extend(subjects);
    }

    pub fn hears(&mut self, subject: String) {
        self.subscribe.insert(subject);
    }

    /// What is stored in a stream.
    pub fn reads(&mut self, stream: &str) {
        self.publishes(["DIRECT.GET", "STREAM.MSG.GET"].map(|verb| format!("$JS.API.{verb}.{stream}")));
    }

    /// Consumers of its own that are gone with it.
    pub fn follows(&mut self, stream: &str) {
        self.publishes([
            format!("$JS.API.CONSUMER.CREATE.{stream}"),
            format!("$JS.API.CONSUMER.CREATE.{stream}.>"),
            format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.*"),
            format!("$JS.API.CONSUMER.DELETE.{stream}.*"),
        ]);
    }

    /// Keeps off the consumer of a worker, whatever consumers it may use.
    pub fn keeps_off(&mut self, consumer: &Consumer) {
        let Consumer { worker, stream, config } = consumer;
        let name = config.durable_name.as_deref().unwrap_or_default();
        for (stream, name) in [(*stream, name), (stream::ADVISORIES, &sweep::consumer_name(worker))] {
            let verbs = ["CREATE", "DELETE", "MSG.NEXT"];
            self.deny.extend(verbs.map(|verb| format!("$JS.API.CONSUMER.{verb}.{stream}.{name}")));
            self.deny.insert(format!("$JS.API.CONSUMER.CREATE.{stream}.{name}.>"));
        }
    }

    pub fn pauses(&mut self, consumer: &Consumer) {
        let Consumer { stream, config, .. } = consumer;
        let name = config.durable_name.as_deref().unwrap_or_default();
        self.publishes([format!("$JS.API.CONSUMER.PAUSE.{stream}.{name}")]);
    }

    pub fn reads_bucket(&mut self, bucket: &str) {
        let stream = format!("KV_{bucket}");
        self.reads(&stream);
        self.publishes([
            format!("$JS.API.STREAM.INFO.{stream}"),
            format!("$JS.API.DIRECT.GET.{stream}.$KV.{bucket}.>"),
        ]);
    }

    pub fn follows_bucket(&mut self, bucket: &str) {
        let stream = format!("KV_{bucket}");
        self.publishes([
            format!("$JS.API.CONSUMER.CREATE.{stream}"),
            format!("$JS.API.CONSUMER.DELETE.{stream}.*"),
            format!("$JS.FC.{stream}.>"),
        ]);
    }

    pub fn writes_bucket(&mut self, bucket: &str, keys: &str) {
        self.publishes([format!("$KV.{bucket}.{keys}")]);
    }

    /// Servers to come say in acknowledgements which domain and account they are of.
    fn consumes(&mut self, stream: &str, consumer: &str) {
        self.publishes([
            format!("$JS.API.CONSUMER.INFO.{stream}.{consumer}"),
            format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"),
            format!("$JS.ACK.{stream}.{consumer}.>"),
            format!("$JS.ACK.*.*.{stream}.{consumer}.>"),
        ]);
    }
}
