//! How many messages the fleet has settled each second of the last hour, as this process has seen it.

use crate::app::App;
use chrono::{DateTime, Utc};
use overview::Broker;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How often it is looked.
const EVERY: Duration = Duration::from_secs(10);
/// An hour of it.
const POINTS: usize = 360;

/// The points of the last hour; cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Throughput {
    points: Arc<Mutex<VecDeque<Point>>>,
    settled: Arc<AtomicU64>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Point {
    pub(crate) at: DateTime<Utc>,
    pub(crate) per_second: f64,
}

impl Throughput {
    pub(crate) fn points(&self) -> Vec<Point> {
        self.points.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect()
    }

    /// All messages that were settled, when it was looked last.
    pub(crate) fn settled(&self) -> u64 {
        self.settled.load(Ordering::Relaxed)
    }

    fn add(&self, point: Point) {
        let mut points = self.points.lock().unwrap_or_else(PoisonError::into_inner);
        if points.len() == POINTS {
            points.pop_front();
        }
        points.push_back(point);
    }
}

/// Looks until a stop is asked for.
pub(crate) async fn watch(app: App) {
    let broker = Broker::new(app.runtime.jetstream().clone());
    let mut stop = app.runtime.stop_signal();
    let mut before: Option<(DateTime<Utc>, u64)> = None;
    let mut look = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            _ = look.tick() => {}
            () = async { drop(stop.wait_for(|stop| *stop).await) } => return,
        }
        let Ok(settled) = overview::status::settled(&broker).await else { continue };
        let at = app.now();
        if let Some((earlier, fewer)) = before {
            let seconds = (at - earlier).as_seconds_f64();
            // A consumer that was made anew counts from the beginning.
            app.throughput.add(Point {
                at,
                per_second: u64::saturating_sub(settled, fewer) as f64 / seconds.max(1e-3),
            });
        }
        before = Some((at, settled));
        app.throughput.settled.store(settled, Ordering::Relaxed);
        // The newest run is the one that people look at: what it has said by then is read already.
        if let Ok(known) = overview::runs::find(&broker, "latest").await {
            drop(app.timelines.status(&broker, &known, at).await);
        }
    }
}
