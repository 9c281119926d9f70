//! What every page has around it: the head, the navigation, who is signed in.

use super::ask::Ask;
use super::assets::{ICON, SCRIPT, STYLE};
use super::{For, NAVIGATION};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;

pub(crate) const CONTENT_TYPE: &str = "text/html; charset=utf-8";

/// Nothing from elsewhere, nothing inline.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A whole page, with the headers that every page has.
pub(crate) struct Page(Markup);

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let headers: [(HeaderName, HeaderValue); 3] = [
            (header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE)),
            (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
            (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        ];
        (headers, self.0.into_string()).into_response()
    }
}

/// A page of the dashboard.
pub(crate) fn page(ask: &Ask, title: &str, body: &Markup) -> Page {
    let here = ask.address.path();
    framed(
        title,
        Some(ask),
        &html! {
            header.top {
                a.brand href="/" { "leadfleet" }
                @if let Some(live) = live(here) { span #live.badge hidden data-live-from=(live) title="What changes is shown by itself" { "live" } }
                span.grow {}
                button #theme.plain type="button" hidden { "Dark or light" }
                @if ask.viewer.person.is_some() {
                    a href="/account" { bdi { (ask.viewer.name) } }
                    form method="post" action="/sign-out" {
                        (csrf(ask))
                        button.plain { "Sign out" }
                    }
                } @else {
                    span.muted { "open on this machine" }
                }
            }
            div.frame {
                nav aria-label="Pages" {
                    @for (group, entries) in NAVIGATION {
                        @let seen = entries.iter().filter(|entry| entry.whom == For::Client || ask.viewer.operates());
                        @let seen: Vec<_> = seen.collect();
                        @if !seen.is_empty() {
                            @if !group.is_empty() { h2 { (group) } }
                            ul {
                                @for entry in seen {
                                    li { a href=(entry.path) aria-current=[current(here, entry.path)] { (entry.name) } }
                                }
                            }
                        }
                    }
                }
                main #main tabindex="-1" {
                    h1 { bdi { (title) } }
                    (body)
                    footer { a href=(ask.address.twin()) { "This page as JSON" } span.muted { " · times of " (ask.zone.name()) } }
                }
            }
        },
    )
}

/// A page for somebody of whom nothing is known, such as the one to sign in.
pub(crate) fn bare(title: &str, body: &Markup) -> Page {
    framed(
        title,
        None,
        &html! {
            main.bare #main tabindex="-1" {
                p.brand { "leadfleet" }
                h1 { (title) }
                (body)
            }
        },
    )
}

/// What went wrong, in the words of the problem; with the navigation for whoever is signed in.
pub(crate) fn problem(ask: Option<&Ask>, status: StatusCode, told: &Value) -> Page {
    let word = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
    let body = html! {
        p { bdi { (word("detail")) } }
        @for wrong in told["errors"].as_array().into_iter().flatten() {
            p role="alert" { b { (wrong["field"].as_str().unwrap_or_default()) } " " bdi { (wrong["message"].as_str().unwrap_or_default()) } }
        }
        p { a href="/" { "To the overview" } }
        p.muted { (status.as_u16()) " · " (word("instance")) }
    };
    match ask {
        Some(ask) => page(ask, &word("title"), &body),
        None => bare(&word("title"), &body),
    }
}

/// The hidden field that shows that a form is of this session.
pub(crate) fn csrf(ask: &Ask) -> Markup {
    html! { input type="hidden" name="csrf" value=(ask.viewer.csrf); }
}

fn framed(title: &str, ask: Option<&Ask>, body: &Markup) -> Page {
    Page(html! {
        (DOCTYPE)
        html lang="en" data-zone=[ask.map(|ask| ask.zone.name())] data-theme=[ask.and_then(|ask| ask.theme)] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · leadfleet" }
                link rel="icon" type="image/svg+xml" href=(ICON.path);
                link rel="stylesheet" href=(STYLE.path);
                script defer src=(SCRIPT.path) {}
            }
            body {
                a.skip href="#main" { "To the content" }
                (body)
            }
        }
    })
}

/// Whether a link leads to this page or to what is above it.
fn current(here: &str, path: &str) -> Option<&'static str> {
    let below = here.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
    match (here == path, path != "/" && below) {
        (true, _) => Some("page"),
        (false, true) => Some("true"),
        (false, false) => None,
    }
}

/// Pages that change while they are looked at say what they follow.
fn live(here: &str) -> Option<&'static str> {
    let follows = ["/runs", "/dead", "/workers"];
    (here == "/" || follows.iter().any(|page| here.starts_with(page))).then_some("/live")
}

/// Pages that belong together.
pub(crate) fn tabs(here: &str, pages: &[(&str, &str)]) -> Markup {
    html! {
        nav aria-label="Part" { ul.tabs {
            @for (path, name) in pages { li { a href=(path) aria-current=[(*path == here).then_some("page")] { (name) } } }
        } }
    }
}

/// An empty state: what is missing, and what to do.
pub(crate) fn empty(what: &str, then: &Markup) -> Markup {
    html! { div.empty { p { b { (what) } } (then) } }
}

/// A command to copy.
pub(crate) fn command(text: &str) -> Markup {
    html! { pre.command tabindex="0" { code { (text) } } }
}

/// A word for a state; never the colour alone.
pub(crate) fn badge(kind: &str, word: &str) -> Markup {
    html! { span class={ "badge " (kind) } { (word) } }
}

/// Nothing, where something would be.
pub(crate) fn none() -> Markup {
    PreEscaped("<span class=\"muted\">–</span>".to_owned())
}
