//! Scores all leads anew, or tells what would change.

use prospects::{Rescored, Whom};

use super::{Leads, OfClient};
use crate::exit::Failure;
use crate::output::count;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Write the scores.
    #[arg(long)]
    apply: bool,
    /// Only leads whom nobody has contacted yet.
    #[arg(long)]
    untouched: bool,
    #[command(flatten)]
    of: OfClient,
}

pub(super) async fn run(args: &Args, leads: &Leads) -> Result<(), Failure> {
    let Args { apply, untouched, of } = args;
    let whom = if *untouched { Whom::Untouched } else { Whom::All };
    let rescored = leads.scores.rescore(of.client, whom, *apply, leads.now, || {}).await?;
    leads.output.show(&rescored, in_words)?;
    Ok(())
}

fn in_words(told: &Rescored) -> String {
    let Rescored { leads, changed, first_time, risen, fallen, .. } = told;
    let mut text = format!("{}: {changed} with another score", count(*leads, "lead"));
    if *first_time > 0 {
        text.push_str(&format!(", {first_time} of them for the first time"));
    }
    if risen + fallen > 0 {
        text.push_str(&format!(
            "\n{risen} rise by up to {}, {fallen} fall by up to {}; the mean move is {}",
            told.largest_rise, told.largest_fall, told.mean_move
        ));
    }
    let end = if told.applied { "\nThe scores are written" } else { "\nNothing was written: --apply writes" };
    text + end
}
