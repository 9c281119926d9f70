//! Tells pages that are looked at when something has moved, so that they read themselves again.

use super::ask::Ask;
use crate::app::App;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures::stream;
use proto::subject::stream::{DEAD, EVENTS, JOBS, RUN};
use std::convert::Infallible;
use std::time::Duration;

/// How often it is looked.
const EVERY: Duration = Duration::from_secs(1);

/// An event `moved` whenever a message came, was settled, or died. Browsers do not tell of one without data.
pub(crate) async fn moves(ask: Ask) -> Response {
    let seen = look(&ask.app).await;
    let moves = stream::unfold((ask.app, seen), async |(app, seen)| {
        let mut stop = app.runtime.stop_signal();
        loop {
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                () = async { drop(stop.wait_for(|stop| *stop).await) } => return None,
            }
            let now = look(&app).await;
            if now != seen {
                return Some((Ok::<_, Infallible>(Event::default().event("moved").data("1")), (app, now)));
            }
        }
    });
    Sse::new(moves).keep_alive(KeepAlive::default()).into_response()
}

/// How far the streams are, the buckets of what becomes of letters, replays and gates, and the workers; what cannot be
/// read has not moved.
async fn look(app: &App) -> Vec<(u64, usize)> {
    let mut far = vec![(app.throughput.settled(), 0)];
    let buckets = [runtime::LETTERS, dead::REPLAYS, runtime::GATES].map(|bucket| format!("KV_{bucket}"));
    for name in [EVENTS, RUN, JOBS, DEAD].map(str::to_owned).into_iter().chain(buckets) {
        if let Ok(stream) = app.runtime.jetstream().get_stream(name).await {
            let state = &stream.cached_info().state;
            far.push((state.last_sequence, state.consumer_count));
        }
    }
    // Each says again and again that it works: to move is to become more or fewer.
    if let Ok(processes) = app.runtime.jetstream().get_stream(format!("KV_{}", runtime::PROCESSES)).await {
        far.push((processes.cached_info().state.messages, 0));
    }
    far
}
