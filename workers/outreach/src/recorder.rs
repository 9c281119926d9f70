//! The worker: engagement events become activities, and move or stop sequences.

use prospects::{Error, Prospects, RecordError, Recorded};
use proto::v1::Engagement;
use proto::{Outbox, Subject};
use runtime::{Cause, Delivery, Fault, OrFault as _, Retry, Source, Worker};

/// The kind under which engagement events travel.
pub(crate) const ENGAGEMENT: &str = "engagement";

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
    const SOURCE: Source = Source::Event(ENGAGEMENT);
    const RETRY: Retry = Retry { concurrency: 32, ..Retry::DEFAULT };
    type Input = Engagement;

    async fn handle(&self, event: Engagement, delivery: &Delivery) -> Result<Outbox, Fault> {
        let of_client =
            matches!(&delivery.subject, Subject::Event { key, .. } if key.as_str() == event.client_id);
        if !of_client {
            return Err(Fault::reject("invalid", "the event is of another client than its subject"));
        }
        match self.prospects.record(&event).await {
            Ok(Recorded::Applied | Recorded::Duplicate) => Ok(Outbox::none()),
            Ok(Recorded::Nobody) => {
                tracing::info!(source = event.source, "an event is about nobody who is known");
                Ok(Outbox::none())
            }
            Err(error @ RecordError::Bad(_)) => Err(error).or_reject_as("invalid"),
            Err(RecordError::Failed(Error::Db(error))) if error.is_unavailable() => {
                Err(error).or_gate("postgres")
            }
            Err(RecordError::Failed(Error::Db(error))) if error.is_permanent() => Err(error).or_reject(),
            Err(error) => Err(error.into()),
        }
    }

    async fn probe(&self, _gate: &str) -> Result<(), Fault> {
        Ok(self.prospects.ping().await?)
    }

    fn code(&self, cause: &Cause) -> Option<String> {
        runtime::find::<db::Error>(cause).and_then(db::Error::code)
    }
}
