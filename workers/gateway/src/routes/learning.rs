//! When patterns are learned from engagement again.

use crate::app::App;
use crate::caller::Caller;
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct PatternsUpdate {
    /// When it happens: on the next Sunday after 02:00 UTC, each client at its own minute.
    next_recalc: DateTime<Utc>,
}

/// Asks for patterns to be learned again
#[utoipa::path(
    post, path = "/api/learning/update-patterns", tag = "learning",
    responses((status = ACCEPTED, body = PatternsUpdate))
)]
pub(crate) async fn update_patterns(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
) -> (StatusCode, Json<PatternsUpdate>) {
    let next_recalc = conversion::schedule::next_learning(caller.client, app.now());
    (StatusCode::ACCEPTED, Json(PatternsUpdate { next_recalc }))
}
