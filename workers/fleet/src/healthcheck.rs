//! `leadfleet healthcheck`: whether a process lives, for images that have no shell to ask with.

use anyhow::{Context as _, anyhow};

use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::settings::Settings;
use crate::workers::Workers;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Ask whether it can work, not only whether it lives.
    #[arg(long)]
    ready: bool,
}

/// Asks the address on which the process beside it, with the same variables, says how it is.
pub async fn run(args: &Args, settings: &Settings, output: Output) -> Result<Exit, Failure> {
    let listen = Workers::load(settings)?.runtime.health_listen.ok_or_else(|| Failure {
        exit: Exit::Usage,
        error: anyhow!("there is no address to ask"),
        hint: Some("set LEADFLEET_HEALTH_LISTEN as the process has it that is asked".to_owned()),
    })?;
    let path = if args.ready { "/readyz" } else { "/livez" };
    let answer = runtime::ask(listen, path).await.context("the process does not answer")?;
    output.show(&answer, |answer| answer.said.clone())?;
    Ok(if answer.good { Exit::Ok } else { Exit::Failure })
}
