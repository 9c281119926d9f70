//! Publishes messages with their headers and waits for the broker's acknowledgements.

use crate::trace::TraceContext;
use async_nats::jetstream::context::{PublishAckFuture, PublishErrorKind};
use async_nats::jetstream::{self, message::PublishMessage};
use proto::subject::header;
use proto::{Kind, Outgoing};
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::Mutex;

/// The largest message leadfleet sends; larger work is split into parts.
pub const MAX_MESSAGE: usize = 256 * 1024;

/// Messages sent and not yet acknowledged, per handler.
const WINDOW: usize = 128;

/// Why a message could not be published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error("could not publish to {subject}")]
    Broker { subject: String, source: jetstream::context::PublishError },
    #[error("message for {subject} has {bytes} bytes, more than {MAX_MESSAGE}")]
    TooLarge { subject: String, bytes: usize },
}

/// What the messages of one handler have in common.
pub(crate) struct Context<'a> {
    pub(crate) cause: &'a str,
    pub(crate) generation: u32,
    pub(crate) trace: &'a TraceContext,
}

/// Subjects and acknowledgements to come, in the order of sending.
type Pending = VecDeque<(String, PublishAckFuture)>;

/// Publishes for one handler.
pub(crate) struct Publisher {
    jetstream: Arc<jetstream::Context>,
    pending: Mutex<Pending>,
}

impl Publisher {
    pub(crate) fn new(jetstream: Arc<jetstream::Context>) -> Self {
        Self { jetstream, pending: Mutex::new(Pending::new()) }
    }

    /// Sends a message; waits only while the window is full.
    pub(crate) async fn send(&self, message: Outgoing, context: &Context<'_>) -> Result<(), PublishError> {
        let subject = message.subject.to_string();
        if message.payload.len() > MAX_MESSAGE {
            return Err(PublishError::TooLarge { subject, bytes: message.payload.len() });
        }
        let mut pending = self.pending.lock().await;
        while pending.len() >= WINDOW {
            acknowledged(&mut pending).await?;
        }
        let ack = self
            .jetstream
            .send_publish(subject.clone(), with_headers(message, context))
            .await
            .map_err(|source| PublishError::Broker { subject: subject.clone(), source })?;
        pending.push_back((subject, ack));
        Ok(())
    }

    /// Waits until everything sent is acknowledged.
    pub(crate) async fn flush(&self) -> Result<(), PublishError> {
        let mut pending = self.pending.lock().await;
        while !pending.is_empty() {
            acknowledged(&mut pending).await?;
        }
        Ok(())
    }
}

/// Waits for the oldest acknowledgement.
async fn acknowledged(pending: &mut Pending) -> Result<(), PublishError> {
    if let Some((subject, ack)) = pending.pop_front() {
        ack.await.map_err(|source| PublishError::Broker { subject, source })?;
    }
    Ok(())
}

fn with_headers(message: Outgoing, context: &Context<'_>) -> PublishMessage {
    let id = message.id(context.generation);
    let mut publish = PublishMessage::build()
        .payload(message.payload.into())
        .message_id(id)
        .header(header::TRACEPARENT, context.trace.traceparent())
        .header(header::SCHEMA, message.schema.as_str());
    if !context.cause.is_empty() {
        publish = publish.header(header::CAUSE, context.cause);
    }
    if context.generation > 0 {
        publish = publish.header(header::GENERATION, context.generation.to_string());
    }
    if let Kind::Tombstone(class) = message.kind {
        publish = publish.header(header::TOMBSTONE, class);
    }
    publish
}

/// Publishes a message that may exist once on its subject.
///
/// Returns whether it was this call that stored it.
pub(crate) async fn publish_once(
    jetstream: &jetstream::Context,
    message: Outgoing,
    context: &Context<'_>,
) -> Result<bool, PublishError> {
    let subject = message.subject.to_string();
    let publish = with_headers(message, context).expected_last_subject_sequence(0);
    let sent = jetstream
        .send_publish(subject.clone(), publish)
        .await
        .map_err(|source| PublishError::Broker { subject: subject.clone(), source })?;
    match sent.await {
        Ok(ack) => Ok(!ack.duplicate),
        Err(error) if error.kind() == PublishErrorKind::WrongLastSequence => Ok(false),
        Err(source) => Err(PublishError::Broker { subject, source }),
    }
}
