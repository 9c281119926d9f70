//! Asks Claude for the words of sequences, and keeps what comes as versions.

use crate::settle;
use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use db::Uuid;
use prospects::Prospects;
use proto::v1::{SequenceRequest, SequenceWords};
use proto::{Outbox, Outgoing, Token, kind};
use runtime::{Cause, Delivery, Every, Fault, Retry, Runtime, Source, Worker};
use std::collections::BTreeSet;
use std::time::Duration;

/// How often it is looked whether somebody was enrolled in a sequence that has not been asked for today.
const EVERY: Duration = Duration::from_secs(60);
/// Who writes.
const WRITER: &str = "sequence-writer";

/// Asks for the words of each sequence in use once a day, until a stop is asked for.
pub async fn ask(runtime: &Runtime, prospects: &Prospects) {
    let mut asked: BTreeSet<Asked> = BTreeSet::new();
    let mut every = Every::new(runtime, EVERY);
    while let Some(now) = every.next().await {
        // What was asked for yesterday is asked for again.
        asked.retain(|(day, ..)| *day == now.date_naive());
        if let Err(error) = ask_all(runtime, prospects, now, &mut asked).await {
            tracing::warn!(error = %error, "could not ask for the words of sequences");
        }
    }
}

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// The day, the client and the job that was asked for.
type Asked = (NaiveDate, Uuid, String);

async fn ask_all(
    runtime: &Runtime,
    prospects: &Prospects,
    now: DateTime<Utc>,
    asked: &mut BTreeSet<Asked>,
) -> Result<(), Failed> {
    for client in prospects.clients_wanting_words(now).await? {
        if let Err(error) = ask_for(runtime, prospects, client, now, asked).await {
            tracing::warn!(%client, error = %error, "could not ask for the words of sequences");
        }
    }
    Ok(())
}

/// Asking twice is harmless: the same question has the same answer, and that is no new version.
async fn ask_for(
    runtime: &Runtime,
    prospects: &Prospects,
    client: Uuid,
    now: DateTime<Utc>,
    asked: &mut BTreeSet<Asked>,
) -> Result<(), Failed> {
    for request in prospects.wanted_words(client, now).await? {
        let id = job(&request, now.date_naive());
        let this = (now.date_naive(), client, id.to_string());
        if !asked.contains(&this) {
            let client = Token::squeezed(&request.client_id);
            runtime.publish(&Outgoing::job(WRITER, client, id, &request)).await?;
            asked.insert(this);
        }
    }
    Ok(())
}

/// One job for a sequence in a week.
fn job(request: &SequenceRequest, day: NaiveDate) -> Token {
    let week = day.iso_week();
    Token::squeezed(&format!(
        "{}_{}_{}w{:02}",
        request.segment,
        request.sequence_type,
        week.year(),
        week.week()
    ))
}

pub struct WordsKeeper {
    prospects: Prospects,
}

impl WordsKeeper {
    pub fn new(prospects: Prospects) -> Self {
        Self { prospects }
    }
}

impl Worker for WordsKeeper {
    const NAME: &'static str = "words-keeper";
    const SOURCE: Source = Source::Event(kind::SEQUENCE_WORDS);
    const RETRY: Retry = Retry::DEFAULT;
    type Input = SequenceWords;

    async fn handle(&self, words: SequenceWords, delivery: &Delivery) -> Result<Outbox, Fault> {
        settle::of_client(delivery, &words.client_id)?;
        if let Some(version) = settle::settled(self.prospects.keep_words(&words).await)? {
            let (segment, sequence_type) = (&words.segment, &words.sequence_type);
            tracing::info!(segment, sequence_type, version, "Claude's words are used from now on");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(day: &str, expected: &str) {
        let request = SequenceRequest {
            segment: "referral_network".into(),
            sequence_type: "3-step".into(),
            ..SequenceRequest::default()
        };
        assert_eq!(job(&request, day.parse().unwrap()).as_str(), expected);
    }

    #[test]
    fn a_week_has_one_job_for_a_sequence() {
        check("2026-11-16", "referral_network_3-step_2026w47");
        check("2026-11-22", "referral_network_3-step_2026w47");
        check("2026-11-23", "referral_network_3-step_2026w48");
        // The ISO year of a week is not always that of the day.
        check("2027-01-01", "referral_network_3-step_2026w53");
    }
}
