//! The decoders of what Claude sends, for fuzzing.

use chrono::{DateTime, Utc};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::client::{Outcome, judge};
use crate::{Error, Raw};

/// Reads a body with status 200 as an answer that the schema wants, and counts what it cost.
pub fn reply(body: &[u8], schema: &Value) -> Result<(Value, u64), Error> {
    let reply: crate::reply::Reply = serde_json::from_slice(body).map_err(Error::Unreadable)?;
    let usage = reply.usage;
    let cost =
        usage.tokens().saturating_add(crate::price::cost("claude-haiku-4-5", &usage).unwrap_or_default());
    match judge(reply, "canary", schema) {
        Outcome::Answered(value) => Ok((value, cost)),
        Outcome::Refused(category) => Err(Error::Refused { category }),
        Outcome::Cut => Err(Error::TooLong(0)),
        Outcome::Unusable(reason) | Outcome::Strange(reason) => {
            Err(Error::Output { reason, text: Raw(String::new()) })
        }
    }
}

/// Reads a body with another status.
pub fn error_body(status: u16, body: &[u8]) -> Error {
    let request_id = None;
    Error::Api(Box::new(crate::call::api_error(status, &HeaderMap::new(), body, request_id)))
}

/// Reads `retry-after` and `retry-after-ms`: seconds to wait.
pub fn retry_after(name: &'static str, value: &[u8], now: DateTime<Utc>) -> Option<f64> {
    let value = HeaderValue::from_bytes(value).ok()?;
    let headers = HeaderMap::from_iter([(HeaderName::from_static(name), value)]);
    crate::wait::asked_for(&headers, now).map(|wait| wait.as_secs_f64())
}

/// Reads when a used up limit is free again: seconds from now.
pub fn limit_reset(value: &[u8], now: DateTime<Utc>) -> Option<f64> {
    let header = |name| HeaderName::from_static(name);
    let headers = HeaderMap::from_iter([
        (header("anthropic-ratelimit-requests-remaining"), HeaderValue::from_static("0")),
        (header("anthropic-ratelimit-requests-reset"), HeaderValue::from_bytes(value).ok()?),
    ]);
    crate::pace::exhausted_until(&headers, now).map(|until| (until - now).as_seconds_f64())
}
