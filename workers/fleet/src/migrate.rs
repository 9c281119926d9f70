//! `leadfleet migrate` and `leadfleet provision`: what the servers need before the first worker.

use std::path::PathBuf;

use anyhow::Context as _;
use runtime::Runtime;
use serde::Serialize;

use crate::exit::{Exit, Failure};
use crate::manifests;
use crate::output::{Output, columns};
use crate::rights::{self, User};
use crate::role;
use crate::settings::Settings;
use crate::workers::Workers;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only show what is applied and what is not; exit 5 when something is missing.
    #[arg(long)]
    status: bool,
}

#[derive(Debug, clap::Args)]
pub struct ProvisionArgs {
    /// Print them as resources of Kubernetes for the controllers of NATS (NACK), and ask no server.
    #[arg(long)]
    manifests: bool,
    /// Make the users of nats-server in this folder, and ask no server: a file with a seed for each that has none yet, and
    /// `users.conf` with the subjects that each may use.
    #[arg(long, value_name = "FOLDER", conflicts_with = "manifests")]
    users: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Step {
    version: i64,
    name: String,
    state: &'static str,
}

/// Applies what is missing, under a lock, so that several processes may do so at once.
pub async fn migrate(args: &Args, settings: &Settings, output: Output) -> Result<Exit, Failure> {
    let url = settings.postgres.url.as_deref().ok_or(db::Error::NoConnectionString)?;
    let applied: Vec<i64> = if args.status {
        Vec::new()
    } else {
        db::migrate(url).await?.iter().map(|step| step.version).collect()
    };
    let steps: Vec<Step> = db::migrations(url)
        .await?
        .into_iter()
        .map(|step| Step {
            version: step.version,
            name: step.name.clone(),
            state: match (step.applied_at.is_some(), applied.contains(&step.version)) {
                (_, true) => "applied now",
                (true, _) => "applied",
                (false, _) => "missing",
            },
        })
        .collect();
    output.show(&steps, |steps| {
        let row = |step: &Step| [step.version.to_string(), step.name.clone(), step.state.to_owned()];
        columns(["version", "name", "state"], steps.iter().map(row))
    })?;
    let missing = steps.iter().any(|step| step.state == "missing");
    Ok(if missing { Exit::Differs } else { Exit::Ok })
}

/// Creates streams, buckets and consumers, and compares what the server made of them.
pub async fn provision(args: &ProvisionArgs, settings: &Settings, output: Output) -> Result<Exit, Failure> {
    if let Some(folder) = &args.users {
        let users = rights::write_users(folder)
            .with_context(|| format!("could not make users in {}", folder.display()))?;
        output.show(&users, |users| {
            let row = |user: &User| {
                [user.name.clone(), user.public_key.clone(), user.seed_file.display().to_string()]
            };
            columns(["user", "public key", "seed"], users.iter().map(row))
        })?;
        return Ok(Exit::Ok);
    }
    let workers = Workers::load(settings)?;
    if args.manifests {
        output.show(&manifests::list(&workers.runtime), |list| format!("{list:#}"))?;
        return Ok(Exit::Ok);
    }
    let runtime = Runtime::start(workers.runtime).await?;
    role::prepare(&runtime).await?;
    let server = runtime.client().server_info().version;
    output.show(&serde_json::json!({ "nats_server": server, "provisioned": true }), |_| {
        format!("streams, buckets and consumers are as they should be on nats-server {server}")
    })?;
    Ok(Exit::Ok)
}
