//! Reads and writes any message in the protobuf JSON mapping, from the embedded descriptors.

use crate::DESCRIPTORS;
use prost::{DecodeError, Message, Name};
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, SerializeOptions};
use std::sync::LazyLock;

/// Why a message could not be read from or written as JSON.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// The text is no JSON, or a field is unknown or of the wrong kind.
    #[error("not a {schema} in JSON: {reason}")]
    Json { schema: String, reason: String },
    /// The bytes are no message of this schema.
    #[error("not a {schema}: {source}")]
    Decode { schema: String, source: DecodeError },
    /// This build does not know the schema.
    #[error("unknown schema {0}")]
    UnknownSchema(String),
}

static POOL: LazyLock<Option<DescriptorPool>> = LazyLock::new(|| DescriptorPool::decode(DESCRIPTORS).ok());

/// Reads a message of type `M` from its protobuf JSON mapping.
///
/// Unknown fields are errors, so that a misspelt name is not lost in silence.
pub fn from_json<M: Message + Name + Default>(json: &[u8]) -> Result<M, JsonError> {
    let schema = M::full_name();
    let bytes = encode_json(&schema, json)?;
    M::decode(bytes.as_slice()).map_err(|source| JsonError::Decode { schema, source })
}

/// Encodes the JSON of a message of a named schema; unknown fields are errors.
pub fn encode_json(schema: &str, json: &[u8]) -> Result<Vec<u8>, JsonError> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let message = DynamicMessage::deserialize(descriptor(schema)?, &mut reader)
        .and_then(|message| reader.end().map(|()| message))
        .map_err(|error| wrong(schema, &error))?;
    Ok(message.encode_to_vec())
}

/// Writes the encoded message of a named schema as JSON, with the field names of the schema.
pub fn to_json(schema: &str, bytes: &[u8]) -> Result<serde_json::Value, JsonError> {
    let message = DynamicMessage::decode(descriptor(schema)?, bytes)
        .map_err(|source| JsonError::Decode { schema: schema.to_owned(), source })?;
    message
        .serialize_with_options(
            serde_json::value::Serializer,
            &SerializeOptions::new().use_proto_field_name(true).skip_default_fields(false),
        )
        .map_err(|error| wrong(schema, &error))
}

/// What serde says of wrong JSON repeats it, at any length; the place comes last.
fn wrong(schema: &str, error: &serde_json::Error) -> JsonError {
    let text: Vec<char> = error.to_string().chars().collect();
    let reason = match text.len().checked_sub(PLACE) {
        Some(place) if place > HEAD => text[..HEAD].iter().chain(&['…']).chain(&text[place..]).collect(),
        _ => text.iter().collect(),
    };
    JsonError::Json { schema: schema.to_owned(), reason }
}

/// Characters that are kept of a long reason, from its begin and from its end.
const HEAD: usize = 120;
const PLACE: usize = 40;

fn descriptor(schema: &str) -> Result<MessageDescriptor, JsonError> {
    POOL.as_ref()
        .and_then(|pool| pool.get_message_by_name(schema))
        .ok_or_else(|| JsonError::UnknownSchema(schema.chars().take(HEAD).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v1::{ScrapeDone, ScrapeSource};

    #[test]
    fn a_scraper_may_speak_json() {
        let json = br#"{"source": "SCRAPE_SOURCE_REDDIT", "date": "2025-11-11", "eventId": "r-1"}"#;
        let done: ScrapeDone = from_json(json).unwrap();
        assert_eq!(done.source, i32::from(ScrapeSource::Reddit));
        assert_eq!(done.event_id, "r-1");
    }

    #[test]
    fn a_misspelt_field_is_named() {
        let error = from_json::<ScrapeDone>(br#"{"sorce": 1}"#).unwrap_err();
        assert!(error.to_string().contains("sorce"), "{error}");
    }

    #[test]
    fn a_long_value_is_not_repeated_but_its_place_is_told() {
        let json = format!(r#"{{"source": "{}"}}"#, "x".repeat(9_000));
        let error = from_json::<ScrapeDone>(json.as_bytes()).unwrap_err().to_string();
        assert!(error.len() < 250 && error.ends_with("at line 1 column 9013"), "{error}");
    }

    #[test]
    fn json_of_a_message_keeps_the_names_of_the_schema() {
        let done = ScrapeDone { event_id: "r-1".into(), ..ScrapeDone::default() };
        let json = to_json("leadfleet.v1.ScrapeDone", &done.encode_to_vec()).unwrap();
        assert_eq!(json["event_id"], "r-1");
        assert_eq!(json["source"], "SCRAPE_SOURCE_UNSPECIFIED");
    }
}
