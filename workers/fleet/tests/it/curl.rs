//! The four commands of the quick start, as they are printed, against `leadfleet dev`.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::{leadfleet, text};

const PRINTED: &str = include_str!("../data/quick_start.sh");

/// A running `leadfleet dev` with data of its own, and the folder from which curl is told to say the status.
struct Dev {
    process: Child,
    api: String,
    dir: tempfile::TempDir,
}

impl Dev {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        // Postgres runs by another account when the tests run as root.
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(dir.path().join(".curlrc"), "silent\nshow-error\nwrite-out = \"\\n%{http_code}\"\n")
            .unwrap();
        let mut command = leadfleet(&["dev", "--json", "--data-dir"]);
        command.arg(dir.path().join("data")).env("GATEWAY_LISTEN", "127.0.0.1:0");
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let addresses: Value = serde_json::from_str(&line).unwrap();
        let api = addresses["api_url"].as_str().unwrap().to_owned();
        Self { process, api, dir }
    }

    /// What a printed command is answered; nothing but the address is another.
    #[track_caller]
    fn paste(&self, printed: &str) -> Value {
        let command = printed.replace("http://localhost:8080", &self.api);
        assert_ne!(command, printed);
        let ran =
            Command::new("bash").args(["-c", &command]).env("CURL_HOME", self.dir.path()).output().unwrap();
        let (said, error) = (text(&ran.stdout), text(&ran.stderr));
        let (body, status) = said.rsplit_once('\n').unwrap_or_default();
        assert_eq!(status, "200", "{printed}{said}{error}");
        serde_json::from_str(body).unwrap()
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn rows<'a>(answer: &'a Value, name: &str) -> &'a Vec<Value> {
    answer[name].as_array().unwrap_or_else(|| panic!("{name} is no list in {answer}"))
}

#[test]
fn the_printed_commands_work_as_they_are_printed() {
    assert!(
        Command::new("curl").arg("--version").output().is_ok(),
        "curl is missing: run deploy/setup.sh tests"
    );
    let commands: Vec<&str> = PRINTED.split("\n\n").collect();
    let [segment, prioritize, generate, weekly] = commands[..] else { panic!("{} commands", commands.len()) };
    let dev = Dev::start();

    let segmented = dev.paste(segment);
    assert_eq!((&segmented["total"], rows(&segmented, "segments").len()), (&json!(40), 3), "{segmented}");

    let ranked = dev.paste(prioritize);
    assert!(!rows(&ranked, "prospects").is_empty(), "{ranked}");

    let sequence = dev.paste(generate);
    assert_eq!(
        (&sequence["prospect_id"], &sequence["sequence_type"]),
        (&json!("prospect_1"), &json!("3-step"))
    );
    assert!(!rows(&sequence, "messages").is_empty(), "{sequence}");

    let week = dev.paste(weekly);
    check_week(&week);
}

/// Forty requests at 19, 19 and 2; when the week is half over, fewer, and why.
#[track_caller]
fn check_week(week: &Value) {
    let of = |name: &str| -> Vec<u64> {
        rows(week, "segments").iter().map(|segment| segment[name].as_u64().unwrap()).collect()
    };
    assert_eq!(of("planned"), [19, 19, 2]);
    let filled = of("filled");
    let requests: u64 = filled.iter().sum();
    let short = |reason: &str| {
        let found = rows(week, "shortfalls").iter().find(|shortfall| shortfall["reason"] == reason);
        found.map_or(0, |shortfall| shortfall["missing"].as_u64().unwrap())
    };
    assert_eq!(requests + short("no_slot_left"), 40, "{week}");
    assert!(requests > 0 && (requests < 40 || filled == [19, 19, 2]), "{week}");
    let touches = rows(week, "touches").iter().filter(|touch| touch["type"] == "connection_request");
    assert_eq!(touches.count() as u64, requests);
    // Nobody is connected yet: all the follow-ups are missing, and it says so.
    assert_eq!((&week["followups"], short("too_few_due")), (&json!(0), 30), "{week}");
}
