//! The settings of every worker: from the environment, with what the configuration files add.

use std::sync::Arc;

use anyhow::Context as _;
use chrono::{NaiveTime, TimeDelta};
use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory as _, Parser};
use claude::Claude;
use contractors::Contractors;
use conversion::Conversion;
use db::Db;
use prospects::{Prospects, Scores};
use runtime::{Daily, Runtime};

use crate::exit::{Exit, Failure};
use crate::output::columns;
use crate::settings::Settings;

/// Every setting of every worker, read from the environment variables that `leadfleet run --help` lists.
#[derive(Debug, Clone, Parser)]
#[command(name = "leadfleet run", no_binary_name = true)]
pub struct Workers {
    #[command(flatten)]
    pub runtime: runtime::Config,
    #[command(flatten)]
    pub db: db::Config,
    #[command(flatten)]
    pub claude: claude::Config,
    #[command(flatten)]
    pub loader: loader::Config,
    #[command(flatten)]
    pub matchers: matchers::Config,
    #[command(flatten)]
    pub scorer: scorer::Config,
    #[command(flatten)]
    pub templater: templater::Config,
    #[command(flatten)]
    pub storer: storer::Config,
    #[command(flatten)]
    pub exporter: exporter::Config,
    #[command(flatten)]
    pub notifier: notifier::Config,
    #[command(flatten)]
    pub outreach: outreach::Config,
    #[command(flatten)]
    pub growth: contractors::Config,
    #[command(flatten)]
    pub gateway: gateway::Config,
    /// IANA time zone of the daily run.
    #[arg(long, env = "SCHEDULE_TZ", default_value = "America/New_York")]
    pub schedule_tz: chrono_tz::Tz,
}

impl Workers {
    /// Reads the settings; what they say stands below the environment's own variables.
    pub fn load(settings: &Settings) -> Result<Self, Failure> {
        let mut workers = Self::try_parse_from(arguments(settings)).map_err(|error| Failure {
            exit: Exit::Usage,
            error: anyhow::anyhow!("{}", wording(&error)),
            hint: Some("`leadfleet run --help` lists the variables of the workers".to_owned()),
        })?;
        if let (None, Some(url)) = (&workers.db.postgres_connection_string_file, &settings.postgres.url) {
            workers.db.postgres_connection_string = Some(url.as_str().into());
        }
        if let (None, Some(key)) = (&workers.claude.api_key_file, &settings.claude.api_key) {
            workers.claude.api_key = Some(key.as_str().into());
        }
        if let (None, Some(url)) = (&workers.notifier.slack_webhook_url_file, &settings.slack.webhook_url) {
            workers.notifier.slack_webhook_url = Some(url.as_str().into());
        }
        if let (None, Some(url)) = (&workers.notifier.smtp_url_file, &settings.email.smtp_url) {
            workers.notifier.smtp_url = Some(url.as_str().into());
        }
        if workers.outreach.leadfleet_secret.is_none() && workers.outreach.leadfleet_secret_file.is_none() {
            workers.outreach.leadfleet_secret_file = settings.secret_file.clone();
        }
        workers.runtime.login = settings.nats.login();
        workers.exporter.output_directory = settings.output.directory.clone();
        workers.storer.backup_directory = settings.output.backup_directory.clone();
        Ok(workers)
    }

    /// The environment variables of the workers.
    pub fn variables() -> Vec<String> {
        let arguments = Self::command();
        arguments.get_arguments().filter_map(variable).collect()
    }

    /// What each variable means and what it is when it is not set, for people.
    pub fn help() -> String {
        let command = Self::command();
        let shown = command.get_arguments().filter(|argument| !argument.is_hide_set());
        let rows = shown.filter_map(|argument| {
            let about = argument.get_help().map(ToString::to_string).unwrap_or_default();
            let about = about.split(". ").next().unwrap_or_default().trim_end_matches('.').to_owned();
            let default = argument.get_default_values().first();
            let default = default.map_or_else(String::new, |value| format!(" [{}]", value.to_string_lossy()));
            Some([variable(argument)?, about + &default])
        });
        format!("Variables of the workers:\n\n{}", columns(["variable", "meaning [default]"], rows))
    }

    /// A pool that connects on first use.
    pub fn db(&self) -> Result<Db, db::Error> {
        Db::new(&self.db)
    }

    /// What is done with prospects.
    pub fn prospects(&self) -> Result<Prospects, Failure> {
        self.prospects_over(self.db()?)
    }

