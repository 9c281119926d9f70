//! `leadfleet match show`: what came out of a run, or one of its segments.

use proto::v1::{Assignment, Clinic, ScoreSummary, Segment, Template, TemplateSource};
use serde::Serialize;
use serde_json::Value;

use super::runs::{self, Known};
use super::{Stream, read};
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

#[derive(Debug, Serialize)]
struct Shown {
    run_id: String,
    state: String,
    /// The summary that was announced; none while the run goes on.
    summary: Option<Value>,
    /// What the scorer decided.
    score: Option<Value>,
    segment_count: usize,
    segments: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    name: String,
    pain_category: String,
    clinics: u32,
    priority_score: f64,
    match_strategy: String,
    mean_confidence: f64,
    with_decision_maker: u32,
    subject: String,
    template: &'static str,
}

pub(super) async fn run(args: Args, stream: &Stream, output: Output) -> Result<Exit, Failure> {
    let known = runs::find(&stream.runs, &args.run).await?;
    if let Some(name) = &args.segment {
        let shown = one(stream, &known, name, args.limit).await?;
        output.show(&shown, in_detail)?;
        return Ok(Exit::Ok);
    }
    let summary = runs::summary(&stream.runs, &known.id).await?;
    let score = read::score(&stream.runs, &known.id).await?;
    let segments = read::segments(&stream.runs, &known.id).await?;
    let mut rows = Vec::new();
    for segment in segments.iter().take(args.limit) {
        let template = read::template(&stream.runs, &known.id, segment.index).await?;
        rows.push(row(segment, template.as_ref()));
    }
    let shown = Shown {
        run_id: known.id.to_string(),
        state: runs::state(&stream.runs, &known, summary.as_ref()).await?,
        summary: summary.as_ref().map(read::json).transpose()?,
        score: score.as_ref().map(read::json).transpose()?,
        segment_count: segments.len(),
        segments: rows,
    };
    output.show(&shown, |shown| in_words(shown, &known, score.as_ref()))?;
    Ok(Exit::Ok)
}

fn row(segment: &Segment, template: Option<&Template>) -> Row {
    let outreach = template.and_then(|template| template.outreach.as_ref());
    Row {
        name: segment.name.clone(),
        pain_category: segment.pain_category.clone(),
        clinics: segment.clinics,
        priority_score: segment.priority_score,
        match_strategy: segment.match_strategy.clone(),
        mean_confidence: segment.mean_confidence,
        with_decision_maker: segment.with_decision_maker,
        subject: outreach.map(|outreach| outreach.subject.clone()).unwrap_or_default(),
        template: source(template),
    }
}

fn source(template: Option<&Template>) -> &'static str {
    match template.map(Template::source) {
        Some(TemplateSource::Claude) => "claude",
        Some(TemplateSource::Generic) => "generic",
        Some(TemplateSource::NeedsManual) => "needs_manual",
        Some(TemplateSource::Unspecified) => "died",
        None => "not yet",
    }
}

fn in_words(shown: &Shown, known: &Known, score: Option<&ScoreSummary>) -> String {
    let date = known.header.request.as_ref().map(|request| request.run_date.as_str()).unwrap_or_default();
    let mut text = format!("Run {} of {date}: {}\n", shown.run_id, shown.state);
    let header = &known.header;
    text.push_str(&format!(
        "{}, {} ({} with a decision maker)\n",
        count(header.total_pain_points.into(), "pain point"),
        count(header.total_clinics.into(), "clinic"),
        header.clinics_with_decision_maker
    ));
    let Some(score) = score else {
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
    let said = |name: &str| {
        let values = shown.summary.as_ref().and_then(|summary| summary[name].as_array());
        values.into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>()
    };
    for (word, name) in [("missing", "missing"), ("note", "warnings"), ("file", "files_generated")] {
        // How it was ranked is said already.
        for value in said(name).into_iter().filter(|value| *value != score.ai_note) {
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

/// One segment, its template, and the first of its clinics.
#[derive(Debug, Serialize)]
struct Detail {
    run_id: String,
    segment: Value,
    template_source: &'static str,
    template: Option<Value>,
    clinics: Vec<Member>,
}

#[derive(Debug, Serialize)]
struct Member {
    id: i64,
    name: String,
    city: Option<String>,
    state: Option<String>,
    phone: Option<String>,
    email: Option<String>,
    decision_maker: Option<String>,
    confidence: f64,
    match_reason: String,
    hot_lead: bool,
}

async fn one(stream: &Stream, known: &Known, name: &str, limit: usize) -> Result<Detail, Failure> {
    let segment = read::segment(&stream.runs, &known.id, name).await?;
    let template = read::template(&stream.runs, &known.id, segment.index).await?;
    let members = read::members(&stream.runs, &known.id, segment.index, limit).await?;
    Ok(Detail {
        run_id: known.id.to_string(),
        segment: read::json(&segment)?,
        template_source: source(template.as_ref()),
        template: template.as_ref().map(read::json).transpose()?,
        clinics: members.into_iter().map(member).collect(),
    })
}

fn member((clinic, assignment): (Clinic, Assignment)) -> Member {
    Member {
        id: clinic.id,
        name: clinic.name,
        city: clinic.city,
        state: clinic.state,
        phone: clinic.phone,
        email: clinic.email,
        decision_maker: clinic.decision_maker.map(|person| person.name),
        confidence: assignment.confidence,
        match_reason: assignment.match_reason,
        hot_lead: assignment.hot_lead,
    }
}

fn in_detail(detail: &Detail) -> String {
    let segment = &detail.segment;
    let word = |name: &str| segment[name].as_str().unwrap_or_default().to_owned();
    let number = |name: &str| segment[name].as_f64().unwrap_or_default();
    let mut text = format!(
        "{} ({}), priority {:.1}\n{}\n{}, {} with a decision maker, {} with an e-mail; mean confidence {:.1}\n",
        word("name"),
        word("match_strategy"),
        number("priority_score"),
        word("match_reason"),
        count(segment["clinics"].as_u64().unwrap_or_default(), "clinic"),
        segment["with_decision_maker"],
        segment["with_email"],
        number("mean_confidence"),
    );
    text.push_str(&format!("\nThe template ({}):\n", detail.template_source));
    let template = detail.template.as_ref();
    match template.map(|template| &template["outreach"]).filter(|outreach| outreach.is_object()) {
        Some(outreach) => {
            for part in ["subject", "opening", "cta"] {
                text.push_str(&format!("  {part}: {}\n", outreach[part].as_str().unwrap_or_default()));
            }
        }
        None => text.push_str("  none\n"),
    }
    let note = template.and_then(|template| template["note"].as_str()).filter(|note| !note.is_empty());
    if let Some(note) = note {
        text.push_str(&format!("  {note}\n"));
    }
    text.push_str("\nThe evidence:\n");
    for said in segment["evidence"].as_array().into_iter().flatten() {
        let pains = said["pain_point_ids"].as_array().map(Vec::len).unwrap_or_default();
        let label = said["label"].as_str().unwrap_or_default();
        text.push_str(&format!("  {label}: {}\n", count(pains as u64, "pain point")));
    }
    for pain in segment["pain_texts"].as_array().into_iter().flatten() {
        text.push_str(&format!("  {:?}\n", pain.as_str().unwrap_or_default()));
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
