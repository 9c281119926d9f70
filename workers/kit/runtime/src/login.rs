//! How a process makes itself known to nats-server, and how it knows the server.

use std::path::{Path, PathBuf};

use async_nats::ConnectOptions;
use nkeys::KeyPair;

/// Who a process is to nats-server.
#[derive(Debug, Clone, Default, clap::Args)]
#[group(skip)]
pub struct Login {
    /// File with the seed of the nkey that this process signs in with, as `leadfleet provision --users` makes them.
    #[arg(long, env = "NATS_SEED_FILE")]
    pub nats_seed_file: Option<PathBuf>,

    /// File with the certificate (PEM) that signed nats-server's; named, nothing is said to a server without one.
    #[arg(long, env = "NATS_CA_FILE")]
    pub nats_ca_file: Option<PathBuf>,
}

/// Why a process does not know who it is.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    #[error("could not read the seed in {file}", file = file.display())]
    Read { file: PathBuf, source: std::io::Error },
    #[error("{file} holds no seed of an nkey: it begins with SU and has 58 letters and digits", file = file.display())]
    NoSeed { file: PathBuf, source: nkeys::error::Error },
    #[error("there is no file {file} with a certificate: see NATS_CA_FILE", file = file.display())]
    NoCertificate { file: PathBuf },
}

impl Login {
    /// A connection that says who this is.
    pub(crate) fn options(&self) -> Result<ConnectOptions, LoginError> {
        let mut options = ConnectOptions::new();
        if let Some(file) = &self.nats_ca_file {
            if !file.is_file() {
                return Err(LoginError::NoCertificate { file: file.clone() });
            }
            options = options.add_root_certificates(file.clone()).require_tls(true);
        }
        if let Some(file) = &self.nats_seed_file {
            let pair = pair(file)?;
            let seed = pair.seed().map_err(|source| LoginError::NoSeed { file: file.clone(), source })?;
            options = options.custom_inbox_prefix(inbox(&pair.public_key())).nkey(seed);
        }
        Ok(options)
    }
}

fn pair(file: &Path) -> Result<KeyPair, LoginError> {
    let text = std::fs::read_to_string(file);
    let text = text.map_err(|source| LoginError::Read { file: file.to_owned(), source })?;
    KeyPair::from_seed(text.trim()).map_err(|source| LoginError::NoSeed { file: file.to_owned(), source })
}

/// The seed of a user that nobody knows yet.
pub fn new_seed() -> Result<String, nkeys::error::Error> {
    KeyPair::new_user().seed()
}

/// The public key of the seed in a file.
pub fn public_key(file: &Path) -> Result<String, LoginError> {
    Ok(pair(file)?.public_key())
}

/// Where the answers to a user are sent: nobody else may listen there.
pub fn inbox(public_key: &str) -> String {
    format!("_INBOX_{public_key}")
}
