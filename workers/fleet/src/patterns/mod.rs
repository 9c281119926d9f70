//! `leadfleet patterns`: what conversions have in common, and how well it is known.

mod documents;
mod in_words;
mod learn;
mod read;
mod stored;
mod table;

use chrono::{DateTime, Utc};
use conversion::Conversion;
use db::Uuid;

use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::reach;
use crate::settings::Settings;
use crate::workers::Workers;

#[doc(hidden)]
pub use table::learned;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Learn from a client's leads, or with --file from any table of outcomes.
    #[command(after_help = learn::AFTER_HELP)]
    Learn(Box<learn::Args>),
    /// Show what was learned: who books, what was said, when and how.
    #[command(
        after_help = "Examples:\n  leadfleet patterns show\n  leadfleet patterns show who\n  leadfleet patterns show when --json"
    )]
    Show(stored::Show),
    /// List what was learned before, the newest first.
    #[command(
        after_help = "Examples:\n  leadfleet patterns history\n  leadfleet patterns history who --limit 5 --json"
    )]
    History(stored::History),
    /// Show the leads behind a figure, by its id or by what it is about.
    #[command(
        after_help = "Examples:\n  leadfleet patterns evidence who.title=Founder\n  leadfleet patterns evidence 5be1f7c2a90d4e13 --json"
    )]
    Evidence(stored::Evidence),
    /// Tell what other weights would have done, or what it would bring to begin with one channel; nothing is written.
    #[command(
        after_help = "Weights that were learned and not adopted stand in `leadfleet patterns show who --json` under candidate_weights.\n\nExamples:\n  leadfleet patterns whatif --weights data_quality=0.15,authority=0.2,company_fit=0.2,timing=0.3\n  leadfleet patterns whatif --first-channel email\n  leadfleet patterns whatif --first-channel email --tier warm --json"
    )]
    Whatif(stored::WhatIf),
}

#[derive(Debug, clap::Args)]
struct OfClient {
    /// Id of the client.
    #[arg(long, default_value_t = db::DEFAULT_CLIENT, value_name = "UUID")]
    client: Uuid,
}

/// What the commands that need a database work with.
struct Patterns {
    conversion: Conversion,
    now: DateTime<Utc>,
    output: Output,
}

pub async fn run(command: Command, settings: &Settings, output: Output) -> Result<Exit, Failure> {
    if let Command::Learn(args) = &command
        && args.is_of_a_file()
    {
        return learn::from_file(args, output);
    }
    let workers = Workers::load(settings)?;
    #[expect(clippy::disallowed_methods, reason = "a command reads the clock once and passes it on")]
    let now = Utc::now();
    let conversion = workers.conversion_over(reach::postgres(settings).await?);
    let patterns = Patterns { conversion, now, output };
    match command {
        Command::Learn(args) => learn::from_leads(&args, &patterns, settings).await?,
        Command::Show(args) => stored::show(&args, &patterns).await?,
        Command::History(args) => stored::history(&args, &patterns).await?,
        Command::Evidence(args) => stored::evidence(&args, &patterns).await?,
        Command::Whatif(args) => stored::what_if(&args, &patterns).await?,
    }
    Ok(Exit::Ok)
}

impl From<conversion::Error> for Failure {
    fn from(error: conversion::Error) -> Self {
        match error {
            conversion::Error::Db(error) => error.into(),
            error @ conversion::Error::Document(_) => {
                Self { exit: Exit::Failure, error: error.into(), hint: None }
            }
        }
    }
}
