//! `leadfleet leads`: how promising leads are, and why.

mod explain;
mod list;
mod rescore;

use chrono::{DateTime, Utc};
use db::Uuid;
use prospects::Scores;

use crate::exit::{Exit, Failure};
use crate::output::{self, Output};
use crate::reach;
use crate::settings::Settings;
use crate::workers::Workers;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List leads, the best score first.
    #[command(
        after_help = "Examples:\n  leadfleet leads list --tier hot\n  leadfleet leads list --status new --limit 100 --json"
    )]
    List(list::Args),
    /// Show a lead and its score as it is stored.
    #[command(after_help = "Example:\n  leadfleet leads show prospect_1")]
    Show(OfLead),
    /// Tell why the score of a lead is what it is, and what would raise it.
    #[command(
        after_help = "Examples:\n  leadfleet leads explain prospect_1\n  leadfleet leads explain prospect_1 --json"
    )]
    Explain(OfLead),
    /// Score all leads anew; without --apply only tell what would change.
    #[command(
        after_help = "Examples:\n  leadfleet leads rescore\n  leadfleet leads rescore --untouched --apply"
    )]
    Rescore(rescore::Args),
    /// Print the rules by which leads are scored where no file names others.
    #[command(after_help = "Example:\n  leadfleet leads rules > rules.toml")]
    Rules,
}

#[derive(Debug, clap::Args)]
pub struct OfLead {
    /// Its id, such as `prospect_1`.
    #[arg(value_name = "PROSPECT")]
    prospect: String,
    #[command(flatten)]
    of: OfClient,
}

#[derive(Debug, clap::Args)]
struct OfClient {
    /// Id of the client.
    #[arg(long, default_value_t = db::DEFAULT_CLIENT, value_name = "UUID")]
    client: Uuid,
}

/// What the commands work with.
struct Leads {
    scores: Scores,
    now: DateTime<Utc>,
    output: Output,
}

pub async fn run(command: Command, settings: &Settings, output: Output) -> Result<Exit, Failure> {
    if matches!(command, Command::Rules) {
        output::print(als::DEFAULTS)?;
        return Ok(Exit::Ok);
    }
    let workers = Workers::load(settings)?;
    #[expect(clippy::disallowed_methods, reason = "a command reads the clock once and passes it on")]
    let now = Utc::now();
    let leads = Leads { scores: workers.scores_over(reach::postgres(settings).await?)?, now, output };
    match command {
        Command::List(args) => list::run(args, &leads).await?,
        Command::Show(args) => list::show(&args, &leads).await?,
        Command::Explain(args) => explain::run(&args, &leads).await?,
        Command::Rescore(args) => rescore::run(&args, &leads).await?,
        Command::Rules => {}
    }
    Ok(Exit::Ok)
}
