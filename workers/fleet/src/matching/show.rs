//! `leadfleet match show`: what came out of a run, or one of its segments.

use overview::decided::{self, Detail, Member, Row, Shown};
use overview::runs::Known;
use overview::{Broker, runs};
use proto::v1::{OutreachTemplate, RunSummary, ScoreSummary};

use crate::exit::{Exit, Failure};
use crate::output::{Output, columns, count};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Id of the run, or of the request that asked for it.
    #[arg(default_value = "latest")]
    run: String,
    /// One segment, with its clinics, its template and its evidence.
    #[arg(long, value_name = "NAME")]
    segment: Option<String>,
    /// How many segments or clinics.
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: usize,
}

impl Args {
    /// The best segments of a run.
    pub(super) fn top(run: &str, limit: usize) -> Self {
        Self { run: run.to_owned(), segment: None, limit }
    }
}

pub(super) async fn run(args: Args, broker: &Broker, output: Output) -> Result<Exit, Failure> {
    let known = runs::find(broker, &args.run).await?;
    if let Some(name) = &args.segment {
        let segment = decided::segment(broker, &known, name).await?;
        output.show(&decided::detail(broker, &known, segment, args.limit).await?, in_detail)?;
        return Ok(Exit::Ok);
    }
    let shown = decided::shown(broker, &known, args.limit, super::now()).await?;
    output.show(&shown, |shown| in_words(shown, &known))?;
    Ok(Exit::Ok)
}

fn in_words(shown: &Shown, known: &Known) -> String {
    let date = known.header.request.as_ref().map(|request| request.run_date.as_str()).unwrap_or_default();
    let mut text = format!("Run {} of {date}: {}\n", shown.run_id, shown.state);
    let header = &known.header;
    text.push_str(&format!(
        "{}, {} ({} with a decision maker)\n",
        count(header.total_pain_points.into(), "pain point"),
        count(header.total_clinics.into(), "clinic"),
        header.clinics_with_decision_maker
    ));
    let Some(score) = &shown.score else {
        text.push_str("Nothing is decided yet.");
        return text;
    };
    text.push_str(&format!(
        "{}; {} matched, {} unmatched; {}; {} removed\n",
        count(score.segments.into(), "segment"),
        count(score.clinics_matched.into(), "clinic"),
        score.clinics_unmatched,
        count(score.hot_leads.into(), "hot lead"),
        count(score.removed_memberships.into(), "membership")
    ));
    text.push_str(&format!(
        "mean confidence {:.1}; {:.1} before the filter\n",
        score.mean_confidence, score.mean_confidence_unfiltered
    ));
    let rungs = score.attempts.iter().map(|rung| {
        format!("confidence {} gave {}", rung.threshold, count(rung.segments.into(), "candidate segment"))
    });
    text.push_str(&format!("threshold: {}\n", rungs.collect::<Vec<_>>().join(", then ")));
    text.push_str(&ranked(score));
    let summary = shown.summary.iter();
    let said = summary.flat_map(|RunSummary { missing, warnings, files_generated, .. }| {
        [("missing", missing), ("note", warnings), ("file", files_generated)]
    });
    for (word, values) in said {
        // How it was ranked is said already.
        for value in values.iter().filter(|value| **value != score.ai_note) {
            text.push_str(&format!("{word}: {value}\n"));
        }
    }
    text.push('\n');
    if shown.segments.is_empty() {
        text.push_str("No segments: no clinic reached the threshold. `leadfleet match explain --clinic ID` shows the nearest miss.");
        return text;
    }
    let row = |(at, row): (usize, &Row)| {
        [
            (at + 1).to_string(),
            row.name.clone(),
            row.clinics.to_string(),
            format!("{:.1}", row.priority_score),
            format!("{:.1}", row.mean_confidence),
            row.with_decision_maker.to_string(),
            row.match_strategy.replace(" + ", ", "),
            row.template.to_owned(),
            row.subject.clone(),
        ]
    };
    let header = [
        "",
        "segment",
        "clinics",
        "priority",
        "confidence",
        "decision makers",
        "strategy",
        "template",
        "subject",
    ];
    text.push_str(&columns(header, shown.segments.iter().enumerate().map(row)));
    if shown.segment_count > shown.segments.len() {
        text.push_str(&format!(
            "\nand {} more: `--limit {}` shows all",
            shown.segment_count - shown.segments.len(),
            shown.segment_count
        ));
    }
    text
}

/// How the segments were put in order, and why not with Claude.
fn ranked(score: &ScoreSummary) -> String {
    match (score.ai_ranked, score.ai_note.as_str()) {
        (true, "") => "ranking: with Claude\n".to_owned(),
        (true, note) => format!("ranking: with Claude, {note}\n"),
        (false, "") => "ranking: quantitative scores only\n".to_owned(),
        (false, note) => format!("ranking: {note}\n"),
    }
}

fn in_detail(detail: &Detail) -> String {
    let segment = &detail.segment;
    let mut text = format!(
        "{} ({}), priority {:.1}\n{}\n{}, {} with a decision maker, {} with an e-mail; mean confidence {:.1}\n",
        segment.name,
        segment.match_strategy,
        segment.priority_score,
        segment.match_reason,
        count(segment.clinics.into(), "clinic"),
        segment.with_decision_maker,
        segment.with_email,
        segment.mean_confidence,
    );
    text.push_str(&format!("\nThe template ({}):\n", detail.template_source));
    match detail.template.as_ref().and_then(|template| template.outreach.as_ref()) {
        Some(OutreachTemplate { subject, opening, cta }) => {
            text.push_str(&format!("  subject: {subject}\n  opening: {opening}\n  cta: {cta}\n"));
        }
        None => text.push_str("  none\n"),
    }
    if let Some(template) = detail.template.as_ref().filter(|template| !template.note.is_empty()) {
        text.push_str(&format!("  {}\n", template.note));
    }
    text.push_str("\nThe evidence:\n");
    for said in &segment.evidence {
        let pains = count(said.pain_point_ids.len() as u64, "pain point");
        text.push_str(&format!("  {}: {pains}\n", said.label));
    }
    for pain in &segment.pain_texts {
        text.push_str(&format!("  {pain:?}\n"));
    }
    text.push('\n');
    let row = |member: &Member| {
        let place = [member.city.as_deref(), member.state.as_deref()].map(Option::unwrap_or_default);
        [
            member.id.to_string(),
            member.name.clone(),
            place.join(", "),
            member.phone.clone().unwrap_or_default(),
            member.email.clone().unwrap_or_default(),
            member.decision_maker.clone().unwrap_or_default(),
            format!("{:.1}", member.confidence),
            if member.hot_lead { "hot" } else { "" }.to_owned(),
        ]
    };
    let header = ["id", "clinic", "place", "phone", "e-mail", "decision maker", "confidence", ""];
    text.push_str(&columns(header, detail.clinics.iter().map(row)));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(ai_ranked: bool, note: &str, expected: &str) {
        let score = ScoreSummary { ai_ranked, ai_note: note.to_owned(), ..ScoreSummary::default() };
        assert_eq!(ranked(&score), format!("ranking: {expected}\n"));
    }

    #[test]
    fn how_segments_were_ranked_is_said_once() {
        check(true, "", "with Claude");
        check(true, "one answer was refused", "with Claude, one answer was refused");
        check(false, "", "quantitative scores only");
        check(false, "quantitative scores only: no Claude key", "quantitative scores only: no Claude key");
    }
}
