//! `leadfleet doctor`: what of this machine is fit for leadfleet, and what to do about the rest.

use std::fs;
use std::path::Path;

use async_nats::jetstream;
use proto::subject::stream;
use serde::Serialize;

use crate::exit::{Exit, Failure};
use crate::local::{Binaries, Error as LocalError, dotted};
use crate::output::{Output, columns};
use crate::reach;
use crate::settings::{Settings, Sources};
use crate::workers::Workers;

/// Where a broker is looked for when nobody says where it is.
const DEFAULT_NATS: &str = "nats://127.0.0.1:4222";

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

pub async fn run(sources: &Sources<'_>, output: Output) -> Result<Exit, Failure> {
    let mut findings = Vec::new();
    let binaries = match Settings::load(sources) {
        Ok(settings) => {
            findings.push(ok("configuration", "every setting is right".to_owned()));
            findings.push(writable("output.directory", &settings.output.directory));
            findings.push(writable("output.backup_directory", &settings.output.backup_directory));
            findings.extend(nats(&settings).await);
            findings.push(postgres(&settings).await);
            findings.push(claude(&settings));
            findings.push(announcements(&settings));
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

fn warn(check: &'static str, found: impl Into<String>, fix: &str) -> Finding {
    Finding { check, status: Status::Warn, found: found.into(), fix: Some(fix.to_owned()) }
}

fn fail(check: &'static str, found: impl Into<String>, fix: &str) -> Finding {
    Finding { check, status: Status::Fail, found: found.into(), fix: Some(fix.to_owned()) }
}

/// Whether the broker answers, is new enough, and has the streams with what runs rely on.
async fn nats(settings: &Settings) -> Vec<Finding> {
    let jetstream = match reach::nats(settings).await {
        Ok(jetstream) => jetstream,
        Err(failure) => {
            let found = failure.error.root_cause().to_string();
            let found = format!("{found} ({})", overview::without_password(&settings.nats.url));
            // Who has not said where it is may be about to start one.
            let severity = if settings.nats.url == DEFAULT_NATS { warn } else { fail };
            return vec![severity(
                "nats",
                found,
                "start it (`leadfleet dev`), or name another with NATS_URL",
            )];
        }
    };
    let version = jetstream.client().server_info().version.clone();
    vec![ok("nats", format!("nats-server {version} answers")), streams(&jetstream).await]
}

async fn streams(jetstream: &jetstream::Context) -> Finding {
    let (mut missing, mut wrong) = (Vec::new(), Vec::new());
    for name in stream::ALL {
        let Ok(found) = jetstream.get_stream(name).await else {
            missing.push(name);
            continue;
        };
        let config = &found.cached_info().config;
        let overwrites = name != stream::RUN || config.max_messages_per_subject == 1;
        // Of several copies any would answer.
        let is_direct = config.allow_direct == (config.num_replicas == 1);
        if !is_direct || !overwrites {
            wrong.push(name);
        }
    }
    let fix = "`leadfleet provision` makes them as they should be";
    match (missing.as_slice(), wrong.as_slice()) {
        ([], []) => ok("streams", format!("all {} are there", stream::ALL.len())),
        (missing, []) => warn("streams", format!("missing: {}", missing.join(", ")), fix),
        (_, wrong) => fail("streams", format!("set up otherwise: {}", wrong.join(", ")), fix),
    }
}

async fn postgres(settings: &Settings) -> Finding {
    const CHECK: &str = "postgres server";
    let Some(url) = settings.postgres.url.as_deref() else {
        return warn(CHECK, "no connection string", "set POSTGRES_CONNECTION_STRING, or use `leadfleet dev`");
    };
    match db::migrations(url).await {
        Err(error) => fail(CHECK, overview::cause(&error), "start it, or correct POSTGRES_CONNECTION_STRING"),
        Ok(migrations) => match migrations.iter().filter(|known| known.applied_at.is_none()).count() {
            0 => ok(CHECK, format!("answers; all {} migrations are applied", migrations.len())),
            pending => {
                let found = format!("answers; {pending} of {} migrations are pending", migrations.len());
                warn(CHECK, found, "`leadfleet migrate` applies them")
            }
        },
    }
}

fn claude(settings: &Settings) -> Finding {
    match &settings.claude.api_key {
        Some(_) => ok("claude", format!("a key is set, for {}", settings.claude.base_url)),
        None => {
            let fix = "set CLAUDE_API_KEY to have them written by Claude";
            warn("claude", "no key: templates are the generic ones", fix)
        }
    }
}

/// Whether Slack and mail can be used as they are configured; nothing is sent.
fn announcements(settings: &Settings) -> Finding {
    const CHECK: &str = "announcements";
    let channels = match Workers::load(settings) {
        Err(failure) => return fail(CHECK, failure.error.to_string(), "correct the variable"),
        Ok(workers) => notifier::Alerter::new(&workers.notifier),
    };
    if let Err(error) = channels {
        return fail(CHECK, error.to_string(), "correct the variable");
    }
    let mail = settings.email.smtp_url.is_some() && settings.email.to.is_some();
    match (settings.slack.webhook_url.is_some(), mail) {
        (true, true) => ok(CHECK, "in Slack, by mail when Slack fails".to_owned()),
        (true, false) => ok(CHECK, "in Slack".to_owned()),
        (false, true) => ok(CHECK, "by mail".to_owned()),
        (false, false) => {
            let fix = "set SLACK_WEBHOOK_URL, or BACKUP_EMAIL and SMTP_URL";
            warn(CHECK, "neither Slack nor mail is set up: runs are announced in the log", fix)
        }
    }
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
