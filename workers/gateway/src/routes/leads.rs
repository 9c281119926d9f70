//! Leads by their scores, why a score is what it is, and what it would be otherwise.

use crate::app::App;
use crate::caller::Caller;
use crate::input::{Id, Json, Query};
use crate::problem::Problem;
use axum::Extension;
use axum::extract::State;
use prospects::{Explanation, LeadPage, LeadsQuery, WhatIfAnswer, WhatIfRequest};

/// Lists leads, the best score first unless another order is asked for
#[utoipa::path(
    get, operation_id = "list_leads", path = "/api/leads", tag = "leads", params(LeadsQuery),
    responses((status = OK, body = LeadPage))
)]
pub(crate) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Query(asked): Query<LeadsQuery>,
) -> Result<axum::Json<LeadPage>, Problem> {
    Ok(axum::Json(app.scores.list(caller.client, &asked).await?))
}

/// Tells why the score of a lead is what it is
///
/// The lines of `ledger` add up to the score exactly: what each part contributes, and what is cut off at the end.
#[utoipa::path(
    get, operation_id = "explain_score", path = "/api/leads/{prospect_id}/score", tag = "leads",
    params(("prospect_id" = String, Path, pattern = "^[A-Za-z0-9_-]{1,64}$", example = "prospect_1")),
    responses((status = OK, body = Explanation))
)]
pub(crate) async fn explain(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Id(prospect_id): Id,
) -> Result<axum::Json<Explanation>, Problem> {
    Ok(axum::Json(app.scores.explain(caller.client, &prospect_id, app.now()).await?))
}

/// Tells what the score would be, with other facts or other weights
///
/// Nothing is written.
#[utoipa::path(
    post, operation_id = "what_if_score", path = "/api/leads/{prospect_id}/score/whatif", tag = "leads",
    request_body = WhatIfRequest,
    params(("prospect_id" = String, Path, pattern = "^[A-Za-z0-9_-]{1,64}$", example = "prospect_1")),
    responses((status = OK, body = WhatIfAnswer))
)]
pub(crate) async fn what_if(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Id(prospect_id): Id,
    Json(asked): Json<WhatIfRequest>,
) -> Result<axum::Json<WhatIfAnswer>, Problem> {
    Ok(axum::Json(app.scores.what_if(caller.client, &prospect_id, &asked, app.now()).await?))
}
