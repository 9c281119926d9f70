//! Carries dead letters from one broker to another, a JSON object a line.

use crate::audit::{By, Event, Verb, new_id};
use crate::letter;
use crate::message::Message;
use crate::reader::{Reader, Wanted};
use crate::sequences::Sequences;
use crate::{Dead, Error, broker};
use async_nats::jetstream::consumer::DeliverPolicy;
use async_nats::jetstream::message::PublishMessage;
use async_nats::{HeaderMap, HeaderName, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proto::subject::{header, stream};
use proto::{Subject, Token};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};

/// A dead letter as a line of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Its sequence where it comes from.
    pub sequence: u64,
    /// Its subject in the stream of dead letters.
    pub subject: String,
    pub headers: BTreeMap<String, Vec<String>>,
    /// Base64.
    pub payload: String,
}

/// What came of an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Imported {
    pub imported: u64,
    /// Refused, because the same letter is there.
    pub there_already: u64,
    pub letters: Sequences,
}

/// Why a line is no dead letter.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    #[error("it is no dead letter in JSON")]
    Json(#[from] serde_json::Error),
    #[error("its payload is no base64")]
    Payload(#[from] base64::DecodeError),
    #[error("it has no {0}, which every dead letter has")]
    Missing(&'static str),
    #[error("a header has a name or a value that no message can carry")]
    Header,
    #[error("its subject {0:?} is none of a dead letter")]
    Subject(String),
    #[error("its {header} {0:?} is nothing that a replay may touch", header = .1)]
    Origin(String, &'static str),
}

/// A line that can be filed.
#[derive(Debug, Clone)]
pub struct Parcel {
    id: String,
    subject: String,
    headers: HeaderMap,
    payload: Vec<u8>,
}

/// Letters sent and not yet acknowledged.
const WINDOW: usize = 256;

impl Line {
    pub fn of(message: &Message) -> Self {
        Self {
            sequence: message.letter.sequence,
            subject: message.filed_under.clone(),
            headers: message.shown().headers,
            payload: STANDARD.encode(&message.payload),
        }
    }

    /// Reads a line of a file, and checks that it can be filed.
    pub fn parse(text: &str) -> Result<Parcel, LineError> {
        let line: Self = serde_json::from_str(text)?;
        let mut headers = HeaderMap::new();
        for (name, values) in &line.headers {
            // What the broker is to expect of a message is not the message's own.
            if name.starts_with("Nats-Expected") {
                continue;
            }
            let name: HeaderName = name.parse().map_err(|_invalid| LineError::Header)?;
            for value in values {
                let value: HeaderValue = value.parse().map_err(|_invalid| LineError::Header)?;
                headers.append(name.clone(), value);
            }
        }
        let has = |name| {
            letter::text(&headers, name).filter(|text| !text.is_empty()).ok_or(LineError::Missing(name))
        };
        let (worker, class) = (has("Dl-Worker")?, has("Dl-Class")?);
        let named = [worker, class].iter().all(|name| name.parse::<Token>().is_ok());
        if !named || line.subject != Subject::dead(worker, class) {
            return Err(LineError::Subject(shortened(&line.subject)));
        }
        // A replay publishes there, and clears the tombstones.
        let origin = has("Dl-Subject")?;
        if !Subject::carries(origin) {
            return Err(LineError::Origin(shortened(origin), "Dl-Subject"));
        }
        let tombstones = letter::text(&headers, "Dl-Tombstones").unwrap_or_default();
        let is_part = |subject: &str| matches!(subject.parse(), Ok(Subject::Part { .. }));
        if let Some(other) = tombstones.split_whitespace().find(|subject| !is_part(subject)) {
            return Err(LineError::Origin(shortened(other), "Dl-Tombstones"));
        }
        let id = has(header::MESSAGE_ID)?.to_owned();
        Ok(Parcel { id, subject: line.subject, payload: STANDARD.decode(&line.payload)?, headers })
    }
}

/// As much of a subject as a person needs to find it.
fn shortened(subject: &str) -> String {
    subject.chars().take(80).collect()
}

impl Dead {
    /// Files the letters that are not there yet.
    pub async fn import(&self, parcels: Vec<Parcel>, by: &By) -> Result<Imported, Error> {
        const DOING: &str = "file a dead letter";
        let mut there = self.ids().await?;
        let (mut parcels, mut letters) = (parcels.into_iter(), Vec::new());
        let mut there_already = 0;
        loop {
            let mut sent = Vec::new();
            for parcel in parcels.by_ref().take(WINDOW) {
                if !there.insert(parcel.id.clone()) {
                    there_already += 1;
                    continue;
                }
                let message = PublishMessage::build().payload(parcel.payload.into()).headers(parcel.headers);
                sent.push(self.jetstream.send_publish(parcel.subject, message).await.map_err(broker(DOING))?);
            }
            for ack in sent {
                let ack = ack.await.map_err(broker(DOING))?;
                match ack.duplicate {
                    true => there_already += 1,
                    false => letters.push(ack.sequence),
                }
            }
            if parcels.len() == 0 {
                break;
            }
        }
        let letters: Sequences = letters.into_iter().collect();
        self.record(&Event::new(Verb::Import, &new_id(), by).about(letters.clone())).await?;
        Ok(Imported { imported: letters.count(), there_already, letters })
    }

    /// The message ids of all letters.
    async fn ids(&self) -> Result<HashSet<String>, Error> {
        let wanted = Wanted {
            stream: stream::DEAD.to_owned(),
            filters: vec![Subject::dead("*", "*")],
            from: DeliverPolicy::All,
            headers_only: true,
        };
        let mut reader = Reader::open(&self.jetstream, wanted).await?;
        let mut ids = HashSet::new();
        while let Some(found) = reader.next().await? {
            ids.extend(letter::text(&found.headers, header::MESSAGE_ID).map(str::to_owned));
        }
        Ok(ids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> serde_json::Value {
        serde_json::json!({
            "sequence": 7,
            "subject": "lf.v1.dead.loader.decode",
            "headers": {
                "Dl-Worker": ["loader"], "Dl-Class": ["decode"], "Dl-Subject": ["lf.v1.job.loader.c.1"],
                "Nats-Msg-Id": ["dlq:JOBS:7:loader-v1:0"], "Nats-Expected-Stream": ["DEAD"], "Dl-Tombstones": [""],
            },
            "payload": "/wA=",
        })
    }

    #[track_caller]
    fn check(line: &serde_json::Value, expected: &str) {
        let told = match Line::parse(&line.to_string()) {
            Ok(parcel) => format!("{} {:02x?} {}", parcel.id, parcel.payload, parcel.headers.len()),
            Err(error) => error.to_string(),
        };
        assert!(told.contains(expected), "{told}");
    }

    #[test]
    fn a_line_keeps_the_bytes_and_the_headers() {
        check(&line(), "dlq:JOBS:7:loader-v1:0 [ff, 00] 5");
    }

    #[test]
    fn what_is_no_dead_letter_is_refused() {
        let but = |pointer: &str, value: serde_json::Value| {
            let mut line = line();
            *line.pointer_mut(pointer).unwrap() = value;
            line
        };
        check(&but("/payload", "ä".into()), "no base64");
        check(&but("/subject", "lf.v1.dead.>".into()), "none of a dead letter");
        check(&but("/headers/Nats-Msg-Id", serde_json::json!([])), "no Nats-Msg-Id");
        check(&but("/sequence", "x".into()), "no dead letter in JSON");
        check(&but("/headers/Dl-Subject/0", "$JS.API.STREAM.DELETE.RUN".into()), "nothing that a replay may");
        check(&but("/headers/Dl-Tombstones/0", "lf.v1.run.>".into()), "nothing that a replay may");
        check(&but("/headers/Dl-Worker/0", ">".into()), "none of a dead letter");
    }
}
