//! What outreach has brought.

use crate::app::App;
use crate::caller::Caller;
use crate::input::{Json, Query};
use crate::problem::Problem;
use axum::Extension;
use axum::extract::State;
use prospects::{Metrics, MetricsRequest};

/// Tells what outreach has brought, with intervals
#[utoipa::path(
    post, path = "/api/outreach/metrics", tag = "outreach", request_body = MetricsRequest,
    responses((status = OK, body = Metrics))
)]
pub(crate) async fn metrics(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Json(asked): Json<MetricsRequest>,
) -> Result<axum::Json<Metrics>, Problem> {
    Ok(axum::Json(app.prospects.metrics(caller.with(&asked.user_id), &asked, app.now()).await?))
}

/// Tells what outreach has brought, asked by query
#[utoipa::path(
    get, path = "/api/outreach/metrics", tag = "outreach", params(MetricsRequest),
    responses((status = OK, body = Metrics))
)]
pub(crate) async fn metrics_by_query(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Query(asked): Query<MetricsRequest>,
) -> Result<axum::Json<Metrics>, Problem> {
    Ok(axum::Json(app.prospects.metrics(caller.with(&asked.user_id), &asked, app.now()).await?))
}
