//! Why something could not be told.

use proto::RunId;
use runtime::ReadError;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("could not ask nats-server for {what}: {cause}")]
    Broker { what: &'static str, cause: String },
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("there is no run yet")]
    NoRun,
    /// With the newest that there are.
    #[error("there is no run {name}{}", if .newest.is_empty() { ", nor any other" } else { "" })]
    UnknownRun { name: String, newest: Vec<RunId> },
    /// With the first that there are.
    #[error("run {run} has no segment {name:?}")]
    UnknownSegment { run: RunId, name: String, first: Vec<String> },
    #[error("run {run} has no clinic {wanted:?}")]
    UnknownClinic { run: RunId, wanted: String },
    /// With the first of them.
    #[error("{count} clinics are called {wanted:?}")]
    SeveralClinics { wanted: String, count: usize, first: Vec<String> },
    #[error("run {run} has not scored its clinics yet")]
    NotScored { run: RunId },
}

impl Error {
    /// What was asked for is not there, though everything was read.
    pub fn is_unknown(&self) -> bool {
        match self {
            Self::Broker { .. } | Self::SeveralClinics { .. } => false,
            Self::Read(error) => error.is_missing_stream(),
            Self::NoRun
            | Self::UnknownRun { .. }
            | Self::UnknownSegment { .. }
            | Self::UnknownClinic { .. }
            | Self::NotScored { .. } => true,
        }
    }
}

/// What a request to the broker ended with.
pub(crate) fn broker(what: &'static str, cause: impl std::fmt::Display) -> Error {
    Error::Broker { what, cause: cause.to_string() }
}
