//! `leadfleet dev`: private servers that stay up until Ctrl-C and keep their data.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use serde::Serialize;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::exit::{Exit, Failure};
use crate::local::{Binaries, Stack, StackOptions, superuser};
use crate::output::Output;
use crate::settings::Settings;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where the data lives [default: the state directory of this user].
    #[arg(long, value_name = "DIR", conflicts_with = "temporary")]
    data_dir: Option<PathBuf>,
    /// Delete the data at the end.
    #[arg(long)]
    temporary: bool,
    /// Port of nats-server [default: a free one].
    #[arg(long, value_name = "PORT")]
    nats_port: Option<u16>,
}

/// Where everything is; printed when all of it is up.
#[derive(Debug, Serialize)]
struct Addresses {
    nats_url: String,
    nats_monitoring_url: String,
    postgres_url: String,
    data_dir: PathBuf,
    temporary: bool,
    nats_pid: Option<u32>,
    postgres_pid: Option<u32>,
}

pub async fn run(args: Args, settings: Settings, output: Output) -> Result<Exit, Failure> {
    // Arranged first: a Ctrl-C during the start must not leave servers behind either.
    let mut asked = Asked::new().context("could not listen for signals")?;
    let binaries =
        Binaries { nats_server: settings.local.nats_server, postgres_bin: settings.local.postgres_bin };
    let data_dir = if args.temporary { None } else { Some(args.data_dir.map_or_else(default_data_dir, Ok)?) };
    output.say("Starting", "nats-server and Postgres");
    let options = StackOptions { data_dir, fsync: true, nats_port: args.nats_port, binaries };
    let starting = tokio::task::spawn_blocking(|| Stack::start(options));
    let mut stack = starting.await.context("the start of the servers broke off")??;
    output.show(&addresses(&stack), banner)?;

    let mut look = tokio::time::interval(Duration::from_millis(500));
    loop {
        tokio::select! {
            () = asked.wait() => break,
            _ = look.tick() => if let Some(ended) = stack.ended() {
                let error = anyhow::anyhow!("{} ended by itself with {}\n{}", ended.program, ended.status, ended.log_tail);
                return Err(Failure { exit: Exit::Failure, error, hint: Some("start again: the data is kept".to_owned()) });
            },
        }
    }
    output.say("Stopping", "the servers; Ctrl-C again to abort");
    let stopping = tokio::task::spawn_blocking(|| stack.stop());
    tokio::select! {
        stopped = stopping => stopped.context("the stop of the servers broke off")??,
        // The servers end with this process.
        () = asked.wait() => return Ok(Exit::Interrupted),
    }
    Ok(Exit::Ok)
}

/// The signals by which people and supervisors ask for the end.
struct Asked {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Asked {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}

/// The state directory of this user; root's home is closed to the account that Postgres runs as.
fn default_data_dir() -> anyhow::Result<PathBuf> {
    if superuser() {
        return Ok("/var/lib/leadfleet/dev".into());
    }
    let state = env::var_os("XDG_STATE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".local/state")))
        .context("neither XDG_STATE_HOME nor HOME is set: pass --data-dir")?;
    Ok(state.join("leadfleet/dev"))
}

fn addresses(stack: &Stack) -> Addresses {
    Addresses {
        nats_url: stack.nats_url(),
        nats_monitoring_url: stack.nats_monitoring_url(),
        postgres_url: stack.postgres_url(),
        data_dir: stack.data_dir().to_owned(),
        temporary: stack.temporary(),
        nats_pid: stack.nats_pid(),
        postgres_pid: stack.postgres_pid(),
    }
}

fn banner(addresses: &Addresses) -> String {
    let fate = if addresses.temporary { "deleted at the end" } else { "kept" };
    format!(
        "\n  NATS        {}\n  Monitoring  {}\n  Postgres    {}\n  Data        {} ({fate})\n\n\
         Ctrl-C stops the servers.\n",
        addresses.nats_url,
        addresses.nats_monitoring_url,
        addresses.postgres_url,
        addresses.data_dir.display()
    )
}
