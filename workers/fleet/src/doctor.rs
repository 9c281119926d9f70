//! `leadfleet doctor`: what of this machine is fit for leadfleet, and what to do about the rest.

use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::exit::{Exit, Failure};
use crate::local::{Binaries, Error as LocalError, dotted};
use crate::output::{Output, columns};
use crate::settings::{Settings, Sources};

#[derive(Debug, Serialize)]
pub struct Finding {
    pub check: &'static str,
    pub status: Status,
    pub found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Ok,
    Warn,
    Fail,
}

pub fn run(sources: &Sources<'_>, output: Output) -> Result<Exit, Failure> {
    let mut findings = Vec::new();
    let binaries = match Settings::load(sources) {
        Ok(settings) => {
            findings.push(ok("configuration", "every setting is right".to_owned()));
            findings.push(writable("output.directory", &settings.output.directory));
            findings.push(writable("output.backup_directory", &settings.output.backup_directory));
            Binaries { nats_server: settings.local.nats_server, postgres_bin: settings.local.postgres_bin }
        }
        Err(error) => {
            let fix = error.hint();
            findings.push(Finding {
                check: "configuration",
                status: Status::Fail,
                found: error.to_string(),
                fix,
            });
            Binaries::default()
        }
    };
    findings.push(program(
        "nats-server",
        binaries.nats_server().map(|found| format!("{} at {}", dotted(&found.version), found.path.display())),
    ));
    findings.push(program(
        "postgres",
        binaries
            .postgres()
            .map(|found| format!("{} at {}", dotted(&found.postgres.version), found.postgres.path.display())),
    ));
    if cfg!(target_os = "linux") {
        findings.push(program("setpriv", crate::local::setpriv().map(|path| path.display().to_string())));
    }
    output.show(&findings, |findings| table(findings))?;
    let failed = findings.iter().any(|finding| finding.status == Status::Fail);
    Ok(if failed { Exit::Failure } else { Exit::Ok })
}

fn ok(check: &'static str, found: String) -> Finding {
    Finding { check, status: Status::Ok, found, fix: None }
}

/// Programs that only `dev`, `demo` and tests need are a warning: a fleet on other servers works without.
fn program(check: &'static str, result: Result<String, LocalError>) -> Finding {
    match result {
        Ok(found) => ok(check, found),
        Err(error) => Finding { check, status: Status::Warn, found: error.to_string(), fix: error.hint() },
    }
}

/// Whether files can be made in a directory, or in the nearest one above it that exists.
fn writable(check: &'static str, directory: &Path) -> Finding {
    let existing = directory.ancestors().find(|dir| dir.is_dir()).unwrap_or(Path::new("."));
    let probe = tempfile::Builder::new().prefix(".leadfleet").tempfile_in(existing);
    let shown = fs::canonicalize(existing).unwrap_or_else(|_| existing.to_owned());
    match probe {
        Ok(_deleted) => ok(check, format!("{} can be written", shown.display())),
        Err(error) => Finding {
            check,
            status: Status::Fail,
            found: format!("{} cannot be written: {error}", shown.display()),
            fix: Some(format!("set {check} to a directory that can be written")),
        },
    }
}

fn table(findings: &[Finding]) -> String {
    let row = |finding: &Finding| {
        let status = match finding.status {
            Status::Ok => "ok",
            Status::Warn => "warn",
            Status::Fail => "FAIL",
        };
        [status.to_owned(), finding.check.to_owned(), finding.found.clone()]
    };
    let mut text = columns(["", "check", "found"], findings.iter().map(row));
    for finding in findings {
        if let Some(fix) = &finding.fix {
            text.push_str(&format!("\nhint: {}: {fix}", finding.check));
        }
    }
    text
}
