//! The workers that score leads: those that came, those that changed, and those of whose client something was learned.

use crate::together::Together;
use chrono::{DateTime, Utc};
use db::Uuid;
use prospects::{Error, Rescored, Scores, Whom};
use proto::v1::{LeadChanged, PatternsChanged};
use proto::{Outbox, Subject, kind};
use runtime::{Cause, Delivery, Fault, OrFault as _, Retry, Source, Worker};
use std::time::Duration;

/// Leads that are scored in one transaction.
const AT_ONCE: usize = 500;

/// Scores leads that were taken in.
pub struct LeadScorer(pub Together);

/// Scores leads of which something else is known now.
pub struct LeadUpdateScorer(pub Together);

/// Scores the leads of a client anew whom nobody has contacted yet: of the others it is the score before that counts.
///
/// Who is scored by the weights in force already is left out, so that what comes again goes on where it stopped.
pub struct Rescorer(pub Scores);

impl Worker for LeadScorer {
    const NAME: &'static str = "lead-scorer";
    const SOURCE: Source = Source::Event(kind::LEAD_CREATED);
    const RETRY: Retry = Retry { concurrency: 16, ..Retry::DEFAULT };
    type Input = LeadChanged;

    async fn handle(&self, event: LeadChanged, delivery: &Delivery) -> Result<Outbox, Fault> {
        score(&self.0, &event, delivery).await
    }

    async fn probe(&self, _gate: &str) -> Result<(), Fault> {
        Ok(self.0.ping().await?)
    }

    fn code(&self, cause: &Cause) -> Option<String> {
        code(cause)
    }
}

impl Worker for LeadUpdateScorer {
    const NAME: &'static str = "lead-update-scorer";
    const SOURCE: Source = Source::Event(kind::LEAD_UPDATED);
    const RETRY: Retry = LeadScorer::RETRY;
    type Input = LeadChanged;

    async fn handle(&self, event: LeadChanged, delivery: &Delivery) -> Result<Outbox, Fault> {
        score(&self.0, &event, delivery).await
    }

    async fn probe(&self, _gate: &str) -> Result<(), Fault> {
        Ok(self.0.ping().await?)
    }

    fn code(&self, cause: &Cause) -> Option<String> {
        code(cause)
    }
}

impl Worker for Rescorer {
    const NAME: &'static str = "rescorer";
    const SOURCE: Source = Source::Event(kind::PATTERNS_CHANGED);
    /// A million leads take minutes.
    const RETRY: Retry =
        Retry { concurrency: 2, deadline: Duration::from_secs(2 * 60 * 60), ..Retry::DEFAULT };
    type Input = PatternsChanged;

    async fn handle(&self, event: PatternsChanged, delivery: &Delivery) -> Result<Outbox, Fault> {
        let client = client(&event.client_id, delivery)?;
        let rescored =
            self.0.rescore(client, Whom::Outdated, true, delivery.now(), || delivery.advance()).await;
        let rescored = settled(rescored)?;
        let Rescored { leads, current, changed, .. } = rescored;
        tracing::info!(%client, run = event.run_id, leads, current, changed, "leads were scored anew");
        Ok(Outbox::none())
    }

    async fn probe(&self, _gate: &str) -> Result<(), Fault> {
        Ok(self.0.ping().await?)
    }

    fn code(&self, cause: &Cause) -> Option<String> {
        code(cause)
    }
}

/// Scores leads as they are now, however old the news is.
async fn score(scores: &Together, event: &LeadChanged, delivery: &Delivery) -> Result<Outbox, Fault> {
    let client = client(&event.client_id, delivery)?;
    let leads = event.lead_ids.iter().map(|id| id.parse::<Uuid>());
    let leads: Vec<Uuid> = leads.collect::<Result<_, _>>().or_reject_as("invalid")?;
    let now: DateTime<Utc> = delivery.now();
    for some in leads.chunks(AT_ONCE) {
        settled(scores.score(client, some, now).await)?;
        delivery.advance();
    }
    Ok(Outbox::none())
}

/// The client of an event, which must be that of its subject.
fn client(named: &str, delivery: &Delivery) -> Result<Uuid, Fault> {
    if !matches!(&delivery.subject, Subject::Event { key, .. } if key.as_str() == named) {
        return Err(Fault::reject("invalid", "the event is of another client than its subject"));
    }
    named.parse().or_reject_as("invalid")
}

fn settled<T>(result: Result<T, Error>) -> Result<T, Fault> {
    match result {
        Ok(done) => Ok(done),
        Err(Error::Db(error)) if error.is_unavailable() => Err(error).or_gate("postgres"),
        Err(Error::Db(error)) if error.is_permanent() => Err(error).or_reject(),
        Err(error) => Err(error.into()),
    }
}

fn code(cause: &Cause) -> Option<String> {
    runtime::find::<db::Error>(cause).and_then(db::Error::code)
}
