//! `leadfleet outreach`: prospects, their sequences, the week's touches, and what came of them.

mod audience;
mod cadence;
mod due;
mod erase;
mod from_matches;
mod history;
mod metrics;
mod person;
mod sequence;
mod suppression;
mod week;

use chrono::{DateTime, Utc};
use prospects::{Error, Owner, Prospects};

use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::reach;
use crate::settings::Settings;
use crate::workers::Workers;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The user who asks; without it you are the client's own operator.
    #[arg(long, global = true, value_name = "USER")]
    user: Option<String>,
    /// Id of the client.
    #[arg(long, global = true, default_value_t = db::DEFAULT_CLIENT, value_name = "UUID")]
    client: db::Uuid,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Place prospects in segments by their words, and say which words decided.
    #[command(
        after_help = "Examples:\n  leadfleet outreach segment\n  leadfleet outreach segment prospect_1 prospect_2 --json"
    )]
    Segment(audience::SegmentArgs),
    /// List the most promising prospects.
    #[command(
        after_help = "Examples:\n  leadfleet outreach prioritize --min-fit 70 --min-referral 60\n  leadfleet outreach prioritize --segment stealth_founder --limit 5 --why"
    )]
    Prioritize(audience::PrioritizeArgs),
    /// Enrol a prospect in a sequence, and show the words for it.
    #[command(
        after_help = "Examples:\n  leadfleet outreach generate prospect_1\n  leadfleet outreach generate prospect_1 --type soft_nudge --json"
    )]
    Generate(sequence::GenerateArgs),
    /// Show the sequence of a prospect and where it stands.
    #[command(after_help = "Example:\n  leadfleet outreach show prospect_1")]
    Show(OfProspect),
    /// Plan a week of connection requests and follow-ups; what is planned already stays.
    #[command(
        after_help = "Examples:\n  leadfleet outreach cadence --dry-run\n  leadfleet outreach cadence --requests 40 --followups 30\n  leadfleet outreach cadence --week 2026-11-23 --simulate"
    )]
    Cadence(cadence::Args),
    /// Show the touches of a week, or write them for a calendar or a spreadsheet.
    #[command(
        after_help = "Examples:\n  leadfleet outreach week\n  leadfleet outreach week 2026-11-23 --ics week.ics\n  leadfleet outreach week --csv - > week.csv"
    )]
    Week(week::Args),
    /// Take touches that are due, with the words to send: no other tool gets them for a day.
    #[command(
        after_help = "Examples:\n  leadfleet outreach due --limit 10\n  leadfleet outreach due --tool mailer --json"
    )]
    Due(due::Args),
    /// Say what became of a touch that was taken.
    #[command(
        after_help = "Examples:\n  leadfleet outreach ack 019ab3c4-5d6e-7f80-9123-456789abcdef sent\n  leadfleet outreach ack 019ab3c4-5d6e-7f80-9123-456789abcdef failed"
    )]
    Ack(due::AckArgs),
    /// Show what outreach has brought, with 95 % intervals.
    #[command(
        after_help = "Examples:\n  leadfleet outreach metrics\n  leadfleet outreach metrics --from 2026-11-01 --segment referral_network --json"
    )]
    Metrics(metrics::Args),
    /// Leave an address, a domain, a company, a channel or everybody alone from now on.
    #[command(
        after_help = "Examples:\n  leadfleet outreach suppress address jane@clinic.example --reason 'asked by phone'\n  leadfleet outreach suppress domain clinic.example\n  leadfleet outreach suppress channel linkedin\n  leadfleet outreach suppress global --reason 'holiday'"
    )]
    Suppress(suppression::Args),
    /// Take a suppression back.
    #[command(after_help = "Example:\n  leadfleet outreach unsuppress domain clinic.example")]
    Unsuppress(suppression::Args),
    /// List suppressions, the newest first; whom they are about cannot be told from them.
    #[command(after_help = "Example:\n  leadfleet outreach suppressions --limit 20")]
    Suppressions(suppression::ListArgs),
    /// Add a note to a prospect; the newest one goes into its messages.
    #[command(
        after_help = "Example:\n  leadfleet outreach note prospect_1 'They opened a new campus.' --source website"
    )]
    Note(person::NoteArgs),
    /// List the notes of a prospect, the oldest first.
    #[command(after_help = "Example:\n  leadfleet outreach notes prospect_1")]
    Notes(OfProspect),
    /// Print everything that is kept of a person, as JSON.
    #[command(after_help = "Example:\n  leadfleet outreach export prospect_1 > prospect_1.json")]
    Export(OfProspect),
    /// Forget a person in Postgres, dead letters and runs; that it is not to be contacted is kept as keyed hashes.
    #[command(
        after_help = "Examples:\n  leadfleet outreach erase prospect_1 --dry-run\n  leadfleet outreach erase prospect_1\n  leadfleet outreach erase prospect_1 --yes --json"
    )]
    Erase(erase::Args),
    /// Show all that happened to a prospect: its sequence's changes and its activities.
    #[command(after_help = "Example:\n  leadfleet outreach history prospect_1")]
    History(OfProspect),
    /// Make prospects of the decision makers of the current run's clinics.
    #[command(
        after_help = "Examples:\n  leadfleet outreach from-matches --dry-run\n  leadfleet outreach from-matches --segment emr-arizona\n  leadfleet outreach from-matches --min-priority 7 --json"
    )]
    FromMatches(from_matches::Args),
    /// Let somebody ask by this name: the API wants one as `user_id`.
    #[command(after_help = "Example:\n  leadfleet outreach add-user ann@agency.example")]
    AddUser(person::AddUserArgs),
}

