//! A server process: started so that it dies with us, stopped by signal, its log in a file.

use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::account::Account;
use super::binaries;
use super::error::{Error, file};
use super::wait;

const TAIL_LINES: usize = 20;

/// What is common to the servers' command lines.
#[derive(Debug)]
pub(super) struct Launch<'a> {
    pub(super) program: &'static str,
    pub(super) path: &'a Path,
    pub(super) log: &'a Path,
    /// The account to run as, when it is not ours.
    pub(super) account: Option<Account>,
    /// The name of the signal the server gets when we die, however we die.
    pub(super) when_orphaned: &'static str,
    /// Becomes the standard input of the server.
    pub(super) stdin: Stdio,
}

impl Launch<'_> {
    pub(super) fn start(self, arguments: &[&std::ffi::OsStr]) -> Result<Server, Error> {
        let log = File::options().create(true).append(true).open(self.log).map_err(file("open", self.log))?;
        let begin = log.metadata().map_or(0, |data| data.len());
        let error_log = log.try_clone().map_err(file("open", self.log))?;
        let mut command = lent(self.path, self.account, Some(self.when_orphaned))?;
        command.args(arguments).stdin(self.stdin).stdout(log).stderr(error_log);
        // Ctrl-C at the terminal is for us alone: we end the servers in our order.
        command.process_group(0);
        let child = spawn(command).map_err(|source| Error::Run { path: self.path.to_owned(), source })?;
        Ok(Server { program: self.program, child, log: self.log.to_owned(), begin })
    }
}

/// `path` as a command that runs as `account` from a directory every account can reach and is sent
/// `when_orphaned` at our death.
pub(super) fn lent(
    path: &Path,
    account: Option<Account>,
    when_orphaned: Option<&str>,
) -> Result<Command, Error> {
    let orphans_end = when_orphaned.filter(|_| cfg!(target_os = "linux"));
    if account.is_none() && orphans_end.is_none() {
        return Ok(Command::new(path));
    }
    let mut command = Command::new(binaries::setpriv()?);
    command.current_dir("/");
    if let Some(Account { uid, gid }) = account {
        command.arg(format!("--reuid={uid}")).arg(format!("--regid={gid}")).arg("--clear-groups");
    }
    if let Some(signal) = orphans_end {
        // We may have died before the signal was arranged: then the parent is no longer us, and nothing is started.
        command.arg(format!("--pdeathsig={signal}"));
        command.args(["--", "/bin/sh", "-c", r#"[ "$PPID" = "$0" ] && exec "$@""#]);
        command.arg(process::id().to_string());
    }
    command.arg(path);
    Ok(command)
}

/// The death signal comes when the *thread* that started the child ends, so one thread that never does starts all.
fn spawn(command: Command) -> io::Result<Child> {
    type Request = (Command, mpsc::Sender<io::Result<Child>>);
    static KEEPER: OnceLock<mpsc::Sender<Request>> = OnceLock::new();
    let keeper = KEEPER.get_or_init(|| {
        let (requests, inbox) = mpsc::channel::<Request>();
        thread::spawn(move || {
            for (mut command, answer) in inbox {
                // Nobody waits for the answer only if the asking thread is gone.
                drop(answer.send(command.spawn()));
            }
        });
        requests
    });
    let (answer, result) = mpsc::channel();
    keeper.send((command, answer)).map_err(io::Error::other)?;
    result.recv().map_err(io::Error::other)?
}

#[derive(Debug)]
pub(super) struct Server {
    program: &'static str,
    child: Child,
    log: PathBuf,
    /// Where in the log this start began.
    begin: u64,
}

impl Server {
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until `ready` answers, or fails with the end of the log when the server ends first or takes too long.
    pub(super) fn wait_for<T>(
        &mut self,
        limit: Duration,
        mut ready: impl FnMut() -> Option<T>,
    ) -> Result<T, Error> {
        let pid = self.pid();
        let answer = wait::until(limit, || match self.ended() {
            Some(status) => Err(self.not_started(format!("it ended with {status}"))),
            None => Ok(ready()),
        })?;
        answer.ok_or_else(|| {
            self.not_started(format!("process {pid} was not ready within {} s", limit.as_secs()))
        })
    }

    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    pub(super) fn signal(&self, signal: Signal) {
        if let Some(pid) = self.pid().try_into().ok().and_then(Pid::from_raw) {
            // It fails only if the process has ended, which is what the callers are after.
            let _gone = kill_process(pid, signal);
        }
    }

    /// Waits for the end that a signal asked for; after `limit` the server is killed and the wait reported.
    pub(super) fn wait_for_end(&mut self, limit: Duration) -> Result<(), Error> {
        if wait::until(limit, || Ok(self.ended()))?.is_some() {
            return Ok(());
        }
        self.kill();
        Err(Error::NotStopped { program: self.program, seconds: limit.as_secs() })
    }

    /// Ends the server without giving it a say.
    pub(super) fn kill(&mut self) {
        // Both fail only if it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }

    pub(super) fn log_tail(&self) -> String {
        tail(&self.log, self.begin)
    }

    fn not_started(&self, what: String) -> Error {
        Error::NotStarted { program: self.program, what, log: self.log.clone(), tail: self.log_tail() }
    }
}

/// The last lines that were written to a log since `begin`.
fn tail(log: &Path, begin: u64) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(text.get(begin as usize..).unwrap_or_default()).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}
