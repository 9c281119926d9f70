//! The messages a lane has in its hands: their leases are extended while their handlers get on.

use crate::progress::{Cut, Progress};
use async_nats::jetstream::AckKind;
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How long a handler may be silent before it counts as stuck, at least.
const MIN_PATIENCE: Duration = Duration::from_secs(60);

/// How long messages may be held.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) lease: Duration,
    pub(crate) deadline: Duration,
}

/// A place for each permit of a lane.
pub(crate) struct Hands {
    held: Vec<Option<Held>>,
    free: Vec<usize>,
    limits: Limits,
}

struct Held {
    reply: async_nats::Subject,
    progress: Arc<Progress>,
    since: Instant,
    extended_at: Instant,
    steps: u64,
    advanced_at: Instant,
}

impl Hands {
    pub(crate) fn new(permits: usize, limits: Limits) -> Self {
        Self { held: (0..permits).map(|_| None).collect(), free: (0..permits).rev().collect(), limits }
    }

    /// How often the leases have to be looked after.
    pub(crate) fn beat(&self) -> Duration {
        (self.limits.lease / 4).min(Duration::from_secs(1))
    }

    /// Takes a message; the number is to be given back when it is settled.
    pub(crate) fn take(&mut self, reply: async_nats::Subject) -> (usize, Arc<Progress>) {
        let now = Instant::now();
        let progress = Arc::new(Progress::default());
        let held = Held {
            reply,
            progress: Arc::clone(&progress),
            since: now,
            extended_at: now,
            steps: 0,
            advanced_at: now,
        };
        // More than there are permits come only when a pull was taken for lost and was not.
        let place = self.free.pop().unwrap_or_else(|| {
            self.held.push(None);
            self.held.len() - 1
        });
        self.held[place] = Some(held);
        (place, progress)
    }

    pub(crate) fn put_down(&mut self, place: usize) {
        self.held[place] = None;
        self.free.push(place);
    }

    /// Extends the leases of those that get on, and ends those that do not.
    pub(crate) async fn look_after(&mut self, client: &async_nats::Client) {
        let Limits { lease, deadline } = self.limits;
        let patience = (lease * 2).max(MIN_PATIENCE);
        let now = Instant::now();
        for held in self.held.iter_mut().flatten() {
            let steps = held.progress.steps();
            if steps != held.steps {
                (held.steps, held.advanced_at) = (steps, now);
            }
            if now - held.since > deadline || now - held.advanced_at > patience {
                held.progress.cut(Cut::Stuck);
            } else if now - held.extended_at >= lease / 3 {
                held.extended_at = now;
                // One that is lost is made up for by the next.
                let _ = client.publish(held.reply.clone(), Bytes::from(AckKind::Progress)).await;
            }
        }
    }

    /// Ends all handlers; their messages go back.
    pub(crate) fn let_go(&self) {
        for held in self.held.iter().flatten() {
            held.progress.cut(Cut::Stopping);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hands() -> Hands {
        let limits = Limits { lease: Duration::from_secs(30), deadline: Duration::from_secs(900) };
        Hands::new(2, limits)
    }

    #[test]
    fn what_was_put_down_makes_room() {
        let mut hands = hands();
        let (first, _) = hands.take("a".into());
        let (second, _) = hands.take("b".into());
        hands.put_down(first);
        let (third, _) = hands.take("c".into());
        assert_eq!((hands.held.len(), third), (2, first));
        assert_ne!(second, third);
    }

    #[test]
    fn more_than_asked_for_is_held_too() {
        let mut hands = hands();
        for name in ["a", "b", "c"] {
            hands.take(name.into());
        }
        assert_eq!(hands.held.iter().flatten().count(), 3);
    }

    #[tokio::test]
    async fn a_handler_is_told_to_let_go() {
        let mut hands = hands();
        let (_, progress) = hands.take("a".into());
        hands.let_go();
        assert_eq!(progress.is_cut().await, Cut::Stopping);
    }
}
