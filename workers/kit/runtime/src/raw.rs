//! Reads stored messages as JSON, which works whatever their headers are.

use async_nats::jetstream::context::RequestError;
use async_nats::jetstream::response::Response;
use async_nats::jetstream::stream::RawMessage;
use async_nats::jetstream::{self, ErrorCode};
use async_nats::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

/// Why a stored message could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RawError {
    #[error("could not reach the broker to read {stream}")]
    Broker { stream: String, source: RequestError },
    #[error("there is no stream {stream}")]
    NoStream { stream: String },
    #[error("the broker refused to read {stream}")]
    Refused { stream: String, source: jetstream::Error },
    #[error("the broker's answer is no message of {stream}")]
    Answer { stream: String, source: base64::DecodeError },
}

/// A message as it is stored.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) subject: String,
    pub(crate) sequence: u64,
    pub(crate) published_at: DateTime<Utc>,
    /// Empty when it has no headers.
    pub(crate) block: Vec<u8>,
    pub(crate) payload: Bytes,
}

/// The message of a sequence, if the stream still has it.
pub(crate) async fn at(
    jetstream: &jetstream::Context,
    stream: &str,
    sequence: u64,
) -> Result<Option<Raw>, RawError> {
    get(jetstream, stream, &json!({ "seq": sequence })).await
}

/// The first message under a filter from a sequence on.
pub(crate) async fn next(
    jetstream: &jetstream::Context,
    stream: &str,
    filter: &str,
    from: u64,
) -> Result<Option<Raw>, RawError> {
    get(jetstream, stream, &json!({ "next_by_subj": filter, "seq": from })).await
}

#[derive(Deserialize)]
struct Found {
    message: RawMessage,
}

/// The message that the leader of a stream finds.
pub(crate) async fn get(
    jetstream: &jetstream::Context,
    stream: &str,
    wanted: &Value,
) -> Result<Option<Raw>, RawError> {
    let name = || stream.to_owned();
    let asked = jetstream.request(format!("STREAM.MSG.GET.{stream}"), wanted).await;
    let found: RawMessage = match asked.map_err(|source| RawError::Broker { stream: name(), source })? {
        Response::Ok(Found { message }) => message,
        Response::Err { error } if error.error_code() == ErrorCode::NO_MESSAGE_FOUND => return Ok(None),
        Response::Err { error } if error.error_code() == ErrorCode::STREAM_NOT_FOUND => {
            return Err(RawError::NoStream { stream: name() });
        }
        Response::Err { error } => return Err(RawError::Refused { stream: name(), source: error }),
    };
    let bytes =
        |text: String| STANDARD.decode(text).map_err(|source| RawError::Answer { stream: name(), source });
    let time = found.time;
    Ok(Some(Raw {
        published_at: DateTime::from_timestamp(time.unix_timestamp(), time.nanosecond()).unwrap_or_default(),
        subject: found.subject,
        sequence: found.sequence,
        block: bytes(found.headers.unwrap_or_default())?,
        payload: bytes(found.payload)?.into(),
    }))
}

impl Raw {
    /// The headers that can be read.
    pub(crate) fn headers(&self) -> HeaderMap {
        headers(&self.block).0
    }

    /// Why the client library cannot take the message off the wire, if it cannot.
    pub(crate) fn unreadable(&self) -> Option<&'static str> {
        // In JSON, bytes that are not UTF-8 are replaced.
        if self.subject.contains(char::REPLACEMENT_CHARACTER) {
            return Some("its subject is not UTF-8");
        }
        if self.block.is_empty() {
            return None;
        }
        if self.subject.contains(char::is_whitespace) {
            return Some("its subject has a blank");
        }
        headers(&self.block).1
    }
}

