//! A worker as a process of its own, that can be frozen and killed and that never outlives its test.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};

/// The key of hashes in every process of a test.
pub(crate) const SECRET: &str = "a secret of tests, not of anybody";

/// A running `leadfleet`. Dropping it kills it.
#[derive(Debug)]
pub struct Process {
    pub name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts the program with nothing in its environment but these variables; its log goes to a file.
    ///
    /// It dies with the thread that calls this.
    pub fn start(
        program: &Path,
        arguments: &[&str],
        environment: &[(String, String)],
        folder: &Path,
        log: PathBuf,
    ) -> Self {
        let mut command = if cfg!(target_os = "linux") {
            // The thread of the test starts it, so it dies with the test however that ends.
            let mut command = Command::new("setpriv");
            command.args(["--pdeathsig=KILL", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        let file = File::options().create(true).append(true).open(&log).unwrap();
        command
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", folder)
            .env("LEADFLEET_SECRET", SECRET)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file);
        Self { name: arguments.join(" "), child: command.spawn().unwrap(), log }
    }

    /// Ends it as `kill -9` does.
    pub fn kill(mut self) {
        assert!(!self.ended(), "{} had ended before it was killed:\n{}", self.name, self.log());
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Stops it where it is; what it was sent stays with it.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on after a freeze.
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    /// Asks it to end.
    pub fn ask_to_end(&self) {
        self.signal(Signal::TERM);
    }

    /// Asks it to end and waits until it has.
    pub fn stop(mut self) -> ExitStatus {
        self.ask_to_end();
        self.child.wait().unwrap()
    }

    /// Waits until it ends by itself.
    pub async fn end(mut self) -> (ExitStatus, String) {
        let log = self.log.clone();
        let status = tokio::task::spawn_blocking(move || self.child.wait().unwrap()).await.unwrap();
        (status, std::fs::read_to_string(log).unwrap())
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn ended(&mut self) -> bool {
        self.status().is_some()
    }

    /// How it ended, if it has.
    pub fn status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// What it has printed so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            // Nothing can be done about a child that cannot be killed.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
