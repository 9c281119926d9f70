//! Who looks at a page, and what he may do; and the forms that he sends.

use super::session;
use crate::app::App;
use crate::caller;
use crate::clock;
use crate::pages::Twin;
use crate::problem::{Kind, Problem};
use axum::body::{Body, to_bytes};
use axum::extract::{Form, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use db::Uuid;
use dead::By;
use form_urlencoded::Serializer;
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq as _;

/// What a person may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Role {
    /// Look at things.
    Viewer,
    /// Change things.
    Operator,
    /// Everything.
    Admin,
}

impl Role {
    const ALL: [Self; 3] = [Self::Viewer, Self::Operator, Self::Admin];

    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// Who looks at a page.
pub(crate) struct Viewer {
    pub(crate) client: Uuid,
    pub(crate) name: String,
    /// None where the gateway is open to everybody on this machine.
    pub(crate) person: Option<Uuid>,
    pub(crate) role: Role,
    /// What a form of the page has as its hidden field `csrf`.
    pub(crate) csrf: String,
    pub(super) signed: Option<Signed>,
}

/// As whom a person has signed in.
pub(super) struct Signed {
    pub(super) session: String,
    pub(super) email: String,
}

impl Viewer {
    pub(crate) fn may(&self, role: Role) -> bool {
        self.role >= role
    }

    /// Whether he sees the fleet itself, with what is all clients': runs, dead letters, workers, the audit.
    pub(crate) fn operates(&self) -> bool {
        self.client == db::DEFAULT_CLIENT
    }

    /// As the audit names him.
    pub(crate) fn by(&self, reason: &str) -> By {
        By { operator: self.name.clone(), reason: reason.to_owned(), at: clock::now() }
    }

    pub(super) async fn of(app: &App, headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        if !app.config.open {
            return session::viewer(app, headers).await;
        }
        let caller = caller::open(headers)?;
        let csrf = app.sign_in.open_csrf.clone();
        let name = "this machine".to_owned();
        Ok(Some(Self { client: caller.client, name, person: None, role: Role::Admin, csrf, signed: None }))
    }
}

impl FromRequestParts<App> for Viewer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        match Self::of(app, &parts.headers).await {
            Ok(Some(viewer)) => Ok(viewer),
            Ok(None) => Err(sign_in_first(parts)),
            Err(problem) => Err(problem.into_response()),
        }
    }
}

/// Leads people to the page to sign in, and from there back to what they wanted to see.
fn sign_in_first(parts: &Parts) -> Response {
    if parts.extensions.get::<Twin>().is_some() {
        return Problem::new(Kind::Unauthorized, "sign in at /sign-in first").into_response();
    }
    let next = parts.uri.path_and_query().filter(|_| parts.method == Method::GET);
    let query = next.map(|next| Serializer::new("?".to_owned()).append_pair("next", next.as_str()).finish());
    Redirect::to(&format!("/sign-in{}", query.unwrap_or_default())).into_response()
}

/// A form of one of our pages, and who sent it.
pub(crate) struct Posted<T> {
    pub(crate) viewer: Viewer,
    pub(crate) form: T,
}

/// Bytes of a form.
const LARGEST: usize = 64 * 1024;

impl<T: DeserializeOwned> FromRequest<App> for Posted<T> {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let viewer = Viewer::from_request_parts(&mut parts, app).await?;
        from_our_page(app, &parts.headers).map_err(|problem| problem.into_response())?;
        let body = to_bytes(body, LARGEST).await.map_err(|error| {
            Problem::new(Kind::TooLarge, "a form is no larger than 64 KiB").because(error).into_response()
        })?;
        let csrf = form_urlencoded::parse(&body).find(|(name, _)| name == "csrf").map(|(_, value)| value);
        if !bool::from(csrf.unwrap_or_default().as_bytes().ct_eq(viewer.csrf.as_bytes())) {
            let detail = "the form is of another session: go back, load the page anew, and send it again";
            return Err(Problem::new(Kind::Forbidden, detail).into_response());
        }
        let request = Request::from_parts(parts, Body::from(body));
        let Form(form) = Form::from_request(request, app).await.map_err(|error| error.into_response())?;
        Ok(Self { viewer, form })
    }
}

/// Refuses what a browser sends for a page of somebody else.
pub(super) fn from_our_page(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let ours = match text(header::HeaderName::from_static("sec-fetch-site")) {
        Some(site) => site == "same-origin",
        // Browsers say it to https and to this machine only.
        None => text(header::ORIGIN).and_then(host).is_some_and(|origin| {
            text(header::HOST) == Some(origin) || host(&app.config.public_url()) == Some(origin)
        }),
    };
    if ours {
        Ok(())
    } else {
        Err(Problem::new(Kind::Forbidden, "the form was not sent by a page of leadfleet"))
    }
}

/// The host and the port of an address.
fn host(address: &str) -> Option<&str> {
    let (_, rest) = address.split_once("://")?;
    rest.split('/').next()
}
