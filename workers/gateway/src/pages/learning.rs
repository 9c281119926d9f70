//! How learning is asked for by a button, and whether it was done.

use super::ask::Ask;
use super::layout::csrf;
use super::words::moment;
use crate::sign_in::Role;
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::{DateTime, SecondsFormat, Utc};
use maud::{Markup, html};

/// The button that has it learned now, for those who may.
pub(super) fn button(ask: &Ask, action: &str) -> Markup {
    html! { @if ask.viewer.may(Role::Operator) {
        form.inline method="post" action=(action) { (csrf(ask)) button { "Learn now" } }
    } }
}

/// Back to the page, which says that learning as of a moment was asked for.
pub(super) fn back(page: &str, moment: DateTime<Utc>) -> Response {
    let moment = moment.to_rfc3339_opts(SecondsFormat::Secs, true);
    Redirect::to(&format!("{page}?asked={moment}")).into_response()
}

/// Whether what was asked for by the button has been learned.
pub(super) fn asked(ask: &Ask, learned: Option<DateTime<Utc>>) -> Markup {
    let asked = ask.address.get("asked").and_then(|text| text.parse::<DateTime<Utc>>().ok());
    html! { @if let Some(asked) = asked {
        p.notice role="status" {
            @if learned >= Some(asked) { "It was learned as of " (moment(ask, asked)) "." }
            @else { "Learning was asked for as of " (moment(ask, asked)) ". It is done soon: " a href=(ask.address.href()) { "look again" } "." }
        }
    } }
}
