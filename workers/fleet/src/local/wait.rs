//! Bounded waiting for another process to reach a state.

use std::time::Duration;

const STEP: Duration = Duration::from_millis(5);

/// Asks `check` every few milliseconds until it answers or `limit` has passed.
#[expect(
    clippy::disallowed_methods,
    reason = "the servers are other processes: nothing in this one can wake us"
)]
pub(super) fn until<T, E>(
    limit: Duration,
    mut check: impl FnMut() -> Result<Option<T>, E>,
) -> Result<Option<T>, E> {
    for _ in 0..=limit.as_millis() / STEP.as_millis() {
        if let Some(answer) = check()? {
            return Ok(Some(answer));
        }
        std::thread::sleep(STEP);
    }
    Ok(None)
}
