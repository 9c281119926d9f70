//! The house rules that a compiler does not know.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

const LONGEST: usize = 400;

/// Files that may be longer, with the reason.
const LONG: [(&str, &str); 0] = [];

const DRAWERS: [&str; 5] = ["utils", "helpers", "common", "types", "models"];

/// Modules of rules: no clock, no IO, no async. Whole crates, or files of a crate.
const PURE: [&str; 24] = [
    "workers/kit/als/src",
    "workers/kit/audience/src",
    "workers/kit/cadence/src",
    "workers/kit/cells/src",
    "workers/kit/charts/src",
    "workers/kit/levels/src",
    "workers/kit/stats/src",
    "workers/kit/webhooks/src",
    "workers/kit/link/src",
    "workers/kit/places/src",
    "workers/kit/patterns/src",
    "workers/detector/src/table",
    "workers/scorer/src/confidence.rs",
    "workers/scorer/src/dedup.rs",
    "workers/scorer/src/ladder.rs",
    "workers/scorer/src/priority.rs",
    "workers/scorer/src/proposal.rs",
    "workers/scorer/src/segments.rs",
    "workers/matchers/src/business_type.rs",
    "workers/matchers/src/geographic.rs",
    "workers/matchers/src/pain_pattern.rs",
    "workers/matchers/src/vocabulary.rs",
    "workers/templater/src/campaign/length.rs",
    "workers/templater/src/campaign/plan.rs",
];

/// Names the subjects of whole streams.
const PROVISION: &str = "workers/kit/runtime/src/provision.rs";

struct Source {
    /// From the root of the repository, with `/`.
    path: String,
    text: String,
}

impl Source {
    fn is_test(&self) -> bool {
        let places = ["/tests/it/", "tests/src/"];
        places.iter().any(|place| self.path.contains(place))
            || self.path.starts_with("tests/it/")
            || self.path.ends_with("/tests.rs")
            || self.path.ends_with("/tests/cli.rs")
    }

    /// What comes before the unit tests of the file.
    fn product(&self) -> &str {
        if self.is_test() || self.path.contains("/examples/") {
            ""
        } else {
            self.text.split_at(self.unit_tests()).0
        }
    }

    fn tests(&self) -> &str {
        if self.is_test() { &self.text } else { self.text.split_at(self.unit_tests()).1 }
    }

    /// Where the unit tests begin.
    fn unit_tests(&self) -> usize {
        let starts = UNIT_TESTS.iter().filter_map(|start| self.text.find(start));
        starts.min().unwrap_or(self.text.len())
    }
}

const UNIT_TESTS: [&str; 2] = ["\n#[cfg(test)]\nmod ", "\n#[cfg(test)]\npub(crate) mod "];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every Rust file of the repository, this one left out: it spells what it forbids.
fn sources() -> Vec<Source> {
    let listed = Command::new("git").args(["ls-files", "-z", "*.rs"]).current_dir(root()).output().unwrap();
    assert!(listed.status.success(), "git could not list the files");
    let names = String::from_utf8(listed.stdout).unwrap();
    let names = names.split('\0').filter(|name| !name.is_empty() && *name != "tests/it/tidy.rs");
    let read = |name: &str| {
        Some(Source { path: name.to_owned(), text: std::fs::read_to_string(root().join(name)).ok()? })
    };
    let sources: Vec<Source> = names.filter_map(read).collect();
    assert!(sources.len() > 100, "only {} files found", sources.len());
    sources
}

