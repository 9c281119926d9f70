//! What can be wrong with what was asked.

use levels::timeline::Unknown;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no contractor {0}")]
    UnknownContractor(i32),
    #[error("contractor {0} was erased")]
    ErasedContractor(i32),
    #[error("there is no pattern {0} that may be used")]
    UnknownPattern(i32),
    #[error("there is no goal {0}")]
    UnknownGoal(i32),
    #[error("there is no item {0} of a checklist")]
    UnknownItem(i32),
    #[error("pattern {pattern} does not fit contractor {contractor}: {why}")]
    DoesNotFit { pattern: i32, contractor: i32, why: &'static str },
    /// Patterns of a later moment are there; nothing is learned of the past, which they rest on.
    #[error("patterns were learned for {0} already: learn for a later moment")]
    LearnedLater(chrono::DateTime<chrono::Utc>),
    #[error(transparent)]
    Unknown(#[from] Unknown),
    #[error("{field}: {message}")]
    Wrong { field: &'static str, message: String },
    #[error(transparent)]
    Db(#[from] db::Error),
    #[error("what is stored cannot be read")]
    Stored(#[from] serde_json::Error),
}
