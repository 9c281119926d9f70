//! Turns a finished run into files: CSV, JSON and XLSX for sales, a Markdown report, and a manifest.
//!
//! Everything is read from the stream, so it works without Postgres. The files of a run depend on
//! nothing but the run: no clock and no chance gets into them.

mod crm;
mod csv;
mod draft;
mod error;
mod export;
#[doc(hidden)]
pub mod fuzz;
mod json;
mod manifest;
mod markdown;
mod phone;
mod report;
mod run;
mod spool;
mod title;
mod worker;
mod xlsx;

#[cfg(test)]
mod tests;

pub use error::Error;
pub use export::{Options, export_run};
pub use worker::{Config, Exporter};
