//! All that happened to a prospect, in the order of time.

use chrono::{DateTime, Utc};
use db::activities::Activity;
use prospects::Change;
use serde::Serialize;

use super::Outreach;
use crate::exit::Failure;
use crate::output::columns;

#[derive(Debug, Serialize)]
struct History {
    prospect_id: String,
    /// Of the newest sequence.
    changes: Vec<Change>,
    activities: Vec<Activity>,
}

pub(super) async fn run(prospect: &str, outreach: &Outreach) -> Result<(), Failure> {
    let person = outreach.prospects.export(outreach.owner(), prospect).await?;
    let history = History {
        prospect_id: person.prospect.prospect_id,
        changes: person.sequence.map(|sequence| sequence.history).unwrap_or_default(),
        activities: person.activities,
    };
    outreach.output.show(&history, in_words)?;
    Ok(())
}

fn in_words(history: &History) -> String {
    let mut rows: Vec<(DateTime<Utc>, String, String)> = Vec::new();
    for change in &history.changes {
        rows.push((change.at, format!("{} → {}", change.from, change.to), change.cause.clone()));
    }
    for activity in &history.activities {
        rows.push((activity.created_at, activity.action.clone(), about(activity)));
    }
    if rows.is_empty() {
        return format!("Nothing has happened to {} yet.", history.prospect_id);
    }
    rows.sort_by_key(|(at, ..)| *at);
    let row = |(at, what, about): (DateTime<Utc>, String, String)| {
        [at.format("%Y-%m-%d %H:%M").to_string(), what, about]
    };
    columns(["time (utc)", "what", "about"], rows.into_iter().map(row))
}

fn about(activity: &Activity) -> String {
    let step = activity.step.map(|step| format!("step {step}"));
    let machine = activity.machine.then(|| match &activity.machine_reason {
        Some(reason) => format!("by a machine: {reason}"),
        None => "by a machine".to_owned(),
    });
    let parts =
        [Some(activity.channel.clone()), activity.kind.clone(), step, activity.intent.clone(), machine];
    let said: Vec<String> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    said.join(", ")
}
