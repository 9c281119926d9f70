//! The plan of a week.

use crate::app::App;
use crate::caller::Caller;
use crate::clock;
use crate::input::Json;
use crate::problem::Problem;
use axum::Extension;
use axum::extract::State;
use prospects::{Cadence, CadenceRequest};

/// Plans a week of connection requests and follow-ups
#[utoipa::path(
    post, path = "/api/outreach/cadence/weekly", tag = "outreach", request_body = CadenceRequest,
    responses((status = OK, body = Cadence))
)]
pub(crate) async fn weekly(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Json(asked): Json<CadenceRequest>,
) -> Result<axum::Json<Cadence>, Problem> {
    Ok(axum::Json(app.prospects.plan_week(caller.with(&asked.user_id), &asked, clock::now()).await?))
}
