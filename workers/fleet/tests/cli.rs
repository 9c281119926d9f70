//! The binary itself: what a person and a script get from it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};
use serde_json::Value;

fn leadfleet(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leadfleet"));
    for variable in ["NATS_URL", "LEADFLEET_CONFIG", "OUTPUT_DIRECTORY", "CLAUDE_API_KEY"] {
        command.env_remove(variable);
    }
    // A directory without a leadfleet.toml.
    command.args(arguments).current_dir(std::env::temp_dir());
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[track_caller]
fn check_fails(output: &Output, code: i32, parts: &[&str]) {
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    for part in parts {
        assert!(stderr.contains(part), "{part:?} is not in {stderr}");
    }
    assert!(output.stdout.is_empty(), "a failure prints no data");
}

/// A directory that Postgres' account can reach when the tests run as root.
fn data_dir() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    dir
}

/// A running `leadfleet dev`, its servers up.
struct Dev {
    process: Child,
    addresses: Value,
}

impl Dev {
    fn start(data_dir: &Path) -> Self {
        let mut command = leadfleet(&["dev", "--json", "--data-dir"]);
        let mut process = command.arg(data_dir).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { process, addresses: serde_json::from_str(&line).unwrap() }
    }

    fn pids(&self) -> [u64; 2] {
        ["nats_pid", "postgres_pid"].map(|name| self.addresses[name].as_u64().unwrap())
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// Waits for the end of everybody who holds the lock of a data directory: leadfleet and both servers.
fn wait_until_free(data_dir: &Path) {
    let mut flock = Command::new("flock");
    let free = flock.args(["--timeout", "20"]).arg(data_dir.join("lock")).arg("true").status().unwrap();
    assert!(free.success(), "somebody still holds the lock: {:?}", processes_of(data_dir));
}

fn running(pid: u64) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}

fn wait_for_end(pid: u64) {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    let Ok(process) = pidfd_open(pid, PidfdFlags::empty()) else { return };
    let patience = Timespec { tv_sec: 20, tv_nsec: 0 };
    let ended = poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&patience)).unwrap();
    assert_eq!(ended, 1, "process {pid:?} goes on");
}

/// Processes of this machine whose command line names the directory.
fn processes_of(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    entries
        .filter_map(|entry| fs::read_to_string(entry.path().join("cmdline")).ok())
        .filter(|line| line.contains(dir.to_str().unwrap()))
        .collect()
}

#[test]
fn a_killed_dev_leaves_no_process_behind_and_its_data_is_found_again() {
    let dir = data_dir();
    let mut dev = Dev::start(dir.path());
    let pids = dev.pids();
    assert!(pids.iter().all(|pid| running(*pid)));

    dev.signal(Signal::KILL);
    dev.process.wait().unwrap();
    wait_until_free(dir.path());
    // Who ends lets go of files before it is gone.
    pids.into_iter().for_each(wait_for_end);
    assert_eq!(processes_of(dir.path()), Vec::<String>::new());

    let created = |name: &str| fs::metadata(dir.path().join(name)).unwrap().created().unwrap();
    let before = created("postgres/PG_VERSION");
    let _again = Dev::start(dir.path());
    assert_eq!(created("postgres/PG_VERSION"), before);
}

#[test]
fn a_dev_that_is_asked_to_stop_ends_well_and_takes_its_servers_along() {
    let dir = data_dir();
    let mut dev = Dev::start(dir.path());
    let pids = dev.pids();
    dev.signal(Signal::TERM);
    assert_eq!(dev.process.wait().unwrap().code(), Some(0));
    assert_eq!(pids.map(running), [false, false]);
    assert!(dir.path().join("postgres/PG_VERSION").exists());
    assert!(!dir.path().join("postgres/postmaster.pid").exists());
}

#[test]
fn a_second_dev_on_the_same_directory_is_refused_by_the_first_ones_pid() {
    let dir = data_dir();
    let first = Dev::start(dir.path());
    let second = leadfleet(&["dev", "--data-dir"]).arg(dir.path()).output().unwrap();
    let pid = first.process.id();
    check_fails(
        &second,
        7,
        &[&format!("is in use by process {pid}"), &format!("hint: use that one, end it (kill {pid})")],
    );
}

