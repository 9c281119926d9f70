//! `leadfleet growth`: what contractors that levelled up have in common, and what follows from it for one of them.

mod advice;
mod goals;
mod in_words;
mod learned;

use chrono::{DateTime, Utc};
use contractors::{Contractors, Error};
use db::Uuid;

use crate::exit::{Exit, Failure};
use crate::output::{self, Output};
use crate::reach;
use crate::settings::Settings;
use crate::workers::Workers;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Learn now what contractors that levelled up have in common.
    #[command(
        after_help = "Examples:\n  leadfleet growth learn\n  leadfleet growth learn --dry-run\n  leadfleet growth learn --moment 2025-12-01T03:00:00Z --json"
    )]
    Learn(learned::Learn),
    /// List the patterns, or show one of them with its figures.
    #[command(
        after_help = "Examples:\n  leadfleet growth patterns\n  leadfleet growth patterns 1\n  leadfleet growth patterns --json"
    )]
    Patterns(learned::Patterns),
    /// Find the patterns that fit a contractor, with the reasons; --apply links them to one.
    #[command(
        after_help = "Examples:\n  leadfleet growth match 56\n  leadfleet growth match 56 --apply 1\n  leadfleet growth match 56 --json"
    )]
    Match(advice::Match),
    /// Make the goals of a contractor, or with --list show those that are there.
    #[command(
        after_help = "Examples:\n  leadfleet growth goals 56 --dry-run\n  leadfleet growth goals 56\n  leadfleet growth goals 56 --list --json"
    )]
    Goals(goals::Goals),
    /// Recommend partners that those who levelled up used; raise scores that partners have.
    #[command(
        after_help = "Examples:\n  leadfleet growth partners 56\n  leadfleet growth partners 56 --scores 1=0.6,2=0.55"
    )]
    Partners(advice::Partners),
    /// Recommend books, podcasts and events of those who levelled up.
    #[command(after_help = "Example:\n  leadfleet growth content 56")]
    Content(OfContractor),
    /// Tell how long reaching a revenue tier may take.
    #[command(
        after_help = "Examples:\n  leadfleet growth predict 56\n  leadfleet growth predict 56 --to 11_20_million"
    )]
    Predict(advice::Predict),
    /// Tell what came of a goal, or of a pattern that was applied.
    #[command(
        after_help = "Examples:\n  leadfleet growth outcome 56 --goal 1 --completed --satisfaction 5\n  leadfleet growth outcome 56 --pattern 1 --failed --notes 'No time' --dry-run"
    )]
    Outcome(Box<goals::Outcome>),
    /// Show what a goal rests on.
    #[command(after_help = "Examples:\n  leadfleet growth explain 1\n  leadfleet growth explain 1 --json")]
    Explain(goals::Explain),
    /// Tick an item of a goal's checklist.
    #[command(after_help = "Example:\n  leadfleet growth goals 56 --list\n  leadfleet growth done 7")]
    Done(goals::Done),
    /// Forget a contractor with everything of theirs; what came of goals still counts, as nobody's.
    #[command(
        after_help = "Examples:\n  leadfleet growth erase 56 --dry-run\n  leadfleet growth erase 56 --yes"
    )]
    Erase(advice::Erase),
    /// Print the rules of tiers, focus areas and milestones that hold where no file names others.
    #[command(after_help = "Example:\n  leadfleet growth rules > growth.toml")]
    Rules,
}

#[derive(Debug, clap::Args)]
struct OfClient {
    /// Id of the client.
    #[arg(long, default_value_t = db::DEFAULT_CLIENT, value_name = "UUID")]
    client: Uuid,
}

#[derive(Debug, clap::Args)]
pub struct OfContractor {
    /// The contractor's number.
    #[arg(value_name = "CONTRACTOR")]
    contractor: i32,
    #[command(flatten)]
    of: OfClient,
}

/// What the commands work with.
struct Growth {
    contractors: Contractors,
    now: DateTime<Utc>,
    output: Output,
}

pub async fn run(command: Command, settings: &Settings, output: Output) -> Result<Exit, Failure> {
    if matches!(command, Command::Rules) {
        output::print(levels::rules::DEFAULTS)?;
        return Ok(Exit::Ok);
    }
    let workers = Workers::load(settings)?;
    #[expect(clippy::disallowed_methods, reason = "a command reads the clock once and passes it on")]
    let now = Utc::now();
    let contractors = workers.contractors_over(reach::postgres(settings).await?)?;
    let growth = Growth { contractors, now, output };
    match command {
        Command::Learn(args) => learned::learn(&args, &growth, settings).await?,
        Command::Patterns(args) => learned::patterns(&args, &growth).await?,
        Command::Match(args) => advice::matches(&args, &growth).await?,
        Command::Goals(args) => goals::goals(&args, &growth).await?,
        Command::Partners(args) => advice::partners(&args, &growth).await?,
        Command::Content(args) => advice::content(&args, &growth).await?,
        Command::Predict(args) => advice::predict(&args, &growth).await?,
        Command::Outcome(args) => goals::outcome(*args, &growth).await?,
        Command::Explain(args) => goals::explain(&args, &growth).await?,
        Command::Done(args) => goals::done(&args, &growth).await?,
        Command::Erase(args) => advice::erase(&args, &growth).await?,
        Command::Rules => {}
    }
    Ok(Exit::Ok)
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let (exit, hint) = match &error {
            Error::Db(_) => return Self::of_database(error),
            Error::UnknownContractor(_) => {
                (Exit::NotFound, "`leadfleet import contractors` and `import revenue-history` take them in")
            }
            Error::ErasedContractor(_) => (Exit::NotFound, "nothing is kept of whoever was erased"),
            Error::UnknownPattern(_) => (Exit::NotFound, "`leadfleet growth patterns` lists those that are"),
            Error::UnknownGoal(_) | Error::UnknownItem(_) => {
                (Exit::NotFound, "`leadfleet growth goals CONTRACTOR --list` lists them")
            }
            Error::DoesNotFit { .. } => {
                (Exit::Refused, "`leadfleet growth match CONTRACTOR` shows those that fit")
            }
            Error::LearnedLater(_) => (Exit::Refused, "leave --moment out to learn as of now"),
            Error::Unknown(levels::timeline::Unknown::Tier(..)) => {
                (Exit::Usage, "`leadfleet growth rules` prints the tiers; GROWTH_TIERS names others")
            }
            Error::Unknown(_) => {
                (Exit::NotFound, "`leadfleet growth patterns` lists the ways that are known")
            }
            Error::Wrong { .. } => (Exit::Usage, "nothing was written"),
            Error::Stored(_) => (
                Exit::Failure,
                "another version of leadfleet wrote it: `leadfleet growth learn` writes it anew",
            ),
        };
        Self { exit, error: error.into(), hint: Some(hint.to_owned()) }
    }
}

impl Failure {
    fn of_database(error: Error) -> Self {
        match error {
            Error::Db(error) => error.into(),
            error => Self { exit: Exit::Failure, error: error.into(), hint: None },
        }
    }
}
