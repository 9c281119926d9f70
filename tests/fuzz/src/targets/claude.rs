//! What Claude's API sends back: answers, errors, and how long to wait.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use claude::{Class, Error};
use serde_json::{Value, json};

use super::brief;

/// Like the templater's.
static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "type": "object",
        "properties": {
            "subject": {"type": "string", "maxLength": 60},
            "tone": {"type": "string", "enum": ["Warm", "Plain"]},
            "points": {"type": "array", "items": {"type": "integer", "minimum": 0}, "maxItems": 3},
        },
        "required": ["subject"],
    })
});

/// An answer is what the schema wants, and only that.
pub(super) fn reply(input: &[u8]) -> bool {
    match claude::fuzz::reply(input, &SCHEMA) {
        Ok((value, _cost)) => {
            let fields = value.as_object().expect("an object was asked for");
            assert!(fields["subject"].as_str().is_some_and(|subject| subject.chars().count() <= 60));
            assert!(fields.keys().all(|name| ["subject", "tone", "points"].contains(&name.as_str())));
            assert!(fields.get("tone").is_none_or(|tone| tone == "Warm" || tone == "Plain"), "{value}");
            true
        }
        Err(error) => {
            told(&error);
            false
        }
    }
}

/// The first two bytes are the status.
pub(super) fn error(input: &[u8]) -> bool {
    let Some((status, body)) = input.split_first_chunk() else { return false };
    let error = claude::fuzz::error_body(u16::from_be_bytes(*status) % 500 + 100, body);
    told(&error);
    serde_json::from_slice::<Value>(body).is_ok_and(|body| body["error"]["type"].is_string())
}

/// Every error has a class, a code and a text that fits into a header.
fn told(error: &Error) {
    brief(error);
    assert!(!error.to_string().contains(char::is_control), "{error:?}");
    assert!(!error.code().is_empty());
    if let Class::Transient { after: Some(after), .. } = error.class() {
        assert!(!after.is_zero() && after.as_secs() <= 3_600, "{after:?}");
    }
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_793_000_000, 0).expect("a valid time")
}

/// A wait is one, and not for ever.
pub(super) fn retry_after(input: &[u8]) -> bool {
    let waits = ["retry-after", "retry-after-ms"].map(|name| claude::fuzz::retry_after(name, input, now()));
    for seconds in waits.into_iter().flatten() {
        assert!(seconds > 0.0 && seconds <= 3_600.0, "{seconds}");
    }
    waits[0].is_some()
}

pub(super) fn limit_reset(input: &[u8]) -> bool {
    let Some(seconds) = claude::fuzz::limit_reset(input, now()) else { return false };
    assert!((0.0..=3_600.0).contains(&seconds), "held for {seconds} s");
    true
}
