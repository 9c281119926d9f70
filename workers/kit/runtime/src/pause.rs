//! Keeps a worker's messages from it for a while, in all its processes, and hands them out again.

use crate::consumers::consumer_name;
use async_nats::jetstream;
use async_nats::jetstream::stream::{ConsumerError, Stream};
use chrono::{DateTime, Utc};
use proto::subject::stream;

/// Why a worker was not paused or resumed.
#[derive(Debug, thiserror::Error)]
pub enum PauseError {
    #[error("no worker {0} ever ran on this server")]
    Unknown(String),
    #[error("could not ask nats-server")]
    Broker(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What it has in hand it finishes; the rest waits until `until`, or until it is resumed.
pub async fn pause(
    jetstream: &jetstream::Context,
    worker: &str,
    until: DateTime<Utc>,
) -> Result<(), PauseError> {
    let source = source(jetstream, worker).await?;
    let until = async_nats::datetime::parse_rfc3339(&until.to_rfc3339()).map_err(PauseError::Broker)?;
    source.pause_consumer(&consumer_name(worker), until).await.map_err(refused)?;
    Ok(())
}

pub async fn resume(jetstream: &jetstream::Context, worker: &str) -> Result<(), PauseError> {
    source(jetstream, worker).await?.resume_consumer(&consumer_name(worker)).await.map_err(refused)?;
    Ok(())
}

/// The stream that a worker reads.
async fn source(jetstream: &jetstream::Context, worker: &str) -> Result<Stream, PauseError> {
    for name in [stream::EVENTS, stream::RUN, stream::JOBS] {
        let Ok(found) = jetstream.get_stream(name).await else { continue };
        if found.consumer_info(consumer_name(worker)).await.is_ok() {
            return Ok(found);
        }
    }
    Err(PauseError::Unknown(worker.to_owned()))
}

fn refused(error: ConsumerError) -> PauseError {
    PauseError::Broker(error.into())
}
