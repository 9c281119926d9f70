//! A short-lived directory under the system's temporary one, swept by the next start if its owner was killed.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::error::{Error, file};
use super::lock::{self, Lock};

const PREFIX: &str = "leadfleet-";

/// The longest path a socket may have is about 107 bytes, `/.s.PGSQL.5432` and our own name included.
const LONGEST_BASE: usize = 60;

#[derive(Debug)]
pub(super) struct Scratch {
    // Dropped before the lock: a sweeper must not meet a half-deleted directory that looks abandoned.
    dir: TempDir,
    pub(super) lock: Lock,
}

impl Scratch {
    pub(super) fn new() -> Result<Self, Error> {
        let base = base();
        sweep(&base);
        let dir = tempfile::Builder::new().prefix(PREFIX).tempdir_in(&base).map_err(file("create", &base))?;
        // Postgres may run as another account: it has to pass through, not to look around.
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o711))
            .map_err(file("open", dir.path()))?;
        let lock = Lock::appear(dir.path())?;
        Ok(Self { dir, lock })
    }

    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }
}

/// Deletes what killed processes left in `base`: directories of ours whose lock is free.
pub(super) fn sweep(base: &Path) {
    for entry in fs::read_dir(base).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if ours && lock::abandoned(&entry.path()) {
            // Another start may be sweeping the same one: then there is nothing left to delete.
            drop(fs::remove_dir_all(entry.path()));
        }
    }
}

fn base() -> PathBuf {
    let base = env::temp_dir();
    if base.as_os_str().len() <= LONGEST_BASE { base } else { PathBuf::from("/tmp") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_deletes_what_a_killed_process_left_and_nothing_else() {
        let base = tempfile::tempdir().unwrap();
        let make = |name: &str| {
            let dir = base.path().join(name);
            fs::create_dir(&dir).unwrap();
            dir
        };
        let (left, used) = (make("leadfleet-left"), make("leadfleet-used"));
        let (starting, foreign) = (make("leadfleet-starting"), make("other"));
        fs::write(left.join("lock"), "1").unwrap();
        fs::write(foreign.join("lock"), "1").unwrap();
        let _held = Lock::take(&used).unwrap();

        sweep(base.path());

        assert!(!left.exists());
        assert!(used.exists());
        assert!(starting.exists());
        assert!(foreign.exists());
    }
}
