//! Outreach: records what became of touches, announces those that are due, and has the words of sequences written.

mod config;
mod dispatch;
mod recorder;
pub mod words;

pub use config::{Config, Error};
pub use dispatch::dispatch;
pub use recorder::Recorder;
pub use words::WordsKeeper;
