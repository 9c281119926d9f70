//! The command line: what can be asked, and who answers.

use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{CommandFactory, Parser, Subcommand};

use crate::exit::{Exit, Failure};
use crate::output::{self, Output, columns};
use crate::settings::{Effective, Settings, Sources};
use crate::workers::Workers;
use crate::{
    campaign, dead, demo, dev, doctor, event, growth, healthcheck, import, key, leads, link, matching,
    migrate, outreach, patterns, person, places, run, sequence, status, webhook, worker,
};

/// Turns scraped market signals into whom to contact, about what, how and when.
#[derive(Debug, Parser)]
#[command(name = "leadfleet", version, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Options of every command")]
struct Global {
    /// Print JSON instead of tables.
    #[arg(long, global = true)]
    json: bool,
    /// Only print what was asked for.
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Read the settings from this file alone.
    #[arg(long, global = true, value_name = "FILE", env = "LEADFLEET_CONFIG")]
    config: Option<PathBuf>,
    /// Set a setting for this command (`leadfleet config` lists them).
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a whole day on private servers with sample data, and show what comes out.
    #[command(
        after_help = "Examples:\n  leadfleet demo\n  leadfleet demo --clinics 10000 --pain-points 2000\n  leadfleet demo --keep ./demo-data --json"
    )]
    Demo(demo::Args),
    /// Keep private servers and all workers running until Ctrl-C.
    #[command(
        after_help = "Examples:\n  leadfleet dev\n  leadfleet dev --sample\n  leadfleet dev --temporary\n  leadfleet dev --data-dir ./data --nats-port 4222"
    )]
    Dev(dev::Args),
    /// Import rows from a CSV file: all of them, or none.
    #[command(
        after_help = format!("{}\nThe contact 123 of HubSpot is the prospect_id hubspot_123: its webhooks say no more.\nThe als_components of leads are JSON: {{\"data_quality\":16,\"authority\":22,\"company_fit\":18,\"timing\":9,\"risk\":0}}.\nActions of activities are sent, replied, meeting_booked, bounced and so on; email_sent, sms_sent, linkedin_sent and\nvoice_completed are sent on that channel. What a sending said, its subject and body, is counted for whom it went to.\nThe same source and event_id, or the same row without one, is the same.\n\nExamples:\n  leadfleet import clinics clinics.csv --dry-run\n  leadfleet import leads leads.csv --client 0190163d-8694-739b-aea5-966c26f8ad91\n  leadfleet import activities touches.csv --dry-run\n  leadfleet import pain-points pains.csv --map complaint=pain_text --map notes=\n  cat people.csv | leadfleet import decision-makers - --json", import::columns_help())
    )]
    Import(import::Args),
    /// Look at the matching runs: how far they are, what came out, and why.
    #[command(subcommand)]
    Match(matching::Command),
    /// Whom to contact, with which words, when, and what came of it.
    Outreach(outreach::Args),
    /// How promising leads are, and why; score them anew.
    #[command(subcommand)]
    Leads(leads::Command),
    /// Show the words that sequences are made of; take those that Claude wrote out of use.
    #[command(subcommand)]
    Sequence(sequence::Command),
    /// Have the messages of a campaign written, look at campaigns, and choose channels for prospects.
    #[command(subcommand)]
    Campaign(campaign::Command),
    /// What conversions have in common, and how well it is known.
    #[command(subcommand)]
    Patterns(patterns::Command),
    /// What contractors that levelled up have in common, and what follows from it for one of them.
    #[command(subcommand)]
    Growth(growth::Command),
    /// Show what the fleet is doing: streams, workers, gates, dead letters, runs, Postgres.
    #[command(
        after_help = "Examples:\n  leadfleet status\n  leadfleet status --follow\n  leadfleet status --json"
    )]
    Status(status::Args),
    /// Keep a worker's messages from it for a while, and hand them out again.
    #[command(subcommand)]
    Worker(worker::Command),
    /// Look at what failed for good, correct it, replay it, or give it up.
    #[command(subcommand)]
    Dead(dead::Command),
    /// Show every setting, its value and where it comes from.
    #[command(
        after_help = "Examples:\n  leadfleet config\n  leadfleet config --json --set schedule.timezone=UTC"
    )]
    Config,
    /// Check this machine and the configuration.
    #[command(after_help = "Examples:\n  leadfleet doctor\n  leadfleet doctor --json")]
    Doctor,
    /// Find the records of two CSV files that name the same organisation.
    #[command(
        after_help = "Examples:\n  leadfleet link people.csv clinics.csv --name company:clinic_name --city city --state state\n  leadfleet link a.csv b.csv --name name --review\n  leadfleet link a.csv b.csv --name name --phone tel --all --json"
    )]
    Link(link::Args),
    /// Find the US places that texts name: a JSON object for each line.
    #[command(
        after_help = "Examples:\n  echo 'moving from Phoenix to Ohio' | leadfleet places\n  leadfleet places posts.jsonl > places.jsonl"
    )]
    Places(places::Args),
    /// Run workers in this process until a signal asks them to stop.
    #[command(
        after_help = "Examples:\n  leadfleet run all\n  leadfleet run loader storer\n  LEADFLEET_LOG_FORMAT=json leadfleet run scorer",
        after_long_help = format!("Examples:\n  leadfleet run all\n  leadfleet run loader storer\n  LEADFLEET_LOG_FORMAT=json leadfleet run scorer\n\n{}", Workers::help())
    )]
    Run(run::Args),
    /// Ask a process that runs beside this one how it is; exit 1 when it does not answer.
    #[command(after_help = "Examples:\n  leadfleet healthcheck\n  leadfleet healthcheck --ready --json")]
    Healthcheck(healthcheck::Args),
    /// Bring the schema of Postgres up to date.
    #[command(after_help = "Examples:\n  leadfleet migrate\n  leadfleet migrate --status --json")]
    Migrate(migrate::Args),
    /// Create streams, buckets and consumers on NATS, and check what the server made of them.
    #[command(
        after_help = "Examples:\n  leadfleet provision\n  leadfleet provision --manifests | kubectl apply -f -\n  leadfleet provision --users /etc/nats/leadfleet"
    )]
    Provision(migrate::ProvisionArgs),
    /// Say from outside what a scraper says.
    #[command(subcommand)]
    Event(event::Command),
    /// Make, list and revoke the keys of the HTTP API.
    #[command(subcommand)]
    Key(key::Command),
    /// Add, list and disable the people who sign in to the dashboard.
    #[command(subcommand)]
    Person(person::Command),
    /// Make, list and revoke the endpoints that outreach tools report to.
    #[command(subcommand)]
    Webhook(webhook::Command),
    /// Print the completions of a shell.
    #[command(
        after_help = "Example:\n  leadfleet completions bash > ~/.local/share/bash-completion/completions/leadfleet"
    )]
    Completions { shell: clap_complete::Shell },
    /// Print the exit codes and what they mean.
    #[command(long_about = format!("The exit codes and what they mean:\n\n{}", Exit::table()))]
    ExitCodes,
}

