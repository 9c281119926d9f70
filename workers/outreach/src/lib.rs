//! Outreach: records what became of touches, and announces those that are due.

mod config;
mod dispatch;
mod recorder;

pub use config::{Config, Error};
pub use dispatch::dispatch;
pub use recorder::Recorder;
