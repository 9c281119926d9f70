//! What outreach has brought.

use crate::app::App;
use crate::caller::Caller;
use crate::clock;
use crate::input::{Json, Query};
use crate::problem::Problem;
use axum::Extension;
use axum::extract::State;
use chrono::NaiveDate;
use prospects::{Metrics, MetricsRequest};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// The fields of the body, for those who ask by query.
#[derive(Deserialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct MetricsQuery {
    #[schema(min_length = 1, max_length = 64, example = "user123")]
    #[param(min_length = 1, max_length = 64, example = "user123")]
    user_id: String,
    /// The first day, UTC; the very first, if none is given.
    from: Option<NaiveDate>,
    /// The last day, UTC; today, if none is given.
    to: Option<NaiveDate>,
    segment: Option<String>,
    sequence_type: Option<String>,
}

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
    Ok(axum::Json(app.prospects.metrics(caller.with(&asked.user_id), &asked, clock::now()).await?))
}

/// Tells what outreach has brought, asked by query
#[utoipa::path(
    get, path = "/api/outreach/metrics", tag = "outreach", params(MetricsQuery),
    responses((status = OK, body = Metrics))
)]
pub(crate) async fn metrics_by_query(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Query(asked): Query<MetricsQuery>,
) -> Result<axum::Json<Metrics>, Problem> {
    let MetricsQuery { user_id, from, to, segment, sequence_type } = asked;
    let asked = MetricsRequest { user_id, from, to, segment, sequence_type };
    Ok(axum::Json(app.prospects.metrics(caller.with(&asked.user_id), &asked, clock::now()).await?))
}
