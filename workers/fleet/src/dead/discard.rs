//! `leadfleet dead discard`: gives letters up, after the operator has said how many.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use dead::{Dead, Discarded, FEW, Standing};

use super::Who;
use super::filter::FilterArgs;
use crate::exit::{Exit, Failure};
use crate::output::{Output, count};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    filter: FilterArgs,
    /// All open letters, when nothing narrows them down.
    #[arg(long)]
    all: bool,
    /// Say how many will be given up, instead of typing it.
    #[arg(long, value_name = "N")]
    yes_discard: Option<u64>,
    #[command(flatten)]
    who: Who,
}

pub(super) async fn run(args: &Args, dead: &Dead, output: Output) -> Result<Exit, Failure> {
    let by = args.who.by()?;
    let filter = args.filter.in_states(vec![Standing::Open]);
    if !filter.narrows() && !args.all {
        return Err(Failure {
            exit: Exit::Refused,
            error: anyhow::anyhow!("this would give up every open letter"),
            hint: Some("narrow it down (--worker, --class, --since, …), or say --all".to_owned()),
        });
    }
    let letters = dead.list(&filter).await?;
    let found = letters.len() as u64;
    if found == 0 {
        return Err(Failure {
            exit: Exit::NotFound,
            error: anyhow::anyhow!("no open letter fits"),
            hint: Some("`leadfleet dead list --state all` shows the others".to_owned()),
        });
    }
    if found > FEW || args.yes_discard.is_some() {
        let said = match args.yes_discard {
            Some(said) => Some(said),
            None => typed(found)?,
        };
        if said != Some(found) {
            return Err(Failure {
                exit: Exit::Refused,
                error: anyhow::anyhow!("{} would be given up; nothing was changed", count(found, "letter")),
                hint: Some(format!("type {found} when asked, or say --yes-discard {found}")),
            });
        }
    }
    let discarded = dead.discard(&letters, &filter, &by).await?;
    output.show(&discarded, in_words)?;
    Ok(if discarded.taken == 0 { Exit::Ok } else { Exit::Partial })
}

/// The number that the operator types.
fn typed(found: u64) -> io::Result<Option<u64>> {
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    write!(io::stderr(), "{found} letters will be given up. Type their number to go on: ")?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim().parse().ok())
}

fn in_words(discarded: &Discarded) -> String {
    let mut text = format!("Gave up {}.", count(discarded.discarded, "letter"));
    if discarded.taken > 0 {
        text.push_str(&format!(" {} were taken by somebody else meanwhile.", discarded.taken));
    }
    text
}
