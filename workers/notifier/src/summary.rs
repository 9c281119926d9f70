//! The summary of a run (PT-122, PT-123): what it counts, and the JSON that people and programs get.

use crate::facts::Facts;
use proto::v1::{ExportStatus, RunSummary, StoreStatus, TemplateSource, TopSegment};
use serde::Serialize;

/// What is left to fill in is how it was announced.
pub(crate) fn summarise(facts: &Facts) -> RunSummary {
    let score = facts.score.clone().unwrap_or_default();
    let header = facts.header.clone().unwrap_or_default();
    let date = header.request.map(|request| request.run_date);
    let count = |source| {
        let of_source = facts.templates.iter().filter(|t| t.source() == source);
        u32::try_from(of_source.count()).unwrap_or(u32::MAX)
    };
    let export = facts.export.clone().unwrap_or_default();
    let mut warnings = score.warnings;
    warnings.extend(facts.template_note());
    if !score.ai_ranked && !score.ai_note.is_empty() {
        warnings.push(score.ai_note);
    }
    if export.status() == ExportStatus::DatabaseOnly {
        warnings.push(format!("No files, in the database only: {}", export.note));
    }
    RunSummary {
        run_id: facts.run_id.clone(),
        run_date: date.filter(|date| !date.is_empty()).unwrap_or(score.run_date),
        total_pain_points_analyzed: header.total_pain_points.max(score.total_pain_points),
        total_clinics_analyzed: header.total_clinics.max(score.total_clinics),
        segments_created: score.segments,
        clinics_matched: score.clinics_matched,
        clinics_unmatched: score.clinics_unmatched,
        top_5_segments: top(facts),
        files_generated: export.files.into_iter().map(|file| file.path).collect(),
        slack_notification_sent: false,
        status: facts.status().to_owned(),
        channel: String::new(),
        store: facts.store.clone(),
        missing: facts.missing(),
        warnings,
        generation: facts.generation,
        templates_claude: count(TemplateSource::Claude),
        templates_generic: count(TemplateSource::Generic),
        templates_manual: count(TemplateSource::NeedsManual),
        hot_leads: score.hot_leads,
        mean_confidence: score.mean_confidence,
    }
}

fn top(facts: &Facts) -> Vec<TopSegment> {
    let subject = |index| {
        let template = facts.templates.iter().find(|t| t.segment == index)?;
        Some(template.outreach.as_ref()?.subject.clone())
    };
    facts
        .top
        .iter()
        .map(|segment| TopSegment {
            segment_name: segment.name.clone(),
            pain_category: segment.pain_category.clone(),
            clinic_count: segment.clinics,
            priority_score: segment.priority_score,
            match_strategy: segment.match_strategy.clone(),
            avg_confidence: tenths(segment.mean_confidence),
            has_decision_makers: segment.with_decision_maker,
            outreach_subject: subject(segment.index).unwrap_or_default(),
        })
        .collect()
}

/// The summary as JSON: the keys of the source document first and in its order, then what came later.
pub fn summary_json(summary: &RunSummary) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&Json {
        run_date: &summary.run_date,
        total_pain_points_analyzed: summary.total_pain_points_analyzed,
        total_clinics_analyzed: summary.total_clinics_analyzed,
        segments_created: summary.segments_created,
        clinics_matched: summary.clinics_matched,
        clinics_unmatched: summary.clinics_unmatched,
        top_5_segments: &summary.top_5_segments,
        files_generated: &summary.files_generated,
        slack_notification_sent: summary.slack_notification_sent,
        run_id: &summary.run_id,
        status: &summary.status,
        channel: &summary.channel,
        generation: summary.generation,
        hot_leads: summary.hot_leads,
        mean_confidence: summary.mean_confidence,
        templates: Templates {
            claude: summary.templates_claude,
            generic: summary.templates_generic,
            manual: summary.templates_manual,
        },
        store: summary.store.as_ref().map(|store| Store {
            status: match store.status() {
                StoreStatus::Stored => "stored",
                StoreStatus::BackedUp => "backed_up",
                StoreStatus::Unspecified => "unknown",
            },
            rows: store.rows,
            segments: store.segments,
            backup_file: &store.backup_file,
            retry_at: &store.retry_at,
            renamed: &store.renamed,
        }),
        missing: &summary.missing,
        warnings: &summary.warnings,
    })
}

#[derive(Serialize)]
struct Json<'a> {
    run_date: &'a str,
    total_pain_points_analyzed: u32,
    total_clinics_analyzed: u32,
    segments_created: u32,
    clinics_matched: u32,
    clinics_unmatched: u32,
    top_5_segments: &'a [TopSegment],
    files_generated: &'a [String],
    slack_notification_sent: bool,
    run_id: &'a str,
    status: &'a str,
    channel: &'a str,
    generation: u32,
    hot_leads: u32,
    mean_confidence: f64,
    templates: Templates,
    store: Option<Store<'a>>,
    missing: &'a [String],
    warnings: &'a [String],
}

#[derive(Serialize)]
struct Templates {
    claude: u32,
    generic: u32,
    manual: u32,
}

#[derive(Serialize)]
struct Store<'a> {
    status: &'static str,
    rows: u32,
    segments: u32,
    backup_file: &'a str,
    retry_at: &'a str,
    renamed: &'a [String],
}

/// Whole percent, half rounded up.
pub(crate) fn percent(part: u32, whole: u32) -> u64 {
    let (part, whole) = (u64::from(part), u64::from(whole));
    match whole {
        0 => 0,
        _ => (200 * part + whole) / (2 * whole),
    }
}

fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}
