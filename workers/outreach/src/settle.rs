//! What workers on prospects have in common: whose message it is, and what a failure means for it.

use prospects::Error;
use proto::{Subject, Token};
use runtime::{Cause, Delivery, Fault, OrFault as _};

/// A message is only taken from the subject of its own client.
pub(crate) fn of_client(delivery: &Delivery, client_id: &str) -> Result<(), Fault> {
    let theirs = Token::squeezed(client_id);
    if matches!(&delivery.subject, Subject::Event { key, .. } if *key == theirs) {
        return Ok(());
    }
    Err(Fault::reject("invalid", "the message is of another client than its subject"))
}

/// Waits for Postgres, gives up on what is wrong for good, and tries everything else again.
pub(crate) fn settled<T>(done: Result<T, Error>) -> Result<T, Fault> {
    match done {
        Ok(done) => Ok(done),
        Err(error @ Error::Wrong(_)) => Err(error).or_reject_as("invalid"),
        Err(Error::Db(error)) if error.is_unavailable() => Err(error).or_gate("postgres"),
        Err(Error::Db(error)) if error.is_permanent() => Err(error).or_reject(),
        Err(error) => Err(error.into()),
    }
}

/// Postgres' own code of a failure.
pub(crate) fn code(cause: &Cause) -> Option<String> {
    runtime::find::<db::Error>(cause).and_then(db::Error::code)
}
