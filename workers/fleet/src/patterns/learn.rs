//! `leadfleet patterns learn`: learns from the rows of a file, without a database.

use std::path::PathBuf;

use detector::table::{self, Error, Request};

use super::in_words;
use super::read::{Named, Names, read};
use crate::exit::{Exit, Failure};
use crate::output::{Output, count};

pub(super) const AFTER_HELP: &str = "\
What is printed:
  Each column is a list of groups: its values, ranges of its numbers, or what its texts contain. A group is called
  better or worse when it stands out in its list, its list stands out among all columns, and its rate, drawn towards
  that of all rows, is still not theirs. The AUC is the chance that of two rows the one that converted is ranked first:
  .5 is a coin; lift is what the best-ranked fifth converts, as a multiple of all. Both come twice: for rows drawn at
  random, and for the newest 30 % foretold by the older rows. Columns that seem to be known only after the outcome stay
  out, and are named.

Examples:
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
    /// How often the outcomes are shuffled to count what is found where there is nothing.
    #[arg(long, value_name = "N", default_value_t = 20)]
    nulls: u32,
}

/// More cells take long enough to say so.
const LONG: usize = 1_000_000;

pub(super) fn run(args: &Args, output: Output) -> Result<Exit, Failure> {
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
