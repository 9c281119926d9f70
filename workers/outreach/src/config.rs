//! What can be set for outreach.

use chrono_tz::Tz;
use db::Db;
use prospects::{Keys, Prospects};
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
    /// What is done with prospects, with the key and zone of this process.
    pub fn prospects(&self, db: Db, zone: Tz) -> Result<Prospects, Error> {
        Ok(Prospects::new(db, Keys::new(self.secret()?.as_bytes()), zone))
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
