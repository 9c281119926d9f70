//! One stack per directory: a lock that its servers hold too, so it is free only when all of them are gone.

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::Path;
use std::process;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, test_kill_process};

use super::error::{Error, file};
use super::wait;

const NAME: &str = "lock";

/// How long servers whose parent was killed may take to end.
const LEFT_BEHIND: Duration = Duration::from_secs(15);

#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock of `dir`, waiting for servers of a killed predecessor to end.
    pub(super) fn take(dir: &Path) -> Result<Self, Error> {
        let path = dir.join(NAME);
        let mut lock = File::options().create(true).append(true).open(&path).map_err(file("open", &path))?;
        let free = wait::until(LEFT_BEHIND, || match lock.try_lock() {
            Ok(()) => Ok(Some(())),
            Err(TryLockError::Error(source)) => Err(file("lock", &path)(source)),
            Err(TryLockError::WouldBlock) => match holder(&path) {
                Some(pid) if alive(pid) => Err(Error::InUse { path: dir.to_owned(), pid }),
                _ => Ok(None),
            },
        })?;
        if free.is_none() {
            return Err(Error::LeftBehind { path: dir.to_owned(), pid: holder(&path).unwrap_or_default() });
        }
        lock.set_len(0).map_err(file("write", &path))?;
        writeln!(lock, "{}", process::id()).map_err(file("write", &path))?;
        Ok(Self { file: lock })
    }

    /// Takes the lock of a new directory that a sweeper may look at meanwhile: it appears locked or not at all.
    pub(super) fn appear(dir: &Path) -> Result<Self, Error> {
        let (hidden, path) = (dir.join("lock.new"), dir.join(NAME));
        let mut lock = File::create_new(&hidden).map_err(file("create", &hidden))?;
        lock.lock().map_err(file("lock", &hidden))?;
        writeln!(lock, "{}", process::id()).map_err(file("write", &hidden))?;
        fs::rename(&hidden, &path).map_err(file("create", &path))?;
        Ok(Self { file: lock })
    }

    /// A handle for a server's standard input: the lock stays taken until the server has ended.
    pub(super) fn share(&self) -> std::io::Result<Stdio> {
        Ok(Stdio::from(self.file.try_clone()?))
    }
}

/// Whether `dir` has a lock that nobody holds: its owner and the servers are gone.
pub(super) fn abandoned(dir: &Path) -> bool {
    File::open(dir.join(NAME)).is_ok_and(|lock| lock.try_lock().is_ok())
}

fn holder(path: &Path) -> Option<u32> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

fn alive(pid: u32) -> bool {
    pid.try_into().ok().and_then(Pid::from_raw).is_some_and(|pid| test_kill_process(pid).is_ok())
}