    /// The same over a pool of the caller's.
    pub fn prospects_over(&self, db: Db) -> Result<Prospects, Failure> {
        self.outreach.prospects(db, self.schedule_tz).map_err(|error| Failure {
            exit: Exit::Usage,
            error: error.into(),
            hint: Some("`leadfleet dev` makes one beside its data and says what to set".to_owned()),
        })
    }

    /// What scores leads.
    pub fn scores(&self) -> Result<Scores, Failure> {
        self.scores_over(self.db()?)
    }

    /// The same over a pool of the caller's.
    pub fn scores_over(&self, db: Db) -> Result<Scores, Failure> {
        let rules = self.scorer.rules().map_err(|error| Failure {
            exit: Exit::Usage,
            error: error.into(),
            hint: Some(
                "`leadfleet leads rules` prints rules that can be used; ALS_RULES names a file".to_owned(),
            ),
        })?;
        Ok(Scores::new(db, Arc::new(rules)))
    }

    /// What is learned of conversions.
    pub fn conversion(&self) -> Result<Conversion, Failure> {
        Ok(self.conversion_over(self.db()?))
    }

    /// The same over a pool of the caller's.
    pub fn conversion_over(&self, db: Db) -> Conversion {
        Conversion::new(db, self.schedule_tz)
    }

    /// What is done with contractors.
    pub fn contractors(&self) -> Result<Contractors, Failure> {
        self.contractors_over(self.db()?)
    }

    /// The same over a pool of the caller's.
    pub fn contractors_over(&self, db: Db) -> Result<Contractors, Failure> {
        let rules = self.growth.rules().map_err(|error| Failure {
            exit: Exit::Usage,
            error: error.into(),
            hint: Some(
                "`leadfleet growth rules` prints rules that can be used; GROWTH_RULES names a file"
                    .to_owned(),
            ),
        })?;
        Ok(Contractors::new(db, rules))
    }

    pub async fn claude(&self, runtime: &Runtime) -> anyhow::Result<Claude> {
        Ok(Claude::connect(self.claude.clone(), Some(runtime.jetstream().clone())).await?)
    }

    /// PT-004: daily at 03:00.
    pub fn daily(&self, job: &'static str) -> anyhow::Result<Daily> {
        let at = NaiveTime::from_hms_opt(3, 0, 0).context("03:00 is a time")?;
        Ok(Daily { job, at, zone: self.schedule_tz, max_lateness: TimeDelta::hours(12) })
    }
}

impl From<notifier::Error> for Failure {
    fn from(error: notifier::Error) -> Self {
        Self { exit: Exit::Usage, error: error.into(), hint: None }
    }
}

impl From<gateway::Error> for Failure {
    fn from(error: gateway::Error) -> Self {
        Self { exit: Exit::Usage, error: error.into(), hint: None }
    }
}

/// The settings that workers read too, as arguments; secrets are given by hand.
fn arguments(settings: &Settings) -> Vec<String> {
    let given = [
        ("nats-url", Some(&settings.nats.url)),
        ("claude-base-url", Some(&settings.claude.base_url)),
        ("claude-model", settings.claude.model.as_ref()),
        ("backup-email", settings.email.to.as_ref()),
        ("mail-from", settings.email.from.as_ref()),
        ("schedule-tz", Some(&settings.schedule.timezone)),
        ("confidence-mode", Some(&settings.scoring.confidence_mode)),
    ];
    given.into_iter().filter_map(|(name, value)| Some(format!("--{name}={}", value?))).collect()
}

fn variable(argument: &clap::Arg) -> Option<String> {
    Some(argument.get_env()?.to_string_lossy().into_owned())
}

/// What clap says, by the name of the variable: nobody typed the flag.
fn wording(error: &clap::Error) -> String {
    let text = error.to_string();
    let said = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg) else { return said };
    let mut command = Workers::command();
    // Only then it knows how its arguments are written.
    command.build();
    let argument = command.get_arguments().find(|argument| argument.to_string() == *flag);
    match argument.and_then(variable) {
        Some(name) => said.replace(&format!("'{flag}'"), &name),
        None => said,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Sources;

    #[test]
    fn every_run_gets_the_confidence_mode_of_the_settings() {
        for (text, mode) in [("graded", loader::Mode::Graded), ("block", loader::Mode::Block)] {
            let flags = [format!("scoring.confidence_mode={text}")];
            let settings = Settings::load(&Sources { flags: &flags, ..Sources::default() }).unwrap();
            assert_eq!(Workers::load(&settings).unwrap().loader.confidence_mode, mode);
        }
    }
}
