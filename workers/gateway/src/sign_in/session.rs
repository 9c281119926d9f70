//! Sessions: a cookie whose token begins with its client, looked up for each page.

use super::viewer::{Role, Signed, Viewer};
use crate::app::App;
use crate::clock;
use crate::key::{Token, random};
use crate::pages::cookie;
use crate::problem::Problem;
use axum::http::{HeaderMap, HeaderValue};
use chrono::TimeDelta;
use db::people::{self, Person};
use db::sessions::{self, NewSession};
use db::{Tx, Uuid};

/// A session ends when nobody has used it for so long,
const IDLE: TimeDelta = TimeDelta::hours(12);
/// and so long after it began.
const LONGEST: TimeDelta = TimeDelta::days(7);
/// How often it is written down that a session is used.
const NOTED: TimeDelta = TimeDelta::minutes(1);

/// Begins a session of a person whose password was right; none if the password is another by now, or the person disabled.
pub(super) async fn begin(tx: &mut Tx, person: &Person) -> Result<Option<Token>, Problem> {
    let now = clock::now();
    if !people::enter(tx, person, now).await? {
        return Ok(None);
    }
    let token = Token::make(tx.client(), random(), random());
    let (hash, expires_at) = (token.secret_hash(), now + LONGEST);
    let new = NewSession { session_id: &token.id, person_id: person.id, secret_hash: &hash, expires_at };
    sessions::begin(tx, &new, now).await?;
    Ok(Some(token))
}

/// Whose session the cookie of a request names, if it goes on.
pub(super) async fn viewer(app: &App, headers: &HeaderMap) -> Result<Option<Viewer>, Problem> {
    let Some(token) = token(app, headers) else { return Ok(None) };
    let now = clock::now();
    let mut tx = app.db.begin(token.client).await?;
    let Some(session) = sessions::find(&mut tx, &token.id).await? else { return Ok(None) };
    let goes_on =
        now < session.expires_at && now < session.last_seen_at + IDLE && session.disabled_at.is_none();
    if !goes_on || !token.matches(&session.secret_hash) {
        return Ok(None);
    }
    if session.last_seen_at < now - NOTED {
        sessions::touch(&mut tx, &token.id, session.person_id, now).await?;
        tx.commit().await?;
    }
    let role = Role::named(&session.role).ok_or_else(|| Problem::internal("a role that nobody knows"))?;
    Ok(Some(Viewer {
        client: token.client,
        name: session.name,
        person: Some(session.person_id),
        role,
        csrf: token.derived("csrf"),
        signed: Some(Signed { session: token.id, email: session.email }),
    }))
}

pub(super) async fn end(app: &App, client: Uuid, session: &str) -> Result<(), Problem> {
    let mut tx = app.db.begin(client).await?;
    sessions::end(&mut tx, session).await?;
    Ok(tx.commit().await?)
}

/// Where the gateway is reached by https, browsers take the cookie from nobody else, and show it to nobody else.
fn name(app: &App) -> &'static str {
    if app.config.is_https() { "__Host-leadfleet" } else { "leadfleet" }
}

/// What sets the cookie.
pub(super) fn set_cookie(app: &App, token: &Token) -> Result<HeaderValue, Problem> {
    set(app, &token.text(), LONGEST)
}

/// What takes the cookie away.
pub(super) fn unset_cookie(app: &App) -> Result<HeaderValue, Problem> {
    set(app, "", TimeDelta::zero())
}

fn set(app: &App, value: &str, lasts: TimeDelta) -> Result<HeaderValue, Problem> {
    let secure = if app.config.is_https() { "; Secure" } else { "" };
    let (name, seconds) = (name(app), lasts.num_seconds());
    let cookie = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::try_from(cookie).map_err(Problem::internal)
}

fn token(app: &App, headers: &HeaderMap) -> Option<Token> {
    cookie(headers, name(app)).and_then(Token::parse)
}
