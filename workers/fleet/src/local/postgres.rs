//! A private Postgres that listens on a socket in a directory of its own and nowhere else.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;

use super::account::Account;
use super::binaries::PostgresBinaries;
use super::child::{Launch, Server, lent};
use super::error::{Error, file};
use super::lock::Lock;
use super::wait;

/// Crash recovery of a large database may take its time.
const START: Duration = Duration::from_secs(120);
const STOP: Duration = Duration::from_secs(30);

const NAME: &str = "leadfleet";

#[derive(Debug)]
pub(super) struct Postgres {
    pub(super) binaries: PostgresBinaries,
    /// The account to run as when we are root.
    pub(super) account: Option<Account>,
    pub(super) data: PathBuf,
    /// Only its owner may enter: being able to reach the socket is the authentication.
    pub(super) socket_dir: PathBuf,
    pub(super) log: PathBuf,
    pub(super) fsync: bool,
    pub(super) server: Option<Server>,
}

impl Postgres {
    pub(super) fn url(&self) -> String {
        format!("postgres://{NAME}@localhost/{NAME}?host={}", self.socket_dir.display())
    }

    pub(super) fn start(&mut self, lock: &Lock) -> Result<(), Error> {
        if self.server.is_some() {
            return Ok(());
        }
        self.private_dir(&self.socket_dir)?;
        match fs::read_to_string(self.data.join("PG_VERSION")) {
            Ok(written) => self.refuse_other_major(written.trim())?,
            Err(_none_yet) => self.initialise()?,
        }
        // After a crash the last backends may take a moment to notice; until then a new postmaster is refused.
        let server = wait::until(START, || match self.launch(lock) {
            Err(Error::NotStarted { tail, .. }) if tail.contains("pre-existing shared memory block") => {
                Ok(None)
            }
            started => started.map(Some),
        })?;
        self.server = Some(server.ok_or(Error::LeftBehind { path: self.data.clone(), pid: 0 })?);
        Ok(())
    }

    fn launch(&self, lock: &Lock) -> Result<Server, Error> {
        let launch = Launch {
            program: "postgres",
            path: &self.binaries.postgres.path,
            log: &self.log,
            account: self.account,
            // Fast shutdown: clients are sent away, the data is left clean.
            when_orphaned: "INT",
            stdin: lock.share().map_err(file("lock", &self.data))?,
        };
        let durable = if self.fsync { "on" } else { "off" };
        let settings = [
            "listen_addresses=".to_owned(),
            format!("unix_socket_directories={}", self.socket_dir.display()),
            format!("fsync={durable}"),
            format!("synchronous_commit={durable}"),
            format!("full_page_writes={durable}"),
            "cluster_name=leadfleet".to_owned(),
            "timezone=UTC".to_owned(),
            "max_connections=200".to_owned(),
        ];
        let mut arguments = vec![OsStr::new("-D"), self.data.as_os_str()];
        for setting in &settings {
            arguments.extend([OsStr::new("-c"), OsStr::new(setting)]);
        }
        let pid_file = self.data.join("postmaster.pid");
        let mut server = launch.start(&arguments)?;
        let pid = server.pid();
        server.wait_for(START, || ready(&pid_file, pid))?;
        Ok(server)
    }

    pub(super) fn ask_to_stop(&self) {
        if let Some(server) = &self.server {
            server.signal(Signal::INT);
        }
    }

    pub(super) fn stop(&mut self) -> Result<(), Error> {
        self.ask_to_stop();
        self.server.take().map_or(Ok(()), |mut server| server.wait_for_end(STOP))
    }

    pub(super) fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill();
        }
    }

    /// Makes the database cluster and in it the one database, beside its final place so that it appears whole.
    fn initialise(&self) -> Result<(), Error> {
        let fresh = self.data.with_extension("new");
        if fresh.exists() {
            fs::remove_dir_all(&fresh).map_err(file("delete", &fresh))?;
        }
        self.private_dir(&fresh)?;
        let mut initdb = lent(&self.binaries.initdb, self.account, None)?;
        initdb.arg("-D").arg(&fresh).args(["-U", NAME, "-A", "trust", "-E", "UTF8", "--locale=C"]);
        self.run(initdb.args(["--no-sync", "--no-instructions"]), "")?;
        let mut single = lent(&self.binaries.postgres.path, self.account, None)?;
        single.arg("--single").arg("-D").arg(&fresh).args(["-c", "fsync=off", "postgres"]);
        self.run(&mut single, &format!("CREATE DATABASE {NAME}\n"))?;
        fs::rename(&fresh, &self.data).map_err(file("create", &self.data))
    }

    /// Runs a step of the initialisation to its end, its output in the log.
    fn run(&self, command: &mut std::process::Command, input: &str) -> Result<(), Error> {
        let failed = |what: String, tail: String| Error::NotStarted {
            program: "postgres",
            what,
            log: self.log.clone(),
            tail,
        };
        let io_failed = |source| Error::Run { path: self.binaries.initdb.clone(), source };
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(io_failed)?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.as_bytes()).map_err(io_failed)?;
        }
        let output = child.wait_with_output().map_err(io_failed)?;
        let text = [output.stdout, output.stderr].concat();
        fs::write(&self.log, &text).map_err(file("write", &self.log))?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&text).trim().to_owned();
            return Err(failed(format!("its initialisation ended with {}", output.status), text));
        }
        Ok(())
    }

    fn refuse_other_major(&self, written: &str) -> Result<(), Error> {
        let found = self.binaries.postgres.version.first().map(u32::to_string).unwrap_or_default();
        if written == found {
            return Ok(());
        }
        Err(Error::OtherData {
            program: "Postgres",
            path: self.data.clone(),
            written: written.to_owned(),
            found,
        })
    }

    fn private_dir(&self, dir: &Path) -> Result<(), Error> {
        fs::create_dir_all(dir).map_err(file("create", dir))?;
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700)).map_err(file("make private", dir))?;
        self.account.map_or(Ok(()), |account| account.own(dir)).map_err(file("hand over", dir))
    }
}

/// The postmaster writes its pid first and, when it takes connections, `ready` on the eighth line.
fn ready(pid_file: &Path, pid: u32) -> Option<()> {
    let text = fs::read_to_string(pid_file).ok()?;
    let mut lines = text.lines();
    let ours = lines.next()?.trim() == pid.to_string();
    (ours && lines.nth(6)?.trim() == "ready").then_some(())
}
