//! The plan of a week: what goes out when, what does not, and why.

use ::prospects::{Cadence, CadenceRequest, SegmentQuota, Shortfall, Skipped};
use chrono::NaiveDate;

use super::Outreach;
use super::week::touches_table;
use crate::exit::Failure;
use crate::output::{columns, count};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How many connection requests the week is to have; 30 to 50 do well, `OUTREACH_WEEKLY_CAP` allows more.
    #[arg(long, default_value_t = 40, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    requests: u32,
    /// How many follow-ups the week is to have.
    #[arg(long, default_value_t = 30, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=1000))]
    followups: u32,
    /// A day of it [default: this week, at the weekend the next one].
    #[arg(long, value_name = "DATE", value_parser = crate::cli::date)]
    week: Option<NaiveDate>,
    /// Show the plan, keep nothing.
    #[arg(long)]
    dry_run: bool,
    /// Show this week and the next as they would be if nobody answered; keep nothing.
    #[arg(long, conflicts_with = "dry_run")]
    simulate: bool,
}

pub(super) async fn run(args: &Args, outreach: &Outreach) -> Result<(), Failure> {
    let request = CadenceRequest {
        user_id: outreach.user_id(),
        target_connection_requests: args.requests,
        target_followups: args.followups,
        week_start: args.week,
        dry_run: args.dry_run,
    };
    if args.simulate {
        let weeks = outreach.prospects.simulate(outreach.owner(), &request, outreach.now).await?;
        outreach.output.show(&weeks, |weeks| weeks.iter().map(in_words).collect::<Vec<_>>().join("\n\n"))?;
        return Ok(());
    }
    let cadence = outreach.prospects.plan_week(outreach.owner(), &request, outreach.now).await?;
    outreach.output.show(&cadence, in_words)?;
    Ok(())
}

fn in_words(cadence: &Cadence) -> String {
    let mut text = format!(
        "Week of Monday {}: {}, {}{}\n",
        cadence.week_start,
        count(cadence.connection_requests.into(), "connection request"),
        count(cadence.followups.into(), "follow-up"),
        if cadence.dry_run { " (nothing was kept)" } else { "" }
    );
    for Shortfall { missing, explanation, .. } in &cadence.shortfalls {
        text.push_str(&format!("{missing} missing: {explanation}\n"));
    }
    for Skipped { reason, prospects } in &cadence.skipped {
        text.push_str(&format!("{} left out: {reason}\n", count(*prospects as u64, "prospect")));
    }
    for warning in &cadence.warnings {
        text.push_str(&format!("note: {warning}\n"));
    }
    let row = |quota: &SegmentQuota| {
        [quota.segment.to_owned(), quota.planned.to_string(), quota.filled.to_string()]
    };
    let header = ["new connection requests", "wanted", "planned"];
    text.push_str(&format!("\n{}", columns(header, cadence.segments.iter().map(row))));
    if !cadence.touches.is_empty() {
        text.push_str(&format!("\n\n{}", touches_table(&cadence.touches)));
    }
    text
}
