//! Contractors: what comes in once, what never changes, and what is left of somebody who was erased.

use crate::rows::now;
use crate::server::{ALPHA, BETA, TestDb};
use chrono::{NaiveDate, TimeDelta};
use db::contractor_facts::{self, ContractorFacts, Fact};
use db::contractors::{self, Content, Contractor, Kept, Milestone, Observed, Partner, Usage};
use db::erasure::{self, Erased, Forgotten, NOBODY};
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
    let others = [6, 7].map(|id| Partner { id, name: format!("Partner {id}") });
    contractors::write_partners(&mut tx, &others).await.unwrap();
    let some = contractors::partners_of(&mut tx, &[7, 5, 8]).await.unwrap();
    assert_eq!(some.iter().map(|one| one.id).collect::<Vec<_>>(), [5, 7]);
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
            "56 Observed { tier: \"0_5_million\", valid_from: 2020-05-01, revenue: Some(3200000.0), team_size: None, focus_areas: [\"lead_systems\"], current_stage: Some(\"growth\"), of_profile: false }",
            "56 Observed { tier: \"0_5_million\", valid_from: 2025-11-11, revenue: None, team_size: Some(9), focus_areas: [\"greenfield_growth\", \"operational_efficiency\"], current_stage: None, of_profile: true }",
            "56 Observed { tier: \"5_10_million\", valid_from: 2022-05-01, revenue: None, team_size: None, focus_areas: [\"lead_systems\"], current_stage: Some(\"growth\"), of_profile: false }",
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
    // Those without a tier have no history.
    let rows = (1..=10).map(|place| Contractor { revenue_tier: None, ..contractor(place * 7, "") });
    let rows: Vec<Contractor> = rows.collect();
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
        Observed {
            team_size: Some(9),
            focus_areas: vec!["pricing".into()],
            ..observed(56, 2022, "5_10_million", None)
        },
        Observed { current_stage: None, focus_areas: vec![], ..observed(56, 2022, "5_10_million", None) },
    ];
    let (counted, kept) = contractors::observe(&mut tx, &rows).await.unwrap();
    assert_eq!(counted, counts(1, 0, 7));
    let kept_of = |place, tier: &str, revenue, differs: &[&str]| {
        let differs = differs.iter().map(|column| (*column).to_owned()).collect();
        Kept { place, tier: tier.to_owned(), revenue, differs }
    };
    let first = |place, differs| kept_of(place, "0_5_million", Some(3.2e6), &[differs]);
    let within = kept_of(5, "5_10_million", None, &["tier"]);
    let more = kept_of(6, "5_10_million", None, &["team_size", "focus_areas"]);
    assert_eq!(kept, [first(2, "tier"), first(3, "revenue"), within, more]);
    // A profile told of today, too; a file that says the same tier says nothing else of it.
    let today =
        |tier: &str| Observed { valid_from: now().date_naive(), ..observed(56, 2025, tier, Some(4e6)) };
    let (_, kept) =
        contractors::observe(&mut tx, &[today("0_5_million"), today("5_10_million")]).await.unwrap();
    assert_eq!(kept, [kept_of(1, "0_5_million", None, &["tier"])]);
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
async fn what_was_there_first_stays_dated_by_the_first_day() {
    let test = with_one().await;
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    let milestone = |year: Option<i32>| Milestone {
        contractor_id: 56,
        milestone: "hired_ops_manager".into(),
        reached_on: year.map(day),
    };
    let used = |year: Option<i32>, satisfaction| Usage {
        contractor_id: 56,
        partner_id: 5,
        used_from: year.map(day),
        satisfaction,
    };
    let read = |year: i32, author: &str| Content {
        contractor_id: 56,
        kind: "book".into(),
        title: "Traction".into(),
        author: author.into(),
        consumed_on: Some(day(year)),
    };
    for (years, expected) in
        [(&[Some(2022), None][..], counts(0, 0, 2)), (&[Some(2020), Some(2021)], counts(0, 1, 1))]
    {
        let rows: Vec<Milestone> = years.iter().copied().map(milestone).collect();
        assert_eq!(contractors::write_milestones(&mut tx, &rows).await.unwrap(), expected, "{years:?}");
    }
    let usage = [used(Some(2021), Some(2)), used(Some(2020), None), used(None, None)];
    contractors::write_usage(&mut tx, &usage).await.unwrap();
    contractors::write_content(&mut tx, &[read(2021, "W."), read(2020, ""), read(2022, "")]).await.unwrap();
    let mut told = Vec::new();
    contractor_facts::of_one(&mut tx, 56, |_, fact| match fact {
        Fact::Reached { reached_on, .. } => told.push(format!("reached {reached_on:?}")),
        Fact::Used { used_from, satisfaction, .. } => {
            told.push(format!("used {used_from:?} {satisfaction:?}"))
        }
        Fact::Consumed { author, consumed_on, .. } => told.push(format!("read {consumed_on:?} {author}")),
        Fact::Profile { .. } | Fact::Observed { .. } => {}
    })
    .await
    .unwrap();
    told.sort();
    assert_eq!(
        told,
        ["reached Some(2020-05-01)", "read Some(2020-05-01) W.", "used Some(2020-05-01) Some(2)"]
    );
}

