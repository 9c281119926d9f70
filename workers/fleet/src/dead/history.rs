//! `leadfleet dead history`: who did what with dead letters, and why.

use dead::{Dead, Event, Verb, Wish};

use super::{minute, shortened};
use crate::exit::{Exit, Failure};
use crate::output::{Output, columns, count};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// What happened to this letter.
    #[arg(value_name = "SEQ")]
    sequence: Option<u64>,
    /// What this operator did.
    #[arg(long, value_name = "NAME")]
    operator: Option<String>,
    /// Only this kind of change, as replay, edit or discard.
    #[arg(long, value_name = "WHAT")]
    what: Option<Verb>,
}

pub(super) async fn run(args: &Args, dead: &Dead, output: Output) -> Result<Exit, Failure> {
    let wish = Wish { letter: args.sequence, operator: args.operator.clone(), verb: args.what };
    let mut events = dead.history(&wish).await?;
    // Who signs in and out is told when it is asked for.
    if args.what.is_none() {
        events.retain(|event| !event.verb.is_of_people());
    }
    output.show(&events, |events| in_words(events))?;
    Ok(Exit::Ok)
}

fn in_words(events: &[Event]) -> String {
    if events.is_empty() {
        return "Nothing was done.".to_owned();
    }
    let row = |event: &Event| {
        let counted = event.counts.iter().filter(|(_, number)| **number > 0);
        let counts = counted.map(|(what, number)| match what.as_str() {
            "letters" => count(*number, "letter"),
            what => format!("{number} {}", what.replace('_', " ")),
        });
        let note = (!event.note.is_empty()).then(|| shortened(&event.note, 60));
        [
            minute(event.by.at),
            event.by.operator.clone(),
            event.verb.as_str().replace('_', " "),
            shortened(&event.letters.to_string(), 24),
            counts.chain(note).collect::<Vec<_>>().join(", "),
            shortened(&event.by.reason, 60),
        ]
    };
    columns(["at", "operator", "what", "letters", "", "reason"], events.iter().map(row))
}
