//! Messages that the client library cannot take off the wire: it drops the connection at each delivery, so nobody else would end them.

use crate::consumers::consumer_name;
use crate::dead::without_orders;
use crate::publish::PublishError;
use crate::raw::{self, Raw, RawError};
use crate::runtime::Runtime;
use crate::worker::Worker;
use async_nats::header::NATS_EXPECTED_LAST_SUBJECT_SEQUENCE;
use async_nats::jetstream::context::{ConsumerInfoError, GetStreamError, PublishErrorKind};
use async_nats::jetstream::stream::DeleteMessageError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::SecondsFormat;
use proto::Token;
use proto::subject::{header, stream};
use std::time::Duration;
use tokio::sync::watch;

/// Why a message was stored again with the headers that can be read; whoever gets it makes a dead letter of it.
pub(crate) const UNREADABLE: &str = "Dl-Unreadable";
/// Its headers as they were, in base64, as far as there is room.
const RAW_HEADERS: &str = "Dl-Raw-Headers";

/// How far it is looked on behind what was delivered: who publishes one such message publishes more.
const AHEAD: u64 = 1_000;
/// How long a broker that does not answer is left alone.
const AGAIN: Duration = Duration::from_secs(2);
/// More than the message id and the names of headers need.
const FIXED: usize = 512;

/// Why it is not known whether there are messages that cannot be read, or why one could not be stored again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LookError {
    #[error(transparent)]
    Stream(#[from] GetStreamError),
    #[error("could not ask for the state of the consumer")]
    Consumer(#[from] ConsumerInfoError),
    #[error(transparent)]
    Read(#[from] RawError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error("could not delete a message that was stored again")]
    Delete(#[from] DeleteMessageError),
}

/// Looks after every reconnect, because the client library tells nobody why it dropped a connection; never ends.
///
/// After the first one already, and before anything more is asked for: a message that is on its way when the connection
/// is dropped looks as if the process had died on it.
pub(crate) async fn watch<W: Worker>(runtime: &Runtime, looked: watch::Sender<u64>) {
    let mut connects = runtime.reconnects();
    // Kept while looks fail, so that those that are interrupted each time get through.
    let mut from = 0;
    loop {
        let connection = *connects.borrow_and_update();
        let is_new = connection > *looked.borrow();
        tokio::select! {
            () = look_until_done::<W>(runtime, &looked, connection, &mut from), if is_new => {}
            // What was asked over the connection before is not answered.
            changed = connects.changed() => if changed.is_err() {
                // For the pull loop to tell.
                std::future::pending().await
            }
        }
    }
}

async fn look_until_done<W: Worker>(
    runtime: &Runtime,
    looked: &watch::Sender<u64>,
    connection: u64,
    from: &mut u64,
) {
    while let Err(error) = look::<W>(runtime, from).await {
        tracing::debug!(worker = W::NAME, %error, "could not look for messages that cannot be read");
        // The others have waited long enough.
        looked.send_replace(connection);
        tokio::time::sleep(AGAIN).await;
    }
    looked.send_replace(connection);
    *from = 0;
}

/// Looks at what was delivered and is not settled, and stores again what cannot be read.
pub(crate) async fn look<W: Worker>(runtime: &Runtime, from: &mut u64) -> Result<(), LookError> {
    let (name, jetstream) = (W::SOURCE.stream(), runtime.jetstream());
    let info = jetstream.get_stream_no_info(name).await?.consumer_info(consumer_name(W::NAME)).await?;
    if info.num_ack_pending == 0 {
        return Ok(());
    }
    let filter = W::SOURCE.filter();
    *from = (info.ack_floor.stream_sequence + 1).max(*from);
    let mut last = info.delivered.stream_sequence;
    while *from <= last {
        let Some(raw) = raw::next(jetstream, name, &filter, *from).await? else { return Ok(()) };
        if raw.sequence <= last
            && let Some(why) = raw.unreadable()
        {
            store_again(runtime, name, &raw, why).await?;
            last = last.max(raw.sequence + AHEAD);
        }
        *from = raw.sequence + 1;
    }
    Ok(())
}

/// Puts a message that can be read in the place of one that cannot.
///
/// Not a dead letter at once: several workers may read the subject, and each that gets the message makes its own letter
/// and its own tombstones of it, as of any other that it cannot decode. A crash in between is absorbed by the message
/// id as long as the stream knows it.
pub(crate) async fn store_again(
    runtime: &Runtime,
    name: &str,
    raw: &Raw,
    why: &'static str,
) -> Result<(), LookError> {
    let Raw { sequence, published_at, block, payload, .. } = raw;
    let source = runtime.jetstream().get_stream(name).await?;
    let most = usize::try_from(source.cached_info().config.max_message_size).unwrap_or(usize::MAX);
    let room = most.saturating_sub(payload.len() + block.len() + FIXED);
    let at = published_at.to_rfc3339_opts(SecondsFormat::Nanos, true);
    let mut headers = without_orders(&raw.headers());
    headers.insert(header::MESSAGE_ID, format!("again:{name}:{sequence}:{at}"));
    headers.insert(UNREADABLE, why);
    headers.insert(RAW_HEADERS, STANDARD.encode(&block[..block.len().min(room / 4 * 3)]));
    let subject = readable(&raw.subject, *sequence);
    // There it takes the place of the other by itself.
    let replaces = name == stream::RUN && subject == raw.subject;
    if replaces {
        headers.insert(NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, sequence.to_string());
    }
    let sending = runtime.outlet().send(subject, headers, payload.clone()).await?;
    match runtime.outlet().acknowledged(sending).await {
        Ok(_) => {}
        // A newer one has taken its place.
        Err(PublishError::Broker { source, .. })
            if replaces && source.kind() == PublishErrorKind::WrongLastSequence => {}
        Err(error) => return Err(error.into()),
    }
    tracing::warn!(
        stream = name,
        sequence,
        subject = raw.subject,
        why,
        "a message that cannot be read was stored again"
    );
    if !replaces
        && let Err(error) = source.delete_message(*sequence).await
        // Somebody else may have been faster.
        && raw::at(runtime.jetstream(), name, *sequence).await?.is_some()
    {
        return Err(error.into());
    }
    Ok(())
}

/// The subject with its bad parts squeezed into tokens that nobody else has.
fn readable(subject: &str, sequence: u64) -> String {
    let token = |text: &str| match text.parse::<Token>() {
        Ok(token) => token,
        Err(_) => Token::squeezed(&format!("{sequence}-{text}")),
    };
    let tokens: Vec<String> = subject.split('.').map(|text| token(text).to_string()).collect();
    tokens.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(subject: &str, expected: &str) {
        assert_eq!(readable(subject, 7), expected);
    }

    #[test]
    fn a_good_subject_stays_and_a_bad_one_becomes_unique() {
        check("lf.v1.job.probe.c.a", "lf.v1.job.probe.c.a");
        check("lf.v1.job.probe.c.a\u{fffd}b", "lf.v1.job.probe.c.7-a-b");
    }
}
