//! Finds what names a person in the streams, and removes it: dead letters, and runs whose messages hold an address.

use crate::audit::{By, Event, Verb, new_id};
use crate::filter::Filter;
use crate::letter::{self, Letter};
use crate::message::{body, is_json};
use crate::reader::{Found, Reader, Wanted};
use crate::sequences::Sequences;
use crate::{Dead, Error, broker};
use async_nats::jetstream::consumer::DeliverPolicy;
use proto::subject::{RunId, Stage, Subject, header, stream};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What names a person.
#[derive(Debug, Default)]
pub struct Holding {
    pub letters: Vec<Letter>,
    /// Runs that have ended.
    pub runs: BTreeSet<String>,
    /// Runs that are still going on: they are not touched.
    pub going_on: BTreeSet<String>,
}

/// What was removed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Removed {
    pub letters: u64,
    pub runs: u64,
}

const REMOVING: &str = "remove what names a person";

impl Dead {
    /// Reads dead letters and runs for addresses; in small letters, as profiles are written without scheme.
    pub async fn holding(&self, addresses: &[String]) -> Result<Holding, Error> {
        let mut holding = Holding::default();
        if addresses.is_empty() {
            return Ok(holding);
        }
        let sequences = self.sequences_holding(addresses).await?;
        if !sequences.is_empty() {
            holding.letters = self.list(&Filter::of(sequences)).await?;
        }
        let mut found: BTreeMap<String, (bool, bool)> = BTreeMap::new();
        let mut reader = Reader::open(&self.jetstream, whole(stream::RUN)).await?;
        while let Some(message) = reader.next().await? {
            let Ok(subject) = message.subject.parse::<Subject>() else { continue };
            let Some(run) = subject.run_id() else { continue };
            let (held, ended) = found.entry(run.to_string()).or_default();
            *ended |= matches!(subject, Subject::Part { stage: Stage::Notify, .. });
            *held = *held || holds(&message, addresses);
        }
        for (run, (held, ended)) in found {
            if held && ended {
                holding.runs.insert(run);
            } else if held {
                holding.going_on.insert(run);
            }
        }
        Ok(holding)
    }

    async fn sequences_holding(&self, addresses: &[String]) -> Result<Sequences, Error> {
        let mut sequences = BTreeSet::new();
        let mut reader = Reader::open(&self.jetstream, whole(stream::DEAD)).await?;
        while let Some(message) = reader.next().await? {
            if holds(&message, addresses) {
                sequences.insert(message.sequence);
            }
        }
        Ok(sequences.into_iter().collect())
    }

    /// Gives the letters up and removes them and the runs from their streams: a removed run cannot be replayed.
    pub async fn remove(&self, holding: &Holding, by: &By) -> Result<Removed, Error> {
        let sequences: Sequences = holding.letters.iter().map(|letter| letter.sequence).collect();
        if !holding.letters.is_empty() {
            self.discard(&holding.letters, &Filter::of(sequences.clone()), by).await?;
        }
        let mut event = Event::new(Verb::Erase, &new_id(), by).about(sequences);
        event.counts.insert("runs".to_owned(), holding.runs.len() as u64);
        self.record(&event).await?;
        let letters = self.jetstream.get_stream_no_info(stream::DEAD).await.map_err(broker(REMOVING))?;
        for letter in &holding.letters {
            letters.delete_message(letter.sequence).await.map_err(broker(REMOVING))?;
        }
        let runs = self.jetstream.get_stream_no_info(stream::RUN).await.map_err(broker(REMOVING))?;
        for run in &holding.runs {
            let Ok(run) = run.parse::<RunId>() else { continue };
            runs.purge().filter(Subject::run(&run)).await.map_err(broker(REMOVING))?;
        }
        Ok(Removed { letters: holding.letters.len() as u64, runs: holding.runs.len() as u64 })
    }
}

fn whole(of: &str) -> Wanted {
    Wanted { stream: of.to_owned(), filters: Vec::new(), from: DeliverPolicy::All, headers_only: false }
}

/// Whether a message says one of the addresses; one that cannot be read is taken at its bytes.
fn holds(message: &Found, addresses: &[String]) -> bool {
    let bytes = String::from_utf8_lossy(&message.payload).to_lowercase();
    if !addresses.iter().any(|address| bytes.contains(address.as_str())) {
        return false;
    }
    // A byte before the address may belong to the format or to a longer address: the text itself tells.
    let schema = letter::text(&message.headers, header::SCHEMA).unwrap_or_default();
    match body(schema, is_json(&message.headers), &message.payload) {
        Ok(body) => says(&body, addresses),
        Err(_unreadable) => true,
    }
}

fn says(body: &serde_json::Value, addresses: &[String]) -> bool {
    match body {
        serde_json::Value::String(text) => {
            let text = text.to_lowercase();
            addresses.iter().any(|address| stands_in(&text, address))
        }
        serde_json::Value::Array(values) => values.iter().any(|value| says(value, addresses)),
        serde_json::Value::Object(fields) => fields.values().any(|value| says(value, addresses)),
        _ => false,
    }
}

/// Whether it stands there whole: `ann@x.example` is not in `joann@x.example`.
fn stands_in(text: &str, address: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || "_%+-".contains(c);
    text.match_indices(address).any(|(start, _)| {
        let before = text[..start].chars().next_back();
        let mut after = text[start + address.len()..].chars();
        let (next, then) = (after.next(), after.next());
        // A full stop may end a sentence.
        let goes_on = next.is_some_and(inside) || next == Some('.') && then.is_some_and(inside);
        !before.is_some_and(|c| inside(c) || c == '.' && address.contains('@')) && !goes_on
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, address: &str, expected: bool) {
        let body = serde_json::json!({"clinics": [{"email": text}]});
        assert_eq!(says(&body, &[address.to_owned()]), expected, "{text}");
    }

    #[test]
    fn an_address_is_found_whole() {
        check("Ann@Clinic.example", "ann@clinic.example", true);
        check("Write to ann@clinic.example.", "ann@clinic.example", true);
        check("joann@clinic.example", "ann@clinic.example", false);
        check("jo.ann@clinic.example", "ann@clinic.example", false);
        check("ann@clinic.example.org", "ann@clinic.example", false);
        check("https://www.linkedin.example/in/ann", "linkedin.example/in/ann", true);
        check("https://www.linkedin.example/in/ann-lee", "linkedin.example/in/ann", false);
    }
}
