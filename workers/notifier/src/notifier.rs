//! The worker: a run that is stored and exported is announced, once.

use crate::channels::{self, Channel, Channels};
use crate::config::{Config, Error};
use crate::facts::Facts;
use crate::links::links;
use crate::notice::Notice;
use crate::summary::summarise;
use proto::subject::Subject;
use proto::v1::Complete;
use proto::{Outbox, Outgoing, Stage, Token};
use runtime::{Delivery, Fault, Retry, Source, Worker};
use url::Url;

pub struct Notifier {
    channels: Channels,
    public: Option<Url>,
}

impl Notifier {
    pub fn new(config: &Config) -> Result<Self, Error> {
        Ok(Self { channels: Channels::new(config)?, public: config.public()? })
    }
}

impl Worker for Notifier {
    const NAME: &'static str = "notifier";
    const SOURCE: Source = Source::Complete(Stage::Outcome);
    const RETRY: Retry = channels::RETRY;
    type Input = Complete;

    async fn handle(&self, _complete: Complete, delivery: &Delivery) -> Result<Outbox, Fault> {
        let run = delivery.run()?;
        let facts = Facts::gather(delivery.runs(), run, delivery.generation).await?;
        let mut summary = summarise(&facts);
        let links = links(facts.export.as_ref(), self.public.as_ref());
        let notice = Notice::of_run(&summary, links);

        let id = format!("run-{run}-{}", delivery.generation);
        let channel = self.channels.deliver(&notice, &id, delivery).await?;
        summary.channel = channel.as_str().to_owned();
        summary.slack_notification_sent = channel == Channel::Slack;
        let part = Token::squeezed("summary");
        Ok(Outbox::none().with(Outgoing::part(run, Stage::Notify, part, &summary)))
    }

    fn tombstones(&self, subject: &Subject, class: &'static str) -> Outbox {
        subject.run_id().map_or_else(Outbox::none, |run| {
            let part = Token::squeezed("summary");
            Outbox::none().with(Outgoing::tombstone(run, Stage::Notify, part, class))
        })
    }

    async fn probe(&self, gate: &str) -> Result<(), Fault> {
        self.channels.probe(gate).await
    }
}
