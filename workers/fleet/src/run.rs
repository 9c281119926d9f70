//! `leadfleet run`: workers in this process, until a signal asks them to stop.

use std::time::Duration;

use anyhow::Context as _;
use clap::ValueEnum as _;
use runtime::telemetry::{self, LogFormat};
use runtime::{Quarantine, Runtime};

use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::role::{self, Role, Running};
use crate::settings::Settings;
use crate::signals::Asked;
use crate::workers::Workers;

/// What a process has from the first signal to its end.
const HARD_LIMIT: Duration = Duration::from_secs(45);
/// What the broker may take for the last acknowledgements.
const LAST_WORDS: Duration = Duration::from_secs(2);

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Workers to run in this process.
    #[arg(required = true, value_enum, value_name = "WORKER")]
    workers: Vec<Role>,
    #[command(flatten)]
    telemetry: Telemetry,
    /// Handles the one message that this reply subject settles, and ends; how a process is started for a message that others died on.
    #[arg(long, hide = true, value_name = "REPLY")]
    alone: Option<String>,
}

/// How the process tells what it does.
#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
pub struct Telemetry {
    /// What is logged, as `info` or `runtime=debug,info`.
    #[arg(long, env = "RUST_LOG", default_value = "info")]
    log: String,
    /// How it is logged.
    #[arg(long, env = "LEADFLEET_LOG_FORMAT", value_enum, default_value = "text")]
    log_format: LogFormat,
    /// Where traces go, by OTLP over HTTP.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL")]
    otlp_endpoint: Option<String>,
}

impl Telemetry {
    pub fn start(&self) -> Result<telemetry::Telemetry, Failure> {
        telemetry::start(&self.log, self.log_format, self.otlp_endpoint.as_deref()).map_err(|error| Failure {
            exit: Exit::Usage,
            error: error.into(),
            hint: None,
        })
    }
}

pub async fn run(args: Args, settings: &Settings, output: Output) -> Result<Exit, Failure> {
    let mut asked = Asked::new().context("could not listen for signals")?;
    let _telemetry = args.telemetry.start()?;
    // Who reads JSON reads nothing else.
    let output = Output { quiet: output.quiet || args.telemetry.log_format == LogFormat::Json, ..output };
    let workers = Workers::load(settings)?;
    let roles = role::expand(&args.workers);
    if let Some(reply) = args.alone {
        return alone(&roles, &workers, reply).await;
    }
    let runtime = Runtime::start(workers.runtime.clone()).await?;
    let mut running = start(&roles, settings, &workers, &runtime).await?;
    let names: Vec<String> =
        roles.iter().filter_map(Role::to_possible_value).map(|value| value.get_name().to_owned()).collect();
    output.say("Running", &names.join(", "));
    let mut health = {
        let runtime = runtime.clone();
        tokio::spawn(async move { runtime.serve_health().await })
    };
    let ended = tokio::select! {
        () = asked.wait() => None,
        ended = running.join_next() => ended,
        // Without an address to listen on it ends at once, and well.
        Ok(Err(error)) = &mut health => {
            return Err(anyhow::Error::from(error).context("could not listen on LEADFLEET_HEALTH_LISTEN").into());
        }
    };
    output.say("Stopping", "no new messages; what runs is finished; again to abort");
    runtime.stop();
    tokio::select! {
        () = finished(&mut running) => {}
        () = tokio::time::sleep(HARD_LIMIT) => {}
        () = asked.wait() => return Ok(Exit::Interrupted),
    }
    // A broker that is away takes nothing any more.
    let _flushed = tokio::time::timeout(LAST_WORDS, runtime.client().flush()).await;
    health.abort();
    match ended {
        None => Ok(Exit::Ok),
        Some(ended) => {
            ended.context("a worker broke off")??;
            Err(anyhow::anyhow!("a worker ended though nobody asked it to").into())
        }
    }
}

/// Provisions what the roles need, starts them, and announces the process.
pub async fn start(
    roles: &[Role],
    settings: &Settings,
    workers: &Workers,
    runtime: &Runtime,
) -> Result<Running, Failure> {
    runtime.quarantine_by(quarantine(roles, settings)?);
    role::provision(runtime).await?;
    let mut running = Running::new();
    for role in roles {
        role::start(*role, workers, runtime, &mut running).await?;
    }
    let runtime = runtime.clone();
    running.spawn(async move {
        runtime.announce().await;
        Ok(())
    });
    Ok(running)
}

/// The same roles with the same settings in a process for one message.
fn quarantine(roles: &[Role], settings: &Settings) -> Result<Quarantine, Failure> {
    let names = roles.iter().filter_map(Role::to_possible_value).map(|value| value.get_name().to_owned());
    let arguments = std::iter::once("run".to_owned()).chain(names).chain(["--alone".to_owned()]);
    Ok(Quarantine {
        program: std::env::current_exe().context("could not find this program")?,
        arguments: arguments.map(Into::into).collect(),
        environment: settings.environment(),
    })
}

/// Handles one message, whichever of the roles it is for.
async fn alone(roles: &[Role], workers: &Workers, reply: String) -> Result<Exit, Failure> {
    let runtime = Runtime::start_alone(workers.runtime.clone(), reply).await?;
    let mut running = Running::new();
    for role in roles {
        role::start(*role, workers, &runtime, &mut running).await?;
    }
    while let Some(ended) = running.join_next().await {
        ended.context("the worker broke off")??;
    }
    Ok(Exit::Ok)
}

async fn finished(running: &mut Running) {
    while running.join_next().await.is_some() {}
}
