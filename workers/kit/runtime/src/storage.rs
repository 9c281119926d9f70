//! A broker without room: nobody's message is at fault, so the worker waits until there is room again.

use crate::fault::{Cause, Fault, find};
use crate::runtime::Runtime;
use async_nats::jetstream::{Error as Refusal, ErrorCode};
use proto::subject::stream;

/// The gate that closes when the broker stores nothing more.
pub(crate) const GATE: &str = "nats-storage";

/// How the server says that a disk, an account or a stream is full.
const FULL: [ErrorCode; 4] = [
    ErrorCode::INSUFFICIENT_RESOURCES,
    ErrorCode::STORAGE_RESOURCES_EXCEEDED,
    ErrorCode::MEMORY_RESOURCES_EXCEEDED,
    ErrorCode::STREAM_STORE_FAILED,
];

/// Whether it was for want of room.
pub(crate) fn is_full(cause: &Cause) -> bool {
    find::<Refusal>(cause).is_some_and(|refusal| FULL.contains(&refusal.error_code()))
}

/// Whether there is room again: no stream that workers write to is full, and the store takes a word.
pub(crate) async fn probe(runtime: &Runtime) -> Result<(), Fault> {
    for name in [stream::RUN, stream::EVENTS, stream::JOBS, stream::DEAD] {
        let stream = runtime.jetstream().get_stream(name).await?;
        let info = stream.cached_info();
        let (most, used) = (info.config.max_bytes, info.state.bytes);
        if u64::try_from(most).is_ok_and(|most| most > 0 && used + crate::MAX_MESSAGE as u64 > most) {
            return Err(Fault::reject(GATE, format!("{name} holds {used} of {most} bytes")));
        }
    }
    runtime.letters().store.put("probe", "".into()).await?;
    runtime.letters().store.delete("probe").await?;
    Ok(())
}
