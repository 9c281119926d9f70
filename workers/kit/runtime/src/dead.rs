//! Dead letters: the original bytes and headers of a message that failed for good, and why.

use crate::publish::{Outlet, PublishError};
use crate::redact::{fingerprint, redact};
use async_nats::HeaderMap;
use bytes::Bytes;
use proto::Subject;
use proto::subject::header;

/// What a dead letter says beside the original message.
#[derive(Debug, Clone)]
pub struct DeadLetter {
    pub worker: String,
    pub class: String,
    /// SQLSTATE, HTTP status or the like; empty when there is none.
    pub code: String,
    /// The error chain, not yet redacted.
    pub error: String,
    pub subject: String,
    pub stream: String,
    pub stream_sequence: u64,
    pub consumer: String,
    pub consumer_sequence: u64,
    /// RFC 3339, to the nanosecond.
    pub published_at: String,
    pub dead_at: String,
    pub deliveries: u32,
    pub attempts: u32,
    pub crashes: u32,
    pub generation: u32,
    /// Trace context of the last attempt.
    pub trace: String,
    /// Subjects of the tombstones that stand for what it would have become.
    pub tombstones: Vec<String>,
    pub headers: HeaderMap,
    pub payload: Bytes,
}

/// Which program wrote a dead letter.
pub const BUILD: &str = env!("CARGO_PKG_VERSION");

impl DeadLetter {
    /// The same for a second try to write it, so that the broker keeps one.
    ///
    /// With the time of the original, because a stream that is made anew counts from one again.
    fn id(&self) -> String {
        let Self { stream, stream_sequence, published_at, consumer, generation, .. } = self;
        format!("dlq:{stream}:{stream_sequence}:{published_at}:{consumer}:{generation}")
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = without_orders(&self.headers);
        let error = redact(&self.error);
        let print = fingerprint(&self.class, &self.code, &error);
        for (name, value) in [
            (header::MESSAGE_ID, self.id()),
            ("Dl-Subject", self.subject.clone()),
            ("Dl-Stream", self.stream.clone()),
            ("Dl-Stream-Seq", self.stream_sequence.to_string()),
            ("Dl-Consumer", self.consumer.clone()),
            ("Dl-Consumer-Seq", self.consumer_sequence.to_string()),
            ("Dl-Published-At", self.published_at.clone()),
            ("Dl-Dead-At", self.dead_at.clone()),
            ("Dl-Deliveries", self.deliveries.to_string()),
            ("Dl-Attempts", self.attempts.to_string()),
            ("Dl-Crashes", self.crashes.to_string()),
            ("Dl-Class", self.class.clone()),
            ("Dl-Code", self.code.clone()),
            ("Dl-Error", error),
            ("Dl-Error-Fp", print),
            ("Dl-Gen", self.generation.to_string()),
            ("Dl-Worker", self.worker.clone()),
            ("Dl-Build", BUILD.to_owned()),
            ("Dl-Trace-Last", self.trace.clone()),
            ("Dl-Tombstones", self.tombstones.join(" ")),
        ] {
            headers.insert(name, value.as_str());
        }
        if let Some(id) = self.headers.get(header::MESSAGE_ID) {
            headers.insert("Dl-Message-Id", id.as_str());
        }
        if let Some(run) = self.subject.parse::<Subject>().ok().as_ref().and_then(Subject::run_id) {
            headers.insert("Dl-Run", run.as_str());
        }
        headers
    }

    /// Stores the dead letter and waits for the broker; only then may the original be given up.
    ///
    /// Returns its sequence, which is that of the first if it was stored before.
    pub(crate) async fn publish(&self, outlet: &Outlet) -> Result<u64, PublishError> {
        let subject = Subject::dead(&self.worker, &self.class);
        let sending = outlet.send(subject, self.headers(), self.payload.clone()).await?;
        Ok(outlet.acknowledged(sending).await?.sequence)
    }
}

/// Headers without those that the broker obeys: what was asked of one stream is not asked of another.
pub(crate) fn without_orders(headers: &HeaderMap) -> HeaderMap {
    let mut kept = HeaderMap::new();
    for (name, values) in headers.iter() {
        let text: &str = name.as_ref();
        for value in values.iter().filter(|_| !text.starts_with("Nats-")) {
            kept.append(name.clone(), value.clone());
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter() -> DeadLetter {
        let mut headers = HeaderMap::new();
        headers.insert(header::MESSAGE_ID, "scrape:r-1");
        headers.insert("Foreign", "kept");
        DeadLetter {
            worker: "loader".into(),
            class: "decode".into(),
            code: String::new(),
            error: "no such user jane@clinic.example".into(),
            subject: "lf.v1.run.20251111-ab.load.part.3".into(),
            stream: "RUN".into(),
            stream_sequence: 7,
            consumer: "loader-v1".into(),
            consumer_sequence: 3,
            published_at: "2025-11-11T03:00:00Z".into(),
            dead_at: "2025-11-11T03:00:01Z".into(),
            deliveries: 1,
            attempts: 1,
            crashes: 0,
            generation: 0,
            trace: String::new(),
            tombstones: vec!["lf.v1.run.20251111-ab.match.part.geographic-3".into()],
            headers,
            payload: Bytes::from_static(b"\xff"),
        }
    }

    #[track_caller]
    fn check(name: &str, expected: &str) {
        let headers = letter().headers();
        assert_eq!(headers.get(name).map(|value| value.as_str()), Some(expected));
    }

    #[test]
    fn it_says_where_it_came_from_and_why() {
        check("Dl-Subject", "lf.v1.run.20251111-ab.load.part.3");
        check("Dl-Class", "decode");
        check("Dl-Run", "20251111-ab");
        check("Dl-Tombstones", "lf.v1.run.20251111-ab.match.part.geographic-3");
        check("Dl-Error", "no such user [email]");
    }

    #[test]
    fn the_original_headers_are_kept() {
        check("Foreign", "kept");
        check("Dl-Message-Id", "scrape:r-1");
        check("Nats-Msg-Id", "dlq:RUN:7:2025-11-11T03:00:00Z:loader-v1:0");
    }
}
