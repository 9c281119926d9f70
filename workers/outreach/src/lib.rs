//! Outreach: records what became of touches, announces those that are due, has the words of sequences written,
//! and keeps campaigns.

mod campaigns;
mod config;
mod dispatch;
mod recorder;
mod settle;
pub mod words;

pub use campaigns::CampaignKeeper;
pub use config::{Config, Error};
pub use dispatch::dispatch;
pub use recorder::Recorder;
pub use words::WordsKeeper;
