//! Test case 3: pain points that name a type of clinic, and the clinics of that type (PT-155).

use db::imports::Clinic;
use proto::v1::{MatchConfig, Strategy};
use tests::{DATE, Rows, TestFleet, clinic, numbered, owner, pain};

fn of_type(name: &str, business_type: Option<&str>) -> Clinic {
    Clinic { business_type: business_type.map(str::to_owned), ..clinic(name, "Denver", "CO") }
}

/// 63 clinics whose column says cash-based, in three spellings, and 50 of which it does not.
fn rows() -> Rows {
    let clinics = [
        numbered(40, of_type("Physical Therapy", Some("cash-based"))),
        numbered(13, of_type("Rehab", Some("Cash PT"))),
        numbered(10, of_type("Motion", Some("Self-pay"))),
        numbered(30, of_type("Athletics", Some("sports-medicine"))),
        numbered(20, of_type("Cash Only Clinic", None)),
    ]
    .concat();
    Rows {
        pain_points: [9.0, 9.0, 9.0, 10.0]
            .into_iter()
            .zip(["costs", "annoys", "fails", "eats"])
            .map(|(severity, word)| {
                pain("marketing", &format!("Marketing {word} us as a cash-based PT practice"), severity, 1)
            })
            .collect(),
        decision_makers: clinics.iter().take(63).map(owner).collect(),
        clinics,
        ..Rows::default()
    }
}

#[tokio::test]
async fn tc3_a_type_that_is_named_finds_the_clinics_of_that_type_alone() {
    let fleet = TestFleet::start().await;
    fleet.insert(&rows()).await;
    let _all = fleet.run(&["all"]);
    let config = MatchConfig { strategies: vec![Strategy::BusinessType.into()], ..MatchConfig::default() };
    let finished = fleet.broker.run("business-type", DATE, config).await;

    assert_eq!((finished.summary.segments_created, finished.summary.clinics_matched), (1, 63));
    let facts = "SELECT concat_ws(', ', segment_name, count(*), priority_score, min(confidence_score), \
                 match_strategy) FROM matched_segments GROUP BY segment_name, priority_score, match_strategy";
    assert_eq!(fleet.texts(facts).await, ["marketing-cash-based, 63, 8.9, 8.0, business_type"]);
    let types = "SELECT DISTINCT c.business_type COLLATE \"C\" FROM matched_segments m \
                 JOIN clinics_contact_info c ON c.id = m.clinic_id ORDER BY 1";
    assert_eq!(fleet.texts(types).await, ["Cash PT", "Self-pay", "cash-based"]);
    let reasons = fleet.texts("SELECT DISTINCT match_reason FROM matched_segments").await;
    assert_eq!(reasons.len(), 1);
    assert!(reasons[0].starts_with("Pain point specific to cash-based"), "{reasons:?}");
}
