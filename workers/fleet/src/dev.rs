//! `leadfleet dev`: private servers and all workers, staying up until Ctrl-C, with data that stays.

use std::env;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use runtime::Runtime;
use runtime::telemetry::{self, LogFormat};
use serde::Serialize;

use crate::exit::{Exit, Failure};
use crate::local::{Binaries, Cluster, Stack, StackOptions, superuser};
use crate::output::Output;
use crate::role::{self, Role, Running};
use crate::run;
use crate::sample::{self, Sample, Sizes};
use crate::settings::Settings;
use crate::signals::Asked;
use crate::workers::Workers;
use crate::{demo, fill};

/// So many keep a copy of each stream.
const SERVERS_OF_A_CLUSTER: usize = 3;

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
    /// Start three nats-servers that keep three copies of every stream.
    #[arg(long)]
    cluster: bool,
    /// Start no workers, the servers only.
    #[arg(long)]
    servers_only: bool,
    /// Import the made sample rows, unless the database has rows already.
    #[arg(long)]
    sample: bool,
    /// What the workers log, as `info`.
    #[arg(long, env = "RUST_LOG", default_value = "warn")]
    log: String,
}

/// Where everything is; printed when all of it is up.
#[derive(Debug, Serialize)]
struct Addresses {
    /// The HTTP API; none without workers.
    api_url: Option<String>,
    nats_url: String,
    nats_monitoring_url: String,
    postgres_url: String,
    /// The key by which people are hashed, for commands that name them.
    secret_file: Option<PathBuf>,
    data_dir: PathBuf,
    /// Where runs write their files.
    output_directory: PathBuf,
    temporary: bool,
    /// How many servers keep a copy of each stream.
    replicas: usize,
    nats_pid: Option<u32>,
    postgres_pid: Option<u32>,
}

impl Args {
    fn replicas(&self) -> usize {
        if self.cluster { SERVERS_OF_A_CLUSTER } else { 1 }
    }
}

pub async fn run(args: Args, mut settings: Settings, output: Output) -> Result<Exit, Failure> {
    let _telemetry = telemetry::start(&args.log, LogFormat::Text, None).context("--log")?;
    // Arranged first: a Ctrl-C during the start must not leave servers behind either.
    let mut asked = Asked::new().context("could not listen for signals")?;
    let binaries = Binaries {
        nats_server: settings.local.nats_server.clone(),
        postgres_bin: settings.local.postgres_bin.clone(),
    };
    let data_dir =
        if args.temporary { None } else { Some(args.data_dir.clone().map_or_else(default_data_dir, Ok)?) };
    output.say("Starting", "nats-server and Postgres");
    let cluster = args.cluster.then(Cluster::of_three).transpose().context("could not find free ports")?;
    let options = StackOptions {
        data_dir,
        fsync: true,
        nats_port: args.nats_port,
        cluster,
        binaries,
        ..StackOptions::default()
    };
    let starting = tokio::task::spawn_blocking(|| Stack::start(options));
    let mut stack = starting.await.context("the start of the servers broke off")??;
    settings.nats.url = stack.nats_url();
    settings.postgres.url = Some(stack.postgres_url());
    settings.secret_file = Some(stack.secret_file()?);
    let mut fleet =
        if args.servers_only { None } else { Some(Fleet::start(&args, &settings, output).await?) };
    let api = fleet.as_ref().map(|fleet| fleet.api);
    output.show(&addresses(&stack, &settings, args.replicas(), api), banner)?;

    let mut look = tokio::time::interval(Duration::from_millis(500));
    loop {
        tokio::select! {
            () = asked.wait() => break,
            Some(ended) = async { fleet.as_mut()?.running.join_next().await } => {
                ended.context("a worker broke off")??;
                return Err(anyhow::anyhow!("a worker ended though nobody asked it to").into());
            }
            _ = look.tick() => if let Some(ended) = stack.ended() {
                if args.cluster && ended.program == "nats-server" {
                    output.say("Restarting", &format!("a nats-server that ended with {}", ended.status));
                    tokio::task::block_in_place(|| stack.restart_nats())?;
                    continue;
                }
                let error = anyhow::anyhow!("{} ended by itself with {}\n{}", ended.program, ended.status, ended.log_tail);
                return Err(Failure { exit: Exit::Failure, error, hint: Some("start again: the data is kept".to_owned()) });
            },
        }
    }
    output.say("Stopping", "workers and servers; Ctrl-C again to abort");
    if let Some(fleet) = fleet {
        tokio::select! {
            () = fleet.stop() => {}
            // The servers end with this process.
            () = asked.wait() => return Ok(Exit::Interrupted),
        }
    }
    let stopping = tokio::task::spawn_blocking(|| stack.stop());
    tokio::select! {
        stopped = stopping => stopped.context("the stop of the servers broke off")??,
        // The servers end with this process.
        () = asked.wait() => return Ok(Exit::Interrupted),
    }
    Ok(Exit::Ok)
}

