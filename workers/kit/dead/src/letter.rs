//! A dead letter as its headers tell it, and how it stands.

use async_nats::HeaderMap;
use chrono::{DateTime, Utc};
use proto::subject::{Stage, Subject, header};
use runtime::{LetterIs, LetterState};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A dead letter without its payload.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Letter {
    pub sequence: u64,
    pub state: Standing,
    pub worker: String,
    pub class: String,
    pub code: String,
    pub error: String,
    pub fingerprint: String,
    /// Where the message was when it died.
    pub subject: String,
    pub stream: String,
    #[serde(skip)]
    pub stream_sequence: Option<u64>,
    pub schema: String,
    pub run: Option<String>,
    /// The stage of the run in which it died.
    #[serde(serialize_with = "stage_in_words", skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    pub dead_at: DateTime<Utc>,
    pub deliveries: u32,
    pub attempts: u32,
    pub crashes: u32,
    /// Generation of the run that it died in.
    pub generation: u32,
    /// How many replays it has been through.
    pub round: u32,
    pub build: String,
    pub bytes: u64,
    /// Subjects of the tombstones that stand for what it would have become.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tombstones: Vec<String>,
    /// The letter that it was before its last replay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub died_before_as: Option<u64>,
    /// The letter that it is a corrected copy of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patched_from: Option<u64>,
    /// What is recorded of it; nothing for an open letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<Record>,
}

/// The recorded state of a letter, and its revision in the bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Record {
    #[serde(flatten)]
    pub state: LetterState,
    #[serde(skip)]
    pub revision: u64,
}

/// How a letter stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    #[default]
    Open,
    Replaying,
    Resolved,
    DiedAgain,
    Superseded,
    Edited,
    Discarded,
}

