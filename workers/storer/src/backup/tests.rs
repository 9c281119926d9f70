//! Properties of the backup format: whatever is written is read again, and the whole file is JSON.

use super::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proto::v1::{Attempt, OutreachTemplate, Points, SegmentSignal};

/// Numbers as the scorer rounds them.
fn number() -> impl Strategy<Value = f64> {
    (-100_000_i32..100_000).prop_map(|number| f64::from(number) / 1e4)
}

prop_compose! {
    fn head()(run_id in ".*", client_id in ".*", generation: u32, seconds in 0_i64..4_000_000_000) -> Head {
        let saved_at = DateTime::from_timestamp(seconds, 0).expect("a valid time");
        Head { version: VERSION, run_id, client_id, generation, saved_at }
    }
}

prop_compose! {
    fn summary()(run_id in ".*", total: u32, thresholds in vec((number(), any::<u32>()), 0..3), ai_ranked: bool, missing in vec(".*", 0..3))
        -> ScoreSummary {
        let attempts = thresholds.into_iter().map(|(threshold, segments)| Attempt { threshold, segments });
        ScoreSummary { run_id, total_clinics: total, attempts: attempts.collect(), ai_ranked, missing, ..Default::default() }
    }
}

prop_compose! {
    fn segment()(index: u32, name in ".*", score in number(), mentions: u64, ids in vec(any::<i64>(), 0..4), strategy in 0..4, texts in vec(".*", 0..5))
        -> Segment {
        let evidence = vec![SegmentSignal { strategy, label: name.clone(), pain_point_ids: ids }];
        Segment { index, name, priority_score: score, total_mentions: mentions, evidence, pain_texts: texts, ..Default::default() }
    }
}

prop_compose! {
    fn template()(segment: u32, source in 0..4, texts in option::of((".*", ".*", ".*")), note in ".*", cost_micros: u64) -> Template {
        let outreach = texts.map(|(subject, opening, cta)| OutreachTemplate { subject, opening, cta });
        Template { segment, source, outreach, note, cost_micros, ..Default::default() }
    }
}

prop_compose! {
    fn assignment()(clinic_id: i64, segment in option::of(any::<u32>()), confidence in number(), geographic in option::of(number()), hot_lead: bool, removed_from in vec(".*", 0..3))
        -> Assignment {
        let points = geographic.map(|geographic| Points { geographic, ..Default::default() });
        Assignment { clinic_id, segment, confidence, points, hot_lead, removed_from, ..Default::default() }
    }
}

fn record() -> impl Strategy<Value = Record> {
    prop_oneof![
        head().prop_map(Record::Head),
        summary().prop_map(Record::Summary),
        segment().prop_map(Record::Segment),
        template().prop_map(Record::Template),
        assignment().prop_map(Record::Assignment),
        any::<[u64; 3]>().prop_map(|[segments, templates, assignments]| Record::End(End {
            segments,
            templates,
            assignments
        })),
    ]
}

proptest! {
    #[test]
    fn whatever_is_written_is_read_again_by_the_line(records in vec(record(), 0..8)) {
        let lines: Vec<String> = records.iter().map(|record| write(record).unwrap()).collect();
        let text = format!("{OPEN}{}{CLOSE}", lines.join(NEXT));
        let read: Vec<Record> = text.lines().filter_map(|line| read(line).unwrap()).collect();
        prop_assert_eq!(&read, &records);
        let whole: Vec<Value> = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(whole.len(), records.len());
    }

    #[test]
    fn whatever_the_text_reading_it_does_not_panic(text in ".*") {
        let _ = read(&text);
    }
}

#[test]
fn a_newer_version_is_refused() {
    let head = Head {
        version: VERSION + 1,
        run_id: "r".into(),
        client_id: "c".into(),
        generation: 0,
        saved_at: DateTime::UNIX_EPOCH,
    };
    let line = write(&Record::Head(head)).unwrap();
    assert!(matches!(read(&line), Err(Error::Version(2))));
}

#[test]
fn half_a_line_is_no_record() {
    let line = write(&Record::End(End::default())).unwrap();
    assert!(matches!(read(&line[..line.len() / 2]), Err(Error::Line(_))));
}

#[test]
fn an_unknown_record_is_refused() {
    assert!(matches!(read(r#"{"surprise": {}}"#), Err(Error::Line(_))));
}

#[test]
fn the_file_is_named_after_the_time_in_utc() {
    let saved_at = "2025-11-11T08:09:10Z".parse().unwrap();
    assert_eq!(file_name(saved_at), "segments-backup-20251111T080910Z.json");
}
