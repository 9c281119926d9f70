//! `leadfleet match`: the runs, read from the stream alone, so that it works without Postgres.

mod explain;
mod list;
mod review;
mod show;
mod start;
mod status;
mod watch;

use std::time::Duration;

use chrono::{DateTime, Utc};
use overview::{Broker, runs};
use proto::Token;
use proto::v1::RunSummary;

use crate::exit::{Exit, Failure};
use crate::output::{self, Output};
use crate::reach;
use crate::settings::Settings;

pub(crate) use list::table as runs_table;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Ask for a run.
    #[command(
        after_help = "Examples:\n  leadfleet match start --watch\n  leadfleet match start --strategies geographic --min-confidence 5\n  leadfleet match start --again --csv-layout crm --json"
    )]
    Start(start::Args),
    /// List the runs, the newest first.
    #[command(after_help = "Examples:\n  leadfleet match list\n  leadfleet match list --limit 5 --json")]
    List(list::Args),
    /// Show how far a run is: its stages, what died, how it ended.
    #[command(
        after_help = "Examples:\n  leadfleet match status\n  leadfleet match status 20251111-0a1b2c3d4e5f --json"
    )]
    Status(RunArgs),
    /// Follow a run until it is announced.
    #[command(after_help = "Examples:\n  leadfleet match watch\n  leadfleet match watch --json")]
    Watch(RunArgs),
    /// Show the result of a run, or one of its segments.
    #[command(
        after_help = "Examples:\n  leadfleet match show\n  leadfleet match show --segment emr-arizona\n  leadfleet match show latest --json"
    )]
    Show(show::Args),
    /// Explain why a clinic is where it is, or why a segment has its priority.
    #[command(
        after_help = "Examples:\n  leadfleet match explain --clinic 17\n  leadfleet match explain latest --clinic 'Desert Motion PT'\n  leadfleet match explain --segment emr-arizona --json"
    )]
    Explain(explain::Args),
    /// Show decision makers who could belong to several clinics, and decide about them.
    #[command(
        after_help = "Examples:\n  leadfleet match review\n  leadfleet match review --accept 12:340\n  leadfleet match review --reject 12:341"
    )]
    Review(review::Args),
}

#[derive(Debug, clap::Args)]
pub struct RunArgs {
    /// Id of the run, or of the request that asked for it.
    #[arg(default_value = "latest")]
    run: String,
}

pub async fn run(command: Command, settings: Settings, output: Output) -> Result<Exit, Failure> {
    if let Command::Review(args) = command {
        return review::run(args, &settings, output).await;
    }
    let command = match command {
        Command::Start(args) => {
            let (exit, run) = start::start(&args, &settings, output).await?;
            if !args.watch {
                return Ok(exit);
            }
            Command::Watch(RunArgs { run })
        }
        command => command,
    };
    let broker = Broker::new(reach::nats(&settings).await?);
    match command {
        Command::List(args) => list::run(&args, &broker, output).await,
        Command::Status(args) => status::run(&args.run, &broker, output).await,
        Command::Watch(args) => watch::run(&args.run, &broker, output).await,
        Command::Show(args) => show::run(args, &broker, output).await,
        Command::Explain(args) => explain::run(args, &broker, output).await,
        Command::Review(args) => review::run(args, &settings, output).await,
        Command::Start(_) => Ok(Exit::Ok),
    }
}

#[expect(clippy::disallowed_methods, reason = "a command reads the clock")]
fn now() -> DateTime<Utc> {
    Utc::now()
}

/// What a loader may take to read and link what a run is for.
const PATIENCE: Duration = Duration::from_secs(300);

/// A run from its request to its announcement.
pub struct Followed {
    pub summary: RunSummary,
    /// When the broker took the summary.
    pub announced_at: Option<DateTime<Utc>>,
}

/// Waits for the run of a request, follows it to its end, and shows it.
pub async fn follow(settings: &Settings, request: &str, output: Output) -> Result<Followed, Failure> {
    let broker = Broker::new(reach::nats(settings).await?);
    let id = Token::squeezed(request);
    let Some(header) = start::header(broker.runs(), &id, PATIENCE).await? else {
        return Err(anyhow::anyhow!("the request {request} did not become a run in {PATIENCE:?}").into());
    };
    let known = runs::find(&broker, &header.run_id).await?;
    let Some(progress) = watch::follow(&known, &broker, output).await? else {
        return Err(Failure { exit: Exit::Interrupted, error: anyhow::anyhow!("interrupted"), hint: None });
    };
    let stages = progress.stages();
    if !output.json {
        output::print("\n")?;
        show::run(show::Args::top(&header.run_id, 5), &broker, output).await?;
        output::print(&format!("\n{}\n", status::stages_table(&stages)))?;
    }
    let summary = runs::summary(&broker, &known.id).await?;
    let summary = summary.ok_or_else(|| anyhow::anyhow!("run {} has no summary", known.id))?;
    Ok(Followed { summary, announced_at: stages.iter().filter_map(|stage| stage.last_at).max() })
}
