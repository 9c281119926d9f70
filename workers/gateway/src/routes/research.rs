//! What is known of a prospect beside its attributes.

use crate::app::App;
use crate::caller::Caller;
use crate::input::{Id, Json};
use crate::problem::Problem;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use prospects::{NoteRequest, ResearchNote};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct Notes {
    notes: Vec<ResearchNote>,
}

/// Adds a note to a prospect
#[utoipa::path(
    post, operation_id = "add_note", path = "/api/research/notes", tag = "research", request_body = NoteRequest,
    responses((status = CREATED, body = ResearchNote))
)]
pub(crate) async fn add(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Json(asked): Json<NoteRequest>,
) -> Result<(StatusCode, axum::Json<ResearchNote>), Problem> {
    let note = app.prospects.add_note(caller.with(&asked.user_id), &asked).await?;
    Ok((StatusCode::CREATED, axum::Json(note)))
}

/// Lists the notes of a prospect, the oldest first
#[utoipa::path(
    get, operation_id = "list_notes", path = "/api/research/notes/{prospect_id}", tag = "research",
    params(("prospect_id" = String, Path, pattern = "^[A-Za-z0-9_-]{1,64}$", example = "prospect_1")),
    responses((status = OK, body = Notes))
)]
pub(crate) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Id(prospect_id): Id,
) -> Result<axum::Json<Notes>, Problem> {
    let notes = app.prospects.notes(caller.alone(), &prospect_id).await?;
    Ok(axum::Json(Notes { notes }))
}
