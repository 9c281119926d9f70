//! The private servers, started for real.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process;
use std::time::Duration;

use super::*;

fn kept(dir: &Path) -> StackOptions {
    StackOptions { data_dir: Some(dir.to_owned()), ..StackOptions::default() }
}

/// A directory that Postgres' account can reach when the tests run as root.
fn data_dir() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    dir
}

/// What nats-server says when a client connects.
fn greeting(url: &str) -> String {
    let mut stream = TcpStream::connect(url.trim_start_matches("nats://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut buffer = [0; 512];
    let read = stream.read(&mut buffer).unwrap();
    String::from_utf8_lossy(&buffer[..read]).into_owned()
}

/// Connects as `leadfleet` to the database `leadfleet`; the answer starts with `R` when that was allowed.
fn first_byte_of_postgres(url: &str) -> u8 {
    let dir = url.split("host=").nth(1).unwrap();
    let mut stream = UnixStream::connect(format!("{dir}/.s.PGSQL.5432")).unwrap();
    let body = b"\x00\x03\x00\x00user\0leadfleet\0database\0leadfleet\0\0";
    stream.write_all(&(body.len() as u32 + 4).to_be_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut byte = [0];
    stream.read_exact(&mut byte).unwrap();
    byte[0]
}

fn program(dir: &Path, name: &str, script: &str) -> PathBuf {
    let path = dir.join(name);
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn running(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}

#[test]
fn both_servers_take_connections_once_the_stack_has_started_and_are_gone_when_it_is_dropped() {
    let stack = Stack::start(StackOptions::default()).unwrap();
    let (nats, postgres) = (stack.nats_pid().unwrap(), stack.postgres_pid().unwrap());
    let dir = stack.data_dir().to_owned();

    assert!(greeting(&stack.nats_url()).contains("\"jetstream\":true"));
    assert_eq!(first_byte_of_postgres(&stack.postgres_url()), b'R');
    assert!(stack.temporary());

    drop(stack);
    assert!(!running(nats) && !running(postgres));
    assert!(!dir.exists());
}

#[test]
fn servers_come_back_at_the_same_address_after_a_stop_and_after_a_kill() {
    let mut stack = Stack::start(StackOptions::default()).unwrap();
    let (nats_url, postgres_url) = (stack.nats_url(), stack.postgres_url());

    stack.stop_nats().unwrap();
    assert!(stack.nats_pid().is_none());
    stack.start_nats().unwrap();
    stack.kill_nats();
    stack.start_nats().unwrap();
    assert_eq!(stack.nats_url(), nats_url);
    assert!(greeting(&nats_url).starts_with("INFO"));

    stack.stop_postgres().unwrap();
    stack.start_postgres().unwrap();
    stack.kill_postgres();
    stack.start_postgres().unwrap();
    assert_eq!(stack.postgres_url(), postgres_url);
    assert_eq!(first_byte_of_postgres(&postgres_url), b'R');
    assert!(stack.ended().is_none());
}

#[test]
fn a_second_stack_on_the_same_directory_is_refused_by_the_first_ones_pid() {
    let dir = data_dir();
    let _first = Stack::start(kept(dir.path())).unwrap();
    let error = Stack::start(kept(dir.path())).unwrap_err();
    assert!(matches!(error, Error::InUse { pid, .. } if pid == process::id()), "{error}");
}

#[test]
fn a_later_stack_on_the_same_directory_finds_the_data_again() {
    let dir = data_dir();
    let made = |name: &str| fs::metadata(dir.path().join(name)).unwrap().created().unwrap();
    Stack::start(kept(dir.path())).unwrap().stop().unwrap();
    let before = made("postgres/PG_VERSION");
    let stack = Stack::start(kept(dir.path())).unwrap();
    assert_eq!(made("postgres/PG_VERSION"), before);
    assert_eq!(first_byte_of_postgres(&stack.postgres_url()), b'R');
    assert!(!stack.temporary());
}

#[test]
fn a_taken_port_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap().port();
    let error = Stack::start(StackOptions { nats_port: Some(taken), ..StackOptions::default() }).unwrap_err();
    assert_eq!(error.to_string(), format!("port {taken} on 127.0.0.1 is taken"));
    assert_eq!(error.hint().as_deref(), Some("leave out the port to get a free one"));
}

#[test]
fn an_old_nats_server_is_refused_with_its_version_and_the_way_out() {
    let dir = data_dir();
    let old = program(dir.path(), "nats-server", "echo nats-server: v2.9.10");
    let binaries = Binaries { nats_server: Some(old.clone()), ..Binaries::default() };
    let error = Stack::start(StackOptions { binaries, ..StackOptions::default() }).unwrap_err();
    let expected = format!("nats-server 2.9.10 at {} is too old: 2.12.5 or newer is needed", old.display());
    assert_eq!(error.to_string(), expected);
    assert!(error.hint().unwrap().contains("make setup"));
}

#[test]
fn an_old_postgres_is_refused_with_its_version() {
    let dir = data_dir();
    program(dir.path(), "postgres", "echo 'postgres (PostgreSQL) 13.4'");
    let binaries = Binaries { postgres_bin: Some(dir.path().to_owned()), ..Binaries::default() };
    let error = Stack::start(StackOptions { binaries, ..StackOptions::default() }).unwrap_err();
    assert!(matches!(&error, Error::TooOld { found, .. } if found == &[13, 4]), "{error}");
}

#[test]
fn a_server_that_does_not_start_shows_the_end_of_its_log() {
    let dir = data_dir();
    let broken = "[ \"$1\" = --version ] && echo nats-server: v2.15.1 && exit\nseq 1 30\nexit 3";
    let broken = program(dir.path(), "nats-server", broken);
    let binaries = Binaries { nats_server: Some(broken), ..Binaries::default() };
    let error = Stack::start(StackOptions { binaries, ..kept(dir.path()) }).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("ended with exit status: 3"), "{text}");
    assert!(text.contains("\n11\n") && text.ends_with("\n30") && !text.contains("\n10\n"), "{text}");
}

#[test]
fn data_of_another_postgres_is_refused() {
    let dir = data_dir();
    fs::create_dir(dir.path().join("postgres")).unwrap();
    fs::write(dir.path().join("postgres/PG_VERSION"), "12\n").unwrap();
    let error = Stack::start(kept(dir.path())).unwrap_err();
    assert!(matches!(&error, Error::OtherData { written, .. } if written == "12"), "{error}");
}

#[test]
fn a_store_of_a_newer_nats_server_is_refused() {
    let dir = data_dir();
    fs::create_dir(dir.path().join("nats")).unwrap();
    fs::write(dir.path().join("nats/version"), "99.1").unwrap();
    let error = Stack::start(kept(dir.path())).unwrap_err();
    assert!(matches!(&error, Error::OtherData { written, .. } if written == "99.1"), "{error}");
}
