//! What the workers on contractors have in common: what a failure means for a message.

use contractors::Error;
use runtime::{Cause, Fault, OrFault as _};

/// Waits for Postgres, gives up on what is wrong for good, and tries everything else again.
pub(crate) fn settled<T>(done: Result<T, Error>) -> Result<T, Fault> {
    match done {
        Ok(done) => Ok(done),
        Err(Error::Db(error)) if error.is_unavailable() => Err(error).or_gate("postgres"),
        Err(Error::Db(error)) if error.is_permanent() => Err(error).or_reject(),
        Err(Error::Db(error)) => Err(error.into()),
        Err(error @ Error::Stored(_)) => Err(error).or_reject(),
        Err(error) => Err(error).or_reject_as("invalid"),
    }
}

/// Postgres' own code of a failure.
pub(crate) fn code(cause: &Cause) -> Option<String> {
    runtime::find::<db::Error>(cause).and_then(db::Error::code)
}
