//! What can be wrong with what was asked.

use serde::Serialize;

/// A field and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wrong {
    /// `prospects[3].email`.
    pub field: String,
    pub message: String,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no user {0}")]
    UnknownUser(String),
    #[error("there is no prospect {}", .0.join(", "))]
    UnknownProspects(Vec<String>),
    #[error("there is no touch {0}")]
    UnknownTouch(String),
    #[error("there is no campaign {0}")]
    UnknownCampaign(db::Uuid),
    /// The prospect must not be contacted, or is not to be changed now.
    #[error("{0}")]
    Refused(String),
    #[error("{}", .0.iter().map(|wrong| format!("{}: {}", wrong.field, wrong.message)).collect::<Vec<_>>().join("; "))]
    Wrong(Vec<Wrong>),
    #[error(transparent)]
    Db(#[from] db::Error),
    #[error("what is stored cannot be read")]
    Stored(#[from] serde_json::Error),
}

impl Error {
    pub(crate) fn wrong(field: &str, message: impl Into<String>) -> Self {
        Self::Wrong(vec![Wrong { field: field.to_owned(), message: message.into() }])
    }
}
