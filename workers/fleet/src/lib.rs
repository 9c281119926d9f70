//! The one binary `leadfleet`: its commands, the private servers of `dev` and `demo`, the sample data.

pub mod cli;
pub mod dead;
pub mod demo;
pub mod dev;
pub mod doctor;
pub mod event;
pub mod exit;
pub mod fill;
pub mod import;
pub mod key;
pub mod link;
pub mod local;
pub mod matching;
pub mod migrate;
pub mod output;
pub mod outreach;
pub mod places;
pub mod reach;
pub mod role;
pub mod run;
pub mod sample;
pub mod settings;
pub mod signals;
pub mod status;
pub mod webhook;
pub mod workers;
