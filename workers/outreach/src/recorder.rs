//! The worker: engagement events become activities, and move or stop sequences.

use crate::settle;
use prospects::{Prospects, RecordError, Recorded};
use proto::v1::Engagement;
use proto::{Outbox, kind};
use runtime::{Cause, Delivery, Fault, OrFault as _, Retry, Source, Worker};

pub struct Recorder {
    prospects: Prospects,
}

impl Recorder {
    pub fn new(prospects: Prospects) -> Self {
        Self { prospects }
    }
}

impl Worker for Recorder {
    const NAME: &'static str = "recorder";
    const SOURCE: Source = Source::Event(kind::ENGAGEMENT);
    const RETRY: Retry = Retry { concurrency: 32, ..Retry::DEFAULT };
    type Input = Engagement;

    async fn handle(&self, event: Engagement, delivery: &Delivery) -> Result<Outbox, Fault> {
        settle::of_client(delivery, &event.client_id)?;
        let recorded = match self.prospects.record(&event).await {
            Err(error @ RecordError::Bad(_)) => return Err(error).or_reject_as("invalid"),
            Err(RecordError::Failed(error)) => settle::settled(Err(error))?,
            Ok(recorded) => recorded,
        };
        if recorded == Recorded::Nobody {
            tracing::info!(source = event.source, "an event is about nobody who is known");
        }
        Ok(Outbox::none())
    }

    async fn probe(&self, _gate: &str) -> Result<(), Fault> {
        Ok(self.prospects.ping().await?)
    }

    fn code(&self, cause: &Cause) -> Option<String> {
        settle::code(cause)
    }
}
