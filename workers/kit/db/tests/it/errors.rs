//! What goes wrong is told apart by what to do about it.

use crate::server::{ALPHA, BETA, Server, TestDb, run, shared};
use db::{Config, Db, Error};
use secrecy::ExposeSecret;
use sqlx::Connection as _;

#[tokio::test]
async fn a_server_that_dies_is_unavailable_and_starting_without_it_works() {
    let mut server = Server::start();
    let url = server.url("postgres", "postgres");
    run(&url, "CREATE ROLE leadfleet_app").await;
    let db = Db::new(&Config::of(&url)).unwrap();
    db.ping().await.unwrap();
    let mut tx = db.begin(ALPHA).await.unwrap();
    server.kill();
    let lost = db::runs::list(&mut tx, 1).await.unwrap_err();
    assert!(lost.is_unavailable() && !lost.is_permanent(), "{lost:?}");
    drop(tx);
    let down = Db::new(&Config::of(&url)).unwrap().ping().await.unwrap_err();
    assert!(down.is_unavailable(), "{down:?}");
    let refused =
        Db::new(&Config::of("postgresql://nobody@127.0.0.1:1/x")).unwrap().ping().await.unwrap_err();
    assert!(refused.is_unavailable(), "{refused:?}");
}

#[tokio::test]
async fn a_database_without_the_schema_is_neither_down_nor_the_rows_fault() {
    let url = shared().url("postgres", "postgres");
    TestDb::new().await;
    let db = Db::new(&Config::of(&url)).unwrap();
    let mut tx = db.begin(ALPHA).await.unwrap();
    let error = db::runs::list(&mut tx, 1).await.unwrap_err();
    assert_eq!(error.code().as_deref(), Some("42P01"));
    assert!(!error.is_unavailable() && !error.is_permanent() && !error.is_disk_full());
}

#[tokio::test]
async fn a_connection_string_that_is_none_is_told_at_once() {
    assert!(matches!(Db::new(&Config::of("not a url")), Err(Error::ConnectionString(_))));
    let missing = Config { postgres_connection_string: None, ..Config::of("") };
    assert!(matches!(Db::new(&missing), Err(Error::NoConnectionString)));
}

#[tokio::test]
async fn a_connection_string_may_stand_in_a_file_and_is_never_shown() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "postgresql://u:hush@h/d\n").unwrap();
    let config = Config {
        postgres_connection_string: None,
        postgres_connection_string_file: Some(file.path().into()),
        ..Config::of("")
    };
    assert_eq!(config.connection_string().unwrap().expose_secret(), "postgresql://u:hush@h/d");
    assert!(!format!("{:?}", Config::of("postgresql://u:hush@h/d")).contains("hush"));
}

#[tokio::test]
async fn migrating_twice_applies_nothing_the_second_time() {
    let test = TestDb::new().await;
    assert!(db::migrate(&test.owner_url).await.unwrap().is_empty());
    let listed = db::migrations(&test.owner_url).await.unwrap();
    assert!(listed.len() >= 4 && listed.iter().all(|migration| migration.applied_at.is_some()), "{listed:?}");
}

#[tokio::test]
async fn an_empty_database_lists_its_migrations_as_pending_and_two_may_migrate_at_once() {
    let server = shared();
    TestDb::new().await;
    run(&server.url("postgres", "postgres"), "CREATE DATABASE fresh OWNER owner").await;
    let url = server.url("owner", "fresh");
    assert!(db::migrations(&url).await.unwrap().iter().all(|migration| migration.applied_at.is_none()));
    let (one, two) = tokio::join!(db::migrate(&url), db::migrate(&url));
    one.unwrap();
    two.unwrap();
    assert!(db::migrations(&url).await.unwrap().iter().all(|migration| migration.applied_at.is_some()));
}

#[tokio::test]
async fn an_owner_who_may_not_take_on_the_role_is_told_what_to_ask_for() {
    let server = shared();
    TestDb::new().await;
    run(&server.url("postgres", "postgres"), "CREATE ROLE weak LOGIN").await;
    run(&server.url("postgres", "postgres"), "CREATE DATABASE weak OWNER weak").await;
    let error = anyhow::Error::from(db::migrate(&server.url("weak", "weak")).await.unwrap_err());
    assert!(format!("{error:#}").contains("user weak may not take on the role leadfleet_app"), "{error:#}");
}

