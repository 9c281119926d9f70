//! A whole dead letter: its headers, its payload, and what the payload says.

use crate::letter::{self, Letter};
use crate::sequences::Sequences;
use crate::states::States;
use crate::{Dead, Error, broker, hex};
use async_nats::HeaderMap;
use bytes::Bytes;
use proto::subject::{header, stream};
use runtime::Runs;
use serde::Serialize;
use std::collections::BTreeMap;

/// A dead letter with its payload.
#[derive(Debug, Clone)]
pub struct Message {
    pub letter: Letter,
    /// Its subject in the stream of dead letters.
    pub filed_under: String,
    pub headers: HeaderMap,
    pub payload: Bytes,
}

/// A dead letter as people look at it.
#[derive(Debug, Clone, Serialize)]
pub struct Shown {
    #[serde(flatten)]
    pub letter: Letter,
    pub headers: BTreeMap<String, Vec<String>>,
    /// The payload, if it can be read.
    pub body: Option<serde_json::Value>,
    /// Why it cannot be read.
    pub unreadable: Option<String>,
    /// Its first bytes, if it cannot be read.
    pub hex: Option<String>,
}

impl Dead {
    /// One letter, with its payload and its state.
    pub async fn open(&self, sequence: u64) -> Result<Message, Error> {
        let opened = self.fetch(sequence).await?;
        let states = States::read(self, &Sequences::from_iter([sequence])).await?;
        let record = states.records.get(&sequence).cloned();
        Ok(Message { letter: opened.letter.standing(record), ..opened })
    }

    /// One letter, without its state.
    pub(crate) async fn fetch(&self, sequence: u64) -> Result<Message, Error> {
        if sequence == 0 {
            return Err(Error::NoLetter(sequence));
        }
        let found = Runs::new(self.jetstream.clone()).at(stream::DEAD, sequence).await;
        let found = found.map_err(broker("open a dead letter"))?.ok_or(Error::NoLetter(sequence))?;
        Ok(Message {
            letter: Letter::of(sequence, found.payload.len() as u64, found.published_at, &found.headers),
            filed_under: found.subject,
            headers: found.headers,
            payload: found.payload,
        })
    }
}

impl Message {
    /// The payload as JSON, or why it is none.
    pub fn body(&self) -> Result<serde_json::Value, String> {
        self.body_as(&self.letter.schema)
    }

    /// The payload read as a message of this schema.
    pub fn body_as(&self, schema: &str) -> Result<serde_json::Value, String> {
        if schema.is_empty() {
            return Err("it does not say its schema: it has no header Lf-Schema".to_owned());
        }
        body(schema, is_json(&self.headers), &self.payload)
    }

    pub fn shown(&self) -> Shown {
        let body = self.body();
        let text = |value: &async_nats::HeaderValue| value.as_str().to_owned();
        let headers = self.headers.iter().filter(|(name, _)| !is_of_the_broker(name.as_ref()));
        Shown {
            letter: self.letter.clone(),
            headers: headers
                .map(|(name, values)| (name.to_string(), values.iter().map(text).collect()))
                .collect(),
            hex: body.is_err().then(|| hex::dump(&self.payload, LONGEST_DUMP)),
            unreadable: body.as_ref().err().cloned(),
            body: body.ok(),
        }
    }
}

/// Bytes of a payload that are shown.
const LONGEST_DUMP: usize = 4096;

/// The payload of a message in JSON.
pub(crate) fn body(schema: &str, json: bool, payload: &[u8]) -> Result<serde_json::Value, String> {
    let bytes = match json {
        true => proto::encode_json(schema, payload),
        false => Ok(payload.to_vec()),
    };
    bytes.and_then(|bytes| proto::to_json(schema, &bytes)).map_err(|error| error.to_string())
}

pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    letter::text(headers, header::CONTENT_TYPE).is_some_and(|kind| kind.starts_with("application/json"))
}

/// Headers that the broker adds to what it hands out.
fn is_of_the_broker(name: &str) -> bool {
    ["Nats-Stream", "Nats-Subject", "Nats-Sequence", "Nats-Time-Stamp", "Nats-Num-Pending"].contains(&name)
}

/// The headers of the message that died: without what its burial and the broker added.
pub(crate) fn original_headers(headers: &HeaderMap) -> HeaderMap {
    let mut original = HeaderMap::new();
    for (name, values) in headers.iter() {
        let text: &str = name.as_ref();
        if !text.starts_with("Dl-") && !text.starts_with("Nats-") {
            for value in values {
                original.append(name.clone(), value.clone());
            }
        }
    }
    original
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::letter::tests::letter;

    fn message(schema: &str, content_type: &str, payload: &[u8]) -> Message {
        let mut headers = HeaderMap::new();
        headers.insert("Content-Type", content_type);
        let mut letter = letter(1, "loader", "decode", "lf.v1.job.loader.c.1");
        letter.schema = schema.to_owned();
        let payload = Bytes::copy_from_slice(payload);
        Message { letter, filed_under: String::new(), headers, payload }
    }

    #[track_caller]
    fn check(message: &Message, readable: bool) {
        let shown = message.shown();
        assert_eq!(
            (shown.body.is_some(), shown.hex.is_none(), shown.unreadable.is_none()),
            (readable, readable, readable)
        );
    }

    #[test]
    fn a_payload_that_is_what_it_says_is_read() {
        check(&message("leadfleet.v1.Plan", "", b"\x08\x03"), true);
        check(&message("leadfleet.v1.Plan", "application/json", br#"{"parts": 3}"#), true);
        let plan = message("leadfleet.v1.Plan", "", b"\x08\x03");
        assert_eq!(plan.body().unwrap()["parts"], 3);
    }

    #[test]
    fn what_cannot_be_read_is_dumped_with_the_reason() {
        check(&message("leadfleet.v1.Plan", "", b"\xff\xff"), false);
        check(&message("leadfleet.v9.Plan", "", b"\x08\x03"), false);
        check(&message("", "", b"\x08\x03"), false);
    }

    #[test]
    fn only_the_headers_of_the_original_go_on() {
        let mut headers = HeaderMap::new();
        for name in ["Dl-Class", "Nats-Msg-Id", "traceparent", "Lf-Schema", "Foreign"] {
            headers.insert(name, "x");
        }
        let original = original_headers(&headers);
        let mut names: Vec<_> = original.iter().map(|(name, _)| name.to_string()).collect();
        names.sort();
        assert_eq!(names, ["Foreign", "Lf-Schema", "traceparent"]);
    }
}