/// The workers of this process.
struct Fleet {
    runtime: Runtime,
    api: SocketAddr,
    running: Running,
}

impl Fleet {
    async fn start(args: &Args, settings: &Settings, output: Output) -> Result<Self, Failure> {
        let url = settings.postgres.url.as_deref().ok_or(db::Error::NoConnectionString)?;
        db::migrate(url).await?;
        let mut workers = Workers::load(settings)?;
        if args.cluster {
            workers.runtime.replicas.get_or_insert(args.replicas());
        }
        let empty = fill::is_empty(&workers.db()?).await?;
        if args.sample {
            import_sample(&workers, output).await?;
            fill::contractors(&workers, output).await?;
        }
        if empty {
            fill::prospects(&workers, output).await?;
        }
        let runtime = Runtime::start(workers.runtime.clone()).await?;
        let mut running = run::start(&role::expand(&[Role::All]), settings, &workers, &runtime).await?;
        let api = open_gateway(&workers, &runtime, &mut running).await?;
        output.say("Running", "every worker of the fleet in this process, and the gateway");
        Ok(Self { runtime, api, running })
    }

    async fn stop(mut self) {
        self.runtime.stop();
        while self.running.join_next().await.is_some() {}
    }
}

/// The gateway; on a loopback address everybody on this machine is let in without a key. Where the usual port is
/// taken it gets a free one.
async fn open_gateway(
    workers: &Workers,
    runtime: &Runtime,
    running: &mut Running,
) -> Result<SocketAddr, Failure> {
    let mut config = workers.gateway.clone();
    config.open = config.listen.ip().is_loopback();
    match role::serve(workers, runtime, config.clone(), running).await {
        Err(failure) if config.listen == gateway::DEFAULT_LISTEN && is_taken(&failure) => {
            config.listen.set_port(0);
            role::serve(workers, runtime, config, running).await
        }
        served => served,
    }
}

/// Whether somebody else listens there.
fn is_taken(failure: &Failure) -> bool {
    let error = failure.error.downcast_ref();
    matches!(error, Some(gateway::Error::Listen { source, .. }) if source.kind() == ErrorKind::AddrInUse)
}

async fn import_sample(workers: &Workers, output: Output) -> Result<(), Failure> {
    let db = workers.db()?;
    #[expect(clippy::disallowed_methods, reason = "the sample is of today")]
    let now = chrono::Utc::now();
    let mut tx = db.begin(db::DEFAULT_CLIENT).await?;
    let counts = db::counts::of_tenant(&mut tx, now).await?;
    tx.rollback().await?;
    if counts.clinics > 0 {
        output.say("Kept", "the rows of the last time: the sample is imported into an empty database only");
        return Ok(());
    }
    let rows = fill::fill(&db, &Sample::generate(sample::SEED, Sizes::default(), now.date_naive())).await?;
    output.say("Imported", &format!("made sample rows, some too old or out of reach: {rows}"));
    Ok(())
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

fn addresses(stack: &Stack, settings: &Settings, replicas: usize, api: Option<SocketAddr>) -> Addresses {
    Addresses {
        api_url: api.map(|address| format!("http://{address}")),
        nats_url: stack.nats_url(),
        nats_monitoring_url: stack.nats_monitoring_url(),
        postgres_url: stack.postgres_url(),
        secret_file: settings.secret_file.clone(),
        data_dir: stack.data_dir().to_owned(),
        output_directory: settings.output.directory.clone(),
        temporary: stack.temporary(),
        replicas,
        nats_pid: stack.nats_pid(),
        postgres_pid: stack.postgres_pid(),
    }
}

fn banner(addresses: &Addresses) -> String {
    let program = demo::program();
    let (dashboard, api) = match &addresses.api_url {
        Some(url) => (url.as_str(), format!("{url}/docs")),
        None => ("-", "-".to_owned()),
    };
    let secret = addresses.secret_file.as_deref().unwrap_or(Path::new("")).display();
    let copies = match addresses.replicas {
        1 => String::new(),
        replicas => format!(" LEADFLEET_REPLICAS={replicas}"),
    };
    let fate = if addresses.temporary { "deleted at the end" } else { "kept" };
    format!(
        "\n  Dashboard   {dashboard}\n  API         {api}\n  NATS        {}\n  Monitoring  {}\n  Postgres    {}\n  Data        {} ({fate})\n  Files       {}\n\n\
         In another terminal:\n  export NATS_URL={}{copies} POSTGRES_CONNECTION_STRING='{}'\n  export LEADFLEET_SECRET_FILE='{}'\n  {program} status\n  {program} match start --watch\n  {program} outreach prioritize\n  {program} growth patterns\n\n\
         Ctrl-C stops everything.\n",
        addresses.nats_url,
        addresses.nats_monitoring_url,
        addresses.postgres_url,
        addresses.data_dir.display(),
        addresses.output_directory.display(),
        addresses.nats_url,
        addresses.postgres_url,
        secret,
    )
}
