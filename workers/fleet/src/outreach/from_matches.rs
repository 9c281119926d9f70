//! Prospects from the current run: the decision makers of matched clinics.

use prospects::{FromMatches, FromMatchesRequest, MatchedPerson};

use super::Outreach;
use crate::announce;
use crate::exit::Failure;
use crate::output::{columns, count};
use crate::settings::Settings;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only this segment of the run.
    #[arg(long, value_name = "NAME")]
    segment: Option<String>,
    /// Only segments of this priority or a higher one, 1 to 10.
    #[arg(long, value_name = "PRIORITY")]
    min_priority: Option<f64>,
    /// Show who would be taken in, take nobody in.
    #[arg(long)]
    dry_run: bool,
    /// How many to list.
    #[arg(long, default_value_t = 20, value_name = "N")]
    limit: usize,
}

pub(super) async fn run(args: Args, outreach: &Outreach, settings: &Settings) -> Result<(), Failure> {
    let Args { segment, min_priority, dry_run, limit } = args;
    let request = FromMatchesRequest { user_id: outreach.user_id(), segment, min_priority, dry_run };
    let found = outreach.prospects.from_matches(outreach.owner(), &request, outreach.now).await?;
    announce::leads(outreach.client, &found.taken, settings, outreach.output).await;
    outreach.output.show(&found, |found| in_words(found, limit))?;
    Ok(())
}

fn in_words(found: &FromMatches, limit: usize) -> String {
    let mut text = format!(
        "Run {}: {} of {} with a decision maker\n",
        found.run_id,
        found.with_decision_maker,
        count(found.clinics, "matched clinic")
    );
    text.push_str(&if found.dry_run {
        "Nobody was taken in (dry run).".to_owned()
    } else {
        format!("{} new, {} known already, {} left out", found.created, found.updated, found.left_out)
    });
    if found.people.is_empty() {
        return text;
    }
    let row = |person: &MatchedPerson| {
        let outcome = match (&person.prospect_id, &person.reason) {
            (_, Some(reason)) => format!("left out: {reason}"),
            (Some(prospect), None) => prospect.clone(),
            (None, None) => "would be taken in".to_owned(),
        };
        [person.name.clone(), person.company.clone(), person.segment.clone(), outcome]
    };
    // Those who are left out come first: they want a look.
    let mut people: Vec<&MatchedPerson> = found.people.iter().collect();
    people.sort_by_key(|person| person.reason.is_none());
    let table = columns(["name", "clinic", "segment", "prospect"], people.into_iter().take(limit).map(row));
    text.push_str(&format!("\n\n{table}"));
    match found.people.len().saturating_sub(limit) {
        0 => {}
        more => text.push_str(&format!("\nand {more} more: `--limit` lists more")),
    }
    text
}
