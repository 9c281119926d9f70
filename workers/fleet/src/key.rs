//! `leadfleet key`: who may call the HTTP API, and what for.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use db::Uuid;
use db::keys::{self, Key, NewKey};
use gateway::{ApiKey, Scope, random};
use serde::Serialize;

use crate::exit::{Exit, Failure};
use crate::output::{Output, columns};
use crate::reach;
use crate::settings::Settings;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Make a key; it is shown once.
    #[command(
        after_help = "Examples:\n  leadfleet key create --name crm --scope read,write\n  leadfleet key create --name sendgun --scope track --expires 2027-01-01 --json"
    )]
    Create(Create),
    /// List the keys of a client, the newest first.
    #[command(after_help = "Examples:\n  leadfleet key list\n  leadfleet key list --json")]
    List(Client),
    /// Close a key for good.
    #[command(after_help = "Example:\n  leadfleet key revoke AAAAAAAAcACAAAAAAAAAAaMz1H2cXw")]
    Revoke {
        /// Id of the key, as the list shows it.
        #[arg(value_name = "KEY_ID")]
        id: String,
    },
}

#[derive(Debug, clap::Args)]
pub struct Client {
    /// Id of the client.
    #[arg(long, default_value_t = db::DEFAULT_CLIENT, value_name = "UUID")]
    pub client: Uuid,
}

#[derive(Debug, clap::Args)]
pub struct Create {
    #[command(flatten)]
    client: Client,
    /// What the key is for, in the words of whoever looks through the list.
    #[arg(long)]
    name: String,
    /// What it may do.
    #[arg(long, value_enum, value_delimiter = ',', required = true)]
    scope: Vec<Scope>,
    /// The day from which it does not count any more.
    #[arg(long, value_parser = crate::cli::date, value_name = "DATE")]
    expires: Option<NaiveDate>,
}

#[derive(Debug, Serialize)]
struct Created<'a> {
    key_id: &'a str,
    /// Nobody can tell it again.
    key: String,
    client_id: Uuid,
    name: &'a str,
    scopes: &'a [String],
    expires_at: Option<DateTime<Utc>>,
}

pub async fn run(command: Command, settings: &Settings, output: Output) -> Result<Exit, Failure> {
    let db = reach::postgres(settings).await?;
    #[expect(clippy::disallowed_methods, reason = "a key is made or closed now")]
    let now = Utc::now();
    match command {
        Command::Create(args) => {
            let client = args.client.client;
            let key = ApiKey::make(client, random(), random());
            let mut scopes: Vec<String> = args.scope.iter().map(|scope| scope.name().to_owned()).collect();
            scopes.sort_unstable();
            scopes.dedup();
            let expires_at = args.expires.map(|day| day.and_time(NaiveTime::MIN).and_utc());
            let hash = key.secret_hash();
            let new =
                NewKey { key_id: &key.id, name: &args.name, secret_hash: &hash, scopes: &scopes, expires_at };
            let mut tx = db.begin(client).await?;
            keys::create(&mut tx, &new, now).await.map_err(|error| of_client(client, error))?;
            tx.commit().await?;
            let created = Created {
                key_id: &key.id,
                key: key.text(),
                client_id: client,
                name: &args.name,
                scopes: &scopes,
                expires_at,
            };
            output.show(&created, |created| created.key.clone())?;
            output.say("Made", &format!("key {}; it is shown this once, only its hash is kept", key.id));
        }
        Command::List(args) => {
            let mut tx = db.begin(args.client).await?;
            let found = keys::list(&mut tx).await?;
            tx.rollback().await?;
            output.show(&found, |found| table(found, now))?;
        }
        Command::Revoke { id } => {
            let client = gateway::client_of(&id).ok_or_else(|| unknown("key", &id))?;
            let mut tx = db.begin(client).await?;
            if !keys::revoke(&mut tx, &id, now).await? {
                return Err(unknown("key", &id));
            }
            tx.commit().await?;
            output.show(&serde_json::json!({"key_id": id, "revoked": true}), |_| {
                format!("{id} is revoked; a gateway that runs refuses it within two seconds")
            })?;
        }
    }
    Ok(Exit::Ok)
}

/// A client that is not there is the caller's mistake.
pub(crate) fn of_client(client: Uuid, error: db::Error) -> Failure {
    if error.code().as_deref() != Some("23503") {
        return error.into();
    }
    no_client(client)
}

pub(crate) fn no_client(client: Uuid) -> Failure {
    Failure { exit: Exit::NotFound, error: anyhow::anyhow!("there is no client {client}"), hint: None }
}

pub(crate) fn unknown(what: &str, id: &str) -> Failure {
    let hint = format!("`leadfleet {what} list` shows all of a client");
    Failure { exit: Exit::NotFound, error: anyhow::anyhow!("there is no {what} {id}"), hint: Some(hint) }
}

pub(crate) fn day(at: Option<DateTime<Utc>>) -> String {
    at.map_or_else(|| "-".to_owned(), |at| at.date_naive().to_string())
}

fn table(keys: &[Key], now: DateTime<Utc>) -> String {
    let row = |key: &Key| {
        let state = match key {
            Key { revoked_at: Some(_), .. } => "revoked",
            key if !key.is_active(now) => "expired",
            _ => "active",
        };
        [
            key.key_id.clone(),
            key.name.clone(),
            key.scopes.join(","),
            state.to_owned(),
            day(Some(key.created_at)),
            day(key.last_used_at),
            day(key.expires_at),
        ]
    };
    columns(["key id", "name", "scopes", "state", "created", "last used", "expires"], keys.iter().map(row))
}