#[test]
fn a_server_that_dies_ends_dev_with_its_name_and_the_end_of_its_log() {
    let dir = data_dir();
    let mut command = leadfleet(&["dev", "--json", "--data-dir"]);
    let mut process = command.arg(dir.path()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let addresses: Value = serde_json::from_str(&line).unwrap();
    let nats = addresses["nats_pid"].as_i64().unwrap() as i32;
    kill_process(Pid::from_raw(nats).unwrap(), Signal::KILL).unwrap();
    let output = process.wait_with_output().unwrap();
    check_fails(&output, 1, &["nats-server ended by itself with signal: 9", "Server is ready"]);
}

#[test]
fn a_second_request_for_the_same_input_is_told_so() {
    let dir = data_dir();
    let dev = Dev::start(dir.path());
    let start = || {
        let mut command = leadfleet(&["match", "start", "--date", "2025-11-11", "--json"]);
        command.env("NATS_URL", dev.addresses["nats_url"].as_str().unwrap());
        serde_json::from_slice::<Value>(&command.output().unwrap().stdout).unwrap()
    };
    let (first, second) = (start(), start());
    assert_eq!(first["run_id"], second["run_id"]);
    assert_eq!((&first["same_as_before"], &second["same_as_before"]), (&false.into(), &true.into()));
}

#[test]
fn a_missing_nats_server_says_how_to_get_one() {
    let output =
        leadfleet(&["dev", "--temporary"]).env("LEADFLEET_NATS_SERVER", "/nonexistent").output().unwrap();
    check_fails(&output, 4, &["error: could not run /nonexistent", "hint: "]);
}

#[test]
fn every_command_that_reads_prints_json_when_asked_to() {
    for command in ["config", "doctor", "exit-codes"] {
        let output = leadfleet(&[command, "--json"]).output().unwrap();
        let parsed: Result<Value, _> = serde_json::from_slice(&output.stdout);
        assert!(parsed.is_ok(), "{command}: {}", text(&output.stdout));
    }
}

#[test]
fn config_names_the_origin_of_a_value() {
    let output = leadfleet(&["config"]).env("NATS_URL", "nats://example:1").output().unwrap();
    let stdout = text(&output.stdout);
    let line = stdout.lines().find(|line| line.starts_with("nats.url")).unwrap();
    assert!(line.contains("nats://example:1") && line.contains("environment variable NATS_URL"), "{line}");
}

#[test]
fn a_wrong_setting_stops_the_start_with_its_name() {
    let output = leadfleet(&["dev"]).env("SCHEDULE_TZ", "Mars").output().unwrap();
    check_fails(&output, 2, &["error: schedule.timezone is \"Mars\""]);
}

#[test]
fn doctor_warns_of_an_old_nats_server_and_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let old = dir.path().join("nats-server");
    fs::write(&old, "#!/bin/sh\necho nats-server: v2.9.10\n").unwrap();
    fs::set_permissions(&old, fs::Permissions::from_mode(0o755)).unwrap();
    let output = leadfleet(&["doctor", "--json"]).env("LEADFLEET_NATS_SERVER", &old).output().unwrap();
    let findings: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let finding = findings.iter().find(|finding| finding["check"] == "nats-server").unwrap();
    assert_eq!(finding["status"], "warn");
    assert!(finding["found"].as_str().unwrap().contains("2.9.10"));
    assert!(finding["fix"].as_str().unwrap().contains("2.12.5"));
}

#[test]
fn the_help_on_exit_codes_lists_them() {
    let output = leadfleet(&["help", "exit-codes"]).output().unwrap();
    let stdout = text(&output.stdout);
    for line in ["    0  it worked", "    7  refused by a safeguard", "  130  interrupted"] {
        assert!(stdout.contains(line), "{line:?} is not in {stdout}");
    }
}

#[test]
fn completions_know_the_commands() {
    let output = leadfleet(&["completions", "bash"]).output().unwrap();
    assert!(text(&output.stdout).contains("exit-codes"));
}

#[test]
fn a_demo_of_nothing_is_refused() {
    for sample in ["--clinics", "--pain-points"] {
        check_fails(&leadfleet(&["demo", sample, "0"]).output().unwrap(), 2, &[sample, "0 is not in 1"]);
    }
}

#[test]
fn a_date_that_is_none_is_refused_with_one_that_is() {
    let said = ["'yesterday' for '--date <DATE>'", "write it as 2025-11-11"];
    check_fails(&leadfleet(&["match", "start", "--date", "yesterday"]).output().unwrap(), 2, &said);
}

