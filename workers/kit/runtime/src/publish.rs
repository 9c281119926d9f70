//! Publishes messages with their headers and waits for the broker's acknowledgements.

use crate::refusals::Refusals;
use crate::sent::{Held, Sent};
use crate::trace::TraceContext;
use async_nats::jetstream::context::{PublishAckFuture, PublishErrorKind};
use async_nats::jetstream::publish::PublishAck;
use async_nats::jetstream::{self, message::PublishMessage};
use async_nats::{HeaderMap, header::NATS_EXPECTED_LAST_SUBJECT_SEQUENCE};
use bytes::Bytes;
use proto::subject::header;
use proto::{Kind, Outgoing};
use std::collections::VecDeque;
use std::future::IntoFuture as _;
use std::sync::{Arc, Mutex as SyncMutex, MutexGuard, PoisonError};
use tokio::sync::Mutex;
use tokio::time::Instant;

/// The largest message leadfleet sends; larger work is split into parts.
pub const MAX_MESSAGE: usize = 256 * 1024;

/// Messages sent and not yet acknowledged, per handler.
const WINDOW: usize = 128;

/// Why a message could not be published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error("could not publish to {subject}")]
    Broker { subject: String, source: jetstream::context::PublishError },
    #[error("nats-server lets this process not publish to {subject}")]
    Refused { subject: String },
    #[error("message for {subject} has {bytes} bytes, more than {MAX_MESSAGE}")]
    TooLarge { subject: String, bytes: usize },
}

/// What the messages of one handler have in common.
pub(crate) struct Context<'a> {
    pub(crate) cause: &'a str,
    pub(crate) generation: u32,
    /// Whose delivery they come of and which, unless it is the first.
    pub(crate) again: Option<&'a str>,
    pub(crate) trace: &'a TraceContext,
}

/// The way to the broker that all handlers of a process share.
pub(crate) struct Outlet {
    jetstream: Arc<jetstream::Context>,
    refusals: Refusals,
    sent: SyncMutex<Sent>,
}

impl Outlet {
    pub(crate) fn new(jetstream: Arc<jetstream::Context>, refusals: Refusals) -> Self {
        Self { jetstream, refusals, sent: SyncMutex::default() }
    }

    pub(crate) fn jetstream(&self) -> &Arc<jetstream::Context> {
        &self.jetstream
    }

    pub(crate) fn sent(&self) -> MutexGuard<'_, Sent> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a message; it is stored when `acknowledged` says so.
    pub(crate) async fn send(
        &self,
        subject: String,
        headers: HeaderMap,
        payload: Bytes,
    ) -> Result<Sending, PublishError> {
        let since = Instant::now();
        let message = PublishMessage::build().headers(headers.clone()).payload(payload.clone());
        match self.jetstream.send_publish(subject.clone(), message).await {
            Ok(ack) => Ok(Sending { subject, headers, payload, ack, since }),
            Err(source) => Err(PublishError::Broker { subject, source }),
        }
    }

    /// Waits until the broker has stored a message, and remembers that it has.
    pub(crate) async fn acknowledged(&self, sending: Sending) -> Result<PublishAck, PublishError> {
        let Sending { subject, headers, payload, ack, since } = sending;
        let answer = tokio::select! {
            biased;
            answer = ack.into_future() => answer,
            subject = self.refusals.of(|refused| refused == subject, since) => {
                return Err(PublishError::Refused { subject });
            }
        };
        match answer {
            Ok(ack) => {
                let held = Held::new(ack.stream.clone(), ack.sequence, subject, headers, payload);
                self.sent().acknowledged(held);
                Ok(ack)
            }
            Err(source) => Err(PublishError::Broker { subject, source }),
        }
    }

    /// Publishes a message that may exist once on its subject.
    ///
    /// Returns whether it was this call that stored it.
    pub(crate) async fn publish_once(
        &self,
        message: Outgoing,
        context: &Context<'_>,
    ) -> Result<bool, PublishError> {
        let mut headers = headers(&message, context);
        headers.insert(NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, "0");
        let sending = self.send(message.subject.to_string(), headers, message.payload.into()).await?;
        match self.acknowledged(sending).await {
            Ok(ack) => Ok(!ack.duplicate),
            Err(PublishError::Broker { source, .. })
                if source.kind() == PublishErrorKind::WrongLastSequence =>
            {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}

/// A message on its way.
pub(crate) struct Sending {
    subject: String,
    headers: HeaderMap,
    payload: Bytes,
    ack: PublishAckFuture,
    since: Instant,
}

/// Publishes for one handler.
pub(crate) struct Publisher {
    outlet: Arc<Outlet>,
    /// In the order of sending.
    pending: Mutex<VecDeque<Sending>>,
}

impl Publisher {
    pub(crate) fn new(outlet: Arc<Outlet>) -> Self {
        Self { outlet, pending: Mutex::default() }
    }

    /// Sends a message; waits only while the window is full.
    pub(crate) async fn send(&self, message: Outgoing, context: &Context<'_>) -> Result<(), PublishError> {
        let (subject, bytes) = (message.subject.to_string(), message.payload.len());
        if bytes > MAX_MESSAGE {
            return Err(PublishError::TooLarge { subject, bytes });
        }
        let mut pending = self.pending.lock().await;
        while pending.len() >= WINDOW {
            self.acknowledged(&mut pending).await?;
        }
        let headers = headers(&message, context);
        pending.push_back(self.outlet.send(subject, headers, message.payload.into()).await?);
        Ok(())
    }

    /// Waits until everything sent is acknowledged.
    pub(crate) async fn flush(&self) -> Result<(), PublishError> {
        let mut pending = self.pending.lock().await;
        while !pending.is_empty() {
            self.acknowledged(&mut pending).await?;
        }
        Ok(())
    }

    /// Waits for the oldest acknowledgement.
    async fn acknowledged(&self, pending: &mut VecDeque<Sending>) -> Result<(), PublishError> {
        if let Some(sending) = pending.pop_front() {
            self.outlet.acknowledged(sending).await?;
        }
        Ok(())
    }
}

fn headers(message: &Outgoing, context: &Context<'_>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::MESSAGE_ID, message.id(context.generation));
    headers.insert(header::TRACEPARENT, context.trace.traceparent());
    headers.insert(header::SCHEMA, message.schema.as_str());
    if !context.cause.is_empty() {
        headers.insert(header::CAUSE, context.cause);
    }
    if let Some(again) = context.again {
        headers.insert(header::TRY, again);
    }
    if context.generation > 0 {
        headers.insert(header::GENERATION, context.generation.to_string());
    }
    if let Kind::Tombstone(class) = message.kind {
        headers.insert(header::TOMBSTONE, class);
    }
    headers
}
