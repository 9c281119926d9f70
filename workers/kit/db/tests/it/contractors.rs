//! Contractors: what comes in once, what never changes, and what is left of somebody who was erased.

use crate::rows::now;
use crate::server::{ALPHA, BETA, TestDb};
use chrono::NaiveDate;
use db::contractor_facts::{self, ContractorFacts, Fact};
use db::contractors::{self, Content, Contractor, Kept, Milestone, NOBODY, Observed, Partner, Usage};
use db::imports::Counts;
use sqlx::{Connection as _, PgConnection};

pub(crate) fn day(year: i32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, 5, 1).unwrap()
}

pub(crate) fn contractor(id: i32, tier: &str) -> Contractor {
    let focus_areas = vec!["greenfield_growth".to_owned(), "operational_efficiency".to_owned()];
    Contractor {
        id,
        revenue_tier: Some(tier.to_owned()),
        team_size: Some(9),
        focus_areas,
        ..Contractor::default()
    }
}

fn observed(contractor_id: i32, year: i32, tier: &str, revenue: Option<f64>) -> Observed {
    Observed {
        contractor_id,
        tier: tier.to_owned(),
        valid_from: day(year),
        revenue,
        team_size: None,
        focus_areas: vec!["lead_systems".to_owned()],
        current_stage: Some("growth".to_owned()),
    }
}

fn counts(inserted: u64, updated: u64, unchanged: u64) -> Counts {
    Counts { inserted, updated, unchanged, erased: 0 }
}

/// Contractor 56 with something of everything.
async fn with_one() -> TestDb {
    let test = TestDb::new().await;
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    contractors::write(&mut tx, &[contractor(56, "0_5_million")], now()).await.unwrap();
    let history = [observed(56, 2020, "0_5_million", Some(3.2e6)), observed(56, 2022, "5_10_million", None)];
    assert_eq!(contractors::observe(&mut tx, &history).await.unwrap(), (counts(2, 0, 0), vec![]));
    contractors::write_partners(&mut tx, &[Partner { id: 5, name: "BuildPro".into() }]).await.unwrap();
    let usage = Usage { contractor_id: 56, partner_id: 5, used_from: None, satisfaction: Some(5) };
    assert_eq!(contractors::write_usage(&mut tx, &[usage]).await.unwrap(), counts(1, 0, 0));
    let milestone =
        Milestone { contractor_id: 56, milestone: "hired_ops_manager".into(), reached_on: Some(day(2021)) };
    assert_eq!(contractors::write_milestones(&mut tx, &[milestone]).await.unwrap(), counts(1, 0, 0));
    let content = Content {
        contractor_id: 56,
        kind: "book".into(),
        title: "Traction".into(),
        author: "Gino Wickman".into(),
        consumed_on: None,
    };
    assert_eq!(contractors::write_content(&mut tx, &[content]).await.unwrap(), counts(1, 0, 0));
    tx.commit().await.unwrap();
    test
}

#[tokio::test]
async fn what_is_known_of_a_contractor_is_read_back_by_its_own_tenant_only() {
    let test = with_one().await;
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    let mut told = Vec::new();
    contractor_facts::of_one(&mut tx, 56, |id, fact| told.push(format!("{id} {fact:?}"))).await.unwrap();
    told.sort();
    assert_eq!(
        told,
        [
            "56 Consumed { kind: \"book\", title: \"Traction\", author: \"Gino Wickman\", consumed_on: None }",
            "56 Observed { tier: \"0_5_million\", valid_from: 2020-05-01, revenue: Some(3200000.0), team_size: None, focus_areas: [\"lead_systems\"], current_stage: Some(\"growth\") }",
            "56 Observed { tier: \"5_10_million\", valid_from: 2022-05-01, revenue: None, team_size: None, focus_areas: [\"lead_systems\"], current_stage: Some(\"growth\") }",
            "56 Profile { revenue_tier: Some(\"0_5_million\"), team_size: Some(9), focus_areas: [\"greenfield_growth\", \"operational_efficiency\"], current_stage: None, close_rate: None, lead_sources: [], current_crm: None }",
            "56 Reached { milestone: \"hired_ops_manager\", reached_on: Some(2021-05-01) }",
            "56 Used { partner_id: 5, used_from: None, satisfaction: Some(5) }",
        ]
    );
    let mut others = ContractorFacts::open(&test.db, BETA).await.unwrap();
    assert_eq!(others.of(1..=i32::MAX, |_, _| ()).await.unwrap(), 0);
}

#[tokio::test]
async fn batches_hold_every_contractor_once() {
    let test = TestDb::new().await;
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    let rows: Vec<Contractor> = (1..=10).map(|place| contractor(place * 7, "0_5_million")).collect();
    contractors::write(&mut tx, &rows, now()).await.unwrap();
    tx.commit().await.unwrap();
    let mut facts = ContractorFacts::open(&test.db, ALPHA).await.unwrap();
    let (mut ids, mut after) = (Vec::new(), 0);
    while let Some(end) = facts.batch_end(after, 4).await.unwrap() {
        facts.of(after + 1..=end, |id, _| ids.push(id)).await.unwrap();
        after = end;
    }
    assert_eq!(after, 56);
    facts
        .of(after + 1..=i32::MAX, |id, fact| {
            assert!(matches!(fact, Fact::Profile { .. }));
            ids.push(id);
        })
        .await
        .unwrap();
    ids.sort_unstable();
    assert_eq!(ids, (1..=10).map(|place| place * 7).collect::<Vec<_>>());
}

