//! Waits until the fleet has nothing left to do.

use std::time::Duration;

use async_nats::jetstream;
use futures::TryStreamExt as _;
use proto::subject::stream;
use tokio::time::Instant;

use crate::fleet::Fleet;

const STREAMS: [&str; 4] = [stream::EVENTS, stream::RUN, stream::JOBS, stream::ADVISORIES];
const LOOK: Duration = Duration::from_millis(300);
/// Looks in a row that find nothing to do and nothing new.
const CALM: usize = 4;

/// Lives on until no consumer has anything left; what is left after the limit is returned.
pub(crate) async fn drain(
    fleet: &mut Fleet,
    jetstream: &jetstream::Context,
    limit: Duration,
) -> anyhow::Result<Vec<String>> {
    let deadline = Instant::now() + limit;
    let (mut calm, mut before) = (0, Vec::new());
    loop {
        fleet.live(LOOK).await?;
        let (left, last) = left(jetstream, fleet.servers()).await;
        calm = if left.is_empty() && last == before { calm + 1 } else { 0 };
        before = last;
        if calm >= CALM || Instant::now() > deadline {
            return Ok(left);
        }
    }
}

/// The consumers with something to do, streams with fewer copies than there are servers, and the last sequence of each
/// stream.
async fn left(jetstream: &jetstream::Context, servers: usize) -> (Vec<String>, Vec<u64>) {
    let (mut left, mut last) = (Vec::new(), Vec::new());
    for name in STREAMS {
        let Ok(stream) = jetstream.get_stream(name).await else {
            left.push(format!("the stream {name} does not answer"));
            continue;
        };
        last.push(stream.cached_info().state.last_sequence);
        let copies = stream.cached_info().config.num_replicas;
        if copies != servers {
            left.push(format!("{name} has {copies} copies on {servers} servers"));
        }
        let Ok(consumers) = stream.consumers().try_collect::<Vec<_>>().await else {
            left.push(format!("the consumers of {name} are not told"));
            continue;
        };
        for consumer in consumers.into_iter().filter(|consumer| consumer.config.durable_name.is_some()) {
            let (pending, in_hand) = (consumer.num_pending, consumer.num_ack_pending);
            if pending + in_hand as u64 > 0 {
                left.push(format!("{} has {pending} to come and {in_hand} in hand", consumer.name));
            }
        }
    }
    (left, last)
}
