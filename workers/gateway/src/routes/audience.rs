//! Segments and ranks.

use crate::app::App;
use crate::caller::Caller;
use crate::input::Json;
use crate::problem::Problem;
use axum::Extension;
use axum::extract::State;
use prospects::{PrioritizeRequest, Prioritized, SegmentRequest, Segmentation};

/// Places prospects in segments and tags them
#[utoipa::path(
    post, path = "/api/outreach/segment", tag = "outreach", request_body = SegmentRequest,
    responses((status = OK, body = Segmentation))
)]
pub(crate) async fn segment(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Json(asked): Json<SegmentRequest>,
) -> Result<axum::Json<Segmentation>, Problem> {
    let owner = caller.with(&asked.user_id);
    Ok(axum::Json(app.prospects.segment(owner, asked.prospect_ids).await?))
}

/// Ranks prospects, the most promising first, with reasons
#[utoipa::path(
    post, path = "/api/outreach/prioritize", tag = "outreach", request_body = PrioritizeRequest,
    responses((status = OK, body = Prioritized))
)]
pub(crate) async fn prioritize(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Json(asked): Json<PrioritizeRequest>,
) -> Result<axum::Json<Prioritized>, Problem> {
    Ok(axum::Json(app.prospects.prioritize(caller.with(&asked.user_id), &asked).await?))
}
