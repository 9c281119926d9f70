//! What goes wrong is told apart by what to do about it.

use crate::server::{ALPHA, Server, TestDb, run, shared};
use db::{Config, Db, Error};
use secrecy::ExposeSecret;

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
