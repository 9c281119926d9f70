//! `leadfleet person`: who may look at the dashboard, and what they may do there.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use db::people::{self, NewPerson, Person};
use db::{Db, Uuid, sessions};
use dead::{Dead, Event, Verb};
use gateway::{Role, password, random};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use serde::Serialize;

use crate::dead::Who;
use crate::exit::{Exit, Failure};
use crate::key::{Client, day, of_client, unknown};
use crate::output::{Output, columns};
use crate::reach;
use crate::settings::Settings;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Let somebody sign in to the dashboard.
    #[command(
        after_help = "Examples:\n  leadfleet person add ann@example.com --name 'Ann Lee' --role operator\n  leadfleet person add ann@example.com --name 'Ann Lee' --role viewer --password-file -\n  pass show ann | leadfleet person add ann@example.com --name 'Ann Lee' --role admin --password-file -"
    )]
    Add(Add),
    /// List the people of a client, disabled ones too.
    #[command(after_help = "Examples:\n  leadfleet person list\n  leadfleet person list --json")]
    List(Client),
    /// Change what somebody may do; it counts from the next page.
    #[command(after_help = "Example:\n  leadfleet person role ann@example.com admin")]
    Role {
        #[command(flatten)]
        of: Of,
        #[arg(value_enum)]
        role: Role,
    },
    /// Give somebody another password, and end all their sessions.
    #[command(
        after_help = "Examples:\n  leadfleet person password ann@example.com\n  leadfleet person password ann@example.com --password-file -"
    )]
    Password {
        #[command(flatten)]
        of: Of,
        #[command(flatten)]
        password: Given,
    },
    /// Let somebody in no more, and end all their sessions.
    #[command(after_help = "Example:\n  leadfleet person disable ann@example.com --reason 'has left'")]
    Disable(Of),
    /// Let somebody in again who was disabled.
    #[command(after_help = "Example:\n  leadfleet person enable ann@example.com")]
    Enable(Of),
}

#[derive(Debug, clap::Args)]
pub struct Add {
    /// E-mail address to sign in with; nobody else has it, at no client.
    #[arg(value_parser = email)]
    email: String,
    #[command(flatten)]
    client: Client,
    /// As pages and the audit name them.
    #[arg(long, value_parser = name)]
    name: String,
    /// What they may do.
    #[arg(long, value_enum)]
    role: Role,
    #[command(flatten)]
    password: Given,
    #[command(flatten)]
    who: Who,
}

#[derive(Debug, clap::Args)]
pub struct Of {
    /// E-mail address of the person.
    #[arg(value_parser = email)]
    email: String,
    #[command(flatten)]
    who: Who,
}

