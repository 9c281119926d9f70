//! Whether a handler is getting on, and the word that it shall let go of its message.

use futures::task::AtomicWaker;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::task::Poll;

/// What a handler and its lane tell each other: the one that it advances, the other that it has to end.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    steps: AtomicU64,
    cut: AtomicU8,
    waker: AtomicWaker,
}

/// Why a handler is ended before it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// It got no further, or had its time.
    Stuck = 1,
    /// The process stops.
    Stopping = 2,
}

impl Progress {
    pub(crate) fn advance(&self) {
        self.steps.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn steps(&self) -> u64 {
        self.steps.load(Ordering::Relaxed)
    }

    /// Ends the handler at its next step.
    pub(crate) fn cut(&self, cut: Cut) {
        self.cut.store(cut as u8, Ordering::Release);
        self.waker.wake();
    }

    /// Waits until the handler shall end.
    pub(crate) async fn is_cut(&self) -> Cut {
        std::future::poll_fn(|context| {
            self.waker.register(context.waker());
            match self.cut.load(Ordering::Acquire) {
                1 => Poll::Ready(Cut::Stuck),
                2 => Poll::Ready(Cut::Stopping),
                _ => Poll::Pending,
            }
        })
        .await
    }
}
