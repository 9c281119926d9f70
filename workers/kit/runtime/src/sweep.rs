//! The safety net behind dead letters: makes one of every message of a worker that the server gave up on its own.

use crate::consumers::consumer_name as durable;
use crate::fault::Fault;
use crate::handle::{Envelope, Handler, nak, settle_with};
use crate::provision::provision;
use crate::quarantine::CRASH_POISON;
use crate::raw;
use crate::runtime::Runtime;
use crate::trace::TraceContext;
use crate::unreadable::store_again;
use crate::worker::Worker;
use async_nats::jetstream::{self, AckKind, consumer};
use futures::StreamExt as _;
use proto::subject::stream;
use serde::Deserialize;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

/// How long it waits after what did not succeed.
const AGAIN: Duration = Duration::from_secs(2);

/// `$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES`, as far as it is needed.
#[derive(Debug, Deserialize)]
struct Advisory {
    stream: String,
    consumer: String,
    stream_seq: u64,
    deliveries: u32,
}

/// Why advisories do not come any more.
#[derive(Debug, thiserror::Error)]
enum SweepError {
    #[error("could not find the stream of advisories")]
    Stream(#[from] jetstream::context::GetStreamError),
    #[error("could not create the consumer of advisories")]
    Consumer(#[from] jetstream::stream::ConsumerError),
    #[error("could not ask for advisories")]
    Pull(#[from] consumer::StreamError),
    #[error("could not read advisories")]
    Messages(#[from] consumer::pull::MessagesError),
    #[error("the advisories have come to an end")]
    End,
}

/// The consumer of the advisories of a worker.
pub(crate) fn consumer_name(worker: &str) -> String {
    durable(&format!("sweep-{worker}"))
}

/// The advisories that tell what the server gave up of a consumer.
pub(crate) fn filter(stream: &str, consumer: &str) -> String {
    format!("$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.{stream}.{consumer}")
}

/// Sweeps behind a worker; never ends. A part of its process, because only the worker knows its tombstones.
pub(crate) async fn sweep<W: Worker>(runtime: &Runtime, worker: Arc<W>) {
    let handler = Handler::new(runtime, worker, durable(W::NAME));
    let mut reconnects = runtime.reconnects();
    loop {
        let Err(error) = tokio::select! {
            ended = follow(&handler) => ended,
            // Otherwise a consumer that is gone would be noticed by its silence only.
            Ok(()) = reconnects.changed() => continue,
        };
        tracing::info!(worker = W::NAME, %error, "the sweep begins anew");
        tokio::time::sleep(AGAIN).await;
        // The broker may have lost its store.
        if let Err(error) = provision(runtime.jetstream(), runtime.config()).await {
            tracing::debug!(worker = W::NAME, %error, "could not prepare the broker for the sweep");
        }
    }
}

async fn follow<W: Worker>(handler: &Handler<W>) -> Result<Infallible, SweepError> {
    let advisories = handler.jetstream().get_stream_no_info(stream::ADVISORIES).await?;
    let config = consumer::pull::Config {
        durable_name: Some(consumer_name(W::NAME)),
        filter_subject: filter(W::SOURCE.stream(), &handler.consumer),
        ack_policy: consumer::AckPolicy::Explicit,
        ack_wait: Duration::from_secs(30),
        ..consumer::pull::Config::default()
    };
    let consumer = advisories.create_consumer(config).await?;
    let mut advisories = consumer.stream().max_messages_per_batch(16).messages().await?;
    loop {
        let message = advisories.next().await.ok_or(SweepError::End)??;
        let kind = match bury(handler, &message.payload).await {
            Ok(()) => AckKind::Ack,
            Err(fault) => {
                let error = fault.chain();
                tracing::warn!(worker = W::NAME, error, "could not bury a message that the server gave up");
                nak(AGAIN)
            }
        };
        settle_with(&message, kind).await;
    }
}

/// Buries the message of an advisory as its worker would have.
async fn bury<W: Worker>(handler: &Handler<W>, advisory: &[u8]) -> Result<(), Fault> {
    let Ok(advisory) = serde_json::from_slice::<Advisory>(advisory) else {
        tracing::error!(worker = W::NAME, "received an advisory that is none");
        return Ok(());
    };
    let Advisory { stream, consumer, stream_seq, deliveries } = &advisory;
    // One that is gone was overwritten or has expired: nothing is left to bury.
    let Some(raw) = raw::at(handler.jetstream(), stream, *stream_seq).await? else { return Ok(()) };
    if let Some(why) = raw.unreadable() {
        return Ok(store_again(&handler.runtime, stream, &raw, why).await?);
    }
    let time = raw.published_at.timestamp_nanos_opt().unwrap_or_default();
    // As its last delivery was.
    let message = async_nats::Message {
        headers: Some(raw.headers()),
        reply: Some(format!("$JS.ACK.{stream}.{consumer}.{deliveries}.{stream_seq}.0.{time}.0").into()),
        subject: raw.subject.into(),
        payload: raw.payload,
        status: None,
        description: None,
        length: 0,
    };
    let message = jetstream::Message { message, context: handler.runtime.jetstream().clone() };
    let Some(envelope) = Envelope::of(&message) else {
        return Err(Fault::Retry { after: None, cause: "an advisory tells of no delivery".into() });
    };
    let history = handler.history(&envelope).await?;
    let trace = envelope.trace.clone().unwrap_or_else(TraceContext::root);
    let why = Fault::reject(CRASH_POISON, format!("given up by the server after {deliveries} deliveries"));
    handler.inter(&message, &envelope, history, &trace, CRASH_POISON, Some(why)).await
}
