//! A place of the fleet: one process after the other, and the proxies between them and the servers.

use std::path::Path;

use tests::Process;

use crate::proxy::{Proxy, Upstream};
use crate::schedule::Server;

pub(crate) struct Place {
    pub(crate) role: &'static str,
    /// One for each nats-server.
    nats: Vec<Proxy>,
    postgres: Proxy,
    process: Option<Running>,
}

struct Running {
    process: Process,
    /// Where it was told to die.
    trip: Option<String>,
    /// It was asked to end.
    ending: bool,
}

/// How a process ended.
#[derive(Debug)]
pub(crate) enum End {
    /// As it was asked to.
    Asked,
    /// Where it was told to die.
    Tripped,
    /// For a reason of its own.
    Unasked(String),
}

impl Place {
    pub(crate) async fn of(role: &'static str, nats: &[u16], postgres: Upstream) -> std::io::Result<Self> {
        let mut ways = Vec::new();
        for port in nats {
            ways.push(Proxy::start(Upstream::Port(*port)).await?);
        }
        Ok(Self { role, nats: ways, postgres: Proxy::start(postgres).await?, process: None })
    }

    pub(crate) fn proxies(&self, server: Server) -> &[Proxy] {
        match server {
            Server::Nats => &self.nats,
            Server::Postgres => std::slice::from_ref(&self.postgres),
        }
    }

    /// Starts a process, unless there is one.
    pub(crate) fn start(
        &mut self,
        environment: &[(String, String)],
        trip: Option<String>,
        folder: &Path,
        log: &Path,
    ) {
        if self.process.is_some() {
            return;
        }
        let mut environment = environment.to_vec();
        environment.extend(trip.clone().map(|trip| ("LEADFLEET_TRIP".to_owned(), trip)));
        let process =
            Process::start(tests::program(), &["run", self.role], &environment, folder, log.to_owned());
        self.process = Some(Running { process, trip, ending: false });
    }

    /// Ends it as `kill -9` does; whether there was one.
    pub(crate) fn kill(&mut self) -> bool {
        // Dropping a process kills it.
        self.process.take().is_some()
    }

    pub(crate) fn freeze(&self) -> bool {
        self.process.as_ref().map(|running| running.process.freeze()).is_some()
    }

    pub(crate) fn thaw(&self) {
        if let Some(running) = &self.process {
            running.process.thaw();
        }
    }

    pub(crate) fn ask_to_end(&mut self) -> bool {
        self.process.as_mut().is_some_and(|running| {
            running.process.ask_to_end();
            !std::mem::replace(&mut running.ending, true)
        })
    }

    /// How the process ended, if it has since this was asked last.
    pub(crate) fn ended(&mut self) -> Option<End> {
        let status = self.process.as_mut()?.process.status()?;
        let running = self.process.take()?;
        // SIGABRT: the process was told to die there.
        let tripped =
            running.trip.is_some() && std::os::unix::process::ExitStatusExt::signal(&status) == Some(6);
        Some(match running {
            _ if tripped => End::Tripped,
            Running { ending: true, .. } if status.success() => End::Asked,
            Running { process, .. } => {
                let log = process.log();
                let last = log.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
                End::Unasked(format!("{} ended with {status}: {last}", self.role))
            }
        })
    }
}