impl Standing {
    pub const ALL: [Self; 7] = [
        Self::Open,
        Self::Replaying,
        Self::Resolved,
        Self::DiedAgain,
        Self::Superseded,
        Self::Edited,
        Self::Discarded,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Replaying => "replaying",
            Self::Resolved => "resolved",
            Self::DiedAgain => "died_again",
            Self::Superseded => "superseded",
            Self::Edited => "edited",
            Self::Discarded => "discarded",
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is no state of a letter.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no state: use open, replaying, resolved, died_again, superseded, edited or discarded")]
pub struct BadStanding(String);

impl FromStr for Standing {
    type Err = BadStanding;

    fn from_str(text: &str) -> Result<Self, BadStanding> {
        let known = Self::ALL.into_iter().find(|standing| standing.as_str() == text);
        known.ok_or_else(|| BadStanding(text.chars().take(40).collect()))
    }
}

impl From<LetterIs> for Standing {
    fn from(state: LetterIs) -> Self {
        match state {
            LetterIs::Replaying => Self::Replaying,
            LetterIs::Resolved => Self::Resolved,
            LetterIs::DiedAgain => Self::DiedAgain,
            LetterIs::Superseded => Self::Superseded,
            LetterIs::Edited => Self::Edited,
            LetterIs::Discarded => Self::Discarded,
        }
    }
}

impl Letter {
    /// Reads the headers; a letter that lacks one is shown with what it has.
    ///
    /// In one pass: looking up each header by its name would be half of the time that listing takes.
    pub fn of(sequence: u64, bytes: u64, stored_at: DateTime<Utc>, headers: &HeaderMap) -> Self {
        let mut letter = Self { sequence, bytes, dead_at: stored_at, ..Self::default() };
        for (name, values) in headers.iter() {
            let Some(text) = values.first().map(async_nats::HeaderValue::as_str) else { continue };
            let number = || text.parse().unwrap_or_default();
            let name: &str = name.as_ref();
            match name {
                "Dl-Worker" => text.clone_into(&mut letter.worker),
                "Dl-Class" => text.clone_into(&mut letter.class),
                "Dl-Code" => text.clone_into(&mut letter.code),
                "Dl-Error" => text.clone_into(&mut letter.error),
                "Dl-Error-Fp" => text.clone_into(&mut letter.fingerprint),
                "Dl-Subject" => text.clone_into(&mut letter.subject),
                "Dl-Stream" => text.clone_into(&mut letter.stream),
                "Dl-Stream-Seq" => letter.stream_sequence = text.parse().ok(),
                header::SCHEMA => text.clone_into(&mut letter.schema),
                "Dl-Run" => letter.run = Some(text.to_owned()),
                "Dl-Dead-At" => {
                    let at = DateTime::parse_from_rfc3339(text);
                    letter.dead_at = at.map_or(stored_at, |at| at.to_utc());
                }
                "Dl-Deliveries" => letter.deliveries = number(),
                "Dl-Attempts" => letter.attempts = number(),
                "Dl-Crashes" => letter.crashes = number(),
                "Dl-Gen" => letter.generation = number(),
                header::ROUND => letter.round = number(),
                "Dl-Build" => text.clone_into(&mut letter.build),
                SIZE => letter.bytes = text.parse().unwrap_or(bytes),
                "Dl-Tombstones" => {
                    letter.tombstones = text.split_whitespace().map(str::to_owned).collect();
                }
                header::DEAD => letter.died_before_as = text.parse().ok(),
                PATCHED_FROM => letter.patched_from = text.parse().ok(),
                _ => {}
            }
        }
        if letter.run.is_some() {
            letter.stage = stage(&letter.subject);
        }
        letter
    }

    /// The letter with what is recorded of it.
    #[must_use]
    pub fn standing(self, record: Option<Record>) -> Self {
        let state = record.as_ref().map_or(Standing::Open, |record| record.state.state.into());
        Self { state, record, ..self }
    }

    /// How often it was tried anew.
    pub fn tries(&self) -> u32 {
        self.round.max(self.generation)
    }
}

/// On a corrected copy: the sequence of the letter it was made of.
pub(crate) const PATCHED_FROM: &str = "Dl-Patched-From";

/// On messages without their payload: how long that is.
const SIZE: &str = "Nats-Msg-Size";

fn stage(subject: &str) -> Option<Stage> {
    match subject.parse().ok()? {
        Subject::Plan { stage, .. } | Subject::Part { stage, .. } | Subject::Complete { stage, .. } => {
            Some(stage)
        }
        Subject::Event { .. } | Subject::Job { .. } => None,
    }
}

fn stage_in_words<S: serde::Serializer>(stage: &Option<Stage>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_some(&stage.map(Stage::as_str))
}

pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(async_nats::HeaderValue::as_str)
}

pub(crate) fn number<N: FromStr>(headers: &HeaderMap, name: &str) -> Option<N> {
    text(headers, name)?.parse().ok()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A letter that died a minute after its sequence's hour.
    pub(crate) fn letter(sequence: u64, worker: &str, class: &str, subject: &str) -> Letter {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("Dl-Worker", worker),
            ("Dl-Class", class),
            ("Dl-Error-Fp", class),
            ("Dl-Subject", subject),
            ("Dl-Dead-At", "2026-11-21T08:00:00Z"),
            ("Dl-Gen", "1"),
            ("Lf-Round", "2"),
        ] {
            headers.insert(name, value);
        }
        if let Some(run) = subject.parse::<Subject>().ok().as_ref().and_then(Subject::run_id) {
            headers.insert("Dl-Run", run.as_str());
        }
        Letter::of(sequence, 10, DateTime::UNIX_EPOCH, &headers)
    }

    #[test]
    fn a_letter_is_what_its_headers_say() {
        let letter = letter(7, "scorer", "decode", "lf.v1.run.20251111-ab.match.complete.0");
        assert_eq!((letter.worker.as_str(), letter.class.as_str()), ("scorer", "decode"));
        assert_eq!((letter.run.as_deref(), letter.stage), (Some("20251111-ab"), Some(Stage::Match)));
        assert_eq!((letter.state, letter.tries()), (Standing::Open, 2));
    }

    #[test]
    fn every_state_reads_what_it_writes() {
        for standing in Standing::ALL {
            assert_eq!(standing.as_str().parse(), Ok(standing));
        }
    }
}
