//! A file that is written and not yet shown, and what killed exporters left of theirs.

use std::fs::{self, DirEntry, File, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use tempfile::NamedTempFile;

/// How the names of drafts begin; so many random letters and digits follow.
const PREFIX: &str = ".leadfleet-";
const RANDOM: usize = 6;

/// Seconds after which a draft is left over: longer than a worker may take for a run.
const STALE: i64 = 3600;

/// A file under a name that nobody looks for; its lock says that its exporter lives.
pub(crate) fn create(folder: &Path) -> io::Result<NamedTempFile> {
    let file = tempfile::Builder::new()
        .prefix(PREFIX)
        .rand_bytes(RANDOM)
        .permissions(Permissions::from_mode(0o644))
        .tempfile_in(folder)?;
    // Where files cannot be locked, the age of a draft has to tell.
    let _unlocked = file.as_file().try_lock();
    Ok(file)
}

/// Removes the drafts of dead exporters from a folder; one just written tells the time there.
///
/// What cannot be removed now is left to the next export.
pub(crate) fn sweep(folder: &Path, written: &File) {
    let (Ok(entries), Ok(written)) = (fs::read_dir(folder), written.metadata()) else { return };
    for entry in entries.flatten().filter(is_draft) {
        if is_left_over(&entry, written.mtime()) {
            let _still_there = fs::remove_file(entry.path());
        }
    }
}

fn is_draft(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    let random = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
    random.is_some_and(|random| random.len() == RANDOM && random.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// Whether it is a file, old, and of nobody who lives.
fn is_left_over(entry: &DirEntry, now: i64) -> bool {
    // A link is not followed: what it points at is not ours.
    let is_old = |found: fs::Metadata| found.is_file() && now.saturating_sub(found.mtime()) > STALE;
    entry.metadata().is_ok_and(is_old)
        && File::open(entry.path())
            .is_ok_and(|file| !matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::FileTimes;
    use std::path::PathBuf;
    use std::time::UNIX_EPOCH;

    fn old(path: &Path) -> PathBuf {
        let file = File::options().create(true).append(true).open(path).unwrap();
        file.set_times(FileTimes::new().set_modified(UNIX_EPOCH)).unwrap();
        path.to_owned()
    }

    fn swept(folder: &Path) {
        sweep(folder, create(folder).unwrap().as_file());
    }

    #[track_caller]
    fn check(name: &str, left: bool) {
        let folder = tempfile::tempdir().unwrap();
        let path = old(&folder.path().join(name));
        swept(folder.path());
        assert_eq!(path.exists(), left, "{name}");
    }

    #[test]
    fn an_old_draft_of_nobody_goes() {
        check(".leadfleet-a1B2c3", false);
    }

    #[test]
    fn what_is_named_otherwise_stays() {
        check("segments-2025-11-11.csv", true);
        check(".leadfleet-a1B2c", true);
        check(".leadfleet-a1B2c3.csv", true);
        check(".leadfleet-a1B-c3", true);
        check(".tmpa1B2c3", true);
    }

    #[test]
    fn a_young_draft_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (_, path) = create(folder.path()).unwrap().keep().unwrap();
        swept(folder.path());
        assert!(path.exists());
    }

    #[test]
    fn an_old_draft_of_a_living_exporter_stays() {
        let folder = tempfile::tempdir().unwrap();
        let draft = create(folder.path()).unwrap();
        old(draft.path());
        swept(folder.path());
        assert!(draft.path().exists());
    }

    #[test]
    fn a_link_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let target = old(&folder.path().join("segments.csv"));
        let link = folder.path().join(".leadfleet-a1B2c3");
        std::os::unix::fs::symlink(&target, &link).unwrap();
        swept(folder.path());
        assert!(target.exists() && link.is_symlink());
    }
}
