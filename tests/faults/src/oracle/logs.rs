//! The logs of all processes: no secret, no person's address, no panic.

use anyhow::Context as _;

use super::Verdict;
use crate::fleet::{CANARIES, Fleet};

/// It unwraps what a full disk answers; the exporter catches that.
const XLSX: &str = "rust_xlsxwriter";

pub(crate) fn check(fleet: &Fleet, verdict: &mut Verdict) -> anyhow::Result<()> {
    let slack = fleet.slack.url();
    let slack = slack.rsplit('/').next().unwrap_or_default();
    let secrets = [CANARIES.as_slice(), &[fleet.claude.key(), slack]].concat();
    for entry in std::fs::read_dir(fleet.logs())? {
        let path = entry?.path();
        if path.extension().is_none_or(|end| end != "log") {
            continue;
        }
        let log = String::from_utf8_lossy(&std::fs::read(&path)?).into_owned();
        let name = path.file_name().context("a log without a name")?.to_string_lossy().into_owned();
        for secret in secrets.iter().filter(|secret| log.contains(**secret)) {
            verdict.wrong.push(format!("{name} shows the secret {secret}"));
        }
        for line in log.lines().filter(|line| line.contains("panicked at")) {
            match line.contains(XLSX) {
                true => verdict.note("panics of the XLSX writer on a full disk, taken for failed writes"),
                false => verdict.wrong.push(format!("{name}: {line}")),
            }
        }
        // The made people all have addresses of `.example` hosts, and so has the one who gets the mails.
        let shows_address = |line: &&str| {
            line.replace("ops@fleet.example", "").split('@').skip(1).any(|after| {
                after.split([' ', '"', ',', ')', '>']).next().is_some_and(|host| host.ends_with(".example"))
            })
        };
        if let Some(line) = log.lines().find(shows_address) {
            verdict.wrong.push(format!("{name} shows an address: {line}"));
        }
    }
    Ok(())
}
