//! Test case 4: clinics with three pains or more get a segment of their own (PT-156, PT-157, X18 to X20).

use db::imports::Clinic;
use proto::v1::MatchConfig;
use tests::{DATE, Rows, TestFleet, clinic, numbered, owner, pain, pattern};

const PATTERNS: [&str; 3] = ["emr_frustration", "billing_confusion", "scheduling_chaos"];

/// 12 clinics whose reviews show three problems, and 120 whose reviews show one.
fn rows() -> Rows {
    let website = |name: &str| Clinic {
        phone: None,
        website: Some("clinic.example".to_owned()),
        ..clinic(name, "Boise", "ID")
    };
    let hot = numbered(12, website("Physical Therapy"));
    let others = [numbered(60, website("Rehab")), numbered(60, website("Motion"))].concat();
    let of_hot = (1..=12).flat_map(|id| PATTERNS.map(|kind| pattern(id, kind, "high")));
    let of_others = (13..=132).map(|id| pattern(id, PATTERNS[id as usize % 3], "high"));
    let said = [
        ("emr", "The EMR crashes", 8.0),
        ("emr", "The EMR is slow", 8.0),
        ("billing", "Claims are denied", 8.0),
        ("billing", "Bills come back", 8.0),
        ("scheduling", "Nobody shows up", 8.0),
        ("scheduling", "The calendar is a mess", 9.0),
    ];
    Rows {
        pain_points: said.map(|(category, text, severity)| pain(category, text, severity, 1)).into(),
        decision_makers: hot.iter().map(owner).collect(),
        patterns: of_hot.chain(of_others).collect(),
        clinics: [hot, others].concat(),
    }
}

#[tokio::test]
async fn tc4_clinics_with_three_pains_are_one_segment_above_all_others() {
    let fleet = TestFleet::start().await;
    fleet.insert(&rows()).await;
    let _all = fleet.run(&["all"]);
    let finished = fleet.broker.run("hot-leads", DATE, MatchConfig::default()).await;

    let top = &finished.summary.top_5_segments[0];
    assert_eq!((top.segment_name.as_str(), top.clinic_count), ("multi-pain-hot-leads", 12));
    assert_eq!(format!("{:.1}", top.priority_score), "9.8");
    assert!(finished.summary.top_5_segments[1..].iter().all(|other| other.priority_score < 9.8));
    assert_eq!(finished.summary.hot_leads, 12);

    let facts = "SELECT concat_ws(', ', pain_category, match_reason, count(*), count(*) FILTER (WHERE hot_lead)) \
                 FROM matched_segments WHERE segment_name = 'multi-pain-hot-leads' GROUP BY pain_category, match_reason";
    assert_eq!(fleet.texts(facts).await, ["multi, Matches 3+ pain categories, 12, 12"]);
    // Each clinic is in one segment: those of the hot leads were removed, and it is on record from where.
    let sql = "SELECT count(*) FROM (SELECT clinic_id FROM matched_segments GROUP BY clinic_id HAVING count(*) > 1) d";
    assert_eq!(fleet.number(sql).await, 0);
    let removed = "SELECT concat_ws(', ', kept_in, segment_name, count(*)) FROM segment_membership_log \
                   GROUP BY kept_in, segment_name ORDER BY segment_name";
    let expected = ["billing", "emr", "scheduling"]
        .map(|category| format!("multi-pain-hot-leads, {category}-pattern-detected, 12"));
    assert_eq!(fleet.texts(removed).await, expected);
}
