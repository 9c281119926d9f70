//! The sample summary of the source document, and what is said of other runs.

mod channels;

use crate::blocks;
use crate::facts::Facts;
use crate::notice::{Link, Notice};
use crate::summary::{summarise, summary_json};
use proto::v1::{
    Alert, ExportOutcome, ExportStatus, ExportedFile, OutreachTemplate, RunHeader, RunRequest, RunSummary,
    ScoreSummary, Segment, Severity, StoreOutcome, StoreStatus, Template, TemplateSource,
};
use serde_json::{Value, json};

fn segment(index: u32, name: &str, category: &str, numbers: (u32, f64, f64, u32)) -> Segment {
    let (clinics, priority_score, mean_confidence, with_decision_maker) = numbers;
    Segment {
        index,
        name: name.into(),
        pain_category: category.into(),
        clinics,
        priority_score,
        match_strategy: "geographic + business_type".into(),
        mean_confidence,
        with_decision_maker,
        ..Segment::default()
    }
}

fn template(segment: u32, subject: &str) -> Template {
    Template {
        segment,
        source: TemplateSource::Claude.into(),
        outreach: Some(OutreachTemplate { subject: subject.into(), ..OutreachTemplate::default() }),
        ..Template::default()
    }
}

fn file(format: &str, path: &str) -> ExportedFile {
    ExportedFile { path: path.into(), format: format.into(), ..ExportedFile::default() }
}

/// The run of the source document's "Expected Output".
fn sample() -> Facts {
    Facts {
        run_id: "20251111-0123456789ab".into(),
        header: Some(RunHeader {
            request: Some(RunRequest { run_date: "2025-11-11".into(), ..RunRequest::default() }),
            total_pain_points: 320,
            total_clinics: 487,
            ..RunHeader::default()
        }),
        score: Some(ScoreSummary {
            segments: 18,
            clinics_matched: 452,
            clinics_unmatched: 35,
            ai_ranked: true,
            mean_confidence: 8.3,
            ..ScoreSummary::default()
        }),
        top: vec![
            segment(0, "emr-frustration-arizona", "emr", (47, 9.2, 8.5, 32)),
            segment(1, "cash-based-pricing-texas", "marketing", (63, 8.9, 8.1, 45)),
        ],
        templates: vec![
            template(0, "PT-specific EMR alternative for Arizona clinics"),
            template(1, "Pricing strategy for cash-based PT in Texas"),
        ],
        store: Some(StoreOutcome {
            status: StoreStatus::Stored.into(),
            rows: 452,
            segments: 18,
            ..StoreOutcome::default()
        }),
        export: Some(ExportOutcome {
            status: ExportStatus::Written.into(),
            files: vec![
                file("csv", "outputs/segments-2025-11-11.csv"),
                file("json", "outputs/segments-2025-11-11.json"),
                file("markdown", "outputs/SEGMENT-REPORT-2025-11-11.md"),
            ],
            note: String::new(),
        }),
        ..Facts::default()
    }
}

fn notice_of(summary: &RunSummary) -> Notice {
    let report = Link {
        label: "Full report",
        path: "outputs/r.md".into(),
        url: Some("https://leads.example/r.md".into()),
    };
    Notice::of_run(summary, vec![report])
}

fn sample_notice() -> Notice {
    notice_of(&summarise(&sample()))
}

#[test]
fn the_summary_is_the_sample_key_for_key_pt122() {
    let mut summary = summarise(&sample());
    summary.slack_notification_sent = true;
    let text = summary_json(&summary).unwrap();
    let expected = r#"{
  "run_date": "2025-11-11",
  "total_pain_points_analyzed": 320,
  "total_clinics_analyzed": 487,
  "segments_created": 18,
  "clinics_matched": 452,
  "clinics_unmatched": 35,
  "top_5_segments": [
    {
      "segment_name": "emr-frustration-arizona",
      "pain_category": "emr",
      "clinic_count": 47,
      "priority_score": 9.2,
      "match_strategy": "geographic + business_type",
      "avg_confidence": 8.5,
      "has_decision_makers": 32,
      "outreach_subject": "PT-specific EMR alternative for Arizona clinics"
    },
    {
      "segment_name": "cash-based-pricing-texas",
      "pain_category": "marketing",
      "clinic_count": 63,
      "priority_score": 8.9,
      "match_strategy": "geographic + business_type",
      "avg_confidence": 8.1,
      "has_decision_makers": 45,
      "outreach_subject": "Pricing strategy for cash-based PT in Texas"
    }
  ],
  "files_generated": [
    "outputs/segments-2025-11-11.csv",
    "outputs/segments-2025-11-11.json",
    "outputs/SEGMENT-REPORT-2025-11-11.md"
  ],
  "slack_notification_sent": true,
  "run_id": "20251111-0123456789ab","#;
    assert!(text.starts_with(expected), "{text}");
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["status"], "complete");
    assert_eq!(json["store"]["status"], "stored");
}

