//! The settings of every worker: from the environment, with what the configuration files add.

use anyhow::Context as _;
use chrono::{NaiveTime, TimeDelta};
use clap::Parser;
use claude::Claude;
use db::Db;
use runtime::{Daily, Runtime};

use crate::exit::{Exit, Failure};
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
    /// IANA time zone of the daily run.
    #[arg(long, env = "SCHEDULE_TZ", default_value = "America/New_York")]
    pub schedule_tz: chrono_tz::Tz,
}

impl Workers {
    /// Reads the settings; what they say stands below the environment's own variables.
    pub fn load(settings: &Settings) -> Result<Self, Failure> {
        let none: [&str; 0] = [];
        let mut workers = Self::try_parse_from(none).map_err(|error| Failure {
            exit: Exit::Usage,
            error: anyhow::anyhow!("{}", wording(&error)),
            hint: Some(
                "the value comes from the environment: see `leadfleet run --help` for its variable"
                    .to_owned(),
            ),
        })?;
        workers.runtime.nats_url = settings.nats.url.clone();
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
        workers.exporter.output_directory = settings.output.directory.clone();
        workers.storer.backup_directory = settings.output.backup_directory.clone();
        workers.schedule_tz =
            settings.schedule.timezone.parse().context("schedule.timezone is no time zone")?;
        Ok(workers)
    }

    /// A pool that connects on first use.
    pub fn db(&self) -> Result<Db, db::Error> {
        Db::new(&self.db)
    }

    pub async fn claude(&self, runtime: &Runtime) -> Result<Claude, claude::Error> {
        Claude::connect(self.claude.clone(), Some(runtime.jetstream().clone())).await
    }

    /// PT-004: daily at 03:00.
    pub fn daily(&self, job: &'static str) -> anyhow::Result<Daily> {
        let at = NaiveTime::from_hms_opt(3, 0, 0).context("03:00 is a time")?;
        Ok(Daily { job, at, zone: self.schedule_tz, max_lateness: TimeDelta::hours(12) })
    }
}

/// The first line of clap's message, without the usage of a command that nobody typed.
fn wording(error: &clap::Error) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}