#[derive(Debug, clap::Args)]
pub struct Given {
    /// File that holds the password, of 12 to 200 characters; `-` reads it from standard input, unseen at a terminal.
    /// Without it one is made.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// What becomes of a person.
enum Change {
    Role(Role),
    Password(Password),
    Disable,
    Enable,
}

/// A password that was read or made.
struct Password {
    hash: String,
    /// The one that was made here; one that was given is not repeated.
    made: Option<String>,
}

/// What was changed of whom.
#[derive(Debug, Serialize)]
struct Changed {
    id: Uuid,
    client_id: Uuid,
    email: String,
    /// Nobody can tell it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
    sessions_ended: u64,
    #[serde(skip)]
    said: String,
}

pub async fn run(command: Command, settings: &Settings, output: Output) -> Result<Exit, Failure> {
    let db = reach::postgres(settings).await?;
    let changed = match command {
        Command::List(args) => {
            let mut tx = db.begin(args.client).await?;
            let found = people::list(&mut tx).await?;
            tx.rollback().await?;
            output.show(&found, |found| table(found))?;
            return Ok(Exit::Ok);
        }
        Command::Add(args) => add(&db, settings, args).await?,
        Command::Role { of, role } => change(&db, settings, of, Change::Role(role)).await?,
        Command::Password { of, password } => {
            change(&db, settings, of, Change::Password(password.read()?)).await?
        }
        Command::Disable(of) => change(&db, settings, of, Change::Disable).await?,
        Command::Enable(of) => change(&db, settings, of, Change::Enable).await?,
    };
    output.show(&changed, |changed| match &changed.password {
        Some(password) => password.clone(),
        None => format!("{}: {}", changed.email, changed.said),
    })?;
    if changed.password.is_some() {
        let text = format!("the password of {}; it is shown this once, only its hash is kept", changed.email);
        output.say("Made", &text);
    }
    Ok(Exit::Ok)
}

async fn add(db: &Db, settings: &Settings, args: Add) -> Result<Changed, Failure> {
    let Add { email, client: Client { client }, name, role, password, who } = args;
    let Password { hash, made } = password.read()?;
    let id = Uuid::now_v7();
    let new = NewPerson { id, email: &email, name: &name, role: role.name(), password_hash: &hash };
    let mut tx = db.begin(client).await?;
    let is_new = people::add(&mut tx, &new, now()).await.map_err(|error| of_client(client, error))?;
    if !is_new {
        return Err(Failure {
            exit: Exit::Refused,
            error: anyhow::anyhow!("somebody has the address {email} already"),
            hint: Some("`leadfleet person enable` lets somebody in again who was disabled".to_owned()),
        });
    }
    let said = format!("added as {}", role.name());
    let changed = Changed { id, client_id: client, email, password: made, sessions_ended: 0, said };
    write_down(settings, Verb::AddPerson, &who, &changed).await?;
    tx.commit().await?;
    Ok(changed)
}

async fn change(db: &Db, settings: &Settings, of: Of, change: Change) -> Result<Changed, Failure> {
    let nobody = || unknown("person", &of.email);
    let client = people::client_of(db, &of.email).await?.ok_or_else(nobody)?;
    let mut tx = db.begin(client).await?;
    let person = people::named(&mut tx, &of.email).await?.ok_or_else(nobody)?;
    let (mut password, mut sessions_ended) = (None, 0);
    let (verb, said) = match change {
        Change::Role(role) => {
            people::set_role(&mut tx, person.id, role.name()).await?;
            (Verb::ChangeRole, format!("{} instead of {}", role.name(), person.role))
        }
        Change::Password(Password { hash, made }) => {
            people::set_password(&mut tx, person.id, &hash).await?;
            sessions_ended = sessions::end_of(&mut tx, person.id).await?;
            password = made;
            (Verb::ChangePassword, "has another password".to_owned())
        }
        Change::Disable => {
            people::set_disabled(&mut tx, person.id, person.disabled_at.or(Some(now()))).await?;
            sessions_ended = sessions::end_of(&mut tx, person.id).await?;
            (Verb::DisablePerson, "is disabled".to_owned())
        }
        Change::Enable => {
            people::set_disabled(&mut tx, person.id, None).await?;
            (Verb::EnablePerson, "is enabled".to_owned())
        }
    };
    let Person { id, email, .. } = person;
    let changed = Changed { id, client_id: client, email, password, sessions_ended, said };
    write_down(settings, verb, &of.who, &changed).await?;
    tx.commit().await?;
    Ok(changed)
}

/// What cannot be written down is not done.
async fn write_down(settings: &Settings, verb: Verb, who: &Who, changed: &Changed) -> Result<(), Failure> {
    let note = format!("client {}: {}", changed.client_id, changed.said);
    let event = Event::new(verb, &changed.id.simple().to_string(), &who.by_or("")).noting(note);
    Dead::new(reach::nats(settings).await?).record(&event).await.map_err(|error| Failure {
        exit: Exit::Unreachable,
        error: error.into(),
        hint: Some("nothing was changed; `leadfleet provision` prepares a new nats-server".to_owned()),
    })
}

impl Given {
    fn read(&self) -> Result<Password, Failure> {
        let (text, is_made) = match self.password_file.as_deref() {
            None => (URL_SAFE_NO_PAD.encode(random::<15>()), true),
            Some(path) if path != Path::new("-") => {
                (std::fs::read_to_string(path).map_err(|error| Failure::of_file(path, error))?, false)
            }
            Some(_) if io::stdin().is_terminal() => (typed().context("could not read the password")?, false),
            Some(_) => (io::read_to_string(io::stdin()).context("could not read standard input")?, false),
        };
        let text = text.trim_end_matches(['\r', '\n']);
        if let Some(fault) = password::fault(text) {
            return Err(Failure { exit: Exit::Usage, error: anyhow::anyhow!("{fault}"), hint: None });
        }
        let hash = password::hash(text).context("could not hash the password")?;
        Ok(Password { hash, made: is_made.then(|| text.to_owned()) })
    }
}

/// What somebody types twice, without showing it.
fn typed() -> anyhow::Result<String> {
    let terminal = io::stdin();
    let before = tcgetattr(&terminal)?;
    let mut unseen = before.clone();
    unseen.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&terminal, OptionalActions::Flush, &unseen)?;
    let line = |asked: &str| {
        write!(io::stderr(), "{asked}: ")?;
        let mut line = String::new();
        terminal.read_line(&mut line)?;
        writeln!(io::stderr())?;
        Ok::<_, io::Error>(line)
    };
    let lines = line("Password").and_then(|first| Ok((first, line("Again")?)));
    tcsetattr(&terminal, OptionalActions::Flush, &before)?;
    let (first, second) = lines?;
    anyhow::ensure!(first == second, "it was not typed the same twice");
    Ok(first)
}

fn email(text: &str) -> Result<String, String> {
    let email = text.trim().to_lowercase();
    let sides = email.split_once('@').filter(|(name, domain)| !name.is_empty() && !domain.is_empty());
    let plain = |domain: &str| !domain.contains('@') && !email.contains(char::is_whitespace);
    if sides.is_some_and(|(_, domain)| plain(domain)) && email.chars().count() <= 254 {
        Ok(email)
    } else {
        Err("write it as ann@example.com".to_owned())
    }
}

fn name(text: &str) -> Result<String, String> {
    let name = text.trim();
    if (1..=200).contains(&name.chars().count()) && !name.contains(char::is_control) {
        Ok(name.to_owned())
    } else {
        Err("use 1 to 200 characters".to_owned())
    }
}

#[expect(clippy::disallowed_methods, reason = "a person is added or disabled now")]
fn now() -> DateTime<Utc> {
    Utc::now()
}

fn table(people: &[Person]) -> String {
    let row = |person: &Person| {
        let state = if person.disabled_at.is_some() { "disabled" } else { "active" };
        [
            person.email.clone(),
            person.name.clone(),
            person.role.clone(),
            state.to_owned(),
            day(Some(person.created_at)),
            day(person.last_seen_at),
        ]
    };
    columns(["e-mail", "name", "role", "state", "created", "last seen"], people.iter().map(row))
}
