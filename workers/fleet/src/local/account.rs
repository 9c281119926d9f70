//! The account Postgres runs as: it refuses to run as root, so root lends it another.

use std::fs;
use std::io;
use std::os::unix::fs::chown;
use std::path::Path;

/// Numeric ids of a user of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl Account {
    /// The account to drop to: `postgres`, else `nobody`, when this process is root; none otherwise.
    pub(super) fn for_postgres() -> io::Result<Option<Self>> {
        if !superuser() {
            return Ok(None);
        }
        let passwd = fs::read_to_string("/etc/passwd")?;
        named(&passwd, "postgres")
            .or_else(|| named(&passwd, "nobody"))
            .map(Some)
            .ok_or_else(|| io::Error::other("neither postgres nor nobody is in /etc/passwd"))
    }

    pub(super) fn own(self, path: &Path) -> io::Result<()> {
        chown(path, Some(self.uid), Some(self.gid))
    }
}

/// Whether this process is root.
pub fn superuser() -> bool {
    rustix::process::geteuid().is_root()
}

fn named(passwd: &str, name: &str) -> Option<Account> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (found, _, uid, gid) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        (found == name).then(|| Some(Account { uid: uid.parse().ok()?, gid: gid.parse().ok()? }))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str =
        "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65533::/:/bin/false\npostgres:x:101:104::/:/bin/sh\n";

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        assert_eq!(named(PASSWD, "postgres"), Some(Account { uid: 101, gid: 104 }));
        assert_eq!(named(PASSWD, "nobody"), Some(Account { uid: 65534, gid: 65533 }));
        assert_eq!(named(PASSWD, "post"), None);
    }
}
