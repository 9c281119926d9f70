//! The users of nats-server: one for each kind of process, with the subjects that it needs.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::ValueEnum as _;
use detector::Learner;
use loader::{Loader, ScrapeCollector, TickTrigger};
use outreach::{CampaignKeeper, WordsKeeper};
use proto::subject::stream;
use proto::{Stage, Subject, kind};
use runtime::{Consumer, Rights, Worker as _};
use scorer::{LeadScorer, LeadUpdateScorer, Rescorer};
use serde::Serialize;
use storer::StoreRetrier;
use templater::SequenceWriter;

use crate::role::{self, Role};

/// The user that prepares servers, replays dead letters, and may do everything.
const OPERATOR: &str = "operator";
/// The user of upstream scrapers, which say that they are done.
const SCRAPER: &str = "scraper";
/// What nats-server is told of them.
const CONFIGURATION: &str = "users.conf";

/// A user, and where its seed is.
#[derive(Debug, Serialize)]
pub(crate) struct User {
    pub name: String,
    pub public_key: String,
    pub seed_file: PathBuf,
}

/// Makes what is missing in a folder: a seed for each user, and the part of nats-server's configuration that knows them.
pub(crate) fn write_users(folder: &Path) -> anyhow::Result<Vec<User>> {
    fs::create_dir_all(folder)?;
    let mut users = Vec::new();
    let mut text = "# Made by `leadfleet provision --users`; a line `include` in nats-server's configuration reads it.\n\
        authorization {\n  users: [\n"
        .to_owned();
    for (name, rights) in all() {
        let seed_file = folder.join(format!("{name}.seed"));
        if !seed_file.exists() {
            let mut options = fs::OpenOptions::new();
            let mut file = options.write(true).create_new(true).mode(0o600).open(&seed_file)?;
            file.write_all(runtime::new_seed()?.as_bytes())?;
        }
        let public_key = runtime::public_key(&seed_file)?;
        describe(&mut text, &name, &public_key, &rights)?;
        users.push(User { name, public_key, seed_file });
    }
    text.push_str("  ]\n}\n");
    fs::write(folder.join(CONFIGURATION), text)?;
    Ok(users)
}

fn describe(text: &mut String, name: &str, public_key: &str, rights: &Rights) -> std::fmt::Result {
    let mut subscribe = rights.subscribe.clone();
    subscribe.insert(format!("{}.>", runtime::inbox(public_key)));
    let list = |subjects: &BTreeSet<String>| {
        subjects.iter().map(|subject| format!("\n        {subject:?}")).collect::<String>()
    };
    writeln!(text, "    # {name}\n    {{ nkey: {public_key}, permissions: {{")?;
    writeln!(text, "      publish: {{ allow: [{}\n      ]", list(&rights.publish))?;
    if !rights.deny.is_empty() {
        writeln!(text, "      deny: [{}\n      ]", list(&rights.deny))?;
    }
    writeln!(text, "      }}")?;
    writeln!(text, "      subscribe: {{ allow: [{}\n      ] }}\n    }} }}", list(&subscribe))
}

/// Every user with its rights.
fn all() -> Vec<(String, Rights)> {
    let mut scraper = Rights::default();
    scraper.publishes([ScrapeCollector::SOURCE.filter()]);
    let mut users = vec![(OPERATOR.to_owned(), Rights::everything()), (SCRAPER.to_owned(), scraper)];
    let consumers = role::consumers(None);
    for asked in Role::value_variants() {
        let roles = role::expand(&[*asked]);
        let name = asked.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        users.push((name, of(&roles, &consumers)));
    }
    users
}

