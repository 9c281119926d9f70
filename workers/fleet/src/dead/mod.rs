//! `leadfleet dead`: what failed for good, and what an operator does about it.

mod carry;
mod diff;
mod discard;
mod edit;
mod filter;
mod history;
mod list;
mod paid;
mod replay;
mod replays;
mod show;

use std::env;

use chrono::{DateTime, Utc};
use dead::{By, Dead};

use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::reach;
use crate::settings::Settings;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List dead letters, those of one error as one row.
    #[command(
        after_help = "Examples:\n  leadfleet dead list\n  leadfleet dead list --worker templater --since 24h --each\n  leadfleet dead list --run 20251111-0a1b2c3d4e5f --state all --json\n  leadfleet dead list --follow"
    )]
    List(list::Args),
    /// Show one: why it died, its headers, and its payload as JSON or as bytes.
    #[command(after_help = "Examples:\n  leadfleet dead show 17\n  leadfleet dead show 17 --json")]
    Show(show::Args),
    /// Compare one with the newest good message of its kind.
    #[command(after_help = "Example:\n  leadfleet dead diff 17")]
    Diff(diff::Args),
    /// Correct one: its JSON in your editor becomes a new dead letter, the original is kept.
    #[command(
        after_help = "Examples:\n  leadfleet dead edit 17\n  leadfleet dead show 17 --body > 17.json\n  leadfleet dead edit 17 --from 17.json --reason 'the date was missing'"
    )]
    Edit(edit::Args),
    /// Replay letters as the messages that they were; without --apply, say what that would do.
    #[command(
        after_help = "Examples:\n  leadfleet dead replay 17\n  leadfleet dead replay --worker templater --since 24h\n  leadfleet dead replay --fingerprint 9f3c --apply --reason 'fixed in 0.1.4'\n  leadfleet dead replay --all --rate 200 --in-flight 500 --apply --reason 'Postgres is back'"
    )]
    Replay(replay::Args),
    /// Show replays; pause, resume or cancel one from another terminal.
    #[command(subcommand)]
    Replays(replays::Command),
    /// Give letters up: they are kept, and not asked about again.
    #[command(
        after_help = "Examples:\n  leadfleet dead discard 17 --reason 'test data'\n  leadfleet dead discard --class decode --until 2025-11-01 --reason 'old scraper' --yes-discard 240"
    )]
    Discard(discard::Args),
    /// Write letters as JSON lines, to be kept or carried elsewhere.
    #[command(
        after_help = "Examples:\n  leadfleet dead export --output dead.jsonl\n  leadfleet dead export --worker storer | gzip > storer.jsonl.gz"
    )]
    Export(carry::ExportArgs),
    /// File letters from JSON lines; those that are there already are refused.
    #[command(
        after_help = "Examples:\n  leadfleet dead import dead.jsonl --reason 'from staging'\n  zcat storer.jsonl.gz | leadfleet dead import - --reason restored --dry-run"
    )]
    Import(carry::ImportArgs),
    /// Show who did what with dead letters, and why.
    #[command(
        after_help = "Examples:\n  leadfleet dead history\n  leadfleet dead history 17\n  leadfleet dead history --what discard\n  leadfleet dead history --operator ann --json"
    )]
    History(history::Args),
}

/// Who does it, and why.
#[derive(Debug, Clone, clap::Args)]
pub struct Who {
    /// Why; it is kept for a year.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Who does it; default: the name you are logged in by.
    #[arg(long, value_name = "NAME")]
    operator: Option<String>,
}

pub async fn run(command: Command, settings: &Settings, output: Output) -> Result<Exit, Failure> {
    let dead = Dead::new(reach::nats(settings).await?);
    match command {
        Command::List(args) => list::run(&args, &dead, output).await,
        Command::Show(args) => show::run(&args, &dead, output).await,
        Command::Diff(args) => diff::run(&args, &dead, output).await,
        Command::Edit(args) => edit::run(&args, &dead, output).await,
        Command::Replay(args) => replay::run(&args, &dead, output).await,
        Command::Replays(command) => replays::run(command, &dead, output).await,
        Command::Discard(args) => discard::run(&args, &dead, output).await,
        Command::Export(args) => carry::export(&args, &dead, output).await,
        Command::Import(args) => carry::import(&args, &dead, output).await,
        Command::History(args) => history::run(&args, &dead, output).await,
    }
}

impl Who {
    /// A change without a reason is refused.
    pub(crate) fn by(&self) -> Result<By, Failure> {
        let reason = self.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
        let reason = reason.ok_or_else(|| Failure {
            exit: Exit::Usage,
            error: anyhow::anyhow!("this needs a reason; nothing was changed"),
            hint: Some("say why with --reason 'TEXT': it is kept for a year with your name".to_owned()),
        })?;
        Ok(self.by_or(reason))
    }

    /// With this reason when none is given.
    pub(crate) fn by_or(&self, reason: &str) -> By {
        let user = || env::var_os("USER").and_then(|user| user.into_string().ok());
        let operator = self.operator.clone().or_else(user).unwrap_or_else(|| "operator".to_owned());
        By { operator, reason: self.reason.as_deref().unwrap_or(reason).trim().to_owned(), at: now() }
    }
}

#[expect(clippy::disallowed_methods, reason = "a command reads the clock")]
fn now() -> DateTime<Utc> {
    Utc::now()
}

/// A time as tables show it.
fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M").to_string()
}

/// The start of a text, with a sign that more follows.
fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

impl From<dead::Error> for Failure {
    fn from(error: dead::Error) -> Self {
        use dead::Error::{Attended, Broker, NoLetter, NoReplay, NotOpen, Over, TooScattered};
        let (exit, hint) = match error {
            Broker { .. } if overview::cause(&error).contains("stream not found") => (
                Exit::NotFound,
                "no dead letter was ever kept on this server: `leadfleet provision` prepares it",
            ),
            Broker { .. } => (Exit::Unreachable, "is JetStream on? `leadfleet doctor` checks it"),
            NoLetter(_) => (Exit::NotFound, "`leadfleet dead list --each` shows which there are"),
            NoReplay(_) => (Exit::NotFound, "`leadfleet dead replays list` shows which there are"),
            Over { .. } => (Exit::Refused, "what it left is open: `leadfleet dead replay` begins another"),
            Attended(_) => (Exit::Refused, "`leadfleet dead replays show` tells how far it is"),
            TooScattered => {
                (Exit::Refused, "choose fewer: --worker, --class, --since and --until narrow them down")
            }
            NotOpen { .. } => (Exit::Refused, "`leadfleet dead show` tells what became of it"),
        };
        Self { exit, hint: Some(hint.to_owned()), error: error.into() }
    }
}