#[test]
fn explain_asks_for_a_clinic_or_a_segment() {
    check_fails(
        &leadfleet(&["match", "explain"]).output().unwrap(),
        2,
        &["--clinic <ID|NAME>|--segment <NAME>"],
    );
}

#[test]
fn a_mistyped_command_is_wrong_usage_with_a_suggestion() {
    check_fails(&leadfleet(&["docter"]).output().unwrap(), 2, &["'doctor'"]);
}

/// `leadfleet` with this variable set.
fn with(arguments: &[&str], name: &str, value: &str) -> Output {
    leadfleet(arguments).env(name, value).output().unwrap()
}

#[test]
fn a_wrong_variable_of_a_worker_is_named() {
    let said = ["error: invalid value 'soon' for LEADFLEET_LEASE", "hint: `leadfleet run --help`"];
    check_fails(&with(&["run", "all"], "LEADFLEET_LEASE", "soon"), 2, &said);
    check_fails(&with(&["run", "all"], "CLAUDE_BASE_URL", "http://example.com"), 2, &["CLAUDE_BASE_URL"]);
}

#[test]
fn a_variable_that_nobody_reads_is_named() {
    let said = ["error: LEADFLEET_LEASES is no variable of leadfleet"];
    check_fails(&with(&["run", "all"], "LEADFLEET_LEASES", "2"), 2, &said);
}

#[test]
fn workers_without_a_broker_say_where_they_looked() {
    let said = ["could not reach nats-server at nats://127.0.0.1:1", "hint: start one"];
    for command in [&["run", "all"][..], &["provision"], &["match", "start"]] {
        let output = with(command, "NATS_URL", "nats://127.0.0.1:1");
        check_fails(&output, 4, &said);
    }
}

#[test]
fn a_worker_that_is_none_is_refused_with_those_there_are() {
    check_fails(&leadfleet(&["run", "scorrer"]).output().unwrap(), 2, &["'scorrer'", "scorer", "storer"]);
}

#[test]
fn help_lists_what_workers_read() {
    let help = text(&leadfleet(&["run", "--help"]).output().unwrap().stdout);
    for name in ["LEADFLEET_LEASE", "CLAUDE_API_KEY", "STORE_RETRY_AFTER", "SCHEDULE_TZ"] {
        assert!(help.contains(name), "{name} is not in {help}");
    }
}

/// What `event publish` answers to a body.
fn published(body: &str) -> Output {
    let mut command = leadfleet(&["event", "publish", "scrape_done", "-", "--validate-only"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    process.stdin.take().unwrap().write_all(body.as_bytes()).unwrap();
    process.wait_with_output().unwrap()
}

#[test]
fn an_event_of_an_unknown_source_is_refused_with_the_sources_there_are() {
    let said = ["SCRAPE_SOURCE_REDDIT", "SCRAPE_SOURCE_LINKEDIN", "SCRAPE_SOURCE_GOOGLE_MAPS"];
    check_fails(&published(r#"{"source": "facebook", "date": "2025-11-11"}"#), 2, &said);
    check_fails(&published(r#"{"date": "2025-11-11"}"#), 2, &said);
}

#[test]
fn an_event_with_a_date_that_is_none_is_refused() {
    check_fails(
        &published(r#"{"source": "SCRAPE_SOURCE_REDDIT", "date": "today"}"#),
        2,
        &["\"today\"", "2025-11-11"],
    );
}

#[test]
fn a_right_event_is_told_where_it_would_go() {
    let output = published(r#"{"source": "SCRAPE_SOURCE_REDDIT", "date": "2025-11-11", "eventId": "e-1"}"#);
    assert_eq!(text(&output.stdout), "valid: it would go to lf.v1.event.scrape_done.reddit as scrape:e-1\n");
}

#[test]
fn workers_whose_broker_is_gone_still_end_when_asked_to() {
    let dir = data_dir();
    let mut dev = Dev::start(dir.path());
    let mut command = leadfleet(&["run", "geographic", "--log", "error"]);
    command.env("NATS_URL", dev.addresses["nats_url"].as_str().unwrap());
    let mut workers = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(workers.stderr.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line.trim(), "Running geographic");
    dev.signal(Signal::KILL);
    dev.process.wait().unwrap();
    wait_until_free(dir.path());

    kill_process(Pid::from_child(&workers), Signal::TERM).unwrap();
    assert_eq!(workers.wait().unwrap().code(), Some(0));
}
