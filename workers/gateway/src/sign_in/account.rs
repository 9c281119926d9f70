//! The page of one's own account: who one is here, and another password.

use super::viewer::Signed;
use super::{Posted, Viewer, audit, password, too_often};
use crate::app::App;
use crate::pages::layout;
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use db::{people, sessions};
use dead::Verb;
use maud::{Markup, html};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

#[derive(Deserialize)]
pub(super) struct Change {
    current: String,
    new: String,
    again: String,
}

pub(super) async fn show(viewer: Viewer) -> Response {
    page(StatusCode::OK, &viewer, &html! {})
}

pub(super) async fn change(
    State(app): State<App>,
    Posted { viewer, form }: Posted<Change>,
) -> Result<Response, Problem> {
    let (Some(id), Some(Signed { session, email })) = (viewer.person, &viewer.signed) else {
        return Err(Problem::new(
            Kind::Forbidden,
            "nobody is signed in here, so there is no password to change",
        ));
    };
    let wrong =
        |text: &str| page(StatusCode::UNPROCESSABLE_ENTITY, &viewer, &html! { p role="alert" { (text) } });
    if let Some(fault) = password::fault(&form.new) {
        return Ok(wrong(&format!("Nothing was changed: {fault}.")));
    }
    if form.new != form.again {
        return Ok(wrong("Nothing was changed: the new password was not typed the same twice."));
    }
    // Whoever sits down at somebody's session must not guess the password there.
    app.sign_in.throttle.with(Sha256::digest(email).into()).map_err(too_often)?;
    let mut tx = app.db.begin(viewer.client).await?;
    let person = people::named(&mut tx, email).await?.ok_or_else(Problem::not_found)?;
    tx.rollback().await?;
    let stored = Some(person.password_hash.clone());
    let is_right = app.sign_in.hashing.is_right(form.current, stored).await?;
    let hash = app.sign_in.hashing.hash(form.new).await?;
    let mut tx = app.db.begin_as(viewer.client, viewer.person).await?;
    if !is_right || !people::enter(&mut tx, &person, crate::clock::now()).await? {
        return Ok(wrong("Nothing was changed: the current password is not right."));
    }
    people::set_password(&mut tx, id, &hash).await?;
    let ended = sessions::end_of(&mut tx, id, Some(session)).await?;
    audit::write(&app, Verb::ChangePassword, viewer.client, id, &viewer.by("")).await?;
    tx.commit().await?;
    let done = html! {
        p role="status" { "The password is changed. Other sessions that were ended: " (ended) "." }
    };
    Ok(page(StatusCode::OK, &viewer, &done))
}

fn page(status: StatusCode, viewer: &Viewer, said: &Markup) -> Response {
    let body = html! {
        (said)
        @if let Some(Signed { email, .. }) = &viewer.signed {
            p { bdi { (viewer.name) } ", " bdi { (email) } ", " (viewer.role.name()) }
            form method="post" action="/account" {
                input type="hidden" name="csrf" value=(viewer.csrf);
                input type="email" name="email" value=(email) autocomplete="username" hidden;
                label for="current" { "Current password" }
                input #current type="password" name="current" autocomplete="current-password" required;
                label for="new" { "New password" }
                input #new type="password" name="new" autocomplete="new-password" minlength="12" maxlength="200" required;
                label for="again" { "New password again" }
                input #again type="password" name="again" autocomplete="new-password" required;
                button { "Change the password" }
            }
        } @else {
            p { "Nobody is signed in: here everybody on this machine may look and change things." }
        }
        p { a href="/" { "To the overview" } }
    };
    (status, layout::bare("Account", &body)).into_response()
}