/// The headers of a block that can be read, and what is wrong with it by the rules of the client library.
fn headers(block: &[u8]) -> (HeaderMap, Option<&'static str>) {
    let mut headers = HeaderMap::new();
    let mut lines = block.split_inclusive(|byte| *byte == b'\n').map(text).peekable();
    let mut wrong =
        (!lines.next().flatten().is_some_and(is_version)).then_some("it has no version of headers");
    while let Some(line) = lines.next() {
        if line == Some("") {
            continue;
        }
        let mut header =
            line.and_then(|line| line.split_once(':')).map(|(name, value)| (name, value.to_owned()));
        let is_more = |line: &Option<&str>| line.is_some_and(|line| line.starts_with(char::is_whitespace));
        while let Some(more) = lines.next_if(is_more) {
            if let Some((_, value)) = &mut header {
                value.extend(more);
            }
        }
        let parsed = header.and_then(|(name, value)| {
            Some((name.parse::<HeaderName>().ok()?, value.trim().parse::<HeaderValue>().ok()?))
        });
        match parsed {
            Some((name, value)) => headers.append(name, value),
            None => wrong = wrong.or(Some("it has a line that is no header")),
        }
    }
    (headers, wrong)
}

/// A line without its end, if it is text.
fn text(line: &[u8]) -> Option<&str> {
    let line = line.strip_suffix(b"\n").map_or(line, |line| line.strip_suffix(b"\r").unwrap_or(line));
    std::str::from_utf8(line).ok()
}

fn is_version(line: &str) -> bool {
    let Some(status) = line.strip_prefix("NATS/1.0").map(str::trim) else { return false };
    let status = status.split_once(' ').map_or(status, |(status, _)| status.trim());
    status.is_empty() || status.parse::<StatusCode>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(block: &[u8], is_readable: bool, expected: &[(&str, &str)]) {
        let (headers, wrong) = headers(block);
        assert_eq!(wrong.is_none(), is_readable, "{wrong:?}");
        let mut kept: Vec<_> =
            headers.iter().map(|(name, values)| (name.to_string(), values[0].as_str().to_owned())).collect();
        kept.sort();
        let kept: Vec<_> = kept.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(kept, expected);
    }

    #[test]
    fn what_the_library_reads_is_readable() {
        check(b"NATS/1.0\r\nA: b\r\nC:d\r\n\r\n", true, &[("A", "b"), ("C", "d")]);
        check(b"NATS/1.0\nA: b", true, &[("A", "b")]);
        check(b"NATS/1.0 503 none\r\nA: b\r\n c\r\n\r\n", true, &[("A", "b c")]);
        check("NATS/1.0\r\nA: \u{e4}\r\n\r\n".as_bytes(), true, &[("A", "\u{e4}")]);
    }

    #[test]
    fn what_it_cannot_read_is_not_and_the_rest_is_kept() {
        check(b"NATS/1.0\r\nA: \xff\r\nC: d\r\n\r\n", false, &[("C", "d")]);
        check(b"NATS/1.0\r\nno colon\r\n b: c\r\nC: d\r\n\r\n", false, &[("C", "d")]);
        check(b"NATS/1.0\r\nA B: c\r\nC: d\r\n\r\n", false, &[("C", "d")]);
        // It panics on this one.
        check(b"NATS/1.0\r\nA: b\rc\r\nC: d\r\n\r\n", false, &[("C", "d")]);
        check(b"NATS/1.0 x\r\nC: d\r\n\r\n", false, &[("C", "d")]);
        check(b"C: d\r\n\r\n", false, &[]);
        check(b"\r\n", false, &[]);
    }

    #[track_caller]
    fn check_subject(subject: &str, block: &[u8], is_readable: bool) {
        let raw = Raw {
            subject: subject.to_owned(),
            sequence: 1,
            published_at: DateTime::UNIX_EPOCH,
            block: block.to_vec(),
            payload: Bytes::new(),
        };
        assert_eq!(raw.unreadable().is_none(), is_readable);
    }

    #[test]
    fn a_subject_can_be_unreadable_too() {
        const NONE: &[u8] = b"NATS/1.0\r\n\r\n";
        check_subject("a.b", NONE, true);
        check_subject("a.\u{fffd}", b"", false);
        check_subject("a.\u{a0}b", NONE, false);
        check_subject("a.\u{a0}b", b"", true);
    }
}
