//! The safety net behind dead letters: makes one of every message that the server gave up on its own.

use crate::dead::DeadLetter;
use crate::handle::nak;
use crate::quarantine::CRASH_POISON;
use crate::runtime::Runtime;
use async_nats::jetstream::{self, AckKind, consumer};
use futures::StreamExt as _;
use proto::subject::stream;
use serde::Deserialize;
use std::time::Duration;

/// Name of the sweep's consumer and of the worker its dead letters name when the consumer tells none.
pub const NAME: &str = "sweep";

/// `$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES`, as far as it is needed.
#[derive(Debug, Deserialize)]
struct Advisory {
    stream: String,
    consumer: String,
    stream_seq: u64,
    deliveries: u32,
    #[serde(default)]
    timestamp: String,
}

/// Why the sweep could not go on.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    #[error("could not find the stream of advisories")]
    Stream(#[source] jetstream::context::GetStreamError),
    #[error("could not create the consumer of advisories")]
    Consumer(#[source] jetstream::stream::ConsumerError),
    #[error("could not read advisories")]
    Messages(#[source] jetstream::consumer::StreamError),
}

/// Sweeps until a stop is asked for.
pub async fn sweep(runtime: &Runtime) -> Result<(), SweepError> {
    if runtime.alone().is_some() {
        return Ok(());
    }
    let stream = runtime.jetstream().get_stream(stream::ADVISORIES).await.map_err(SweepError::Stream)?;
    let config = consumer::pull::Config {
        durable_name: Some(crate::provision::consumer_name(NAME)),
        filter_subject: "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>".to_owned(),
        ack_policy: consumer::AckPolicy::Explicit,
        ack_wait: Duration::from_secs(30),
        ..consumer::pull::Config::default()
    };
    let consumer = stream.create_consumer(config).await.map_err(SweepError::Consumer)?;
    let mut advisories =
        consumer.stream().max_messages_per_batch(16).messages().await.map_err(SweepError::Messages)?;
    let mut stop = runtime.stop_signal();
    loop {
        let advisory = tokio::select! {
            advisory = advisories.next() => advisory,
            _ = stop.wait_for(|stop| *stop) => return Ok(()),
        };
        match advisory {
            Some(Ok(message)) => {
                let kind = match bury(runtime, &message.payload).await {
                    Ok(()) => AckKind::Ack,
                    Err(error) => {
                        tracing::warn!(%error, "could not bury a message that the server gave up");
                        nak(Duration::from_secs(10))
                    }
                };
                if let Err(error) = message.double_ack_with(kind).await {
                    tracing::warn!(%error, "could not settle an advisory");
                }
            }
            Some(Err(error)) => tracing::warn!(%error, "could not read an advisory"),
            None => return Ok(()),
        }
    }
}

async fn bury(runtime: &Runtime, payload: &[u8]) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let advisory: Advisory = serde_json::from_slice(payload)?;
    let stream = runtime.jetstream().get_stream(&advisory.stream).await?;
    // A message that is gone was overwritten or has expired: nothing is left to bury.
    let Ok(message) = stream.get_raw_message(advisory.stream_seq).await else { return Ok(()) };
    let worker = advisory.consumer.rsplit_once("-v").map_or(NAME, |(worker, _)| worker).to_owned();
    let letter = DeadLetter {
        worker,
        class: CRASH_POISON.to_owned(),
        code: "max_deliveries".to_owned(),
        error: format!("given up by the server after {} deliveries", advisory.deliveries),
        subject: message.subject.to_string(),
        stream: advisory.stream,
        stream_sequence: advisory.stream_seq,
        consumer: advisory.consumer,
        consumer_sequence: 0,
        published_at: message.time.to_string(),
        dead_at: advisory.timestamp,
        deliveries: advisory.deliveries,
        attempts: 0,
        crashes: 0,
        generation: 0,
        trace: String::new(),
        tombstones: Vec::new(),
        headers: message.headers.clone(),
        payload: message.payload.clone(),
    };
    letter.publish(runtime.outlet()).await?;
    Ok(())
}