impl Cli {
    pub async fn run(self) -> Result<Exit, Failure> {
        let Global { json, quiet, config, set } = self.global;
        let output = Output { json, quiet };
        let sources = Sources {
            flags: &set,
            environment: environment(),
            files: config_files(),
            config: config.as_deref(),
        };
        match self.command {
            Command::Dev(args) => dev::run(args, Settings::load(&sources)?, output).await,
            Command::Import(args) => import::run(args, Settings::load(&sources)?, output).await,
            Command::Match(command) => matching::run(command, Settings::load(&sources)?, output).await,
            Command::Outreach(args) => outreach::run(args, &Settings::load(&sources)?, output).await,
            Command::Leads(command) => leads::run(command, &Settings::load(&sources)?, output).await,
            Command::Sequence(command) => sequence::run(command, &Settings::load(&sources)?, output).await,
            Command::Campaign(command) => campaign::run(command, &Settings::load(&sources)?, output).await,
            Command::Patterns(command) => patterns::run(command, &Settings::load(&sources)?, output).await,
            Command::Growth(command) => growth::run(command, &Settings::load(&sources)?, output).await,
            Command::Status(args) => status::run(&args, Settings::load(&sources)?, output).await,
            Command::Dead(command) => dead::run(command, &Settings::load(&sources)?, output).await,
            Command::Link(args) => link::run(&args, output),
            Command::Places(args) => places::run(&args),
            Command::Demo(args) => demo::run(args, Settings::load(&sources)?, output).await,
            Command::Run(args) => run::run(args, &Settings::load(&sources)?, output).await,
            Command::Healthcheck(args) => healthcheck::run(&args, &Settings::load(&sources)?, output).await,
            Command::Migrate(args) => migrate::migrate(&args, &Settings::load(&sources)?, output).await,
            Command::Provision(args) => migrate::provision(&args, &Settings::load(&sources)?, output).await,
            Command::Event(command) => event::run(command, &Settings::load(&sources)?, output).await,
            Command::Key(command) => key::run(command, &Settings::load(&sources)?, output).await,
            Command::Person(command) => person::run(command, &Settings::load(&sources)?, output).await,
            Command::Worker(command) => worker::run(command, &Settings::load(&sources)?, output).await,
            Command::Webhook(command) => webhook::run(command, &Settings::load(&sources)?, output).await,
            Command::Config => {
                output.show(&Settings::effective(&sources)?, |settings| settings_table(settings))?;
                Ok(Exit::Ok)
            }
            Command::Doctor => doctor::run(&sources, output).await,
            Command::Completions { shell } => {
                let mut script = Vec::new();
                clap_complete::generate(shell, &mut Self::command(), "leadfleet", &mut script);
                output::print(&String::from_utf8_lossy(&script))?;
                Ok(Exit::Ok)
            }
            Command::ExitCodes => {
                let codes: BTreeMap<u8, &str> = Exit::ALL.map(|(exit, meaning)| (exit as u8, meaning)).into();
                output.show(&codes, |_codes| Exit::table())?;
                Ok(Exit::Ok)
            }
        }
    }
}

/// A date as a flag gives it.
pub(crate) fn date(text: &str) -> Result<NaiveDate, String> {
    text.parse().map_err(|_parse| "write it as 2025-11-11".to_owned())
}

fn environment() -> BTreeMap<String, String> {
    env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// From the weakest to the strongest.
fn config_files() -> Vec<PathBuf> {
    let user = env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".config")));
    let mut files = vec![PathBuf::from("/etc/leadfleet/config.toml")];
    files.extend(user.map(|dir| dir.join("leadfleet/config.toml")));
    files.push("leadfleet.toml".into());
    files
}

fn settings_table(settings: &[Effective]) -> String {
    let row = |setting: &Effective| {
        [setting.key.clone(), setting.value.clone().unwrap_or_default(), setting.origin.clone()]
    };
    columns(["setting", "value", "origin"], settings.iter().map(row))
}