#[tokio::test]
async fn history_only_grows() {
    let test = with_one().await;
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    let rows = [
        observed(56, 2020, "0_5_million", Some(3.2e6)),
        observed(56, 2020, "0_5_million", None),
        observed(56, 2020, "5_10_million", None),
        observed(56, 2020, "0_5_million", Some(4e6)),
        observed(56, 2023, "5_10_million", None),
        observed(56, 2023, "11_20_million", None),
    ];
    let (counted, kept) = contractors::observe(&mut tx, &rows).await.unwrap();
    assert_eq!(counted, counts(1, 0, 5));
    let first = |place| Kept { place, tier: "0_5_million".into(), revenue: Some(3.2e6) };
    let within = Kept { place: 5, tier: "5_10_million".into(), revenue: None };
    assert_eq!(kept, [first(2), first(3), within]);
    tx.rollback().await.unwrap();
    for sql in [
        "UPDATE contractor_revenue_history SET tier = 'x'",
        "DELETE FROM contractor_revenue_history WHERE contractor_id = 56",
    ] {
        let mut owner = PgConnection::connect(&test.superuser_url).await.unwrap();
        let refused = sqlx::raw_sql(sql).execute(&mut owner).await.unwrap_err();
        assert!(refused.to_string().contains("append-only"), "{refused}");
    }
    test.sql("DELETE FROM contractors WHERE id = 56").await;
    assert_eq!(test.number("SELECT count(*) FROM contractor_revenue_history").await, 0);
}

#[tokio::test]
async fn a_tier_that_changes_becomes_history() {
    let test = with_one().await;
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    let rows = [contractor(56, "5_10_million"), contractor(57, "5_10_million")];
    assert_eq!(contractors::write(&mut tx, &rows, now()).await.unwrap(), counts(1, 1, 0));
    // What is not given stays, and the same row again is no change.
    let bare = Contractor { id: 56, ..Contractor::default() };
    assert_eq!(contractors::write(&mut tx, &[bare, rows[1].clone()], now()).await.unwrap(), counts(0, 0, 2));
    tx.commit().await.unwrap();
    let today = now().date_naive();
    let sql = format!(
        "SELECT count(*) FROM contractor_revenue_history WHERE contractor_id = 56 AND valid_from = '{today}'
            AND tier = '5_10_million' AND team_size = 9"
    );
    assert_eq!(test.number(&sql).await, 1);
    assert_eq!(test.number("SELECT count(*) FROM contractor_revenue_history").await, 3);
}

#[tokio::test]
async fn of_somebody_erased_nothing_is_left_but_what_came_of_goals_as_nobodys() {
    let test = with_one().await;
    let client = format!("'{ALPHA}'");
    test.sql(&format!(
        "INSERT INTO business_growth_patterns (client_id, id, from_revenue_tier, to_revenue_tier, pattern_name,
            pattern_type, sample_size, confidence_score, last_recalculated_at, status, confidence_low, confidence_high,
            document, released_at)
        VALUES ({client}, 1, 'a', 'b', 'n', 'lead_improvement', 5, 0.5, now(), 'served', 0, 1, '{{}}', now());
        INSERT INTO pattern_success_tracking (client_id, pattern_id, contractor_id, goal_completed, outcome_notes, event_id,
            created_at)
        VALUES ({client}, 1, 56, true, 'Ann said so', 'ann-56', '2026-03-17')"
    ))
    .await;
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    assert!(contractors::erase(&mut tx, 56, now()).await.unwrap());
    for gone in [56, 57, NOBODY] {
        assert!(!contractors::erase(&mut tx, gone, now()).await.unwrap(), "{gone}");
    }
    // Who was erased does not come back.
    contractors::write(&mut tx, &[contractor(56, "0_5_million")], now()).await.unwrap();
    assert!(contractors::names(&mut tx).await.unwrap().iter().all(|name| name.erased));
    assert_eq!(contractor_facts::of_one(&mut tx, 56, |_, _| ()).await.unwrap(), 0);
    tx.commit().await.unwrap();
    for table in [
        "contractor_revenue_history",
        "contractor_partner_usage",
        "contractor_milestones",
        "contractor_content",
        "contractors WHERE revenue_tier IS NOT NULL",
    ] {
        assert_eq!(test.number(&format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
    }
    let left = "SELECT count(*) FROM pattern_success_tracking WHERE contractor_id = 0 AND goal_completed
        AND outcome_notes IS NULL AND event_id <> 'ann-56' AND created_at = '2026-03-01'";
    assert_eq!(test.number(left).await, 1);
}
