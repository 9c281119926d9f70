//! Test case 2: pain points that name a place, and the clinics there (PT-154, X01 to X03).

use proto::v1::{ConfidenceMode, MatchConfig, Strategy};
use tests::{DATE, Rows, TestFleet, clinic, numbered, pain};

/// 47 clinics of Arizona, 40 of other states, and pain points that name a place in Arizona.
fn rows(cities: [&str; 2], place: &str) -> Rows {
    let clinics = [
        numbered(40, clinic("Physical Therapy", cities[0], "AZ")),
        numbered(7, clinic("Rehab", cities[1], "Arizona")),
        numbered(25, clinic("Spine Care", "Dallas", "TX")),
        numbered(15, clinic("Motion", "Phoenix", "OR")),
    ];
    Rows {
        pain_points: [6.0, 6.0, 6.0, 7.0]
            .into_iter()
            .zip(["slow", "clumsy", "ugly", "dear"])
            .map(|(severity, word)| pain("emr", &format!("Our EMR in {place} is {word}"), severity, 2))
            .collect(),
        clinics: clinics.concat(),
        ..Rows::default()
    }
}

async fn check(rows: Rows, mode: ConfidenceMode) {
    let fleet = TestFleet::start().await;
    fleet.insert(&rows).await;
    let _all = fleet.run(&["all"]);
    let config = MatchConfig {
        strategies: vec![Strategy::Geographic.into()],
        min_confidence_score: 5.0,
        confidence_mode: mode.into(),
        ..MatchConfig::default()
    };
    let finished = fleet.broker.run("geographic", DATE, config).await;

    let summary = &finished.summary;
    assert_eq!((summary.segments_created, summary.clinics_matched, summary.clinics_unmatched), (1, 47, 40));
    let facts = "SELECT concat_ws(', ', segment_name, count(*), priority_score, min(confidence_score), \
                 match_strategy) FROM matched_segments GROUP BY segment_name, priority_score, match_strategy";
    assert_eq!(fleet.texts(facts).await, ["emr-arizona, 47, 7.5, 6.0, geographic"]);
    let elsewhere = "SELECT count(*) FROM matched_segments m JOIN clinics_contact_info c ON c.id = m.clinic_id \
                     WHERE c.state NOT IN ('AZ', 'Arizona')";
    assert_eq!(fleet.number(elsewhere).await, 0);
    let reasons = fleet.texts("SELECT DISTINCT match_reason FROM matched_segments").await;
    assert!(
        reasons.iter().all(|reason| reason.starts_with("Pain point mentioned in Arizona")),
        "{reasons:?}"
    );
    assert!(fleet.files(DATE).rows().iter().all(|row| row["state"] == "AZ"));
}

#[tokio::test]
async fn tc2_a_city_that_is_named_finds_the_clinics_there_and_nowhere_else() {
    check(rows(["Phoenix", "Phoenix"], "Phoenix, Arizona"), ConfidenceMode::Graded).await;
}

#[tokio::test]
async fn tc2_in_block_mode_a_state_that_is_named_finds_all_its_clinics() {
    check(rows(["Tucson", "Mesa"], "Arizona"), ConfidenceMode::Block).await;
}
