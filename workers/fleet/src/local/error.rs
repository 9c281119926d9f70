//! What can go wrong with the private servers, each with what to do about it.

use std::io;
use std::path::PathBuf;

use super::binaries::{MIN_NATS_SERVER, MIN_POSTGRES, dotted};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("could not find {program}")]
    NotFound { program: &'static str },
    #[error(
        "{program} {} at {} is too old: {} or newer is needed", dotted(found), path.display(), dotted(needed)
    )]
    TooOld { program: &'static str, path: PathBuf, found: Vec<u32>, needed: Vec<u32> },
    #[error("could not read the version of {}: it printed {output:?}", path.display())]
    NoVersion { path: PathBuf, output: String },
    #[error("could not run {}", path.display())]
    Run { path: PathBuf, source: io::Error },
    #[error("{} is in use by process {pid}", path.display())]
    InUse { path: PathBuf, pid: u32 },
    #[error("servers that process {pid} left behind still use {}", path.display())]
    LeftBehind { path: PathBuf, pid: u32 },
    #[error("port {port} on 127.0.0.1 is taken")]
    PortTaken { port: u16 },
    #[error("{program} did not start: {what}\nits log {} ends with:\n{tail}", log.display())]
    NotStarted { program: &'static str, what: String, log: PathBuf, tail: String },
    #[error("{program} did not stop within {seconds} s")]
    NotStopped { program: &'static str, seconds: u64 },
    #[error("{} was written by {program} {written}, but {found} is installed", path.display())]
    OtherData { program: &'static str, path: PathBuf, written: String, found: String },
    #[error("could not {doing} {}", path.display())]
    File { doing: &'static str, path: PathBuf, source: io::Error },
}

impl Error {
    /// What the person at the terminal can do.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotFound { program } | Self::TooOld { program, .. } => fix(program),
            Self::NoVersion { .. } => "is it the program its name says?".to_owned(),
            Self::Run { .. } => "check that the file exists and may be executed".to_owned(),
            Self::InUse { pid, .. } => {
                format!("use that one, end it (kill {pid}), or pass another --data-dir")
            }
            Self::LeftBehind { .. } => "end them, then try again".to_owned(),
            Self::PortTaken { .. } => "leave out the port to get a free one".to_owned(),
            Self::NotStarted { log, .. } => format!("the whole log is {}", log.display()),
            Self::OtherData { .. } => {
                "install the version that wrote it, or delete the directory to start afresh".to_owned()
            }
            Self::NotStopped { .. } | Self::File { .. } => return None,
        })
    }
}

/// How to get a program that is missing or too old.
pub(crate) fn fix(program: &str) -> String {
    match program {
        "nats-server" => format!(
            "run `make setup`, or install nats-server {} or newer and name it in LEADFLEET_NATS_SERVER",
            dotted(&MIN_NATS_SERVER)
        ),
        "setpriv" => "install util-linux: apt-get install util-linux".to_owned(),
        _ => format!(
            "run `make setup`, or install PostgreSQL {} or newer (apt-get install postgresql) \
             and name its bin directory in LEADFLEET_POSTGRES_BIN",
            dotted(&MIN_POSTGRES)
        ),
    }
}

/// Adds what was being done, and to which file, to an input or output error.
pub(super) fn file(doing: &'static str, path: &std::path::Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File { doing, path, source }
}
