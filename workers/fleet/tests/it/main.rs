//! The commands that read, import and link, as a person and a script get them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod away;
mod campaign;
mod contractors;
mod curl;
mod dead;
mod erase;
mod fill;
mod from_matches;
mod growth;
mod import;
mod leads;
mod lists;
mod matching;
mod outreach;
mod patterns;
mod person;
mod sequence;
mod webhook;

use std::process::{Command, Output};

use fleet::local::{Stack, StackOptions};
use serde_json::Value;

/// The binary, in a directory without a leadfleet.toml, with nobody to talk to.
fn leadfleet(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leadfleet"));
    for variable in [
        "LEADFLEET_CONFIG",
        "LEADFLEET_SECRET",
        "OUTPUT_DIRECTORY",
        "CLAUDE_API_KEY",
        "POSTGRES_CONNECTION_STRING",
    ] {
        command.env_remove(variable);
    }
    // Port 1 is nobody's.
    command.env("NATS_URL", "nats://127.0.0.1:1");
    command.args(arguments).current_dir(std::env::temp_dir());
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// It ends with this code, and says these parts on stderr.
#[track_caller]
fn check_fails(output: &Output, code: i32, parts: &[&str]) {
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    for part in parts {
        assert!(stderr.contains(part), "{part:?} is not in {stderr}");
    }
    assert!(output.stdout.is_empty(), "a failure prints no data");
}

#[track_caller]
fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}{}", text(&output.stdout), text(&output.stderr));
    })
}

/// Private servers, the schema in place.
struct Servers {
    stack: Stack,
}

impl Servers {
    fn start() -> Self {
        let servers = Self { stack: Stack::start(StackOptions::default()).unwrap() };
        assert!(servers.leadfleet(&["migrate"]).output().unwrap().status.success());
        servers
    }

    fn leadfleet(&self, arguments: &[&str]) -> Command {
        let mut command = leadfleet(arguments);
        command.env("NATS_URL", self.stack.nats_url());
        command.env("POSTGRES_CONNECTION_STRING", self.stack.postgres_url());
        command
    }

    fn nats_url(&self) -> String {
        self.stack.nats_url()
    }

    /// Rows of a table, as `status` counts them.
    fn rows(&self, table: &str) -> u64 {
        let status = json(&self.leadfleet(&["status", "--json"]).output().unwrap());
        status["postgres"]["rows"][table].as_u64().unwrap()
    }
}
