//! Test case 6: Claude does not answer, and everything but its words is there (PT-160, X26).

use proto::v1::MatchConfig;
use standins::Step;
use tests::{DATE, TestFleet, sample};

#[tokio::test]
async fn tc6_without_claude_the_run_ends_with_templates_to_be_written_by_hand() {
    let fleet = TestFleet::with_claude().await;
    let overloaded = || Step::error(529, "overloaded_error", None);
    let broken = || Step::error(500, "api_error", None);
    fleet.claude.script((0..500).flat_map(|_| [overloaded(), broken()]));
    fleet.insert(&sample(100, 200, 200)).await;
    let _all = fleet.run(&["all"]);
    let finished = fleet.broker.run("claude-down", DATE, MatchConfig::default()).await;

    let summary = &finished.summary;
    assert_eq!(summary.status, "complete");
    assert_eq!((summary.templates_claude, summary.templates_generic), (0, 0));
    assert_eq!(summary.templates_manual, summary.segments_created);
    assert!(summary.segments_created > 0);
    assert_eq!(
        fleet.number("SELECT count(*) FROM matched_segments WHERE outreach_template IS NOT NULL").await,
        0
    );
    assert_eq!(
        fleet.number("SELECT count(*) FROM segments WHERE template_source <> 'needs_manual'").await,
        0
    );
    let scores =
        "SELECT count(*) FROM segments WHERE ai_adjustment <> 0 OR priority_score NOT BETWEEN 1 AND 10";
    assert_eq!(fleet.number(scores).await, 0);

    let files = fleet.files(DATE);
    assert!(files.segments().iter().all(|segment| segment["outreach_template"].is_null()));
    assert_eq!(files.csv_pairs(), fleet.stored_pairs().await);
    fleet.told_of("Claude API down, manual templates needed").await;
    // The circuit opens: a broken API is not asked for every segment.
    assert_eq!(fleet.claude.paid(), 0);
}
