//! The one binary `leadfleet`: its commands, the private servers of `dev` and `demo`, the sample data.

pub mod cli;
pub mod dev;
pub mod doctor;
pub mod exit;
pub mod import;
pub mod link;
pub mod local;
pub mod matching;
pub mod output;
pub mod places;
pub mod reach;
pub mod sample;
pub mod settings;
pub mod status;
