//! Test case 5: nothing is sure enough, so the threshold goes down by itself (PT-158, PT-159, X09).

use db::imports::Clinic;
use proto::v1::MatchConfig;
use tests::{DATE, Rows, TestFleet, clinic, numbered, pain};

const PLACES: [(&str, &str, &str); 10] = [
    ("Phoenix", "AZ", "Arizona"),
    ("Denver", "CO", "Colorado"),
    ("Boise", "ID", "Idaho"),
    ("Houston", "TX", "Texas"),
    ("Seattle", "WA", "Washington"),
    ("Chicago", "IL", "Illinois"),
    ("Atlanta", "GA", "Georgia"),
    ("Detroit", "MI", "Michigan"),
    ("Miami", "FL", "Florida"),
    ("Las Vegas", "NV", "Nevada"),
];

/// A city that is named and an address: 5 + 3 = 8 for every clinic.
fn rows() -> Rows {
    let like = |city: &str, state: &str| Clinic {
        email: Some("@clinic.example".to_owned()),
        ..clinic(&format!("{city} Physical Therapy"), city, state)
    };
    Rows {
        pain_points: PLACES
            .map(|(city, _, state)| pain("billing", &format!("Denied claims in {city}, {state}"), 8.0, 1))
            .into(),
        clinics: PLACES.map(|(city, state, _)| numbered(3, like(city, state))).concat(),
        ..Rows::default()
    }
}

#[tokio::test]
async fn tc5_a_threshold_that_nothing_reaches_is_lowered_and_people_are_told() {
    let fleet = TestFleet::start().await;
    fleet.insert(&rows()).await;
    let _all = fleet.run(&["all"]);
    let config = MatchConfig { min_confidence_score: 9.0, ..MatchConfig::default() };
    let finished = fleet.broker.run("low", DATE, config).await;

    assert_eq!((finished.summary.segments_created, finished.summary.clinics_matched), (10, 30));
    assert_eq!(finished.summary.status, "complete");
    let score =
        fleet.broker.runs.part::<proto::v1::ScoreSummary>(&finished.run, proto::Stage::Score, "summary");
    let attempts = score.await.unwrap().unwrap().body.unwrap().attempts;
    let attempts: Vec<_> = attempts.iter().map(|attempt| (attempt.threshold, attempt.segments)).collect();
    assert_eq!(attempts, [(9.0, 0), (7.0, 10)]);
    fleet.told_of("All segments below confidence threshold, consider lowering to 7").await;
}

#[tokio::test]
async fn pt159_a_run_in_which_nothing_matches_ends_empty() {
    let fleet = TestFleet::start().await;
    let rows = Rows {
        pain_points: vec![pain("emr", "It is all too much", 3.0, 1)],
        clinics: numbered(20, clinic("Physical Therapy", "Boise", "ID")),
        ..Rows::default()
    };
    fleet.insert(&rows).await;
    let _all = fleet.run(&["all"]);
    let finished = fleet.broker.run("empty", DATE, MatchConfig::default()).await;
    assert_eq!((finished.summary.status.as_str(), finished.summary.segments_created), ("empty", 0));
    assert_eq!(finished.summary.clinics_unmatched, 20);
    assert_eq!(fleet.files(DATE).segments().len(), 0);
    fleet.told_of("Matching logic may need adjustment").await;
}
