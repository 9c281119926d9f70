//! Tries a transaction again that was broken off because another one was in its way.

use crate::error::Error;

/// So often in all.
const TRIES: u32 = 3;

/// Everybody locks in one order, so this is rare; whoever asked does not hear of it.
pub(crate) async fn again<T, F>(mut attempt: impl FnMut() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let mut tries = 1;
    loop {
        match attempt().await {
            // Whoever a row belongs to may have been forgotten meanwhile: then the next try says so.
            Err(Error::Db(error)) if tries < TRIES && (error.is_conflict() || error.is_orphan()) => {
                tracing::debug!(tries, error = %error, "another transaction was in the way");
                tries += 1;
            }
            ended => return ended,
        }
    }
}