#[tokio::test]
async fn what_learning_and_growth_need_is_made_twice_and_stays_as_it_was() {
    let test = TestDb::new().await;
    let mut owner = sqlx::PgConnection::connect(&test.owner_url).await.unwrap();
    let before: String = sqlx::query_scalar(CATALOGUE).fetch_one(&mut owner).await.unwrap();
    let growth = include_str!("../../../../../migrations/20261122000000_create_growth.sql");
    let learning = include_str!("../../../../../migrations/20261121160000_014_conversion_intelligence.sql");
    let tiers = include_str!("../../../../../migrations/20261123000000_tiers_known_at_once.sql");
    for migration in [learning, growth, tiers, learning, growth, tiers] {
        sqlx::raw_sql(migration).execute(&mut owner).await.unwrap();
    }
    let after: String = sqlx::query_scalar(CATALOGUE).fetch_one(&mut owner).await.unwrap();
    assert!(before.contains("tenant_isolation_patterns") && before.contains("trigger_mark_converting_touch"));
    assert_eq!(after, before);
}

#[tokio::test]
async fn contractors_and_outcomes_that_are_there_already_get_what_new_ones_have() {
    let test = TestDb::new().await;
    // As before these migrations: nothing wrote down a tier, and any outcome was one more.
    test.sql(&format!(
        "ALTER TABLE contractors DISABLE TRIGGER tier_changed;
        DROP INDEX pattern_success_tracking_without_goal;
        INSERT INTO contractors (client_id, id, revenue_tier, updated_at) VALUES
            ('{BETA}', 1, 'low', '2026-05-01'), ('{BETA}', 2, 'high', '2026-05-01'),
            ('{BETA}', 3, 'low', '2026-05-01'), ('{BETA}', 4, NULL, '2026-05-01'), ('{BETA}', 5, 'low', '2026-05-01');
        INSERT INTO contractor_revenue_history (client_id, contractor_id, tier, valid_from) VALUES
            ('{BETA}', 2, 'low', '2020-01-01'), ('{BETA}', 3, 'low', '2020-01-01'), ('{BETA}', 5, 'high', '2026-06-01');
        INSERT INTO business_growth_patterns (client_id, id, from_revenue_tier, to_revenue_tier, pattern_name,
            pattern_type, sample_size, confidence_score, last_recalculated_at, status, confidence_low, confidence_high,
            document, released_at)
        VALUES ('{BETA}', 1, 'a', 'b', 'n', 'lead_improvement', 5, 0.5, now(), 'served', 0, 1, '{{}}', now());
        INSERT INTO pattern_success_tracking (client_id, pattern_id, contractor_id, event_id)
        VALUES ('{BETA}', 1, 1, 'one'), ('{BETA}', 1, 1, 'two'), ('{BETA}', 1, 2, 'three')"
    ))
    .await;
    // Their owner is no superuser.
    let tiers = include_str!("../../../../../migrations/20261123000000_tiers_known_at_once.sql");
    let outcomes = include_str!("../../../../../migrations/20261123000200_one_outcome.sql");
    for migration in [tiers, outcomes, tiers, outcomes] {
        run(&test.owner_url, migration).await;
    }
    for (sql, expected) in [
        ("SELECT count(*) FROM contractor_revenue_history WHERE of_profile", 2),
        (
            "SELECT count(*) FROM contractor_revenue_history WHERE of_profile AND valid_from = '2026-05-01'
            AND (contractor_id, tier) IN ((1, 'low'), (2, 'high'))",
            2,
        ),
        ("SELECT count(*) FROM pattern_success_tracking WHERE without_goal", 2),
        (
            "SELECT count(*) FROM pattern_success_tracking WHERE without_goal AND event_id IN ('one', 'three')",
            2,
        ),
    ] {
        assert_eq!(test.number(sql).await, expected, "{sql}");
    }
}

/// Columns, indexes, policies, triggers and constraints, as text.
const CATALOGUE: &str = "
    SELECT string_agg(line, E'\\n' ORDER BY line) FROM (
        SELECT format('%s.%s %s %s', table_name, column_name, data_type, column_default)
            FROM information_schema.columns WHERE table_schema = 'public'
        UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT format('%s %s %s %s %s', tablename, policyname, roles, qual, with_check) FROM pg_policies
        UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT format('%s %s', conrelid::regclass, pg_get_constraintdef(oid)) FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace
    ) AS catalogue (line)";