#[test]
fn the_message_says_what_pt120_asks_for() {
    let blocks = &blocks::payload(&sample_notice())["blocks"];
    let plain = |text: &str| json!({"type": "plain_text", "text": text, "emoji": false});
    assert_eq!(
        blocks,
        &json!([
            {"type": "header", "text": plain("Matching run 2025-11-11: 18 segments, 452 of 487 clinics matched")},
            {"type": "section", "fields": [
                plain("Segments created: 18"),
                plain("Clinics matched: 452 (93%)"),
                plain("Clinics unmatched: 35"),
                plain("Pain points: 320"),
                plain("Hot leads: 0"),
                plain("Mean confidence: 8.3"),
            ]},
            {"type": "section", "text": plain(
                "Top 5 priority segments\n\
                 1. emr-frustration-arizona: 9.2 (47 clinics, 32 with a decision maker)\n\
                 2. cash-based-pricing-texas: 8.9 (63 clinics, 45 with a decision maker)"
            )},
            {"type": "section", "text": {
                "type": "mrkdwn", "verbatim": true, "text": "<https://leads.example/r.md|Full report>\n",
            }},
            {"type": "context", "elements": [plain("#pt-intelligence, run 20251111-0123456789ab")]},
        ])
    );
}

#[track_caller]
fn check_said(change: impl FnOnce(&mut Facts), said: &[&str]) {
    let mut facts = sample();
    change(&mut facts);
    let text = notice_of(&summarise(&facts)).to_string();
    for words in said {
        assert!(text.contains(words), "{words:?} is not in\n{text}");
    }
}

#[test]
fn a_run_that_lost_its_export_failed_and_says_where_to_look() {
    check_said(
        |facts| {
            facts.export = None;
            facts.dead = vec!["outcome export (incomplete)".into()];
        },
        &["2025-11-11 failed", "outcome export (incomplete)", "`leadfleet status`"],
    );
}

#[test]
fn a_run_without_segments_is_empty_not_failed() {
    check_said(|facts| facts.score.as_mut().unwrap().segments = 0, &["Matching run 2025-11-11: no segments"]);
}

#[test]
fn a_corrected_run_says_so() {
    check_said(|facts| facts.generation = 1, &["Correction: Matching run"]);
}

#[test]
fn a_backup_of_the_store_is_mentioned() {
    check_said(
        |facts| {
            facts.store = Some(StoreOutcome {
                status: StoreStatus::BackedUp.into(),
                backup_file: "/tmp/segments-backup-x.json".into(),
                ..StoreOutcome::default()
            });
        },
        &["Database down, segments saved to backup file /tmp/segments-backup-x.json"],
    );
}

#[test]
fn a_run_that_waits_in_the_stream_alone_names_no_file() {
    let store = StoreOutcome {
        status: StoreStatus::BackedUp.into(),
        note: "no backup file could be written: the run waits in the stream".into(),
        retry_at: "2025-11-11T09:00:00Z".into(),
        ..StoreOutcome::default()
    };
    let said = "Database down, no backup file could be written: the run waits in the stream; next try 2025";
    check_said(|facts| facts.store = Some(store.clone()), &[said]);
}

#[test]
fn what_is_special_about_a_stored_run_is_said() {
    let note = "a newer run is current, this one went to the archive";
    let store =
        StoreOutcome { status: StoreStatus::Stored.into(), note: note.into(), ..StoreOutcome::default() };
    check_said(|facts| facts.store = Some(store.clone()), &[&format!("Database: {note}")]);
}

#[test]
fn generic_templates_are_counted_and_explained() {
    check_said(
        |facts| {
            facts.templates[1].source = TemplateSource::Generic.into();
            facts.templates[1].note = "no Claude key".into();
        },
        &["1 by Claude, 1 generic, 0 to be written by hand", "Generic templates: no Claude key"],
    );
}

#[test]
fn files_that_could_not_be_written_are_mentioned() {
    check_said(
        |facts| {
            facts.export = Some(ExportOutcome {
                status: ExportStatus::DatabaseOnly.into(),
                note: "could not write outputs".into(),
                ..ExportOutcome::default()
            });
        },
        &["No files, in the database only: could not write outputs"],
    );
}

#[test]
fn an_alert_says_its_weight_and_what_to_do() {
    let alert = Alert {
        kind: "no-clinics".into(),
        severity: Severity::Error.into(),
        text: "Google Maps scraper may have failed".into(),
        hint: "run it again".into(),
        ..Alert::default()
    };
    assert_eq!(
        Notice::of_alert(&alert).to_string(),
        "Error: Google Maps scraper may have failed\n\nWhat to do\nrun it again\n\nalert no-clinics\n"
    );
}
