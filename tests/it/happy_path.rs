//! Test case 1: from three scrapers that are done to files that sales can use (PT-147 to PT-153).

use std::collections::HashSet;

use tests::{DATE, TestFleet, sample};

#[tokio::test]
async fn tc1_three_scrapers_done_become_segments_files_and_one_message() {
    let fleet = TestFleet::with_claude().await;
    fleet.insert(&sample(100, 200, 200)).await;
    let _all = fleet.run(&["all"]);
    fleet.broker.scrapers_done(DATE).await;
    let finished = fleet.broker.finished(&format!("scrape-{DATE}-0")).await;
    fleet.broker.settled().await;

    let summary = &finished.summary;
    assert_eq!((summary.status.as_str(), summary.missing.len()), ("complete", 0));
    assert_eq!((summary.total_pain_points_analyzed, summary.total_clinics_analyzed), (100, 200));
    assert!((15..=20).contains(&summary.segments_created), "{} segments", summary.segments_created);
    assert!(summary.clinics_matched >= 180, "{} clinics matched", summary.clinics_matched);
    assert_eq!(summary.clinics_matched + summary.clinics_unmatched, 200);
    assert!(summary.top_5_segments[0].priority_score > 8.5, "{:?}", summary.top_5_segments);
    assert_eq!(summary.templates_claude, summary.segments_created);

    // The table, the CSV and the JSON say the same.
    let files = fleet.files(DATE);
    let stored = fleet.stored_pairs().await;
    assert_eq!(stored.len(), summary.clinics_matched as usize);
    assert_eq!(files.csv_pairs(), stored);
    assert_eq!(files.json_pairs(), stored);
    assert!(
        files.markdown.starts_with(&format!("# PT Clinic Segment Report - {DATE}\n")),
        "{}",
        files.markdown
    );

    let segments = files.segments();
    assert_eq!(segments.len(), summary.segments_created as usize);
    let mut seen = HashSet::new();
    for segment in segments.iter().take(10) {
        for clinic in segment["clinics"].as_array().unwrap() {
            assert!(seen.insert(clinic["clinic_id"].as_i64().unwrap()), "{clinic} is in two segments");
        }
    }
    for segment in &segments {
        let score = segment["priority_score"].as_f64().unwrap();
        assert!((1.0..=10.0).contains(&score), "{segment}");
        let template = &segment["outreach_template"];
        assert!(["subject", "opening", "cta"].iter().all(|key| template[key].is_string()), "{segment}");
    }
    let outside = "SELECT count(*) FROM matched_segments WHERE outreach_template IS NULL \
                   OR confidence_score NOT BETWEEN 7 AND 10 OR priority_score NOT BETWEEN 1 AND 10";
    assert_eq!(fleet.number(outside).await, 0);

    assert_eq!(fleet.announcements(&finished.run).len(), 1);
    assert!(summary.slack_notification_sent);
    check_keys(&notifier::summary_json(summary).unwrap());
}

/// PT-122 and PT-123: the keys of the source document, in its order.
fn check_keys(json: &str) {
    let keys = [
        "run_date",
        "total_pain_points_analyzed",
        "total_clinics_analyzed",
        "segments_created",
        "clinics_matched",
        "clinics_unmatched",
        "top_5_segments",
        "segment_name",
        "pain_category",
        "clinic_count",
        "priority_score",
        "match_strategy",
        "avg_confidence",
        "has_decision_makers",
        "outreach_subject",
        "files_generated",
        "slack_notification_sent",
    ];
    let mut rest = json;
    for key in keys {
        let (_, after) =
            rest.split_once(&format!("\"{key}\":")).unwrap_or_else(|| panic!("no {key} in {rest}"));
        rest = after;
    }
}
