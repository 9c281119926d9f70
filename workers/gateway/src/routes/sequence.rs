//! The sequence that a prospect is in.

use crate::app::App;
use crate::caller::Caller;
use crate::input::{Id, Json, Query};
use crate::problem::{Kind, Problem};
use crate::routes::who::UserQuery;
use axum::Extension;
use axum::extract::State;
use prospects::{GenerateRequest, Sequence};

/// Enrols a prospect in a sequence, with the words for it
///
/// Who is in a running sequence stays in it: nobody gets two at a time.
#[utoipa::path(
    post, path = "/api/outreach/sequence/generate", tag = "outreach", request_body = GenerateRequest,
    responses((status = OK, body = Sequence))
)]
pub(crate) async fn generate(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Json(asked): Json<GenerateRequest>,
) -> Result<axum::Json<Sequence>, Problem> {
    Ok(axum::Json(app.prospects.generate(caller.with(&asked.user_id), &asked, app.now()).await?))
}

/// Shows the newest sequence of a prospect
#[utoipa::path(
    get, path = "/api/outreach/sequence/{prospect_id}", tag = "outreach",
    params(
        ("prospect_id" = String, Path, pattern = "^[A-Za-z0-9_-]{1,64}$", example = "prospect_1"),
        UserQuery
    ),
    responses((status = OK, body = Sequence))
)]
pub(crate) async fn sequence(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Id(prospect_id): Id,
    Query(who): Query<UserQuery>,
) -> Result<axum::Json<Sequence>, Problem> {
    let found = app.prospects.sequence(caller.with(&who.user_id), &prospect_id).await?;
    let never = || Problem::new(Kind::NotFound, "the prospect was never in a sequence");
    Ok(axum::Json(found.ok_or_else(never)?))
}
