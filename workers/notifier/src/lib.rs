//! Tells people how a run ended and what needs them: in Slack, else by e-mail, else in the log.

mod alerter;
mod blocks;
mod channels;
mod config;
mod facts;
#[doc(hidden)]
pub mod fuzz;
mod links;
mod mail;
mod notice;
mod notifier;
mod slack;
mod summary;
mod text;

#[cfg(test)]
mod tests;

pub use alerter::Alerter;
pub use config::{Config, Error};
pub use notifier::Notifier;
pub use summary::summary_json;
