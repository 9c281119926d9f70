//! `leadfleet dead list`: the letters, grouped by error or one by one.

use dead::{Dead, Filter, Group, Letter, Listing, Standing};

use super::filter::FilterArgs;
use super::{minute, shortened};
use crate::exit::{Exit, Failure};
use crate::output::{Output, columns, count};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    filter: FilterArgs,
    /// Those in this state: open, replaying, resolved, `died_again`, superseded, edited, discarded, or all.
    #[arg(long, value_name = "STATE", default_value = "open")]
    state: States,
    /// A row for each letter.
    #[arg(long)]
    each: bool,
    /// Go on with those that come, until Ctrl-C; a row for each.
    #[arg(long)]
    follow: bool,
}

/// One state, or all.
#[derive(Debug, Clone)]
pub(super) struct States(pub(super) Vec<Standing>);

impl std::str::FromStr for States {
    type Err = dead::BadStanding;

    fn from_str(text: &str) -> Result<Self, dead::BadStanding> {
        Ok(Self(if text == "all" { Vec::new() } else { vec![text.parse()?] }))
    }
}

pub(super) async fn run(args: &Args, dead: &Dead, output: Output) -> Result<Exit, Failure> {
    let filter = args.filter.in_states(args.state.0.clone());
    if args.follow {
        return follow(&filter, dead, output).await;
    }
    let letters = dead.list(&Filter { states: Vec::new(), ..filter.clone() }).await?;
    let listing = match args.each {
        true => Listing::each(&letters, &filter, 0, usize::MAX),
        false => Listing::grouped(&letters, &filter),
    };
    output.show(&listing, in_words)?;
    Ok(Exit::Ok)
}

async fn follow(filter: &Filter, dead: &Dead, output: Output) -> Result<Exit, Failure> {
    let mut letters = dead.follow(filter).await?;
    loop {
        tokio::select! {
            letter = letters.next() => output.show(&letter?, line)?,
            _ = tokio::signal::ctrl_c() => return Ok(Exit::Interrupted),
        }
    }
}

fn line(letter: &Letter) -> String {
    let Letter { sequence, worker, class, error, .. } = letter;
    format!("{}  {sequence}  {worker}  {class}  {}", minute(letter.dead_at), shortened(error, 100))
}

fn in_words(listing: &Listing) -> String {
    let mut text = String::new();
    if let Some(groups) = listing.groups.as_ref().filter(|groups| !groups.is_empty()) {
        text.push_str(&groups_table(groups));
        text.push_str("\n\n");
    }
    if let Some(letters) = listing.each.as_ref().filter(|letters| !letters.is_empty()) {
        text.push_str(&letters_table(letters));
        text.push_str("\n\n");
    }
    text.push_str(&match listing.letters {
        0 => "No dead letter fits.".to_owned(),
        letters => format!("{}.", count(letters as u64, "dead letter")),
    });
    let others: Vec<String> =
        listing.in_other_states.iter().map(|(state, count)| format!("{count} {state}")).collect();
    if !others.is_empty() {
        text.push_str(&format!(" Others: {} (--state all shows them).", others.join(", ")));
    }
    if let Some(newest) = listing.groups.iter().flatten().next().map(|group| group.newest) {
        text.push_str(&format!("\nLook at one: leadfleet dead show {newest}"));
    }
    text
}

fn groups_table(groups: &[Group]) -> String {
    let row = |group: &Group| {
        [
            group.count.to_string(),
            group.worker.clone(),
            group.class.clone(),
            minute(group.last_at),
            group.newest.to_string(),
            group.fingerprint.clone(),
            shortened(&group.error, 80),
        ]
    };
    let header = ["letters", "worker", "class", "last", "newest", "fingerprint", "error of the newest"];
    columns(header, groups.iter().map(row))
}

fn letters_table(letters: &[Letter]) -> String {
    let row = |letter: &Letter| {
        [
            letter.sequence.to_string(),
            minute(letter.dead_at),
            letter.state.to_string(),
            letter.worker.clone(),
            letter.class.clone(),
            letter.run.clone().unwrap_or_default(),
            shortened(&letter.error, 80),
        ]
    };
    columns(["seq", "died", "state", "worker", "class", "run", "error"], letters.iter().map(row))
}
