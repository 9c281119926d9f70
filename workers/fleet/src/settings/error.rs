//! What can be wrong with the configuration, naming the setting and where it came from.

use std::io;
use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{key} is no setting ({origin})")]
    UnknownKey { key: String, origin: String, nearest: Option<String> },
    #[error("{name} is no variable of leadfleet")]
    UnknownVariable { name: String, nearest: Option<String> },
    #[error("{key} is {value:?}, but must be {expected} ({origin})")]
    Wrong { key: &'static str, value: String, expected: String, origin: String },
    #[error("{flag:?} is not of the form key=value")]
    NotAPair { flag: String },
    #[error("{key} is a secret and may not be given as a flag, which other users of this machine can see")]
    SecretFlag { key: &'static str, variable: String },
    #[error("could not read {} that {variable} names", path.display())]
    SecretFile { variable: String, path: PathBuf, source: io::Error },
    #[error("could not find the configuration file {}", path.display())]
    NoFile { path: PathBuf },
    #[error("could not read the configuration")]
    Unreadable { source: Box<figment::Error> },
}

impl Error {
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::UnknownKey { nearest: Some(nearest), .. }
            | Self::UnknownVariable { nearest: Some(nearest), .. } => {
                format!("did you mean {nearest}?")
            }
            Self::UnknownKey { .. } | Self::UnknownVariable { .. } => {
                "`leadfleet config` lists all settings".to_owned()
            }
            Self::SecretFlag { variable, .. } => {
                format!("set {variable}, or {variable}_FILE to a file that holds it")
            }
            Self::NotAPair { .. } => "for example: --set nats.url=nats://127.0.0.1:4222".to_owned(),
            _ => return None,
        })
    }
}