/// What a process with these roles needs; each looks whether the consumers of all are there.
fn of(roles: &[Role], consumers: &[Consumer]) -> Rights {
    let mut rights = Rights::of_process();
    for Consumer { stream, config, .. } in consumers {
        let name = config.durable_name.as_deref().unwrap_or_default();
        rights.publishes([format!("$JS.API.CONSUMER.INFO.{stream}.{name}")]);
    }
    for role in roles {
        let own = role.workers();
        consumers.iter().filter(|consumer| own.contains(&consumer.worker)).for_each(|own| rights.works(own));
        says(*role, &mut rights);
    }
    if roles.contains(&Role::Gateway) {
        for others in consumers {
            rights.keeps_off(others);
            rights.pauses(others);
        }
    }
    rights
}

fn says(role: Role, rights: &mut Rights) {
    let stages: &[Stage] = match role {
        Role::Loader => &[Stage::Scrape, Stage::Profile, Stage::Load, Stage::Match],
        Role::Geographic | Role::BusinessType | Role::PainPattern => &[Stage::Match],
        Role::Scorer => &[Stage::Score, Stage::Segment, Stage::Template, Stage::Outcome],
        Role::Templater => &[Stage::Template],
        Role::Storer | Role::Exporter => &[Stage::Outcome],
        Role::Notifier => &[Stage::Notify],
        Role::All | Role::Matchers | Role::Detector | Role::Outreach | Role::Growth | Role::Gateway => &[],
    };
    rights.publishes(stages.iter().map(|stage| Subject::all_of(*stage)));
    match role {
        Role::All | Role::Matchers | Role::Geographic | Role::BusinessType | Role::PainPattern => {}
        Role::Exporter => {}
        Role::Loader => rights.publishes([Loader::SOURCE.filter(), TickTrigger::SOURCE.filter()]),
        Role::Scorer => {
            asks_claude(rights);
            rights.intends();
            rights.publishes([LeadScorer::SOURCE.filter(), LeadUpdateScorer::SOURCE.filter()]);
        }
        Role::Templater => {
            asks_claude(rights);
            rights.publishes([WordsKeeper::SOURCE.filter(), CampaignKeeper::SOURCE.filter()]);
        }
        Role::Storer => rights.publishes([StoreRetrier::SOURCE.filter()]),
        Role::Notifier => rights.intends(),
        Role::Detector => rights.publishes([Learner::SOURCE.filter(), Rescorer::SOURCE.filter()]),
        Role::Outreach => {
            asks_claude(rights);
            rights.publishes([SequenceWriter::SOURCE.filter(), LeadUpdateScorer::SOURCE.filter()]);
            rights.publishes([Subject::events(kind::TOUCH_DUE)]);
        }
        Role::Growth => {
            rights.publishes([growth::Learner::SOURCE.filter()]);
            rights.publishes([Subject::events(kind::GROWTH_PATTERNS_RECALCULATED)]);
        }
        Role::Gateway => gateway(rights),
    }
}

/// Answers and spending are kept together, for everybody who asks.
fn asks_claude(rights: &mut Rights) {
    rights.reads_bucket(claude::BUCKET);
    rights.follows_bucket(claude::BUCKET);
    rights.writes_bucket(claude::BUCKET, ">");
}

/// It shows all that is stored, says what people and tools tell it, and pauses and replays for people who may.
fn gateway(rights: &mut Rights) {
    for name in stream::ALL {
        rights.reads(name);
        rights.follows(name);
    }
    for bucket in [claude::BUCKET, dead::REPLAYS, runtime::LETTERS] {
        rights.reads_bucket(bucket);
        rights.follows_bucket(bucket);
    }
    rights.writes_bucket(dead::REPLAYS, ">");
    rights.publishes(["LIST.*", "INFO.*.*"].map(|asked| format!("$JS.API.CONSUMER.{asked}")));
    rights.publishes([Subject::events("*"), Subject::jobs("*"), Subject::all_runs()]);
    rights.publishes([Subject::audit("*", "*"), Subject::dead("*", "*")]);
    rights.publishes([format!("$JS.API.STREAM.PURGE.{}", stream::RUN)]);
    rights.hears(Subject::events(kind::GROWTH_PATTERNS_RECALCULATED));
}
