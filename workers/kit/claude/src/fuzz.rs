//! The decoders of what Claude sends, for fuzzing.

use chrono::{DateTime, Utc};
use reqwest::header::{HeaderMap, HeaderValue};

/// Reads a body with status 200; whether there was an answer in it.
pub fn reply(body: &[u8]) -> bool {
    let Ok(reply) = serde_json::from_slice::<crate::reply::Reply>(body) else { return false };
    let answered = reply.json().is_some();
    reply.refusal_category();
    answered
}

/// Reads a body with another status; its class and the text that would be logged.
pub fn error_body(status: u16, body: &[u8]) -> String {
    let error = crate::call::api_error(status, &HeaderMap::new(), body, None);
    format!("{:?} {error}", error.verdict())
}

/// Reads `retry-after`: seconds to wait, an hour at most.
pub fn retry_after(value: &[u8], now: DateTime<Utc>) -> Option<f64> {
    let value = HeaderValue::from_bytes(value).ok()?;
    let headers = HeaderMap::from_iter([(reqwest::header::RETRY_AFTER, value)]);
    crate::wait::asked_for(&headers, now).map(|wait| wait.as_secs_f64())
}
