//! Touches that are due: a tool takes them and says what became of them.

use crate::app::App;
use crate::caller::Caller;
use crate::input::{Id, Json, Query};
use crate::problem::Problem;
use crate::routes::who::LimitQuery;
use axum::Extension;
use axum::extract::State;
use db::Uuid;
use prospects::{AckRequest, DueRequest, DueTouch, PlannedTouch};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct Due {
    touches: Vec<PlannedTouch>,
}

/// Shows touches that are due and have not gone out
///
/// Nothing is taken by looking: whoever wants to send takes them with POST.
#[utoipa::path(
    get, operation_id = "show_due", path = "/api/outreach/due", tag = "outreach", params(LimitQuery),
    responses((status = OK, body = Due))
)]
pub(crate) async fn show(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Query(asked): Query<LimitQuery>,
) -> Result<axum::Json<Due>, Problem> {
    let touches = app.prospects.show_due(caller.alone(), asked.limit, app.now()).await?;
    Ok(axum::Json(Due { touches }))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Taken {
    touches: Vec<DueTouch>,
}

/// Takes touches that are due, with what is needed to send them
///
/// What a key has taken and not acknowledged it gets again after a quarter of an hour, and another key after a day: a
/// tool remembers `touch_id`. Only what may go out now is handed out: it is the recipient's business hours that count.
#[utoipa::path(
    post, operation_id = "take_due", path = "/api/outreach/due", tag = "outreach", request_body = DueRequest,
    responses((status = OK, body = Taken))
)]
pub(crate) async fn take(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Json(asked): Json<DueRequest>,
) -> Result<axum::Json<Taken>, Problem> {
    let touches = app.prospects.take(caller.alone(), &caller.key, asked, app.now()).await?;
    Ok(axum::Json(Taken { touches }))
}

/// Says what became of a touch that was taken
#[utoipa::path(
    post, path = "/api/outreach/due/{touch_id}/ack", tag = "outreach", request_body = AckRequest,
    params(("touch_id" = Uuid, Path)),
    responses((status = OK, body = PlannedTouch))
)]
pub(crate) async fn acknowledge(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Id(touch_id): Id,
    Json(told): Json<AckRequest>,
) -> Result<axum::Json<PlannedTouch>, Problem> {
    let touch_id = Uuid::try_parse(&touch_id).map_err(|error| Problem::not_found().because(error))?;
    Ok(axum::Json(app.prospects.acknowledge(caller.alone(), touch_id, &told, app.now()).await?))
}
