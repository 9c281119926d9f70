//! Who must not be contacted.

use crate::app::App;
use crate::caller::Caller;
use crate::input::{Json, Query};
use crate::problem::{Kind, Problem};
use crate::routes::who::LimitQuery;
use axum::Extension;
use axum::extract::State;
use prospects::{SuppressRequest, Suppressed};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct Changed {
    /// False when it was so already.
    changed: bool,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Suppressions {
    suppressions: Vec<Suppressed>,
}

/// Lists suppressions, the newest first; whom they are about cannot be told from them
#[utoipa::path(
    get, operation_id = "list_suppressions", path = "/api/outreach/suppressions", tag = "outreach", params(LimitQuery),
    responses((status = OK, body = Suppressions))
)]
pub(crate) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Query(asked): Query<LimitQuery>,
) -> Result<axum::Json<Suppressions>, Problem> {
    let suppressions = app.prospects.suppressions(caller.client, asked.limit).await?;
    Ok(axum::Json(Suppressions { suppressions }))
}

/// Suppresses an address, a domain, a company, a channel or everybody
#[utoipa::path(
    post, operation_id = "suppress", path = "/api/outreach/suppressions", tag = "outreach", request_body = SuppressRequest,
    responses((status = OK, body = Changed))
)]
pub(crate) async fn add(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Json(asked): Json<SuppressRequest>,
) -> Result<axum::Json<Changed>, Problem> {
    let changed = app.prospects.suppress(caller.client, &asked, "api").await?;
    Ok(axum::Json(Changed { changed }))
}

/// Takes a suppression back
///
/// It is named in the body: addresses in a URL would be kept in logs.
#[utoipa::path(
    delete, operation_id = "unsuppress", path = "/api/outreach/suppressions", tag = "outreach", request_body = SuppressRequest,
    responses((status = OK, body = Changed))
)]
pub(crate) async fn remove(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Json(asked): Json<SuppressRequest>,
) -> Result<axum::Json<Changed>, Problem> {
    if !app.prospects.unsuppress(caller.client, &asked).await? {
        return Err(Problem::new(Kind::NotFound, "there is no such suppression"));
    }
    Ok(axum::Json(Changed { changed: true }))
}
