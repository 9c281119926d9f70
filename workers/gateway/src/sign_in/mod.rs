//! Who looks at a page.

use crate::app::App;
use crate::caller;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use db::Uuid;

/// Who looks at a page.
pub(crate) struct Viewer {
    pub(crate) client: Uuid,
    pub(crate) name: String,
    pub(crate) person: Option<Uuid>,
    pub(crate) csrf: String,
}

impl Viewer {
    /// Whether he sees the fleet itself, with what is all clients'.
    pub(crate) fn operates(&self) -> bool {
        self.client == db::DEFAULT_CLIENT
    }
}

impl FromRequestParts<App> for Viewer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        if !app.config.open {
            return Err(crate::problem::Problem::not_found().into_response());
        }
        let caller = caller::open(&parts.headers).map_err(|problem| problem.into_response())?;
        Ok(Self { client: caller.client, name: caller.key, person: None, csrf: String::new() })
    }
}
