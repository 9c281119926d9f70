//! Publishes a dead letter again, as the message that it was.

use crate::letter::{self, Letter};
use crate::message::original_headers;
use crate::reader::{Reader, Wanted};
use crate::states::{Ledger, state};
use crate::{Dead, Error, broker, now};
use async_nats::jetstream::consumer::DeliverPolicy;
use async_nats::jetstream::message::PublishMessage;
use chrono::{DateTime, TimeDelta, Utc};
use proto::subject::{header, stream};
use runtime::{LetterIs, trip};
use std::collections::HashSet;
use std::time::Duration;

/// Publishes the letters of one replay. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Sender {
    pub(crate) dead: Dead,
    pub(crate) ledger: Ledger,
    pub(crate) replay: String,
}

pub(crate) enum Sent {
    Published,
    /// Somebody else has taken the letter meanwhile.
    Taken(Box<Letter>),
}

/// Tries while the broker does not answer, and the wait before each.
const TRIES: u32 = 10;
const AGAIN: Duration = Duration::from_millis(500);

impl Sender {
    /// Marks a letter as being replayed, then publishes it.
    pub(crate) async fn send(self, letter: Letter, generation: u32) -> Result<Sent, Error> {
        let seen = letter.record.as_ref().map(|record| record.revision);
        let state = state(LetterIs::Replaying, &self.replay, now().to_rfc3339(), None);
        if self.ledger.take(letter.sequence, seen, &state).await?.is_none() {
            return Ok(Sent::Taken(Box::new(letter)));
        }
        trip::pass("replaying", &letter.subject);
        self.publish(letter, generation).await
    }

    /// Publishes a letter that is marked; once more is once, because of the message id.
    pub(crate) async fn publish(&self, letter: Letter, generation: u32) -> Result<Sent, Error> {
        const DOING: &str = "publish a dead letter again";
        let message = self.dead.fetch(letter.sequence).await?;
        let mut headers = original_headers(&message.headers);
        for (name, value) in [
            (header::MESSAGE_ID, format!("replay:{}:{}", self.replay, letter.sequence)),
            (header::REPLAY, self.replay.clone()),
            (header::DEAD, letter.sequence.to_string()),
            (header::ROUND, (letter.round + 1).to_string()),
            (header::GENERATION, generation.to_string()),
        ] {
            headers.insert(name, value.as_str());
        }
        // A part of a run takes the place of the one before, so it is for all that read its subject.
        if letter.stream != stream::RUN {
            headers.insert(header::FOR, letter.worker.as_str());
        }
        let publish = PublishMessage::build().payload(message.payload).headers(headers);
        let mut tries = 0;
        loop {
            let sent = self.dead.jetstream.send_publish(letter.subject.clone(), publish.clone()).await;
            let error = match sent {
                Ok(ack) => match ack.await {
                    Ok(_) => break,
                    Err(error) => error,
                },
                Err(error) => error,
            };
            tries += 1;
            if tries == TRIES {
                return Err(broker(DOING)(error));
            }
            tokio::time::sleep(AGAIN).await;
        }
        trip::pass("replayed", &letter.subject);
        Ok(Sent::Published)
    }
}

/// Clocks of brokers and operators differ by less.
const CLOCKS: TimeDelta = TimeDelta::minutes(5);

impl Dead {
    /// The letters that a replay has published as events and jobs.
    pub(crate) async fn published(&self, replay: &str, since: DateTime<Utc>) -> Result<HashSet<u64>, Error> {
        let since = since - CLOCKS;
        let from = match async_nats::datetime::parse_rfc3339(&since.to_rfc3339()) {
            Ok(start_time) => DeliverPolicy::ByStartTime { start_time },
            Err(_) => DeliverPolicy::All,
        };
        let mut published = HashSet::new();
        for stream in [stream::EVENTS, stream::JOBS] {
            let wanted = Wanted { stream: stream.to_owned(), filters: Vec::new(), from, headers_only: true };
            let mut reader = Reader::open(&self.jetstream, wanted).await?;
            while let Some(found) = reader.next().await? {
                if letter::text(&found.headers, header::REPLAY) == Some(replay) {
                    published.extend(letter::number::<u64>(&found.headers, header::DEAD));
                }
            }
        }
        Ok(published)
    }
}
