//! The plan of a week: made, and handed out as files.

use crate::app::App;
use crate::caller::Caller;
use crate::input::{Json, Query};
use crate::problem::Problem;
use axum::Extension;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use chrono::{NaiveDate, Weekday};
use prospects::{Cadence, CadenceRequest, PlannedTouch, Recipients};
use serde::{Deserialize, Serialize};
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
    Ok(axum::Json(app.prospects.plan_week(caller.with(&asked.user_id), &asked, app.now()).await?))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Simulated {
    /// This week and the next, or the named one and the next.
    weeks: Vec<Cadence>,
}

/// Shows the next two weeks as they would be planned now
///
/// As if all of the first went out and nobody answered. Nothing is kept, whatever `dry_run` says.
#[utoipa::path(
    post, path = "/api/outreach/cadence/simulate", tag = "outreach", request_body = CadenceRequest,
    responses((status = OK, body = Simulated))
)]
pub(crate) async fn simulate(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Json(asked): Json<CadenceRequest>,
) -> Result<axum::Json<Simulated>, Problem> {
    let weeks = app.prospects.simulate(caller.with(&asked.user_id), &asked, app.now()).await?;
    Ok(axum::Json(Simulated { weeks }))
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
    let (touches, people) = week(&app, &caller, &asked).await?;
    let text = prospects::as_calendar(&touches, &people, app.now());
    Ok(file("text/calendar; charset=utf-8", "week.ics", text))
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
    let (touches, people) = week(&app, &caller, &asked).await?;
    let text = prospects::as_spreadsheet(&touches, &people).map_err(Problem::internal)?;
    Ok(file("text/csv; charset=utf-8", "week.csv", text))
}

/// What is planned for a week, and for whom. Names are shown as where prospects are ranked; addresses are only for
/// whoever takes touches to send them.
async fn week(
    app: &App,
    caller: &Caller,
    asked: &WeekQuery,
) -> Result<(Vec<PlannedTouch>, Recipients), Problem> {
    let owner = caller.with(&asked.user_id);
    let day = asked.week_start.unwrap_or_else(|| app.now().date_naive());
    let monday = day.week(Weekday::Mon).checked_first_day();
    let monday = monday.ok_or_else(|| Problem::wrong("week_start", "has no Monday before it"))?;
    let touches = app.prospects.week(owner, monday).await?;
    let mut people = app.prospects.recipients(owner, &touches).await?;
    for recipient in people.values_mut() {
        recipient.email.clear();
        recipient.linkedin_url.clear();
    }
    Ok((touches, people))
}

fn file(media_type: &str, name: &str, text: String) -> Response {
    let attachment = format!("attachment; filename=\"{name}\"");
    ([(CONTENT_TYPE, media_type.to_owned()), (CONTENT_DISPOSITION, attachment)], text).into_response()
}
