//! The page of one's own account: who one is here, and another password.

use super::viewer::Signed;
use super::{Viewer, audit, password, session, throttle, too_often};
use crate::clock;
use crate::pages::words::count;
use crate::pages::{Ask, Sent, View, layout};
use crate::problem::{Kind, Problem};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use db::people::{self, Person};
use db::sessions;
use dead::Verb;
use maud::{Markup, html};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::net::SocketAddr;

#[derive(Serialize)]
struct Account<'a> {
    name: &'a str,
    role: &'static str,
    /// None where nobody signs in.
    email: Option<&'a str>,
}

impl<'a> Account<'a> {
    fn of(viewer: &'a Viewer) -> Self {
        let email = viewer.signed.as_ref().map(|signed| signed.email.as_str());
        Self { name: &viewer.name, role: viewer.role.name(), email }
    }
}

pub(super) async fn show(ask: Ask) -> Response {
    ask.show(&Account::of(&ask.viewer))
}

pub(super) async fn change(
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    sent: Sent,
) -> Result<Response, Problem> {
    let (app, viewer) = (&sent.ask.app, &sent.ask.viewer);
    let (Some(id), Some(Signed { email, .. })) = (viewer.person, &viewer.signed) else {
        let detail = "nobody is signed in here, so there is no password to change";
        return Err(Problem::new(Kind::Forbidden, detail));
    };
    let refused = |why: &str| {
        let said = html! { p role="alert" { "Nothing was changed: " (why) "." } };
        Ok(page(&sent.ask, StatusCode::UNPROCESSABLE_ENTITY, &said))
    };
    let (current, new) = (sent.whole("current").to_owned(), sent.whole("new").to_owned());
    if let Some(fault) = password::fault(&new) {
        return refused(&fault);
    }
    if new != sent.whole("again") {
        return refused("the new password was not typed the same twice");
    }
    // Whoever sits down at somebody's session must not guess the password there.
    let place = throttle::place(&app.config, &headers, peer.ip());
    app.sign_in.throttle.count(place, Sha256::digest(email).into()).map_err(too_often)?;
    let mut tx = app.db.begin(viewer.client).await?;
    let person = people::named(&mut tx, email).await?.ok_or_else(Problem::not_found)?;
    tx.rollback().await?;
    let stored = Some(person.password_hash.clone());
    let is_right = app.sign_in.hashing.is_right(current, stored).await?;
    let hash = app.sign_in.hashing.hash(new).await?;
    let mut tx = app.db.begin_as(viewer.client, viewer.person).await?;
    if !is_right || !people::enter(&mut tx, &person, clock::now()).await? {
        return refused("the current password is not right");
    }
    people::set_password(&mut tx, id, &hash).await?;
    // Whoever has got hold of the cookie has nothing of it any more: this browser goes on with another one.
    let others = sessions::end_of(&mut tx, id).await?.saturating_sub(1);
    let person = Person { password_hash: hash, ..person };
    let token = session::begin(&mut tx, &person).await?.ok_or_else(Problem::not_found)?;
    audit::write(app, Verb::ChangePassword, viewer.client, id, &viewer.name).await?;
    tx.commit().await?;
    let said = html! {
        p role="status" { "The password is changed, and " (count(others, "other session")) " ended. " a href="/" { "Go on" } }
    };
    let cookie = session::set_cookie(app, &token)?;
    Ok(([(header::SET_COOKIE, cookie)], layout::bare("Account", &said)).into_response())
}

fn page(ask: &Ask, status: StatusCode, said: &Markup) -> Response {
    let account = Account::of(&ask.viewer);
    (status, layout::page(ask, &account.title(), &html! { (said) (account.body(ask)) })).into_response()
}

impl View for Account<'_> {
    fn title(&self) -> String {
        "Account".to_owned()
    }

    fn body(&self, ask: &Ask) -> Markup {
        html! {
            @if let Some(email) = self.email {
                p { bdi { (self.name) } " signs in as " bdi { (email) } ", and is " (self.role) "." }
                h2 { "Another password" }
                form.stack method="post" action="/account" {
                    (layout::csrf(ask))
                    input type="email" name="email" value=(email) autocomplete="username" hidden;
                    label { "Current password" input type="password" name="current" autocomplete="current-password" required; }
                    label { "New password, of 12 signs or more" input type="password" name="new" autocomplete="new-password" minlength="12" maxlength="200" required; }
                    label { "New password again" input type="password" name="again" autocomplete="new-password" required; }
                    div { button.main { "Change the password" } }
                }
            } @else {
                p { "Nobody is signed in: here everybody on this machine may look and change things." }
            }
        }
    }
}
