//! `leadfleet patterns learn`: learns from a client's leads, or from the rows of a file without a database.

use std::path::PathBuf;

use chrono::{DateTime, SubsecRound as _, Utc};
use db::Uuid;
use detector::table::{self, Error, Request};

use super::Patterns;
use super::in_words;
use super::read::{Named, Names, read};
use crate::announce;
use crate::exit::{Exit, Failure};
use crate::output::{Output, count};
use crate::settings::Settings;

pub(super) const AFTER_HELP: &str = "\
What is printed:
  Each column is a list of groups: its values, ranges of its numbers, or what its texts contain. A group is called
  better or worse when it stands out in its list, its list stands out among all columns, and its rate, drawn towards
  that of all rows, is still not theirs. The AUC is the chance that of two rows the one that converted is ranked first:
  .5 is a coin; lift is what the best-ranked fifth converts, as a multiple of all. Both come twice: for rows drawn at
  random, and for the newest 30 % foretold by the older rows. Columns that seem to be known only after the outcome stay
  out, and are named.

Examples:
  leadfleet patterns learn
  leadfleet patterns learn --moment 2025-12-07T02:00:00Z --dry-run --json
  leadfleet patterns learn --file leads.csv --outcome converted
  leadfleet patterns learn --file leads.csv.gz --outcome stage --positive won --time created_at --json
  leadfleet patterns learn --file mailings.csv --outcome clicks --trials deliveries
  leadfleet patterns learn --file leads.csv --outcome converted --exclude owner 'Lead Stage' --map title='Job Title'
  leadfleet patterns learn --file leads.csv --outcome converted --shuffle 1";

#[derive(Debug, clap::Args)]
pub struct Args {
    /// CSV file with a header row, separated by commas, semicolons or tabs, plain or gzip; - reads from stdin.
    #[arg(long, value_name = "CSV")]
    file: Option<PathBuf>,
    /// Column of what came of a row: yes or no, or a number.
    #[arg(long, value_name = "COLUMN")]
    outcome: Option<String>,
    /// The value of the outcome that counts as converted, where it cannot be told.
    #[arg(long, value_name = "VALUE")]
    positive: Option<String>,
    /// Column that says of how many the outcome is counted: a row is then a mailing, and not a person.
    #[arg(long, value_name = "COLUMN", conflicts_with = "positive")]
    trials: Option<String>,
    /// Leave rows with fewer trials out: their shares say nothing.
    #[arg(long, value_name = "N", default_value_t = 100)]
    min_trials: u64,
    /// Column that says when a row was [default: the rows are in the order of time].
    #[arg(long, value_name = "COLUMN")]
    time: Option<String>,
    /// Columns to leave out.
    #[arg(long, value_name = "COLUMN", num_args = 1..)]
    exclude: Vec<String>,
    /// Call a column of the file by another name in the report.
    #[arg(long, value_name = "NAME=COLUMN", num_args = 1..)]
    map: Vec<Named>,
    /// More words for a value that is not known, beside Select, NA, null and the like.
    #[arg(long, value_name = "VALUE", num_args = 1..)]
    missing: Vec<String>,
    /// Use columns that seem to be known only after the outcome.
    #[arg(long)]
    keep_leaks: bool,
    /// Give the outcomes to other rows, by this seed: nothing may be found then.
    #[arg(long, value_name = "SEED")]
    shuffle: Option<u64>,
    /// Client whose leads are learned from, without --file.
    #[arg(long, default_value_t = db::DEFAULT_CLIENT, value_name = "UUID", conflicts_with = "file")]
    client: Uuid,
    /// As of when, without --file: what came later does not count [default: now].
    #[arg(long, value_name = "TIME", conflicts_with = "file")]
    moment: Option<DateTime<Utc>>,
    /// What the weights of scores are fitted by, without --file.
    #[arg(long, value_enum, default_value = "centred", conflicts_with = "file")]
    objective: Objective,
    /// Store nothing, without --file.
    #[arg(long, conflicts_with = "file")]
    dry_run: bool,
    /// How often the outcomes are shuffled to count what is found where there is nothing.
    #[arg(long, value_name = "N", default_value_t = 20)]
    nulls: u32,
}

/// What weights are fitted by.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum Objective {
    /// With an intercept, and parts around their means.
    Centred,
    /// As the source document writes it down.
    Seed,
}

impl From<Objective> for stats::weights::Objective {
    fn from(objective: Objective) -> Self {
        match objective {
            Objective::Centred => Self::Centred,
            Objective::Seed => Self::Seed,
        }
    }
}

/// More cells take long enough to say so.
const LONG: usize = 1_000_000;

