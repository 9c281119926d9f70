//! The worker: what came of goals is kept, to be learned from.

use crate::settle;
use chrono::{DateTime, Utc};
use contractors::{Contractors, Error, Impact, NewOutcome};
use db::Uuid;
use proto::kind::CONTRACTOR_OUTCOME;
use proto::v1::{ContractorOutcome, RevenueImpact};
use proto::{Outbox, Outgoing, Subject, Token};
use runtime::{Cause, Delivery, Fault, OrFault as _, Retry, Source, Worker, learning};

/// The message that tells what came of a goal; the same event again is the same message.
pub fn outcome(event: &ContractorOutcome) -> Outgoing {
    let id = format!("{CONTRACTOR_OUTCOME}:{}:{}", event.client_id, event.event_id);
    Outgoing::event(Token::squeezed(CONTRACTOR_OUTCOME), Token::squeezed(&event.client_id), id, event)
}

pub struct OutcomeRecorder {
    contractors: Contractors,
}

impl OutcomeRecorder {
    pub fn new(contractors: Contractors) -> Self {
        Self { contractors }
    }
}

impl Worker for OutcomeRecorder {
    const NAME: &'static str = "outcome-recorder";
    const SOURCE: Source = Source::Event(CONTRACTOR_OUTCOME);
    const RETRY: Retry = Retry { concurrency: 8, ..Retry::DEFAULT };
    type Input = ContractorOutcome;

    async fn handle(&self, event: ContractorOutcome, delivery: &Delivery) -> Result<Outbox, Fault> {
        let theirs = Token::squeezed(&event.client_id);
        if !matches!(&delivery.subject, Subject::Event { key, .. } if *key == theirs) {
            return Err(Fault::reject("invalid", "the message is of another client than its subject"));
        }
        let client: Uuid = event.client_id.parse().or_reject_as("invalid")?;
        let ended = ended(&event, delivery)?;
        let told = told(event)?;
        let known = match self.contractors.record_outcome(client, &told, ended).await {
            // A dead letter would keep words of theirs.
            Err(Error::ErasedContractor(_)) => {
                tracing::info!(outcomes = 1, "what came of a goal of somebody who was erased is dropped");
                return Ok(Outbox::none());
            }
            known => settle::settled(known)?,
        };
        tracing::info!(contractor.id = told.contractor_id, ?known, "what came of a goal is told");
        Ok(Outbox::none())
    }

    async fn probe(&self, _gate: &str) -> Result<(), Fault> {
        Ok(self.contractors.ping().await?)
    }

    fn code(&self, cause: &Cause) -> Option<String> {
        settle::code(cause)
    }
}

/// When it ended: when the broker had it, if nobody says.
fn ended(event: &ContractorOutcome, delivery: &Delivery) -> Result<DateTime<Utc>, Fault> {
    if event.completed_at.is_empty() {
        return Ok(delivery.published_at);
    }
    let ended = DateTime::parse_from_rfc3339(&event.completed_at).or_reject_as("invalid")?.to_utc();
    match learning::too_late(ended, delivery.now()) {
        Some(why) => Err(Fault::reject("invalid", format!("completed_at {why}"))),
        None => Ok(ended),
    }
}

fn told(event: ContractorOutcome) -> Result<NewOutcome, Fault> {
    let text = |text: String| Some(text).filter(|text| !text.is_empty());
    let impact = RevenueImpact::try_from(event.revenue_impact).or_reject_as("invalid")?;
    let satisfaction = i16::try_from(event.contractor_satisfaction).or_reject_as("invalid")?;
    let days = event.time_to_completion_days.map(i32::try_from).transpose().or_reject_as("invalid")?;
    Ok(NewOutcome {
        event_id: event.event_id,
        contractor_id: event.contractor_id,
        goal_id: event.goal_id,
        pattern_id: event.pattern_id,
        goal_completed: event.goal_completed,
        time_to_completion_days: days,
        contractor_satisfaction: Some(satisfaction).filter(|rated| *rated != 0),
        outcome_notes: text(event.outcome_notes),
        revenue_impact: match impact {
            RevenueImpact::Unspecified => None,
            RevenueImpact::Positive => Some(Impact::Positive),
            RevenueImpact::Neutral => Some(Impact::Neutral),
            RevenueImpact::Negative => Some(Impact::Negative),
            RevenueImpact::TooEarly => Some(Impact::TooEarly),
        },
        what_worked: text(event.what_worked),
        what_didnt_work: text(event.what_didnt_work),
    })
}
