//! `leadfleet match list`: the runs, the newest first.

use overview::Broker;
use overview::list::{self, Entry, Scrapes};

use crate::exit::{Exit, Failure};
use crate::output::{Output, columns};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// How many.
    #[arg(long, default_value_t = 20, value_name = "N")]
    limit: usize,
    /// The scrapers of each day instead: who was done when.
    #[arg(long)]
    scrapes: bool,
}

pub(super) async fn run(args: &Args, broker: &Broker, output: Output) -> Result<Exit, Failure> {
    if args.scrapes {
        let mut all = list::scrapes(broker).await?;
        all.truncate(args.limit);
        output.show(&all, |all| scrapes_table(all))?;
    } else {
        output.show(&list::newest(broker, args.limit, super::now()).await?, |entries| table(entries))?;
    }
    Ok(Exit::Ok)
}

pub(crate) fn table(entries: &[Entry]) -> String {
    if entries.is_empty() {
        return "No runs yet: `leadfleet match start` starts one.".to_owned();
    }
    let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
    let row = |entry: &Entry| {
        let missing = if entry.missing > 0 { format!(", {} missing", entry.missing) } else { String::new() };
        [
            entry.run_id.clone(),
            entry.run_date.clone(),
            format!("{}{missing}", entry.state),
            entry.trigger.to_owned(),
            readable(&entry.begun_at),
            entry.pain_points.to_string(),
            entry.clinics.to_string(),
            number(entry.segments),
            number(entry.clinics_matched),
        ]
    };
    let header =
        ["run", "date", "state", "trigger", "begun (UTC)", "pain points", "clinics", "segments", "matched"];
    columns(header, entries.iter().map(row))
}

/// `2025-11-11T08:00:00Z` as people read it; the header of the column says that it is UTC.
fn readable(time: &str) -> String {
    time.trim_end_matches('Z').replace('T', " ")
}

fn scrapes_table(all: &[Scrapes]) -> String {
    if all.is_empty() {
        return "No scraper was done in the last days.".to_owned();
    }
    let row = |scrapes: &Scrapes| {
        let done: Vec<String> =
            scrapes.done.iter().map(|done| format!("{} {}", done.source, readable(&done.at))).collect();
        [scrapes.date.clone(), format!("{} of 3", scrapes.done.len()), done.join(", ")]
    };
    columns(["date", "done", "scrapers (UTC)"], all.iter().map(row))
}
