//! What can be set for outreach.

use chrono::NaiveDate;
use chrono_tz::Tz;
use db::Db;
use prospects::{Keys, Pillar, Prospects, Rules, WEEKLY_CAP};
use secrecy::{ExposeSecret as _, SecretString};
use std::path::PathBuf;

/// A secret of fewer characters could be guessed.
const SHORTEST: usize = 16;

#[derive(clap::Args, Debug, Clone)]
#[group(skip)]
pub struct Config {
    /// Key of the hashes by which events and suppressions name people; the same in all processes, and never changed.
    #[arg(long, env = "LEADFLEET_SECRET", hide_env_values = true)]
    pub leadfleet_secret: Option<SecretString>,

    /// A file with that key.
    #[arg(long, env = "LEADFLEET_SECRET_FILE")]
    pub leadfleet_secret_file: Option<PathBuf>,

    /// Connection requests that any seven days hold, 1 to 100.
    #[arg(long, env = "OUTREACH_WEEKLY_CAP", default_value_t = WEEKLY_CAP,
        value_parser = clap::value_parser!(u32).range(1..=100))]
    pub outreach_weekly_cap: u32,

    /// Days on which nobody is contacted beside the federal holidays, as 2026-12-24,2026-12-31.
    #[arg(long, env = "OUTREACH_HOLIDAYS", value_delimiter = ',')]
    pub outreach_holidays: Vec<NaiveDate>,

    /// Content pillars of segments, as `referral_network=schools,stealth_founder=tools`.
    #[arg(long, env = "OUTREACH_PILLARS", value_delimiter = ',')]
    pub outreach_pillars: Vec<Pillar>,
}

/// Why outreach cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "no key for hashes: set LEADFLEET_SECRET or LEADFLEET_SECRET_FILE to 16 or more random characters"
    )]
    NoSecret,
    #[error("LEADFLEET_SECRET has fewer than 16 characters: make one with `openssl rand -hex 32`")]
    ShortSecret,
    #[error("could not read the key for hashes from {path}")]
    SecretFile { path: PathBuf, source: std::io::Error },
}

impl Config {
    /// What is done with prospects, with the key, rules and zone of this process.
    pub fn prospects(&self, db: Db, zone: Tz) -> Result<Prospects, Error> {
        let rules = Rules {
            weekly_cap: self.outreach_weekly_cap,
            holidays: self.outreach_holidays.clone(),
            pillars: self.outreach_pillars.clone(),
        };
        Ok(Prospects::new(db, Keys::new(self.secret()?.as_bytes()), zone).by(&rules))
    }

    fn secret(&self) -> Result<String, Error> {
        let secret = match (&self.leadfleet_secret, &self.leadfleet_secret_file) {
            (Some(secret), _) => secret.expose_secret().trim().to_owned(),
            (None, Some(path)) => std::fs::read_to_string(path)
                .map_err(|source| Error::SecretFile { path: path.clone(), source })?
                .trim()
                .to_owned(),
            (None, None) => return Err(Error::NoSecret),
        };
        if secret.len() < SHORTEST { Err(Error::ShortSecret) } else { Ok(secret) }
    }
}
