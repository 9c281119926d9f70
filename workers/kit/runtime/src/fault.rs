//! Why a message was not handled, and how a handler says so.

use std::error::Error;
use std::fmt::Write as _;
use std::time::Duration;

/// The error behind a fault.
pub type Cause = Box<dyn Error + Send + Sync + 'static>;

/// Why a message was not handled, and therefore what becomes of it.
///
/// It implements no `Error`, so that `?` can turn every typed error into a retry.
#[derive(Debug)]
pub enum Fault {
    /// Deliver again: after the worker's backoff, or after the delay the other side named.
    Retry { after: Option<Duration>, cause: Cause },
    /// Deliver again after the delay; not the message's fault, so it costs no attempt.
    Wait { after: Duration, cause: Cause },
    /// Stop pulling until a probe of the named gate succeeds; costs no attempt.
    Gate { gate: &'static str, cause: Cause },
    /// Never deliver again: dead-letter it with the class and the cause.
    Reject { class: &'static str, cause: Cause },
}

/// Any typed error is worth another attempt until someone who knows better says otherwise.
impl<E: Error + Send + Sync + 'static> From<E> for Fault {
    fn from(cause: E) -> Self {
        Self::Retry { after: None, cause: Box::new(cause) }
    }
}

/// The first error of a type among a cause and its sources.
pub fn find<T: Error + 'static>(cause: &Cause) -> Option<&T> {
    let mut next: Option<&(dyn Error + 'static)> = Some(cause.as_ref());
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

impl Fault {
    /// Rejects with a text of the handler's own.
    pub fn reject(class: &'static str, text: impl Into<String>) -> Self {
        Self::Reject { class, cause: text.into().into() }
    }

    pub fn cause(&self) -> &Cause {
        match self {
            Self::Retry { cause, .. }
            | Self::Wait { cause, .. }
            | Self::Gate { cause, .. }
            | Self::Reject { cause, .. } => cause,
        }
    }

    /// The cause and all its sources, outermost first.
    pub fn chain(&self) -> String {
        let mut text = self.cause().to_string();
        let mut source = self.cause().source();
        while let Some(cause) = source {
            let cause_text = cause.to_string();
            if !text.contains(&cause_text) {
                let _ = write!(text, ": {cause_text}");
            }
            source = cause.source();
        }
        text
    }
}

/// Spells out what `?` alone would turn into a retry.
pub trait OrFault<T> {
    /// Never again: dead-letters as `permanent`.
    fn or_reject(self) -> Result<T, Fault>;
    /// Never again: dead-letters under a class of its own.
    fn or_reject_as(self, class: &'static str) -> Result<T, Fault>;
    /// Not this message's fault: stop pulling until a probe succeeds.
    fn or_gate(self, gate: &'static str) -> Result<T, Fault>;
    /// Again, after the delay the other side named.
    fn or_retry_after(self, after: Duration) -> Result<T, Fault>;
}

impl<T, E: Error + Send + Sync + 'static> OrFault<T> for Result<T, E> {
    fn or_reject(self) -> Result<T, Fault> {
        self.or_reject_as("permanent")
    }

    fn or_reject_as(self, class: &'static str) -> Result<T, Fault> {
        self.map_err(|cause| Fault::Reject { class, cause: Box::new(cause) })
    }

    fn or_gate(self, gate: &'static str) -> Result<T, Fault> {
        self.map_err(|cause| Fault::Gate { gate, cause: Box::new(cause) })
    }

    fn or_retry_after(self, after: Duration) -> Result<T, Fault> {
        self.map_err(|cause| Fault::Retry { after: Some(after), cause: Box::new(cause) })
    }
}
