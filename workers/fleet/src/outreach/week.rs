//! The touches of a week as they are kept: on the screen, as a calendar, or as a table for a spreadsheet.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono::{DateTime, Datelike as _, Days, FixedOffset, NaiveDate, Offset as _, Utc, Weekday};
use db::leads::Lead;
use prospects::PlannedTouch;

use super::calendar::{self, Recipient, Recipients};
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
        let people = people(outreach, &touches).await?;
        return write(path, &calendar::ics(&touches, &people, outreach.now), &touches, outreach);
    }
    if let Some(path) = &args.csv {
        let people = people(outreach, &touches).await?;
        let table = calendar::csv(&touches, &people).context("could not write the table")?;
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

/// Who they are.
async fn people(outreach: &Outreach, touches: &[PlannedTouch]) -> Result<Recipients, Failure> {
    let names: Vec<String> = touches.iter().map(|touch| touch.prospect_id.clone()).collect();
    let mut tx = outreach.db.begin(db::DEFAULT_CLIENT).await?;
    let leads = db::leads::named(&mut tx, &names).await?;
    tx.rollback().await?;
    let recipient = |lead: Lead| {
        let Lead { prospect_id, name, title, company, email, linkedin_url, .. } = lead;
        (prospect_id, Recipient { name, title, company, email, linkedin_url })
    };
    Ok(leads.into_iter().map(recipient).collect())
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

/// When a touch goes out, where the recipient is.
pub(super) fn local(touch: &PlannedTouch) -> DateTime<FixedOffset> {
    let ahead = touch.date.and_time(touch.time) - touch.due_at.naive_utc();
    let offset = i32::try_from(ahead.num_seconds()).ok().and_then(FixedOffset::east_opt);
    touch.due_at.with_timezone(&offset.unwrap_or_else(|| Utc.fix()))
}

pub(super) fn touches_table(touches: &[PlannedTouch]) -> String {
    let row = |touch: &PlannedTouch| {
        let there = local(touch);
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
