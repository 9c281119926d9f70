//! `leadfleet worker`: keeps a worker's messages from it for a while.

use chrono::{DateTime, TimeDelta, Utc};
use dead::{Dead, Event, Verb};
use runtime::PauseError;
use serde::Serialize;

use crate::dead::Who;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::reach;
use crate::settings::Settings;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Pause a worker in all its processes: what it has in hand it finishes, the rest waits.
    #[command(
        after_help = "Examples:\n  leadfleet worker pause templater --reason 'prices are being checked'\n  leadfleet worker pause storer --minutes 15 --reason 'Postgres is upgraded'"
    )]
    Pause(Pause),
    /// Let a paused worker go on before its time.
    #[command(after_help = "Example:\n  leadfleet worker resume templater --reason done")]
    Resume(Of),
}

#[derive(Debug, clap::Args)]
pub struct Of {
    /// Name of the worker, as `leadfleet status` shows it.
    #[arg(value_name = "WORKER")]
    worker: String,
    #[command(flatten)]
    who: Who,
}

#[derive(Debug, clap::Args)]
pub struct Pause {
    #[command(flatten)]
    of: Of,
    /// For how long; then it goes on by itself.
    #[arg(long, default_value_t = 60, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_080))]
    minutes: u32,
}

#[derive(Debug, Serialize)]
struct Told {
    worker: String,
    paused_until: Option<DateTime<Utc>>,
}

pub async fn run(command: Command, settings: &Settings, output: Output) -> Result<Exit, Failure> {
    let jetstream = reach::nats(settings).await?;
    let (of, minutes) = match command {
        Command::Pause(Pause { of, minutes }) => (of, Some(minutes)),
        Command::Resume(of) => (of, None),
    };
    let by = of.who.by()?;
    let paused_until = minutes.map(|minutes| by.at + TimeDelta::minutes(minutes.into()));
    let done = match paused_until {
        Some(until) => runtime::pause(&jetstream, &of.worker, until).await,
        None => runtime::resume(&jetstream, &of.worker).await,
    };
    done.map_err(failure)?;
    let verb = if paused_until.is_some() { Verb::PauseWorker } else { Verb::ResumeWorker };
    let note = paused_until.map(|until| format!("until {}", until.to_rfc3339())).unwrap_or_default();
    Dead::new(jetstream).record(&Event::new(verb, &of.worker, &by).noting(note)).await?;
    output.show(&Told { worker: of.worker, paused_until }, |told| match told.paused_until {
        Some(until) => format!(
            "{} is paused until {} UTC; what it has in hand it finishes.",
            told.worker,
            until.format("%Y-%m-%d %H:%M")
        ),
        None => format!("{} goes on.", told.worker),
    })?;
    Ok(Exit::Ok)
}

fn failure(error: PauseError) -> Failure {
    let (exit, hint) = match error {
        PauseError::Unknown(_) => (Exit::NotFound, "`leadfleet status` lists the workers"),
        PauseError::Broker(_) => (Exit::Unreachable, "`leadfleet doctor` checks nats-server"),
    };
    Failure { exit, error: error.into(), hint: Some(hint.to_owned()) }
}
