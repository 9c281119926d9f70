//! The files of made runs, against the samples of the source document.

use crate::export::{Draft, Options, publish};
use crate::run::Run;
use crate::spool::{Row, Spool};
use crate::{csv, json, report, xlsx};
use proto::v1::{
    Assignment, Clinic, CsvLayout, DecisionMaker, ExportedFile, OutputFormat, OutreachTemplate, RunHeader,
    ScoreSummary, Segment, Template, TemplateSource,
};
use serde_json::{Value, json};
use std::io::Cursor;
use std::path::Path;

const TV16: &str = "segment_name,clinic_name,phone,website,city,state,pain_category,priority_score,decision_maker,outreach_subject
emr-frustration-arizona,Phoenix Elite PT,(602) 555-1234,phoenixelitept.com,Phoenix,AZ,emr,9.2,John Smith,PT-specific EMR alternative for Arizona clinics
";

fn sample_segment() -> Segment {
    Segment {
        index: 0,
        name: "emr-frustration-arizona".into(),
        pain_category: "emr".into(),
        match_strategy: "geographic + business_type".into(),
        priority_score: 9.2,
        mean_confidence: 8.5,
        clinics: 47,
        with_decision_maker: 32,
        state: "AZ".into(),
        example_pain: "Current EMR doesn't have PT evaluation templates".into(),
        sample_clinic_id: 123,
        ..Segment::default()
    }
}

fn sample_template() -> Template {
    Template {
        source: TemplateSource::Claude.into(),
        outreach: Some(OutreachTemplate {
            subject: "PT-specific EMR alternative for Arizona clinics".into(),
            opening: "Hi {name}, I noticed several PT clinic owners in Arizona discussing EMR documentation challenges...".into(),
            cta: "Would you be open to a 15-minute call to discuss how we're helping AZ clinics streamline documentation?".into(),
        }),
        ..Template::default()
    }
}

fn sample_row() -> Row {
    Row {
        clinic: Clinic {
            id: 123,
            name: "Phoenix Elite PT".into(),
            phone: Some("(602) 555-1234".into()),
            website: Some("phoenixelitept.com".into()),
            city: Some("Phoenix".into()),
            state: Some("AZ".into()),
            decision_maker: Some(DecisionMaker {
                name: "John Smith".into(),
                title: Some("Owner & PT".into()),
                linkedin_url: Some("linkedin.com/in/johnsmith".into()),
                ..DecisionMaker::default()
            }),
            ..Clinic::default()
        },
        assignment: Assignment {
            clinic_id: 123,
            segment: Some(0),
            confidence: 8.5,
            match_reason: "Geographic match + EMR pain mentioned in AZ".into(),
            ..Assignment::default()
        },
    }
}

fn unmatched(id: i64, name: &str, nearest_miss: &str) -> Row {
    Row {
        clinic: Clinic {
            id,
            name: name.into(),
            city: Some("Reno".into()),
            state: Some("NV".into()),
            ..Clinic::default()
        },
        assignment: Assignment { clinic_id: id, nearest_miss: nearest_miss.into(), ..Assignment::default() },
    }
}

fn run(segments: Vec<Segment>, templates: Vec<Option<Template>>, rows: &[Row]) -> Run {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = Spool::create(dir.path()).unwrap();
    rows.iter().for_each(|row| spool.push(row).unwrap());
    Run {
        header: RunHeader::default(),
        summary: ScoreSummary {
            run_id: "20251111-0123456789ab".into(),
            run_date: "2025-11-11".into(),
            total_pain_points: 320,
            total_clinics: 487,
            segments: 18,
            clinics_matched: 452,
            clinics_unmatched: 35,
            ..ScoreSummary::default()
        },
        segments,
        templates,
        rows: spool.sorted().unwrap(),
        missing: Vec::new(),
    }
}

fn sample_run() -> Run {
    run(
        vec![sample_segment()],
        vec![Some(sample_template())],
        &[sample_row(), unmatched(7, "Reno <b>PT</b>", "city matches, 5.0 of 7")],
    )
}

