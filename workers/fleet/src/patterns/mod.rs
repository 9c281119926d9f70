//! `leadfleet patterns`: what conversions have in common, and how well it is known.

mod in_words;
mod learn;
mod read;

use crate::exit::{Exit, Failure};
use crate::output::Output;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Learn from a table of outcomes what stands out, how well they can be foretold, and what must not be believed.
    #[command(after_help = learn::AFTER_HELP)]
    Learn(learn::Args),
}

pub fn run(command: &Command, output: Output) -> Result<Exit, Failure> {
    match command {
        Command::Learn(args) => learn::run(args, output),
    }
}
