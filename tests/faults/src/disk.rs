//! A small disk that can be filled: a tmpfs in a mount namespace of its own, gone with the process that holds it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Context as _;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};

const SIZE: &str = "size=192m";
const BALLAST: &str = "ballast";

/// A directory that is a disk of its own where the system allows one, else an ordinary one.
#[derive(Debug)]
pub(crate) struct Disk {
    path: PathBuf,
    holder: Option<Child>,
}

impl Disk {
    /// Mounts over the directory, which must exist; others reach it through the holder's root.
    pub(crate) async fn mount(over: &Path) -> anyhow::Result<Self> {
        let script = r#"mount -t tmpfs -o "$1" tmpfs "$0" && echo ready && exec sleep infinity"#;
        let mut holder = Command::new("setpriv")
            .args([
                "--pdeathsig=KILL",
                "--",
                "unshare",
                "--mount",
                "--propagation=private",
                "sh",
                "-c",
                script,
            ])
            .arg(over)
            .arg(SIZE)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("could not start setpriv")?;
        let mut said = String::new();
        if let Some(stdout) = holder.stdout.take() {
            BufReader::new(stdout).read_line(&mut said).await?;
        }
        let path = match holder.id() {
            Some(pid) if said == "ready\n" => PathBuf::from(format!("/proc/{pid}/root{}", over.display())),
            _ => return Ok(Self { path: over.to_owned(), holder: None }),
        };
        Ok(Self { path, holder: Some(holder) })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is small enough to be filled.
    pub(crate) fn is_small(&self) -> bool {
        self.holder.is_some()
    }

    /// Writes until nothing more fits.
    pub(crate) async fn fill(&self) -> std::io::Result<()> {
        let mut ballast = tokio::fs::File::create(self.path.join(BALLAST)).await?;
        let block = vec![0; 1 << 20];
        loop {
            match ballast.write_all(&block).await.and(ballast.flush().await) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    /// Makes room again.
    pub(crate) async fn free(&self) -> std::io::Result<()> {
        match tokio::fs::remove_file(self.path.join(BALLAST)).await {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_disk_takes_nothing_until_it_is_freed() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::mount(folder.path()).await.unwrap();
        if !disk.is_small() {
            return;
        }
        disk.fill().await.unwrap();
        let file = disk.path().join("more");
        let error = std::fs::write(&file, vec![0; 9_000]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StorageFull);
        disk.free().await.unwrap();
        std::fs::write(&file, vec![0; 9_000]).unwrap();
        assert!(!folder.path().join("more").exists());
    }
}
