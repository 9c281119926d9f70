//! Holds a dead letter against a good message of the same kind.

use crate::filter::Filter;
use crate::message::{self, Message};
use crate::reader::{Reader, Wanted};
use crate::{Dead, Error, Known, broker, letter, list};
use async_nats::jetstream::consumer::DeliverPolicy;
use chrono::{DateTime, Utc};
use proto::Subject;
use proto::subject::{header, stream};
use runtime::Runs;
use serde::Serialize;
use similar::TextDiff;
use std::collections::HashSet;

/// What tells a dead letter from a good message of its kind.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    pub letter: u64,
    pub good: Good,
    /// Why the dead letter is compared as bytes.
    pub unreadable: Option<String>,
    /// Unified: `-` is the good message, `+` the dead letter.
    pub diff: String,
}

/// A message that did not die.
#[derive(Debug, Clone, Serialize)]
pub struct Good {
    pub stream: String,
    pub sequence: u64,
    pub subject: String,
    pub schema: String,
    pub body: serde_json::Value,
}

/// Where a good message is looked for.
#[derive(Debug, Clone, Copy)]
pub enum Among<'a> {
    /// In the whole stream; what died is read from the broker.
    All,
    /// Among the newest few thousand of the stream; what died is known.
    Newest(&'a Known),
}

const NEWEST: u64 = 5_000;
/// So many messages that seem good are opened.
const TRIED: usize = 32;

impl Dead {
    /// Compares a letter with the newest good message on a subject of the same shape, if there is one.
    pub async fn compare(&self, message: &Message, among: Among<'_>) -> Result<Option<Comparison>, Error> {
        let Some(good) = self.good(message, among).await? else { return Ok(None) };
        let schema = if message.letter.schema.is_empty() { &good.schema } else { &message.letter.schema };
        let body = message.body_as(schema);
        let pretty = |json: &serde_json::Value| format!("{json:#}\n");
        let (before, after) = match &body {
            Ok(body) => (pretty(&good.body), pretty(body)),
            Err(_) => (pretty(&good.body), crate::hex::dump(&message.payload, 4096)),
        };
        let sequence = message.letter.sequence;
        let names = [format!("{} {}", good.stream, good.sequence), format!("dead letter {sequence}")];
        let diff = unified(&before, &after, [&names[0], &names[1]]);
        let comparison = Comparison { letter: sequence, good, unreadable: body.err(), diff };
        Ok(Some(comparison))
    }

    /// The newest message on a subject of the same shape that did not die and can be read.
    pub async fn good(&self, message: &Message, among: Among<'_>) -> Result<Option<Good>, Error> {
        const DOING: &str = "look for a message to compare with";
        let letter = &message.letter;
        let (Some(shape), Some(stream)) = (shape(&letter.subject), known_stream(&letter.stream)) else {
            return Ok(None);
        };
        let last = self.jetstream.get_stream(stream).await.map_err(broker(DOING))?;
        let last = last.cached_info().state.last_sequence;
        let start_sequence = match among {
            Among::All => 1,
            Among::Newest(_) => last.saturating_sub(NEWEST) + 1,
        };
        let wanted = Wanted {
            stream: stream.to_owned(),
            filters: vec![shape],
            from: DeliverPolicy::ByStartSequence { start_sequence },
            headers_only: true,
        };
        let mut reader = Reader::open(&self.jetstream, wanted).await?;
        let (mut alive, mut since) = (Vec::new(), None);
        while let Some(found) = reader.next().await? {
            since = since.or(Some(found.at));
            let text = |name| letter::text(&found.headers, name);
            let replayed = text(header::DEAD).is_some();
            if text(header::TOMBSTONE).is_none() && !replayed {
                alive.push(found.sequence);
            }
        }
        let Some(since) = since else { return Ok(None) };
        let dead = match among {
            // Whatever died has died after it came.
            Among::All => self.dead_in(stream, since).await?,
            Among::Newest(known) => known.read(|letters| {
                let here = letters.values().filter(|letter| letter.stream == stream);
                here.filter_map(|letter| letter.stream_sequence).collect()
            }),
        };
        alive.retain(|sequence| !dead.contains(sequence));
        for sequence in alive.into_iter().rev().take(TRIED) {
            if let Some(good) = self.read_good(stream, sequence, &letter.schema).await? {
                return Ok(Some(good));
            }
        }
        Ok(None)
    }

    /// Where in this stream those letters came from that died since a moment.
    async fn dead_in(&self, stream: &str, since: DateTime<Utc>) -> Result<HashSet<u64>, Error> {
        let wanted = list::wanted(&Filter { since: Some(since), ..Filter::default() });
        let mut reader = Reader::open(&self.jetstream, wanted).await?;
        let mut dead = HashSet::new();
        while let Some(found) = reader.next().await? {
            if letter::text(&found.headers, "Dl-Stream") == Some(stream) {
                dead.extend(letter::number::<u64>(&found.headers, "Dl-Stream-Seq"));
            }
        }
        Ok(dead)
    }

    async fn read_good(&self, stream: &str, sequence: u64, schema: &str) -> Result<Option<Good>, Error> {
        const DOING: &str = "read a message to compare with";
        let found = Runs::new(self.jetstream.clone()).at(stream, sequence).await;
        let Some(found) = found.map_err(broker(DOING))? else { return Ok(None) };
        let says = letter::text(&found.headers, header::SCHEMA).unwrap_or(schema).to_owned();
        if !schema.is_empty() && says != schema {
            return Ok(None);
        }
        let body = message::body(&says, message::is_json(&found.headers), &found.payload).ok();
        Ok(body.map(|body| Good {
            stream: stream.to_owned(),
            sequence,
            subject: found.subject,
            schema: says,
            body,
        }))
    }
}

pub fn unified(before: &str, after: &str, names: [&str; 2]) -> String {
    TextDiff::from_lines(before, after).unified_diff().header(names[0], names[1]).to_string()
}

fn known_stream(name: &str) -> Option<&'static str> {
    [stream::EVENTS, stream::RUN, stream::JOBS].into_iter().find(|known| *known == name)
}

/// The subjects of messages of the same kind.
fn shape(subject: &str) -> Option<String> {
    Some(match subject.parse::<Subject>().ok()? {
        // Nobody consumes plans.
        Subject::Plan { .. } => return None,
        Subject::Part { stage, .. } => Subject::all_parts(stage),
        Subject::Complete { stage, .. } => Subject::all_completes(stage),
        Subject::Event { kind, .. } => Subject::events(kind.as_str()),
        Subject::Job { worker, .. } => Subject::jobs(worker.as_str()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(subject: &str, expected: Option<&str>) {
        assert_eq!(shape(subject).as_deref(), expected);
    }

    #[test]
    fn messages_of_one_kind_have_subjects_of_one_shape() {
        check("lf.v1.run.20251111-ab.load.part.3", Some("lf.v1.run.*.load.part.*"));
        check("lf.v1.run.20251111-ab.match.complete.2", Some("lf.v1.run.*.match.complete.*"));
        check("lf.v1.event.scrape_done.reddit", Some("lf.v1.event.scrape_done.>"));
        check("lf.v1.job.loader.default.1", Some("lf.v1.job.loader.>"));
        check("foreign", None);
    }

    #[test]
    fn the_difference_names_both_sides() {
        let diff = unified("a\nb\n", "a\nc\n", ["good", "dead"]);
        assert_eq!(diff, "--- good\n+++ dead\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n");
    }
}
