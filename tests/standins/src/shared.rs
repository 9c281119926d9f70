//! What a server task and the test that started it both hold.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A panic in one test task is reported there; the journal stays readable.
pub(crate) fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
