//! The touches of a week as they are kept: on the screen, as a calendar, or as a table for a spreadsheet.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono::{Datelike as _, Days, NaiveDate, Weekday};
use prospects::PlannedTouch;

use super::{Outreach, counted};
use crate::exit::Failure;
use crate::output::{self, columns};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A day of the week [default: this week, at the weekend the next one].
    #[arg(value_name = "DATE", value_parser = crate::cli::date)]
    day: Option<NaiveDate>,
    /// Write them for a calendar; - is standard output.
    #[arg(long, value_name = "FILE", conflicts_with = "csv")]
    ics: Option<PathBuf>,
    /// Write them for a spreadsheet; - is standard output.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
}

pub(super) async fn run(args: &Args, outreach: &Outreach) -> Result<(), Failure> {
    let monday = match args.day {
        Some(day) => day.week(Weekday::Mon).first_day(),
        None => current(outreach),
    };
    let touches = outreach.prospects.week(outreach.owner(), monday).await?;
    if let Some(path) = &args.ics {
        let people = outreach.prospects.recipients(outreach.owner(), &touches).await?;
        let calendar = prospects::as_calendar(&touches, &people, outreach.now);
        return write(path, &calendar, &touches, outreach);
    }
    if let Some(path) = &args.csv {
        let people = outreach.prospects.recipients(outreach.owner(), &touches).await?;
        let table = prospects::as_spreadsheet(&touches, &people).context("could not write the table")?;
        return write(path, &table, &touches, outreach);
    }
    outreach.output.show(&touches, |touches| {
        if touches.is_empty() {
            return format!(
                "Nothing is planned in the week of Monday {monday}: `leadfleet outreach cadence` plans one."
            );
        }
        format!("Week of Monday {monday}\n\n{}", touches_table(touches))
    })?;
    Ok(())
}

/// The week that a plan is for when no other is named.
fn current(outreach: &Outreach) -> NaiveDate {
    let today = outreach.now.with_timezone(&outreach.zone).date_naive();
    let monday = today.week(Weekday::Mon).first_day();
    if matches!(today.weekday(), Weekday::Sat | Weekday::Sun) { monday + Days::new(7) } else { monday }
}

fn write(path: &Path, text: &str, touches: &[PlannedTouch], outreach: &Outreach) -> Result<(), Failure> {
    if path == Path::new("-") {
        return Ok(output::print(text)?);
    }
    std::fs::write(path, text).with_context(|| format!("could not write {}", path.display()))?;
    let written = serde_json::json!({ "file": path, "touches": touches.len() });
    outreach.output.show(&written, |_written| {
        format!("Wrote {} to {}", counted(touches.len() as u64, "touch", "touches"), path.display())
    })?;
    Ok(())
}

pub(super) fn touches_table(touches: &[PlannedTouch]) -> String {
    let row = |touch: &PlannedTouch| {
        let there = touch.there();
        let offset = there.offset().to_string();
        let offset = offset.strip_suffix(":00").unwrap_or(&offset);
        let state = if touch.late { format!("{}, late", touch.state) } else { touch.state.clone() };
        [
            // Not to be broken between weekday and day.
            there.format("%a\u{a0}%-d").to_string(),
            format!("{}{offset}", there.format("%H:%M")),
            touch.prospect_id.clone(),
            touch.kind.clone(),
            touch.segment.clone(),
            state,
        ]
    };
    columns(["day", "there", "prospect", "type", "segment", "state"], touches.iter().map(row))
}
