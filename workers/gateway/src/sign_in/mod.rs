//! Who looks at a page.

use crate::app::App;
use crate::caller;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use db::Uuid;

/// What somebody may do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Viewer,
    Operator,
    Admin,
}

impl Role {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

/// Who looks at a page.
pub(crate) struct Viewer {
    pub(crate) client: Uuid,
    pub(crate) name: String,
    pub(crate) person: Option<Uuid>,
    pub(crate) role: Role,
    pub(crate) csrf: String,
}

impl Viewer {
    /// Whether he sees the fleet itself, with what is all clients'.
    pub(crate) fn operates(&self) -> bool {
        self.client == db::DEFAULT_CLIENT
    }

    pub(crate) fn may(&self, role: Role) -> bool {
        self.role >= role
    }
}

impl FromRequestParts<App> for Viewer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        if !app.config.open {
            return Err(crate::problem::Problem::not_found().into_response());
        }
        let caller = caller::open(&parts.headers).map_err(|problem| problem.into_response())?;
        Ok(Self {
            client: caller.client,
            name: caller.key,
            person: None,
            role: Role::Admin,
            csrf: String::new(),
        })
    }
}
