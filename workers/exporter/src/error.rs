//! Why a run could not be exported.

use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Read(#[from] runtime::ReadError),
    /// Without it there is nothing to export.
    #[error("the run lacks {0}: replay its dead letters first")]
    Incomplete(String),
    #[error("the assignments of part {0} are not those of its clinics")]
    Misaligned(u32),
    #[error("the client {0:?} cannot name a folder")]
    Client(String),
    #[error("the files of {date} stay those of run {newer}, which was asked for later")]
    Behind { date: String, newer: String },
    #[error("could not write {path}")]
    Write { path: PathBuf, source: io::Error },
}

impl Error {
    pub(crate) fn write(path: &Path, source: impl Into<io::Error>) -> Self {
        Self::Write { path: path.to_owned(), source: source.into() }
    }
}
