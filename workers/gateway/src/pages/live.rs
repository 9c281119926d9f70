//! Tells pages that are looked at when something has moved, so that they read themselves again.

use super::ask::Ask;
use crate::app::App;
use crate::problem::{Kind, Problem};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures::stream;
use proto::subject::stream::{DEAD, EVENTS, JOBS, RUN};
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};

/// How often it is looked, once for all pages.
const EVERY: Duration = Duration::from_secs(1);
/// A page asks anew after this, and so whether whoever looks is still signed in.
const LASTS: Duration = Duration::from_secs(300);
/// Pages that are followed at once.
const MOST: usize = 500;

/// Changes whenever a message came, was settled, or died; nobody looks while no page is followed.
#[derive(Clone, Default)]
pub(crate) struct Moves(watch::Sender<u64>);

/// An event `moved` whenever something has. Browsers do not tell of one without data.
pub(crate) async fn moves(ask: Ask) -> Result<Response, Problem> {
    if ask.app.moves.0.receiver_count() >= MOST {
        return Err(Problem::new(Kind::RateLimited, "more pages are followed than this process can tell"));
    }
    let (moved, end) = (ask.app.moves.0.subscribe(), Instant::now() + LASTS);
    let stop = ask.app.runtime.stop_signal();
    let moves = stream::unfold((moved, stop, end), async |(mut moved, mut stop, end)| {
        tokio::select! {
            changed = timeout_at(end, moved.changed()) => {
                changed.ok()?.ok()?;
                Some((Ok::<_, Infallible>(Event::default().event("moved").data("1")), (moved, stop, end)))
            }
            () = async { drop(stop.wait_for(|stop| *stop).await) } => None,
        }
    });
    Ok(Sse::new(moves).keep_alive(KeepAlive::default()).into_response())
}

/// Looks for all pages until a stop is asked for.
pub(crate) async fn watch(app: App) {
    let mut stop = app.runtime.stop_signal();
    let mut seen = Vec::new();
    loop {
        tokio::select! {
            () = sleep(EVERY) => {}
            () = async { drop(stop.wait_for(|stop| *stop).await) } => return,
        }
        if app.moves.0.receiver_count() == 0 {
            continue;
        }
        let now = look(&app).await;
        if now != seen {
            app.moves.0.send_modify(|moves| *moves += 1);
            seen = now;
        }
    }
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
