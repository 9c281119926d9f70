//! `leadfleet webhook`: where outreach tools send what became of touches, and the secrets that prove it is them.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::Utc;
use db::webhook_endpoints::{self as endpoints, Endpoint};
use gateway::random;
use serde::Serialize;
use webhooks::Source;

use crate::exit::{Exit, Failure};
use crate::key::{Client, day, of_client, unknown};
use crate::output::{Output, columns};
use crate::reach;
use crate::settings::Settings;
use crate::workers::Workers;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Make an endpoint for a tool, and say what to configure there.
    #[command(
        after_help = "HubSpot names a contact by its number only: what it tells of contact 123 is about the\nprospect hubspot_123, so import its contacts with such a prospect_id.\n\nExamples:\n  leadfleet webhook create --source standard\n  leadfleet webhook create --source sendgrid --secret-file key.pub\n  pass show slack | leadfleet webhook create --source slack --secret-file -"
    )]
    Create(Create),
    /// List the endpoints of a client, the newest first.
    #[command(after_help = "Examples:\n  leadfleet webhook list\n  leadfleet webhook list --json")]
    List(Client),
    /// Give an endpoint a new secret; the one before counts until the next.
    #[command(after_help = "Example:\n  leadfleet webhook rotate AAAAAAAAcACAAAAAAAAAAaMz1H2cXw")]
    Rotate {
        /// Id of the endpoint, as the list shows it.
        #[arg(value_name = "ENDPOINT_ID")]
        id: String,
        /// File that holds the secret; `-` reads it from standard input.
        #[arg(long, value_name = "FILE")]
        secret_file: Option<PathBuf>,
    },
    /// Close an endpoint for good.
    #[command(after_help = "Example:\n  leadfleet webhook revoke AAAAAAAAcACAAAAAAAAAAaMz1H2cXw")]
    Revoke {
        /// Id of the endpoint, as the list shows it.
        #[arg(value_name = "ENDPOINT_ID")]
        id: String,
    },
}

#[derive(Debug, clap::Args)]
pub struct Create {
    #[command(flatten)]
    client: Client,
    /// The tool: sendgrid, mailgun, postmark, ses, hubspot, instantly, smartlead, lemlist, calendly, calcom, twilio, slack or standard.
    #[arg(long)]
    source: Source,
    /// File that holds the secret; `-` reads it from standard input. Without it one is made, where the tool lets us.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

/// What to configure at the tool.
#[derive(Debug, Serialize)]
struct Made {
    endpoint_id: String,
    source: String,
    url: String,
    /// The one that was made here; one that was given is not repeated.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

pub async fn run(command: Command, settings: &Settings, output: Output) -> Result<Exit, Failure> {
    let gateway = Workers::load(settings)?.gateway;
    let base = gateway.public_url();
    if matches!(command, Command::Create(_) | Command::Rotate { .. }) && gateway.public_url.is_none() {
        output.say("Note", "GATEWAY_PUBLIC_URL is not set: the address is that of this machine");
    }
    let url = |id: &str| format!("{base}/api/webhooks/{id}");
    let db = reach::postgres(settings).await?;
    #[expect(clippy::disallowed_methods, reason = "an endpoint is made or closed now")]
    let now = Utc::now();
    match command {
        Command::Create(args) => {
            let client = args.client.client;
            let (secret, made) = secret(args.source, args.secret_file.as_deref())?;
            let id = gateway::endpoint_id(client, random());
            let mut tx = db.begin(client).await?;
            let created = endpoints::create(&mut tx, &id, args.source.name(), &secret, now).await;
            created.map_err(|error| of_client(client, error))?;
            tx.commit().await?;
            let source = args.source.name().to_owned();
            let shown = Made { url: url(&id), endpoint_id: id, source, secret: made.then_some(secret) };
            output.show(&shown, wording)?;
        }
        Command::List(args) => {
            let mut tx = db.begin(args.client).await?;
            let found = endpoints::list(&mut tx).await?;
            tx.rollback().await?;
            output.show(&found, |found| table(found))?;
        }
        Command::Rotate { id, secret_file } => {
            let client = gateway::client_of(&id).ok_or_else(|| unknown("webhook", &id))?;
            let mut tx = db.begin(client).await?;
            let endpoint = endpoints::find(&mut tx, &id).await?.filter(|found| found.revoked_at.is_none());
            let endpoint = endpoint.ok_or_else(|| unknown("webhook", &id))?;
            let source = endpoint.source.parse().context("what is stored names no tool")?;
            let (secret, made) = secret(source, secret_file.as_deref())?;
            endpoints::add_secret(&mut tx, &id, &secret).await?;
            tx.commit().await?;
            let source = source.name().to_owned();
            let shown = Made { url: url(&id), endpoint_id: id, source, secret: made.then_some(secret) };
            output.show(&shown, wording)?;
        }
        Command::Revoke { id } => {
            let client = gateway::client_of(&id).ok_or_else(|| unknown("webhook", &id))?;
            let mut tx = db.begin(client).await?;
            if !endpoints::revoke(&mut tx, &id, now).await? {
                return Err(unknown("webhook", &id));
            }
            tx.commit().await?;
            let revoked = serde_json::json!({"endpoint_id": id, "revoked": true});
            output.show(&revoked, |_| format!("{id} is revoked"))?;
        }
    }
    Ok(Exit::Ok)
}

/// The secret, and whether it was made here.
fn secret(source: Source, file: Option<&Path>) -> Result<(String, bool), Failure> {
    let given = match file {
        Some(path) if path.as_os_str() == "-" => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).context("could not read standard input")?;
            Some(text)
        }
        Some(path) => Some(std::fs::read_to_string(path).map_err(|error| Failure::of_file(path, error))?),
        None => None,
    };
    if let Some(text) = given {
        let text = text.trim().to_owned();
        if text.is_empty() {
            return Err(usage("the secret is empty", "the tool shows it where the webhook is configured"));
        }
        return Ok((text, false));
    }
    let token = BASE64.encode(random::<32>());
    match source {
        Source::Standard => Ok((format!("whsec_{token}"), true)),
        Source::Postmark => Ok((format!("leadfleet:{}", token.replace(['+', '/', '='], "x")), true)),
        Source::Instantly | Source::Smartlead | Source::Lemlist | Source::Calendly | Source::CalCom => {
            Ok((token.replace(['+', '/', '='], "x"), true))
        }
        Source::SendGrid
        | Source::Mailgun
        | Source::Ses
        | Source::HubSpot
        | Source::Twilio
        | Source::Slack => {
            let error = format!("{source} makes the secret itself");
            Err(usage(
                &error,
                "put it into a file and pass --secret-file, or pipe it and pass --secret-file -",
            ))
        }
    }
}

fn usage(error: &str, hint: &str) -> Failure {
    Failure { exit: Exit::Usage, error: anyhow::anyhow!("{error}"), hint: Some(hint.to_owned()) }
}

fn wording(made: &Made) -> String {
    let secret = made.secret.as_ref().map(|secret| format!("\nSecret  {secret}")).unwrap_or_default();
    format!("URL     {}{secret}", made.url)
}

fn table(endpoints: &[Endpoint]) -> String {
    let row = |endpoint: &Endpoint| {
        let state = if endpoint.revoked_at.is_some() { "revoked" } else { "active" };
        [
            endpoint.endpoint_id.clone(),
            endpoint.source.clone(),
            state.to_owned(),
            day(Some(endpoint.created_at)),
            day(endpoint.last_used_at),
        ]
    };
    columns(["endpoint id", "source", "state", "created", "last used"], endpoints.iter().map(row))
}