#[derive(Debug, clap::Args)]
struct OfProspect {
    /// Its id, such as `prospect_1`.
    #[arg(value_name = "PROSPECT")]
    prospect: String,
}

/// What the commands work with.
struct Outreach {
    prospects: Prospects,
    client: db::Uuid,
    user: Option<String>,
    now: DateTime<Utc>,
    /// Where the client is.
    zone: chrono_tz::Tz,
    output: Output,
}

pub async fn run(args: Args, settings: &Settings, output: Output) -> Result<Exit, Failure> {
    let workers = Workers::load(settings)?;
    let db = reach::postgres(settings).await?;
    #[expect(clippy::disallowed_methods, reason = "a command reads the clock once and passes it on")]
    let now = Utc::now();
    let outreach = Outreach {
        prospects: workers.prospects_over(db)?,
        client: args.client,
        user: args.user,
        now,
        zone: workers.schedule_tz,
        output,
    };
    match args.command {
        Command::Segment(args) => audience::segment(args, &outreach).await?,
        Command::Prioritize(args) => audience::prioritize(args, &outreach).await?,
        Command::Generate(args) => sequence::generate(args, &outreach).await?,
        Command::Show(of) => sequence::show(&of.prospect, &outreach).await?,
        Command::Cadence(args) => cadence::run(&args, &outreach).await?,
        Command::Week(args) => week::run(&args, &outreach).await?,
        Command::Due(args) => due::take(&args, &outreach).await?,
        Command::Ack(args) => due::acknowledge(&args, &outreach).await?,
        Command::Metrics(args) => metrics::run(args, &outreach).await?,
        Command::Suppress(args) => suppression::add(args, &outreach).await?,
        Command::Unsuppress(args) => suppression::remove(args, &outreach).await?,
        Command::Suppressions(args) => suppression::list(&args, &outreach).await?,
        Command::Note(args) => person::note(args, &outreach).await?,
        Command::Notes(of) => person::notes(&of.prospect, &outreach).await?,
        Command::Export(of) => person::export(&of.prospect, &outreach).await?,
        Command::Erase(args) => erase::run(&args, &outreach, settings).await?,
        Command::History(of) => history::run(&of.prospect, &outreach).await?,
        Command::FromMatches(args) => from_matches::run(args, &outreach, settings).await?,
        Command::AddUser(args) => person::add_user(&args, &outreach).await?,
    }
    Ok(Exit::Ok)
}

/// What is done with prospects, for a command; refused at once when Postgres is away or its schema is old.
pub(crate) async fn prospects(settings: &Settings) -> Result<Prospects, Failure> {
    Workers::load(settings)?.prospects_over(reach::postgres(settings).await?)
}

impl Outreach {
    fn owner(&self) -> Owner<'_> {
        Owner { client: self.client, user: self.user.as_deref() }
    }

    /// The user as requests name it; who asks is decided by the owner.
    fn user_id(&self) -> String {
        self.user.clone().unwrap_or_default()
    }
}

/// `1 touch`, `2 touches`.
fn counted(number: u64, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// A rate or share of one as people read it.
fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let (exit, hint) = match &error {
            Error::UnknownUser(_) => (
                Exit::NotFound,
                "without --user you are the client's operator; `leadfleet outreach add-user` adds a user",
            ),
            Error::UnknownProspects(_) => (
                Exit::NotFound,
                "`leadfleet outreach prioritize` lists them, `leadfleet import prospects` brings more",
            ),
            Error::UnknownTouch(_) => {
                (Exit::NotFound, "`leadfleet outreach week --json` shows the ids of a week")
            }
            Error::UnknownCampaign(_) => (Exit::NotFound, "`leadfleet campaign list` shows them"),
            Error::Refused(_) => {
                return Self { exit: Exit::Refused, error: error.into(), hint: None };
            }
            Error::Wrong(_) => return Self { exit: Exit::Usage, error: error.into(), hint: None },
            Error::Stored(_) => return Self { exit: Exit::Failure, error: error.into(), hint: None },
            Error::Db(_) => match error {
                Error::Db(error) => return error.into(),
                error => return anyhow::Error::from(error).into(),
            },
        };
        Self { exit, error: error.into(), hint: Some(hint.to_owned()) }
    }
}
