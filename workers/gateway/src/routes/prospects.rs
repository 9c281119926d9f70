//! Prospects themselves: taken in, scored, handed out, forgotten.

use crate::app::App;
use crate::caller::Caller;
use crate::events;
use crate::input::{Id, Json};
use crate::problem::Problem;
use axum::Extension;
use axum::extract::State;
use prospects::{
    Erased, FromMatches, FromMatchesRequest, GivenScores, NewProspect, Person, RankedProspect, TakenIn,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"user_id": "user123", "prospects": [{"name": "Jane Roe", "title": "Owner",
    "company": "Oak Hill Clinic", "state": "AZ", "email": "jane@clinic.example"}]}))]
pub(crate) struct DiscoverRequest {
    #[schema(min_length = 1, max_length = 64)]
    user_id: String,
    #[schema(min_items = 1, max_items = 300)]
    prospects: Vec<NewProspect>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Discovered {
    /// In the order of the request.
    prospects: Vec<TakenIn>,
}

/// Takes prospects in, all or none
///
/// One person is one prospect: known again by id, e-mail address, profile, or name and company. Whoever would be two
/// people by these is refused with 409.
#[utoipa::path(
    post, path = "/api/prospects/discover", tag = "prospects", request_body = DiscoverRequest,
    responses((status = OK, body = Discovered))
)]
pub(crate) async fn discover(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Json(asked): Json<DiscoverRequest>,
) -> Result<axum::Json<Discovered>, Problem> {
    let owner = caller.with(&asked.user_id);
    let taken = app.prospects.take_in(owner, asked.prospects, app.now()).await;
    let prospects = taken.map_err(clash)?;
    events::announce(&app, owner.client, &prospects).await;
    Ok(axum::Json(Discovered { prospects }))
}

/// Makes prospects of the matched clinics of the current run
///
/// Of each clinic it is the decision maker who is taken in; whoever is known already is updated, and nobody who was
/// erased comes back.
#[utoipa::path(
    post, path = "/api/prospects/from-matches", tag = "prospects", request_body = FromMatchesRequest,
    responses((status = OK, body = FromMatches))
)]
pub(crate) async fn from_matches(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Json(asked): Json<FromMatchesRequest>,
) -> Result<axum::Json<FromMatches>, Problem> {
    let owner = caller.with(&asked.user_id);
    let matched = app.prospects.from_matches(owner, &asked, app.now()).await.map_err(clash)?;
    events::announce(&app, owner.client, &matched.taken).await;
    Ok(axum::Json(matched))
}

/// Every field is as it is described; what is wrong with it is what is there already.
fn clash(error: prospects::Error) -> Problem {
    match error {
        prospects::Error::Wrong(wrong) => Problem::clash(wrong),
        error => error.into(),
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"user_id": "user123", "scores": [{"prospect_id": "prospect_1", "fit_score": 82.5}]}))]
pub(crate) struct ScoreRequest {
    #[schema(min_length = 1, max_length = 64)]
    user_id: String,
    #[schema(min_items = 1, max_items = 300)]
    scores: Vec<GivenScores>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Scored {
    prospects: Vec<RankedProspect>,
}

/// Takes over scores that somebody else has given
#[utoipa::path(
    post, path = "/api/prospects/score", tag = "prospects", request_body = ScoreRequest,
    responses((status = OK, body = Scored))
)]
pub(crate) async fn score(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Json(asked): Json<ScoreRequest>,
) -> Result<axum::Json<Scored>, Problem> {
    let prospects = app.prospects.give_scores(caller.with(&asked.user_id), &asked.scores).await?;
    Ok(axum::Json(Scored { prospects }))
}

/// Hands out everything that is kept of a person
#[utoipa::path(
    get, path = "/api/prospects/{prospect_id}/export", tag = "prospects",
    params(("prospect_id" = String, Path, pattern = "^[A-Za-z0-9_-]{1,64}$", example = "prospect_1")),
    responses((status = OK, body = Person))
)]
pub(crate) async fn export(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Id(prospect_id): Id,
) -> Result<axum::Json<Person>, Problem> {
    Ok(axum::Json(app.prospects.export(caller.alone(), &prospect_id).await?))
}

/// Forgets a person
///
/// That the person is not to be contacted again is kept by keyed hashes, which name nobody.
#[utoipa::path(
    delete, path = "/api/prospects/{prospect_id}", tag = "prospects",
    params(("prospect_id" = String, Path, pattern = "^[A-Za-z0-9_-]{1,64}$", example = "prospect_3")),
    responses((status = OK, body = Erased))
)]
pub(crate) async fn erase(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Id(prospect_id): Id,
) -> Result<axum::Json<Erased>, Problem> {
    Ok(axum::Json(app.prospects.erase(caller.alone(), &prospect_id).await?))
}
