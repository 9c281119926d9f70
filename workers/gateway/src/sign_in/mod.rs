//! Sign-in for people: who they are, how long that counts, and the pages by which it changes.

mod account;
mod audit;
pub mod password;
mod session;
mod throttle;
mod viewer;

pub use viewer::Role;
pub(crate) use viewer::Viewer;

use crate::app::App;
use crate::key::random;
use crate::pages::{Sent, from_our_page, layout};
use crate::problem::{Kind, Problem};
use axum::Router;
use axum::extract::{ConnectInfo, Form, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use db::people;
use dead::Verb;
use maud::html;
use password::Hashing;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::net::SocketAddr;
use std::time::Duration;
use throttle::Throttle;

/// What signing in needs to have at hand.
pub(crate) struct SignIn {
    hashing: Hashing,
    throttle: Throttle,
    /// What forms prove themselves by where nobody signs in.
    open_csrf: String,
}

impl Default for SignIn {
    fn default() -> Self {
        let open_csrf = URL_SAFE_NO_PAD.encode(random::<32>());
        Self { hashing: Hashing::default(), throttle: Throttle::default(), open_csrf }
    }
}

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/sign-in", get(ask).post(sign_in))
        .route("/sign-out", post(sign_out))
        .route("/account", get(account::show).post(account::change))
}

#[derive(Deserialize)]
struct Next {
    next: Option<String>,
}

#[derive(Deserialize)]
struct Credentials {
    email: String,
    password: String,
    next: Option<String>,
}

async fn ask(
    State(app): State<App>,
    headers: HeaderMap,
    Query(Next { next }): Query<Next>,
) -> Result<Response, Problem> {
    let next = local(next.as_deref());
    if Viewer::of(&app, &headers).await?.is_some() {
        return Ok(Redirect::to(next).into_response());
    }
    Ok(page(next, "", None))
}

async fn sign_in(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Form(given): Form<Credentials>,
) -> Result<Response, Problem> {
    from_our_page(&app, &headers)?;
    let next = local(given.next.as_deref());
    if app.config.open {
        return Ok(Redirect::to(next).into_response());
    }
    let email = given.email.trim().replace('\0', "").to_lowercase();
    let hash = Sha256::digest(&email).into();
    let place = throttle::place(&app.config, &headers, peer.ip());
    app.sign_in.throttle.count(place, hash).map_err(too_often)?;

    // What is done for an address that nobody has is the same as for a password that is wrong.
    let client = people::client_of(&app.db, &email).await?.unwrap_or(db::DEFAULT_CLIENT);
    let mut tx = app.db.begin(client).await?;
    let person = people::named(&mut tx, &email).await?;
    tx.rollback().await?;
    let stored = person.as_ref().map(|person| person.password_hash.clone());
    let is_right = app.sign_in.hashing.is_right(given.password, stored).await?;
    if let Some(person) = person.filter(|_| is_right) {
        let mut tx = app.db.begin_as(client, Some(person.id)).await?;
        if let Some(token) = session::begin(&mut tx, &person).await? {
            audit::write(&app, Verb::SignIn, client, person.id, &person.name).await?;
            tx.commit().await?;
            let cookie = session::set_cookie(&app, &token)?;
            return Ok(([(header::SET_COOKIE, cookie)], Redirect::to(next)).into_response());
        }
    }
    audit::write_failure(&app, hash).await?;
    Ok(page(next, &email, Some("The e-mail address or the password is not right.")))
}

async fn sign_out(State(app): State<App>, sent: Sent) -> Result<Response, Problem> {
    let viewer = sent.ask.viewer;
    if let (Some(person), Some(signed)) = (viewer.person, &viewer.signed) {
        audit::write(&app, Verb::SignOut, viewer.client, person, &viewer.name).await?;
        session::end(&app, viewer.client, &signed.session).await?;
    }
    Ok(([(header::SET_COOKIE, session::unset_cookie(&app)?)], Redirect::to("/sign-in")).into_response())
}

fn too_often(wait: Duration) -> Problem {
    let seconds = wait.as_secs() + 1;
    Problem::new(Kind::RateLimited, format!("too many tries to sign in: try again in {seconds} seconds"))
        .with(header::RETRY_AFTER, HeaderValue::from(seconds))
}

/// A page of ours, else the first: an address must not lead elsewhere after the sign-in.
fn local(next: Option<&str>) -> &str {
    let ours = |next: &&str| {
        let plain = |byte: u8| (b'!'..=b'~').contains(&byte) && byte != b'\\';
        next.starts_with('/') && !next.starts_with("//") && next.bytes().all(plain)
    };
    next.filter(ours).unwrap_or("/")
}

fn page(next: &str, email: &str, wrong: Option<&str>) -> Response {
    let body = html! {
        @if let Some(wrong) = wrong { p role="alert" { (wrong) } }
        form.stack method="post" action="/sign-in" {
            input type="hidden" name="next" value=(next);
            label { "E-mail address" input type="email" name="email" value=(email) autocomplete="username" required; }
            label { "Password" input type="password" name="password" autocomplete="current-password" required; }
            div { button.main { "Sign in" } }
        }
    };
    let status = if wrong.is_some() { StatusCode::FORBIDDEN } else { StatusCode::OK };
    (status, layout::bare("Sign in", &body)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_of_ours_comes_next() {
        for path in ["/", "/leads?tier=hot&q=a+b", "/dead/17"] {
            assert_eq!(local(Some(path)), path);
        }
        let elsewhere =
            ["", "leads", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nb", "/\t/evil"];
        for path in elsewhere {
            assert_eq!(local(Some(path)), "/", "{path}");
        }
        assert_eq!(local(None), "/");
    }
}
