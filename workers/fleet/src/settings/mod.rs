//! The configuration: flags over environment over files over defaults, each value with its origin.

mod catalogue;
mod error;
mod layers;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use error::Error;

/// The values that the commands and workers read.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub nats: Nats,
    pub postgres: Postgres,
    pub claude: Claude,
    pub slack: Slack,
    pub email: Email,
    pub output: Output,
    pub schedule: Schedule,
    pub scoring: Scoring,
    pub local: Local,
    /// Where the key of hashes is if nobody has named one: `dev` and `demo` make one beside their data.
    #[serde(skip)]
    pub secret_file: Option<PathBuf>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nats {
    pub url: String,
    pub seed_file: Option<PathBuf>,
    pub ca_file: Option<PathBuf>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Postgres {
    pub url: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claude {
    pub api_key: Option<String>,
    pub base_url: String,
    pub model: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slack {
    pub webhook_url: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Email {
    pub to: Option<String>,
    pub from: Option<String>,
    pub smtp_url: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    pub directory: PathBuf,
    pub backup_directory: PathBuf,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    pub timezone: String,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scoring {
    pub confidence_mode: String,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Local {
    pub nats_server: Option<PathBuf>,
    pub postgres_bin: Option<PathBuf>,
}

/// A setting as `leadfleet config` shows it; secrets are only said to be set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Effective {
    pub key: String,
    pub value: Option<String>,
    pub origin: String,
    /// The variables that set it, the first wins.
    pub environment: Vec<String>,
    pub about: String,
}

/// Where values may come from; tests pass their own.
#[derive(Debug, Default)]
pub struct Sources<'a> {
    /// `key=value` of the flags `--set`.
    pub flags: &'a [String],
    pub environment: BTreeMap<String, String>,
    /// From the weakest to the strongest; files that do not exist are skipped.
    pub files: Vec<PathBuf>,
    /// A file that has to exist: then the others do not count.
    pub config: Option<&'a Path>,
}

impl Nats {
    /// How a process of this machine signs in.
    pub fn login(&self) -> runtime::Login {
        runtime::Login { nats_seed_file: self.seed_file.clone(), nats_ca_file: self.ca_file.clone() }
    }
}

impl Settings {
    pub fn load(sources: &Sources<'_>) -> Result<Self, Error> {
        let mut settings: Self = layers::checked(sources)?
            .extract()
            .map_err(|source| Error::Unreadable { source: Box::new(source) })?;
        // What workers say of their files is read elsewhere, by people who know nothing of their directory.
        let files = [&mut settings.nats.seed_file, &mut settings.nats.ca_file].into_iter().flatten();
        let directories = [&mut settings.output.directory, &mut settings.output.backup_directory];
        for directory in files.chain(directories) {
            *directory = std::path::absolute(&*directory).unwrap_or_else(|_unknown| directory.clone());
        }
        Ok(settings)
    }

    /// The same settings as variables, for a process that reads neither these flags nor these files.
    pub fn environment(&self) -> Vec<(String, String)> {
        let path = |path: &Path| Some(path.display().to_string());
        let values = [
            ("NATS_URL", Some(self.nats.url.clone())),
            ("NATS_SEED_FILE", self.nats.seed_file.as_deref().and_then(path)),
            ("NATS_CA_FILE", self.nats.ca_file.as_deref().and_then(path)),
            ("POSTGRES_URL", self.postgres.url.clone()),
            ("CLAUDE_API_KEY", self.claude.api_key.clone()),
            ("CLAUDE_BASE_URL", Some(self.claude.base_url.clone())),
            ("CLAUDE_MODEL", self.claude.model.clone()),
            ("SLACK_WEBHOOK_URL", self.slack.webhook_url.clone()),
            ("EMAIL_TO", self.email.to.clone()),
            ("EMAIL_FROM", self.email.from.clone()),
            ("EMAIL_SMTP_URL", self.email.smtp_url.clone()),
            ("OUTPUT_DIRECTORY", path(&self.output.directory)),
            ("OUTPUT_BACKUP_DIRECTORY", path(&self.output.backup_directory)),
            ("SCHEDULE_TIMEZONE", Some(self.schedule.timezone.clone())),
            ("SCORING_CONFIDENCE_MODE", Some(self.scoring.confidence_mode.clone())),
        ];
        values.into_iter().filter_map(|(name, value)| Some((format!("LEADFLEET_{name}"), value?))).collect()
    }

    /// Every setting with its value and origin, in the order of the catalogue; then the variables of workers.
    pub fn effective(sources: &Sources<'_>) -> Result<Vec<Effective>, Error> {
        Ok(layers::effective(&layers::checked(sources)?, &sources.environment))
    }
}