fn csv_of(run: &Run, layout: CsvLayout) -> String {
    let mut out = Vec::new();
    csv::write(run, layout, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn json_of(run: &Run) -> Value {
    let mut out = Vec::new();
    json::write(run, &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

fn report_of(run: &Run) -> String {
    let mut out = Vec::new();
    report::write(run, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_csv_is_the_sample_byte_for_byte_tv16() {
    assert_eq!(csv_of(&sample_run(), CsvLayout::Sample), TV16);
    assert_eq!(csv_of(&sample_run(), CsvLayout::Unspecified), TV16);
}

#[test]
fn step_12_has_its_own_order() {
    assert_eq!(
        csv_of(&sample_run(), CsvLayout::Step12),
        "clinic_name,phone,website,city,state,segment,pain_category,priority_score,decision_maker_name,outreach_subject
Phoenix Elite PT,(602) 555-1234,phoenixelitept.com,Phoenix,AZ,emr-frustration-arizona,emr,9.2,John Smith,PT-specific EMR alternative for Arizona clinics
"
    );
}

#[test]
fn excel_gets_a_mark_and_its_line_ends() {
    let expected = format!("\u{feff}{}", TV16.replace('\n', "\r\n"));
    assert_eq!(csv_of(&sample_run(), CsvLayout::Excel), expected);
}

#[test]
fn a_crm_gets_its_headers_and_phones_in_e164() {
    let text = csv_of(&sample_run(), CsvLayout::Crm);
    let mut lines = text.lines();
    assert!(lines.next().unwrap().starts_with("Email,First Name,Last Name,Company name"));
    assert_eq!(
        lines.next().unwrap(),
        ",John,Smith,Phoenix Elite PT,phoenixelitept.com,Owner & PT,+16025551234,phoenixelitept.com,Phoenix,AZ,lead,\
         emr-frustration-arizona,9.2,Geographic match + EMR pain mentioned in AZ,123,\
         PT-specific EMR alternative for Arizona clinics"
    );
}

#[test]
fn a_formula_in_a_name_is_guarded_for_people_and_stripped_for_a_crm() {
    let mut row = sample_row();
    row.clinic.name = "=1+1, \"PT\"".into();
    let run = run(vec![sample_segment()], vec![None], &[row]);
    let people = csv_of(&run, CsvLayout::Sample);
    assert!(people.contains(r#","'=1+1, ""PT""",(602)"#), "{people}");
    let crm = csv_of(&run, CsvLayout::Crm);
    assert!(crm.contains(r#","1+1, ""PT""","#), "{crm}");
}

#[test]
fn the_json_is_the_sample_value_for_value_tv17() {
    let expected = json!([{
        "segment_name": "emr-frustration-arizona",
        "pain_category": "emr",
        "priority_score": 9.2,
        "clinics": [{
            "clinic_id": 123,
            "clinic_name": "Phoenix Elite PT",
            "phone": "(602) 555-1234",
            "website": "phoenixelitept.com",
            "city": "Phoenix",
            "state": "AZ",
            "decision_maker": {
                "name": "John Smith",
                "title": "Owner & PT",
                "linkedin_url": "linkedin.com/in/johnsmith"
            },
            "match_reason": "Geographic match + EMR pain mentioned in AZ",
            "confidence_score": 8.5
        }],
        "outreach_template": {
            "subject": "PT-specific EMR alternative for Arizona clinics",
            "opening": "Hi {name}, I noticed several PT clinic owners in Arizona discussing EMR documentation challenges...",
            "cta": "Would you be open to a 15-minute call to discuss how we're helping AZ clinics streamline documentation?"
        }
    }]);
    assert_eq!(json_of(&sample_run()), expected);
}

#[test]
fn a_template_that_a_person_must_write_is_null_x26() {
    let run = run(vec![sample_segment()], vec![None], &[sample_row()]);
    assert_eq!(json_of(&run)[0]["outreach_template"], Value::Null);
    assert!(report_of(&run).contains("- **Outreach Angle:** to be written by hand"));
}

#[test]
fn a_run_without_segments_still_has_whole_files_pt159() {
    let run = run(Vec::new(), Vec::new(), &[]);
    assert_eq!(json_of(&run), json!([]));
    assert_eq!(csv_of(&run, CsvLayout::Sample).lines().count(), 1);
    assert!(report_of(&run).contains("No clinic reached the confidence"));
}

#[test]
fn the_report_has_the_lines_of_the_sample_in_order_tv18() {
    let report = report_of(&sample_run());
    let mut rest = report.as_str();
    for line in [
        "# PT Clinic Segment Report - 2025-11-11\n",
        "## Executive Summary\n",
        "- Total Pain Points: 320\n",
        "- Total Clinics: 487\n",
        "- Segments Created: 18\n",
        "- Match Rate: 93%\n",
        "## Top 5 Priority Segments\n",
        "### 1. EMR Frustration - Arizona (Score: 9.2)\n",
        "- **Pain Category:** EMR\n",
        "- **Clinics:** 47\n",
        "- **Decision Makers:** 32 (68%)\n",
        "- **Match Strategy:** Geographic + Business Type\n",
        "- **Example Pain:** \"Current EMR doesn't have PT evaluation templates\"\n",
        "- **Outreach Angle:** PT-specific EMR alternative\n",
        "**Sample Clinic:**\n",
        "- Name: Phoenix Elite PT\n",
        "- Contact: John Smith (Owner &amp; PT)\n",
        "- Phone: (602) 555-1234\n",
        "- Website: phoenixelitept.com\n",
        "## Appendix: Clinics Without Matches\n",
        "- Reno &lt;b&gt;PT&lt;/b&gt;, Reno, NV: city matches, 5.0 of 7\n",
    ] {
        let Some((_, after)) = rest.split_once(line) else {
            panic!("{line:?} is missing or out of order in\n{report}");
        };
        rest = after;
    }
}

#[test]
fn every_segment_is_broken_down_not_only_the_best_five() {
    let segments: Vec<Segment> =
        (0..7).map(|index| Segment { index, name: format!("emr-{index}"), ..sample_segment() }).collect();
    let report = report_of(&run(segments, vec![None; 7], &[]));
    assert_eq!(report.matches("\n### ").count(), 7);
    assert!(report.find("### 5.") < report.find("## All Other Segments"));
    assert!(report.find("## All Other Segments") < report.find("### 6."));
}

#[test]
fn a_number_that_cannot_be_printed_makes_the_report_raw_json_pt111() {
    let segment = Segment { priority_score: f64::NAN, ..sample_segment() };
    let report = report_of(&run(vec![segment], vec![None], &[]));
    assert!(report.starts_with('{'), "{report}");
    assert!(report.contains("\"name\": \"emr-frustration-arizona\""), "{report}");
}

#[test]
fn the_files_are_written_described_and_the_same_each_time() {
    let dir = tempfile::tempdir().unwrap();
    let first = files(dir.path());
    let names: Vec<&str> = first.iter().map(|file| file.path.rsplit('/').next().unwrap()).collect();
    assert_eq!(
        names,
        [
            "segments-2025-11-11.csv",
            "segments-2025-11-11.json",
            "SEGMENT-REPORT-2025-11-11.md",
            "segments-2025-11-11.xlsx",
            "manifest-2025-11-11.json",
        ]
    );
    assert_eq!(std::fs::read_to_string(&first[0].path).unwrap(), TV16);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 5);
    assert_eq!(files(dir.path()), first);
}

#[test]
fn a_folder_that_takes_no_files_is_named() {
    let options = options(Path::new("/dev/null"));
    let error =
        Draft::write(&sample_run(), OutputFormat::Csv, &options, Path::new("/dev/null")).err().unwrap();
    assert!(error.to_string().starts_with("could not write /dev/null"), "{error}");
}

#[test]
fn the_workbook_holds_every_row_and_no_formula() {
    let mut row = sample_row();
    row.clinic.name = "=1+1".into();
    let run = run(vec![sample_segment()], vec![None], &[row]);
    let dir = tempfile::tempdir().unwrap();
    let mut out = Cursor::new(Vec::new());
    assert_eq!(xlsx::write(&run, &mut out, dir.path()).unwrap(), 1);
    assert!(out.get_ref().starts_with(b"PK"));
}

fn options(dir: &Path) -> Options {
    Options { directory: dir.to_owned(), formats: Vec::new(), csv_layout: None }
}

fn files(dir: &Path) -> Vec<ExportedFile> {
    let run = sample_run();
    let drafts = [OutputFormat::Csv, OutputFormat::Json, OutputFormat::Markdown, OutputFormat::Xlsx]
        .map(|format| Draft::write(&run, format, &options(dir), dir).unwrap());
    publish(&run, drafts.into(), dir).unwrap().files
}
