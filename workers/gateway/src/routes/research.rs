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
///
/// The first sentence of the newest note goes into the messages of its next sequence, word for word.
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

/// Adds a note to a prospect, under the name that the research tools call
///
/// It is one with `/api/research/notes`: the note is kept and goes into messages, and no research is begun.
#[utoipa::path(
    post, operation_id = "complete_research", path = "/api/research/enhanced/complete-workflow", tag = "research",
    request_body = NoteRequest, responses((status = CREATED, body = ResearchNote))
)]
pub(crate) async fn complete(
    app: State<App>,
    caller: Extension<Caller>,
    asked: Json<NoteRequest>,
) -> Result<(StatusCode, axum::Json<ResearchNote>), Problem> {
    add(app, caller, asked).await
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