#[tokio::test]
async fn the_tier_that_is_known_first_and_every_change_of_it_become_history() {
    let test = with_one().await;
    let rows = [contractor(56, "5_10_million"), contractor(57, "5_10_million")];
    let later = now() + TimeDelta::days(150);
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    assert_eq!(contractors::write(&mut tx, &rows, later).await.unwrap(), counts(1, 1, 0));
    // What is not given stays, and the same row again is no change.
    let bare = Contractor { id: 56, ..Contractor::default() };
    let again = [bare, rows[1].clone()];
    assert_eq!(contractors::write(&mut tx, &again, later).await.unwrap(), counts(0, 0, 2));
    // Who came in without a tier gets the first one, and a second one of the same day counts from the next.
    let unknown = Contractor { id: 58, ..Contractor::default() };
    contractors::write(&mut tx, &[unknown], now()).await.unwrap();
    for tier in ["0_5_million", "5_10_million"] {
        contractors::write(&mut tx, &[contractor(58, tier)], later).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    let mut told = Vec::new();
    let mut add = |id, fact: Fact<'_>| {
        if let Fact::Observed { tier, valid_from, team_size, of_profile: true, .. } = fact {
            assert_eq!(team_size, Some(9));
            told.push(format!("{id} {valid_from} {tier}"));
        }
    };
    for id in [56, 57, 58] {
        contractor_facts::of_one(&mut tx, id, &mut add).await.unwrap();
    }
    told.sort();
    assert_eq!(
        told,
        [
            "56 2025-11-11 0_5_million",
            "56 2026-04-10 5_10_million",
            "57 2026-04-10 5_10_million",
            "58 2026-04-10 0_5_million",
            "58 2026-04-11 5_10_million",
        ]
    );
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
    let named = Contractor { company_name: Some("Desert Roofs".into()), ..contractor(56, "0_5_million") };
    contractors::write(&mut tx, &[named], now()).await.unwrap();
    let erased = erasure::erase(&mut tx, 56, now()).await.unwrap();
    assert_eq!(erased, Some(Erased { rows: 6, outcomes: 1 }));
    for gone in [56, 57, NOBODY] {
        assert_eq!(erasure::erase(&mut tx, gone, now()).await.unwrap(), None, "{gone}");
    }
    // Who was erased does not come back.
    contractors::write(&mut tx, &[contractor(56, "0_5_million")], now()).await.unwrap();
    let names = contractors::names(&mut tx).await.unwrap();
    assert!(names.iter().all(|name| name.erased && name.company_name.is_none()));
    let forgotten = Forgotten::of(&names);
    assert!(forgotten.contains("desert  ROOFS") && !forgotten.contains("Desert Roof"));
    assert!(!erasure::hold(&mut tx, 56).await.unwrap());
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

#[tokio::test]
async fn somebody_erased_while_a_file_comes_in_stays_erased() {
    let test = with_one().await;
    let mut importing = test.db.begin(ALPHA).await.unwrap();
    assert!(contractors::names(&mut importing).await.unwrap().iter().all(|name| !name.erased));
    let db = test.db.clone();
    let erasing = tokio::spawn(async move {
        let mut tx = db.begin(ALPHA).await.unwrap();
        let erased = erasure::erase(&mut tx, 56, now()).await.unwrap();
        tx.commit().await.unwrap();
        erased.is_some()
    });
    let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    while test.number(waits).await == 0 {
        assert!(!erasing.is_finished(), "it waits for nobody");
    }
    let milestone = Milestone { contractor_id: 56, milestone: "late".into(), reached_on: None };
    contractors::write_milestones(&mut importing, std::slice::from_ref(&milestone)).await.unwrap();
    importing.commit().await.unwrap();
    assert!(erasing.await.unwrap());
    // And whoever read before, and waited for nobody, writes nothing.
    let mut late = test.db.begin(ALPHA).await.unwrap();
    let nothing = counts(0, 0, 1);
    assert_eq!(contractors::write_milestones(&mut late, &[milestone]).await.unwrap(), nothing);
    assert_eq!(contractors::observe(&mut late, &[observed(56, 2024, "x", None)]).await.unwrap().0, nothing);
    let usage = Usage { contractor_id: 56, partner_id: 5, used_from: None, satisfaction: None };
    assert_eq!(contractors::write_usage(&mut late, &[usage]).await.unwrap(), nothing);
    late.commit().await.unwrap();
    for table in ["contractor_milestones", "contractor_revenue_history", "contractor_partner_usage"] {
        assert_eq!(test.number(&format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
    }
}
