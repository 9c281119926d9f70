//! Reads a stream from somewhere on, and stays on it: what was there already, then what comes.

use crate::{Error, broker};
use async_nats::jetstream::consumer::{DeliverPolicy, push};
use async_nats::{HeaderMap, jetstream};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::StreamExt as _;

/// What to read of a stream.
pub(crate) struct Wanted {
    pub(crate) stream: String,
    pub(crate) filters: Vec<String>,
    pub(crate) from: DeliverPolicy,
    /// Leave the payloads where they are.
    pub(crate) headers_only: bool,
}

/// A message as it was read.
pub(crate) struct Found {
    pub(crate) subject: String,
    pub(crate) sequence: u64,
    pub(crate) at: DateTime<Utc>,
    pub(crate) headers: HeaderMap,
    pub(crate) payload: Bytes,
}

/// An ordered consumer: pushed to, because that costs the least for each message.
pub(crate) struct Reader {
    messages: push::Ordered,
    /// Messages that were there and have not been read.
    pending: u64,
}

const READING: &str = "read from the broker";

impl Reader {
    pub(crate) async fn open(jetstream: &jetstream::Context, wanted: Wanted) -> Result<Self, Error> {
        let source = jetstream.get_stream_no_info(&wanted.stream).await.map_err(broker(READING))?;
        let config = push::OrderedConfig {
            deliver_subject: jetstream.client().new_inbox(),
            filter_subjects: wanted.filters,
            deliver_policy: wanted.from,
            headers_only: wanted.headers_only,
            ..push::OrderedConfig::default()
        };
        let consumer = source.create_consumer(config).await.map_err(broker(READING))?;
        let pending = consumer.cached_info().num_pending;
        Ok(Self { messages: consumer.messages().await.map_err(broker(READING))?, pending })
    }

    /// The next of what was there when it was opened or last read.
    pub(crate) async fn next(&mut self) -> Result<Option<Found>, Error> {
        if self.pending == 0 { Ok(None) } else { self.wait().await.map(Some) }
    }

    /// Whether something that was there has not been read.
    pub(crate) fn has_more(&self) -> bool {
        self.pending > 0
    }

    /// Waits for the next message. Nothing is lost when the waiting is given up.
    pub(crate) async fn wait(&mut self) -> Result<Found, Error> {
        let ended = || std::io::Error::other("the messages ended");
        let message = self.messages.next().await.ok_or_else(ended).map_err(broker(READING))?;
        let message = message.map_err(broker(READING))?;
        let (sequence, pending, at) = {
            let info = message.info().map_err(broker(READING))?;
            let at = DateTime::from_timestamp(info.published.unix_timestamp(), info.published.nanosecond());
            (info.stream_sequence, info.pending, at.unwrap_or_default())
        };
        let message = message.message;
        self.pending = pending;
        Ok(Found {
            sequence,
            at,
            subject: message.subject.into_string(),
            headers: message.headers.unwrap_or_default(),
            payload: message.payload,
        })
    }
}
