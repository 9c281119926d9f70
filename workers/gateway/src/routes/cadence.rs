//! The plan of a week: made, and handed out as files.

use crate::app::App;
use crate::caller::Caller;
use crate::input::{Json, Query};
use crate::problem::Problem;
use crate::{clock, week};
use axum::Extension;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use chrono::{NaiveDate, Weekday};
use prospects::{Cadence, CadenceRequest, PlannedTouch};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

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

/// Which week.
#[derive(Deserialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct WeekQuery {
    #[schema(min_length = 1, max_length = 64, example = "user123")]
    #[param(min_length = 1, max_length = 64, example = "user123")]
    user_id: String,
    /// A day of the week; today, if none is given.
    week_start: Option<NaiveDate>,
}

/// Hands out the kept plan of a week as a calendar
#[utoipa::path(
    get, path = "/api/outreach/cadence/week.ics", tag = "outreach", params(WeekQuery),
    responses((status = OK, body = String, content_type = "text/calendar"))
)]
pub(crate) async fn calendar(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Query(asked): Query<WeekQuery>,
) -> Result<Response, Problem> {
    let touches = touches(&app, &caller, &asked).await?;
    let text = week::calendar(&touches, clock::now());
    Ok(([(CONTENT_TYPE, "text/calendar; charset=utf-8")], text).into_response())
}

/// Hands out the kept plan of a week as a table
#[utoipa::path(
    get, path = "/api/outreach/cadence/week.csv", tag = "outreach", params(WeekQuery),
    responses((status = OK, body = String, content_type = "text/csv"))
)]
pub(crate) async fn table(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Query(asked): Query<WeekQuery>,
) -> Result<Response, Problem> {
    let touches = touches(&app, &caller, &asked).await?;
    let text = week::table(&touches).map_err(Problem::internal)?;
    Ok(([(CONTENT_TYPE, "text/csv; charset=utf-8")], text).into_response())
}

async fn touches(app: &App, caller: &Caller, asked: &WeekQuery) -> Result<Vec<PlannedTouch>, Problem> {
    let day = asked.week_start.unwrap_or_else(|| clock::now().date_naive());
    let monday = day.week(Weekday::Mon).checked_first_day();
    let monday = monday.ok_or_else(|| Problem::wrong("week_start", "has no Monday before it"))?;
    Ok(app.prospects.week(caller.with(&asked.user_id), monday).await?)
}
