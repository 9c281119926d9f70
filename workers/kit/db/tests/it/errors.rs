//! What goes wrong is told apart by what to do about it.

use crate::server::{ALPHA, Server, TestDb, run, shared};
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
    for migration in [learning, growth, learning, growth] {
        sqlx::raw_sql(migration).execute(&mut owner).await.unwrap();
    }
    let after: String = sqlx::query_scalar(CATALOGUE).fetch_one(&mut owner).await.unwrap();
    assert!(before.contains("tenant_isolation_patterns") && before.contains("trigger_mark_converting_touch"));
    assert_eq!(after, before);
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
