//! How a command ends: its exit code, and what a person reads when it fails.

use std::fmt::Write as _;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use crate::{local, settings};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Ok = 0,
    Failure = 1,
    Usage = 2,
    NotFound = 3,
    Unreachable = 4,
    Differs = 5,
    Partial = 6,
    Refused = 7,
    Interrupted = 130,
}

impl Exit {
    pub const ALL: [(Self, &'static str); 9] = [
        (Self::Ok, "it worked"),
        (Self::Failure, "it failed"),
        (Self::Usage, "wrong usage: a flag, an argument or a setting"),
        (Self::NotFound, "what was asked for does not exist"),
        (Self::Unreachable, "NATS or Postgres cannot be reached, or a program is missing or too old"),
        (Self::Differs, "what is there differs from what was asked for"),
        (Self::Partial, "a part of it failed"),
        (Self::Refused, "refused by a safeguard"),
        (Self::Interrupted, "interrupted by Ctrl-C before it was done"),
    ];

    /// The table of `leadfleet exit-codes`.
    pub fn table() -> String {
        let mut text = String::new();
        for (exit, meaning) in Self::ALL {
            // Writing to a string does not fail.
            let _ok = writeln!(text, "{:>5}  {meaning}", exit as u8);
        }
        text
    }
}

/// Why a command failed, with what to do about it.
#[derive(Debug)]
pub struct Failure {
    pub exit: Exit,
    pub error: anyhow::Error,
    pub hint: Option<String>,
}

impl Failure {
    /// One line what happened, the causes, one line what to do.
    pub fn print(&self, mut out: impl std::io::Write) -> std::io::Result<()> {
        writeln!(out, "error: {}", self.error)?;
        for cause in self.error.chain().skip(1) {
            writeln!(out, "caused by: {cause}")?;
        }
        self.hint.as_ref().map_or(Ok(()), |hint| writeln!(out, "hint: {hint}"))
    }

    /// Why a file that was named cannot be opened.
    pub fn of_file(path: &Path, error: std::io::Error) -> Self {
        let exit = match error.kind() {
            ErrorKind::NotFound => Exit::NotFound,
            _ => Exit::Failure,
        };
        let error = anyhow::Error::from(error).context(format!("could not open {}", path.display()));
        Self { exit, error, hint: None }
    }

    /// Prints to stderr and gives the code to end with.
    pub fn report(&self) -> Exit {
        let mut text = Vec::new();
        // A closed stderr leaves nobody to tell.
        let _closed = self.print(&mut text).and_then(|()| std::io::stderr().write_all(&text));
        self.exit
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self { exit: Exit::Failure, error, hint: None }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        anyhow::Error::from(error).into()
    }
}

impl From<local::Error> for Failure {
    fn from(error: local::Error) -> Self {
        use local::Error::{
            File, InUse, LeftBehind, NoVersion, NotFound, NotStarted, NotStopped, OtherData, PortTaken, Run,
            TooOld,
        };
        let exit = match &error {
            NotFound { .. } | TooOld { .. } | NoVersion { .. } | Run { .. } | NotStarted { .. } => {
                Exit::Unreachable
            }
            InUse { .. } | LeftBehind { .. } | OtherData { .. } => Exit::Refused,
            PortTaken { .. } | NotStopped { .. } | File { .. } => Exit::Failure,
        };
        Self { exit, hint: error.hint(), error: error.into() }
    }
}

impl From<settings::Error> for Failure {
    fn from(error: settings::Error) -> Self {
        Self { exit: Exit::Usage, hint: error.hint(), error: error.into() }
    }
}
