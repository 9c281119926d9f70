//! Campaigns: asked for, and shown when they are written.

use crate::app::App;
use crate::caller::Caller;
use crate::events;
use crate::input::{Id, Json, Query};
use crate::problem::{Kind, Problem};
use crate::routes::who::LimitQuery;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use db::Uuid;
use prospects::{AllocateRequest, Allocated, AskCampaign, Campaign};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct AskedCampaign {
    /// The campaign is found by it at once; it has messages when its state is `written`.
    campaign_id: Uuid,
}

/// Asks for the messages of a campaign, in the order and at the times that conversions have proven
///
/// Claude writes them; without a key they are the repository's own, and say so.
#[utoipa::path(
    post, operation_id = "ask_campaign", path = "/api/campaigns", tag = "campaigns", request_body = AskCampaign,
    responses((status = ACCEPTED, body = AskedCampaign))
)]
pub(crate) async fn ask(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Json(asked): Json<AskCampaign>,
) -> Result<(StatusCode, axum::Json<AskedCampaign>), Problem> {
    let asked = app.prospects.ask_campaign(caller.with(&asked.user_id), &asked, app.now()).await?;
    events::say(&app, &asked.job()).await?;
    let campaign_id = asked.commit().await?;
    Ok((StatusCode::ACCEPTED, axum::Json(AskedCampaign { campaign_id })))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Campaigns {
    campaigns: Vec<Campaign>,
}

/// Lists campaigns, the newest first
#[utoipa::path(
    get, operation_id = "list_campaigns", path = "/api/campaigns", tag = "campaigns", params(LimitQuery),
    responses((status = OK, body = Campaigns))
)]
pub(crate) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Query(asked): Query<LimitQuery>,
) -> Result<axum::Json<Campaigns>, Problem> {
    let campaigns = app.prospects.campaigns(caller.alone(), asked.limit).await?;
    Ok(axum::Json(Campaigns { campaigns }))
}

/// Shows a campaign
#[utoipa::path(
    get, operation_id = "show_campaign", path = "/api/campaigns/{campaign_id}", tag = "campaigns",
    params(("campaign_id" = Uuid, Path)),
    responses((status = OK, body = Campaign))
)]
pub(crate) async fn show(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Id(campaign_id): Id,
) -> Result<axum::Json<Campaign>, Problem> {
    let campaign_id = named(&campaign_id)?;
    let found = app.prospects.campaign(caller.alone(), campaign_id).await?;
    Ok(axum::Json(found.ok_or(prospects::Error::UnknownCampaign(campaign_id))?))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Allocations {
    prospects: Vec<Allocated>,
}

/// Assigns prospects their channels in a campaign, and the order of these
///
/// Drawn by what books in the tier of each, among the channels that it may be contacted through; while nothing is
/// proven the order is the usual one, except for one in ten, so that something can be. How likely each channel was is
/// kept with it. Whoever has channels in the campaign keeps them.
#[utoipa::path(
    post, operation_id = "allocate_channels", path = "/api/campaigns/{campaign_id}/allocate", tag = "campaigns",
    request_body = AllocateRequest, params(("campaign_id" = Uuid, Path)),
    responses((status = OK, body = Allocations))
)]
pub(crate) async fn allocate(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Id(campaign_id): Id,
    Json(asked): Json<AllocateRequest>,
) -> Result<axum::Json<Allocations>, Problem> {
    let campaign = Some(named(&campaign_id)?);
    let prospects = app.prospects.allocate(caller.alone(), &asked, campaign, app.now()).await?;
    Ok(axum::Json(Allocations { prospects }))
}

fn named(campaign_id: &str) -> Result<Uuid, Problem> {
    let unknown = |error| Problem::new(Kind::NotFound, "there is no such campaign").because(error);
    Uuid::try_parse(campaign_id).map_err(unknown)
}
