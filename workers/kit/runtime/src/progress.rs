//! Whether a handler is getting on: the lease of its message is extended only while it is.

use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Debug, Default)]
pub(crate) struct Progress {
    steps: AtomicU64,
}

impl Progress {
    pub(crate) fn advance(&self) {
        self.steps.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn steps(&self) -> u64 {
        self.steps.load(Ordering::Relaxed)
    }
}