/// No file may have a line that is `wrong`.
#[track_caller]
fn check(among: impl Fn(&Source) -> bool, wrong: impl Fn(&Source) -> Option<String>) {
    let found: Vec<String> = sources()
        .iter()
        .filter(|source| among(source))
        .filter_map(|source| Some(format!("{}: {}", source.path, wrong(source)?)))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

fn line_with(text: &str, part: &str) -> Option<String> {
    let (number, line) = text.lines().enumerate().find(|(_, line)| line.contains(part))?;
    Some(format!("line {}: {}", number + 1, line.trim()))
}

#[test]
fn every_file_says_what_it_is_for() {
    check(|_| true, |source| (!source.text.starts_with("//! ")).then(|| "opens without `//!`".into()));
}

#[test]
fn every_file_is_read_in_one_sitting() {
    check(
        |source| !LONG.iter().any(|(path, _)| *path == source.path),
        |source| {
            let lines = source.text.lines().count();
            (lines > LONGEST).then(|| format!("{lines} lines"))
        },
    );
}

#[test]
fn no_module_is_a_drawer() {
    check(
        |_| true,
        |source| {
            let mut pieces = source.path.trim_end_matches(".rs").split('/');
            pieces.find(|piece| DRAWERS.contains(piece)).map(|piece| format!("is called {piece}"))
        },
    );
}

#[test]
fn subjects_are_spelled_in_proto_alone() {
    check(
        |source| !source.path.starts_with("proto/") && source.path != PROVISION,
        |source| line_with(source.product(), "\"lf.v1"),
    );
}

#[test]
fn rules_know_no_clock_no_broker_and_no_database() {
    check(
        |source| PURE.iter().any(|pure| source.path.starts_with(pure)),
        |source| {
            ["tokio::", "async_nats", "sqlx::", "async fn", "Utc::now", "Instant::now"]
                .iter()
                .find_map(|part| line_with(source.product(), part))
        },
    );
    for pure in PURE {
        assert!(root().join(pure).exists(), "{pure} has moved: name its new place here");
    }
}

#[test]
fn no_test_is_switched_off_or_waits_for_a_while() {
    check(
        |_| true,
        |source| line_with(&source.text, "#[ignore").or_else(|| line_with(&source.text, "#[should_panic")),
    );
    check(|_| true, |source| line_with(source.tests(), "sleep("));
}

#[test]
fn one_tls_provider_is_enough() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
    assert!(!lock.contains("name = \"aws-lc-rs\""), "Cargo.lock has aws-lc-rs");
}

#[test]
fn the_arrows_between_crates_point_one_way() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let root = format!("{}/", root().canonicalize().unwrap().display());
    let mut found = BTreeSet::new();
    for package in metadata["packages"].as_array().unwrap() {
        let from = room(&root, package["manifest_path"].as_str().unwrap());
        for dependency in package["dependencies"].as_array().unwrap() {
            let Some(path) = dependency["path"].as_str() else { continue };
            // Tests may look at everything.
            let to = room(&root, &format!("{path}/Cargo.toml"));
            if dependency["kind"] != "dev" && !may_use(&from, &to) {
                found.insert(format!("{from} depends on {to}"));
            }
        }
    }
    assert!(found.is_empty(), "{found:?}");
}

/// `workers/kit/db`, `workers/scorer`, `proto`.
fn room(root: &str, manifest: &str) -> String {
    manifest.trim_start_matches(root).trim_end_matches("/Cargo.toml").to_owned()
}

/// `proto <- kit <- workers <- fleet <- tests`.
fn may_use(from: &str, to: &str) -> bool {
    let level = |room: &str| match room {
        "proto" => 0,
        room if room.starts_with("workers/kit/") => 1,
        "workers/fleet" => 3,
        room if room.starts_with("workers/") => 2,
        room if room.starts_with("tests") => 4,
        other => panic!("{other} is in no room that is known here"),
    };
    // What the kit shares it may use itself; but the database and the broker do not know each other, and of the kit
    // only what is done with prospects and contractors, and what is learned of them, knows the database. What looks
    // at all of the fleet knows both, and nobody in the kit knows it.
    let beside = level(from) == 1
        && match (from, to) {
            ("workers/kit/overview", _) => true,
            (_, "workers/kit/overview") => false,
            ("workers/kit/prospects", to) => !["workers/kit/runtime", "workers/kit/conversion"].contains(&to),
            ("workers/kit/conversion", to) => to != "workers/kit/runtime",
            ("workers/kit/contractors", to) => ["workers/kit/db", "workers/kit/levels"].contains(&to),
            ("workers/kit/db", _)
            | (_, "workers/kit/db" | "workers/kit/prospects" | "workers/kit/contractors") => false,
            _ => true,
        };
    level(to) < level(from) || level(to) == level(from) && (beside || level(from) == 4)
}

#[test]
fn a_worker_may_not_use_another() {
    assert!(!may_use("workers/scorer", "workers/loader"));
    assert!(!may_use("workers/kit/runtime", "workers/kit/db"));
    assert!(!may_use("workers/kit/db", "workers/kit/runtime"));
    assert!(!may_use("proto", "workers/kit/link"));
    assert!(!may_use("workers/kit/dead", "workers/kit/db"));
    assert!(!may_use("workers/kit/dead", "workers/kit/overview"));
    assert!(!may_use("workers/kit/prospects", "workers/kit/runtime"));
    assert!(!may_use("workers/kit/prospects", "workers/kit/conversion"));
    assert!(
        may_use("workers/kit/prospects", "workers/kit/db")
            && may_use("workers/kit/conversion", "workers/kit/db")
    );
    assert!(may_use("workers/scorer", "workers/kit/claude") && may_use("workers/fleet", "workers/loader"));
}
