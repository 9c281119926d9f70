//! Growth patterns and goals as a person reads them.

use std::collections::BTreeMap;

use levels::pattern::{CommonContent, Figure, Modal};
use levels::{Pattern, Run, Status, Verdict};
use serde_json::Value;

use crate::output::{columns, count};

/// What of a learning is not in the patterns.
pub(super) fn run(run: &Run) -> String {
    let mut text = String::new();
    for broken in &run.breaks {
        text.push_str(&format!(
            "In {} the lists hold {} of the {} of the year before ({:.0} %, usually {:.0} %): nothing is learned across it\n",
            broken.year,
            broken.stayed,
            broken.seen,
            broken.share * 100.0,
            broken.usual * 100.0
        ));
    }
    if run.selected_for_growth {
        text.push_str("Hardly any revenue falls: these were chosen for growth, and nothing is compared\n");
    }
    if run.unknown_tiers > 0 {
        text.push_str(&format!(
            "{} of the history left out: their tiers are not on the ladder\n",
            count(run.unknown_tiers, "row")
        ));
    }
    for few in &run.insufficient_data {
        let reason = few.reason.as_deref().unwrap_or("too few");
        text.push_str(&format!(
            "No pattern from {} to {}: {reason}\n",
            few.from_revenue_tier, few.to_revenue_tier
        ));
    }
    if let Some(calibration) = &run.calibration {
        text.push_str(&format!(
            "Confidence against {}: error {:.3}\n",
            count(calibration.outcomes, "outcome"),
            calibration.error
        ));
    }
    text
}

/// Whether it may be used, in a word.
pub(super) fn standing(pattern: &Pattern) -> String {
    match pattern.status {
        Status::Served => String::new(),
        status => status.name().to_owned(),
    }
}

pub(super) fn pattern(pattern: &Pattern, partners: &BTreeMap<i32, String>) -> String {
    let mut parts = vec![format!(
        "{} (pattern {})\n{}\nConfidence {:.2} of {}; between {:.2} and {:.2} without outcomes",
        pattern.pattern_name,
        pattern.id,
        pattern.pattern_description,
        pattern.confidence_score,
        count(pattern.sample_size, "contractor"),
        pattern.confidence_low,
        pattern.confidence_high
    )];
    if let Some(reason) = &pattern.status_reason {
        parts.push(format!("It is {}: {reason}", pattern.status.name()));
    }
    let months = &pattern.months_stats;
    // Of those whose entry into the tier was not seen nobody knows how long it took.
    if months.n > 0 {
        parts.push(format!(
            "Months: median {}, average {}, fastest {}; a quarter within {}, three quarters within {}",
            pattern.median_time_to_level_up_months,
            pattern.avg_time_to_level_up_months,
            pattern.fastest_time_months,
            months.p25,
            months.p75
        ));
    }
    let mut rows = Vec::new();
    rows.extend(pattern.modal.iter().map(|Modal { phrase, figure, .. }| row(phrase, figure, "")));
    let actions = pattern.common_focus_areas_stats.iter().chain(&pattern.common_milestones_stats);
    let is_modal = |name: &str| pattern.modal.as_ref().is_some_and(|modal| modal.name == name);
    rows.extend(
        actions.filter(|action| !is_modal(&action.name)).map(|action| row(&action.name, &action.figure, "")),
    );
    rows.extend(pattern.common_partners.iter().map(|partner| {
        let name = partners.get(&partner.partner_id).cloned();
        let satisfied =
            partner.avg_satisfaction.map_or(String::new(), |average| format!("satisfaction {average:.1}/5"));
        row(&name.unwrap_or_else(|| format!("partner {}", partner.partner_id)), &partner.figure, &satisfied)
    }));
    for (did, content) in [
        ("read", &pattern.common_books),
        ("listened to", &pattern.common_podcasts),
        ("attended", &pattern.common_events),
    ] {
        rows.extend(
            content
                .iter()
                .map(|CommonContent { title, figure, .. }| row(&format!("{did} '{title}'"), figure, "")),
        );
    }
    parts.push(columns(["", "had it", "%", "95 %", "who stayed", "verdict", ""], rows));
    parts.join("\n\n")
}

fn row(name: &str, figure: &Figure, note: &str) -> [String; 7] {
    let months = match figure.median_months {
        None | Some(0) => String::new(),
        Some(months) => format!("within {}", count(months.into(), "month")),
    };
    let notes: Vec<&str> = [note, months.as_str(), if figure.undated { "some undated" } else { "" }]
        .into_iter()
        .filter(|note| !note.is_empty())
        .collect();
    [
        name.to_owned(),
        format!("{} of {}", figure.count, figure.n),
        figure.percent(),
        format!("{:.0} to {:.0}", figure.low * 100.0, figure.high * 100.0),
        figure
            .comparison
            .as_ref()
            .map_or(String::new(), |stayed| format!("{} of {}", stayed.stayed_with, stayed.stayed)),
        match figure.verdict {
            Verdict::CommonAmong => "common among".to_owned(),
            Verdict::MoreCommon => "more common".to_owned(),
        },
        notes.join(", "),
    ]
}

/// A goal, as it is made and as it is stored: their fields have the same names.
pub(super) fn goal(goal: &Value) -> String {
    let said = |name: &str| goal[name].as_str().filter(|text| !text.is_empty());
    let number = goal["id"].as_i64().map_or(String::new(), |id| format!("Goal {id}: "));
    let status = said("status").filter(|status| *status != "open");
    let mut text = format!(
        "{number}{}{}\n  {}, priority {} of 10\n  Target: {}",
        said("goal_description").unwrap_or_default(),
        status.map_or(String::new(), |status| format!(" ({status})")),
        said("goal_type").unwrap_or_default(),
        goal["priority_score"],
        said("target_milestone").unwrap_or_default()
    );
    if let Some(source) = said("pattern_source") {
        text.push_str(&format!("\n  {source}"));
        if let Some(confidence) = goal["pattern_confidence"].as_f64() {
            text.push_str(&format!(" (confidence {confidence:.2})"));
        }
    }
    if let Some(timeline) = said("timeline") {
        text.push_str(&format!("\n  {timeline}"));
    }
    if let Some(question) = said("question") {
        text.push_str(&format!("\n  Ask when it has ended: {question}"));
    }
    let gaps: Vec<&str> =
        goal["data_gaps"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if !gaps.is_empty() {
        text.push_str(&format!("\n  Not known yet: {}", gaps.join(", ")));
    }
    for line in goal["checklist"].as_array().into_iter().flatten() {
        let item = line.as_str().or(line["item"].as_str()).unwrap_or_default();
        let done = if line["done_at"].is_string() { "x" } else { " " };
        let number = line["id"].as_i64().map_or(String::new(), |id| format!("{id} "));
        text.push_str(&format!("\n  [{done}] {number}{item}"));
    }
    text
}
