//! Makes a corrected copy of a dead letter; the original is kept and says where the copy is.

use crate::audit::{By, Event, Verb, new_id};
use crate::letter::{PATCHED_FROM, Standing};
use crate::message::Message;
use crate::sequences::Sequences;
use crate::states::{Ledger, state};
use crate::{Dead, Error, broker};
use async_nats::jetstream::message::PublishMessage;
use proto::subject::header;
use runtime::{LetterIs, MAX_MESSAGE};
use serde::Serialize;

/// A correction, checked and encoded.
#[derive(Debug, Clone)]
pub struct Correction {
    pub schema: String,
    pub payload: Vec<u8>,
}

/// Where the corrected copy is.
#[derive(Debug, Clone, Serialize)]
pub struct Edited {
    pub letter: u64,
    /// Sequence of the copy.
    pub copy: u64,
    pub bytes: usize,
}

/// Why a text does not take the place of a payload.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    #[error("it is not known which message this is meant to be: name its schema")]
    NoSchema,
    #[error(transparent)]
    Json(#[from] proto::JsonError),
    #[error("the message has {0} bytes, more than {MAX_MESSAGE}")]
    TooLarge(usize),
}

/// Checks a message in JSON against its schema and encodes it.
pub fn correction(schema: &str, json: &[u8]) -> Result<Correction, EditError> {
    if schema.is_empty() {
        return Err(EditError::NoSchema);
    }
    let payload = proto::encode_json(schema, json)?;
    if payload.len() > MAX_MESSAGE {
        return Err(EditError::TooLarge(payload.len()));
    }
    Ok(Correction { schema: schema.to_owned(), payload })
}

/// A message of this schema with every field at its default: what an editor shows for a payload that cannot be read.
pub fn blank(schema: &str) -> Option<serde_json::Value> {
    proto::to_json(schema, &[]).ok()
}

impl Dead {
    /// Files the corrected copy as a new dead letter.
    pub async fn edit(&self, original: &Message, correction: &Correction, by: &By) -> Result<Edited, Error> {
        const DOING: &str = "file the corrected letter";
        let letter = &original.letter;
        let ledger = Ledger::open(self).await?;
        let at = by.at.to_rfc3339();
        // An edit that died before its copy was filed may be made again.
        let unfinished = letter
            .record
            .as_ref()
            .is_some_and(|record| record.state.state == LetterIs::Edited && record.state.next.is_none());
        let seen = letter.record.as_ref().map(|record| record.revision);
        // The original is taken first, so that it cannot be replayed beside its copy.
        let taken = match letter.state == Standing::Open || unfinished {
            true => {
                ledger.take(letter.sequence, seen, &state(LetterIs::Edited, "", at.clone(), None)).await?
            }
            false => None,
        };
        let Some(revision) = taken else {
            return Err(Error::NotOpen { letter: letter.sequence, state: letter.state });
        };

        let id = new_id();
        let mut headers = original.headers.clone();
        headers.insert(header::MESSAGE_ID, format!("patch:{id}").as_str());
        headers.insert(PATCHED_FROM, letter.sequence.to_string().as_str());
        headers.insert(header::SCHEMA, correction.schema.as_str());
        headers.insert(header::CONTENT_TYPE, "application/protobuf");
        let message = PublishMessage::build().payload(correction.payload.clone().into()).headers(headers);
        let sent = self.jetstream.send_publish(original.filed_under.clone(), message).await;
        let copy = sent.map_err(broker(DOING))?.await.map_err(broker(DOING))?.sequence;
        ledger.take(letter.sequence, Some(revision), &state(LetterIs::Edited, "", at, Some(copy))).await?;

        let letters = Sequences::from_iter([letter.sequence, copy]);
        let note = format!("{} became {copy}", letter.sequence);
        self.record(&Event { note, ..Event::new(Verb::Edit, &id, by).about(letters) }).await?;
        Ok(Edited { letter: letter.sequence, copy, bytes: correction.payload.len() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(schema: &str, json: &str, expected: &str) {
        let encoded = match correction(schema, json.as_bytes()) {
            Ok(correction) => format!("{:02x?}", correction.payload),
            Err(error) => error.to_string(),
        };
        assert!(encoded.contains(expected), "{encoded}");
    }

    #[test]
    fn a_correction_is_checked_against_its_schema() {
        check("leadfleet.v1.Plan", r#"{"parts": 3}"#, "[08, 03]");
        check("leadfleet.v1.Plan", r#"{"part": 3}"#, "part");
        check("leadfleet.v1.Plan", "{", "not a leadfleet.v1.Plan");
        check("", "{}", "name its schema");
    }

    #[test]
    fn what_cannot_be_read_is_written_anew_from_its_defaults() {
        assert_eq!(blank("leadfleet.v1.Plan").unwrap()["parts"], 0);
        assert!(blank("leadfleet.v9.Plan").is_none());
    }
}
