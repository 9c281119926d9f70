//! `leadfleet dead diff`: what tells a dead letter from a good message of its kind.

use dead::{Among, Comparison, Dead};

use crate::exit::{Exit, Failure};
use crate::output::Output;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Sequence of the letter.
    #[arg(value_name = "SEQ")]
    sequence: u64,
}

pub(super) async fn run(args: &Args, dead: &Dead, output: Output) -> Result<Exit, Failure> {
    let message = dead.open(args.sequence).await?;
    let comparison = dead.compare(&message, Among::All).await?.ok_or_else(|| Failure {
        exit: Exit::NotFound,
        error: anyhow::anyhow!("no good message of the kind of {} is kept", message.letter.subject),
        hint: Some(format!("`leadfleet dead show {}` shows the letter alone", args.sequence)),
    })?;
    output.show(&comparison, in_words)?;
    Ok(Exit::Ok)
}

fn in_words(comparison: &Comparison) -> String {
    let mut text = format!("Compared with {}\n", comparison.good.subject);
    if let Some(reason) = &comparison.unreadable {
        text.push_str(&format!("The dead letter cannot be read: {reason}\n"));
    }
    text.push('\n');
    if comparison.diff.is_empty() {
        text.push_str("Both say the same: it is not the message that is wrong.");
    }
    text.push_str(&comparison.diff);
    text
}
