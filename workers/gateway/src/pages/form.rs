//! What a form of a page sends: from this site, of this session, by somebody who may.

use super::ask::Ask;
use crate::app::App;
use crate::problem::{Kind, Problem};
use crate::sign_in::Role;
use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use dead::{By, Event, Verb};
use std::collections::BTreeMap;
use subtle::ConstantTimeEq as _;

/// The fields of a form, and who sent it.
pub(crate) struct Sent {
    pub(crate) ask: Ask,
    fields: BTreeMap<String, String>,
}

/// A message in an editor is the largest that is sent.
const LARGEST: usize = 3 * 1024 * 1024;

impl FromRequest<App> for Sent {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let ask = Ask::from_request_parts(&mut parts, app).await?;
        from_our_page(app, &parts.headers).map_err(Problem::into_response)?;
        let body = to_bytes(body, LARGEST).await.map_err(|error| {
            Problem::new(Kind::TooLarge, "the form is larger than a message may be")
                .because(error)
                .into_response()
        })?;
        let fields: BTreeMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
        if fields.values().any(|text| text.contains('\0')) {
            return Err(
                Problem::new(Kind::BadRequest, "the form has a sign in it that no text has").into_response()
            );
        }
        let token = fields.get("csrf").map(String::as_str).unwrap_or_default();
        let own: bool = token.as_bytes().ct_eq(ask.viewer.csrf.as_bytes()).into();
        if !own {
            return Err(Problem::new(
                Kind::Forbidden,
                "the form is not of this session: read the page again, then send it; nothing was done",
            )
            .into_response());
        }
        Ok(Self { ask, fields })
    }
}

/// Refuses what a browser sends for a page of somebody else.
pub(crate) fn from_our_page(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let is_ours = match text("sec-fetch-site") {
        Some(site) => site == "same-origin",
        // Browsers say the former to https and to this machine only.
        None => text(header::ORIGIN.as_str()).and_then(host).is_some_and(|origin| {
            text(header::HOST.as_str()) == Some(origin) || host(&app.config.public_url()) == Some(origin)
        }),
    };
    if is_ours {
        return Ok(());
    }
    let detail = "the form was not sent by a page of leadfleet; nothing was done";
    Err(Problem::new(Kind::Forbidden, detail))
}

/// The host and the port of an address.
fn host(address: &str) -> Option<&str> {
    let (_, rest) = address.split_once("://")?;
    rest.split('/').next()
}

impl Sent {
    /// A field that was filled in.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    /// A field as it was typed, with its blanks.
    pub(crate) fn whole(&self, name: &str) -> &str {
        self.fields.get(name).map(String::as_str).unwrap_or_default()
    }

    /// Refuses whoever may only look.
    pub(crate) fn needs(&self, role: Role) -> Result<(), Problem> {
        if self.ask.viewer.may(role) {
            return Ok(());
        }
        Err(Problem::new(Kind::Forbidden, format!("this needs the role {}; nothing was done", role.name())))
    }

    /// Writes down that somebody had something done that changes nothing by itself, for which no reason is asked.
    pub(crate) async fn record(&self, verb: Verb, id: &str) -> Result<(), Problem> {
        self.needs(Role::Operator)?;
        let viewer = &self.ask.viewer;
        let by = By { operator: viewer.name.clone(), reason: String::new(), at: self.ask.app.now() };
        let event = Event::new(verb, id, &by).noting(format!("client {}", viewer.client));
        Ok(self.ask.app.dead.record(&event).await?)
    }

    /// Who changes the fleet, and why; nobody without a reason.
    pub(crate) fn by(&self) -> Result<By, Problem> {
        self.needs(Role::Operator)?;
        let reason = self.field("reason");
        let reason = reason
            .ok_or_else(|| Problem::wrong("reason", "say why: it is kept for a year with your name"))?;
        if reason.chars().count() > 500 {
            return Err(Problem::wrong("reason", "has more than 500 characters"));
        }
        Ok(By { operator: self.ask.viewer.name.clone(), reason: reason.to_owned(), at: self.ask.app.now() })
    }
}
