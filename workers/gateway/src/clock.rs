//! What time it is: the one place of the gateway that asks.

use chrono::{DateTime, Utc};

#[expect(clippy::disallowed_methods, reason = "a request happens now; rules take the time as an argument")]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}
