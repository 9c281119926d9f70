//! Who looks at a page, and what he may do.

use super::session;
use crate::app::App;
use crate::caller;
use crate::pages::Twin;
use crate::problem::{Kind, Problem};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse as _, Redirect, Response};
use db::Uuid;
use form_urlencoded::Serializer;

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
        self.client == db::DEFAULT_CLIENT && self.may(Role::Operator)
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
    let query = next.map(|next| {
        let query = Serializer::new(String::new()).append_pair("next", next.as_str()).finish();
        format!("?{query}")
    });
    Redirect::to(&format!("/sign-in{}", query.unwrap_or_default())).into_response()
}
