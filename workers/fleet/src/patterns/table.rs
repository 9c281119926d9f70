//! What `leadfleet patterns learn --file` reads and learns, without its options, for fuzzing.

use std::path::Path;

use detector::table::report::Report;
use detector::table::{self, Request};

use super::read::read;
use crate::exit::Failure;

/// What is learned of a file by nothing but its outcome.
///
/// # Errors
/// Like `patterns learn --file`, when the file cannot be read or nothing can be learned of it.
#[doc(hidden)]
pub fn learned(file: &Path, outcome: &str) -> Result<Report, Failure> {
    let (table, names) = read(file, &[])?;
    let request = Request { outcome: names.find(outcome)?, nulls: 1, ..Request::default() };
    table::learn(&table, &request).map_err(|error| anyhow::Error::from(error).into())
}