impl Args {
    /// Whether a table is meant and no client.
    pub(super) fn is_of_a_file(&self) -> bool {
        self.file.is_some() || self.outcome.is_some()
    }
}

/// Learns from the leads of a client, and tells the fleet.
pub(super) async fn from_leads(args: &Args, patterns: &Patterns, settings: &Settings) -> Result<(), Failure> {
    let moment = args.moment.unwrap_or(patterns.now).trunc_subsecs(0);
    if let Some(why) = runtime::learning::too_late(moment, patterns.now) {
        let hint = Some("leave --moment out to learn as of now".to_owned());
        return Err(Failure { exit: Exit::Usage, error: anyhow::anyhow!("{why}"), hint });
    }
    let request = conversion::Request { client: args.client, moment, objective: args.objective.into() };
    let learned = if args.dry_run {
        patterns.conversion.look(request, || {}).await?
    } else {
        patterns.conversion.learn(request, || {}).await?
    };
    if !args.dry_run && !learned.superseded {
        announce::patterns(args.client, &learned, settings, patterns.output).await;
    }
    let decision = &learned.findings.decision;
    let told = serde_json::json!({
        "run_id": learned.run_id, "moment": moment, "leads": learned.leads, "activities": learned.activities,
        "stored": !args.dry_run, "superseded": learned.superseded,
        "weights_source": decision.weights_source, "weights": decision.adopted, "reason": decision.reason,
        "who": learned.findings.who, "what": learned.findings.what, "when": learned.findings.when,
        "how": learned.findings.how,
    });
    patterns.output.show(&told, |_| {
        let end = match (args.dry_run, learned.superseded) {
            (true, _) => "Nothing was stored.",
            (false, true) => "Later patterns are in force: this is kept as history.",
            (false, false) => "`leadfleet patterns show` shows what was found.",
        };
        format!(
            "{} and {} read as of {}\nWeights: {} ({})\n{end}",
            count(learned.leads, "lead"),
            count(learned.activities, "activity").replace("activitys", "activities"),
            moment.format("%Y-%m-%d %H:%M UTC"),
            decision.weights_source.name(),
            decision.reason,
        )
    })?;
    Ok(())
}

pub(super) fn from_file(args: &Args, output: Output) -> Result<Exit, Failure> {
    let (Some(file), Some(outcome)) = (&args.file, &args.outcome) else {
        let error = anyhow::anyhow!("name a table with --file, and the column of its outcome with --outcome");
        let hint = "`leadfleet patterns learn --help` shows examples".to_owned();
        return Err(Failure { exit: Exit::Usage, error, hint: Some(hint) });
    };
    let (table, names) = read(file, &args.map)?;
    let named = |name: &Option<String>| name.as_deref().map(|name| names.find(name)).transpose();
    let request = Request {
        outcome: names.find(outcome)?,
        positive: args.positive.clone(),
        trials: named(&args.trials)?,
        least_trials: args.min_trials,
        time: named(&args.time)?,
        exclude: names.find_all(&args.exclude)?,
        missing: args.missing.clone(),
        keep_leaks: args.keep_leaks,
        shuffle: args.shuffle,
        nulls: args.nulls,
    };
    if table.rows * table.columns.len() > LONG {
        output.say("Learning", &format!("from {}", count(table.rows as u64, "row")));
    }
    let report = table::learn(&table, &request).map_err(|error| wrong(error, &names))?;
    output.show(&report, in_words::report)?;
    Ok(Exit::Ok)
}

fn wrong(error: Error, names: &Names) -> Failure {
    let hint = match &error {
        Error::NoColumn(_) => format!("the columns are {}", names.listed()),
        Error::NoOutcome(_) => "name a column with --outcome that has values".to_owned(),
        Error::Outcome { positive: None, .. } => {
            "say with --positive which of its values counts as converted".to_owned()
        }
        Error::Outcome { .. } => "name one of its values with --positive".to_owned(),
        Error::MoreThanTrials { .. } => {
            "--trials names the column of how many the outcome is counted".to_owned()
        }
        Error::FewTrials { .. } => "--min-trials lets rows with fewer in".to_owned(),
        Error::Time { .. } => {
            "write times as 2025-11-11, 2025-11-11T08:00:00Z or numbers, in every row, or leave --time out"
                .to_owned()
        }
    };
    let exit = match &error {
        Error::MoreThanTrials { .. } | Error::FewTrials { .. } | Error::Time { .. } => Exit::Failure,
        Error::NoColumn(_) | Error::NoOutcome(_) | Error::Outcome { .. } => Exit::Usage,
    };
    Failure { exit, error: error.into(), hint: Some(hint) }
}
