//! What was learned of conversions: as it is, as it was, the leads behind it, and what other weights would have done.

use crate::app::App;
use crate::caller::Caller;
use crate::events;
use crate::input::{Id, Json, Query};
use crate::problem::{Kind, Problem};
use als::Tier;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, SubsecRound as _, Utc};
use conversion::{Behind, ChannelWhatIf, WeightsWhatIf};
use db::Uuid;
use patterns::PatternType;
use prospects::OutreachChannel;
use runtime::learning;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// Who learns.
const DETECTOR: &str = "detector";

/// A document of patterns, in the form of the source document with figures added beside its own.
#[derive(Serialize, ToSchema)]
pub(crate) struct Pattern {
    #[schema(value_type = String, example = "who")]
    pub(crate) pattern_type: String,
    pub(crate) computed_at: DateTime<Utc>,
    /// Until when it is used; nothing for what is history.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) valid_until: Option<DateTime<Utc>>,
    pub(crate) sample_size: i32,
    pub(crate) confidence: f64,
    #[schema(value_type = Object)]
    pub(crate) patterns: Value,
}

impl From<db::conversion::Pattern> for Pattern {
    fn from(found: db::conversion::Pattern) -> Self {
        let db::conversion::Pattern {
            pattern_type, computed_at, valid_until, sample_size, confidence, ..
        } = found;
        Self { pattern_type, computed_at, valid_until, sample_size, confidence, patterns: found.patterns }
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Patterns {
    pub(crate) patterns: Vec<Pattern>,
    /// When they are learned the next time by themselves.
    pub(crate) next_learning: DateTime<Utc>,
}

impl Patterns {
    /// Those in force.
    pub(crate) async fn of(app: &App, client: Uuid) -> Result<Self, Problem> {
        let found = app.conversion.patterns(client, None).await?;
        let next_learning = conversion::schedule::next_learning(client, app.now());
        Ok(Self { patterns: found.into_iter().map(Pattern::from).collect(), next_learning })
    }
}

impl Pattern {
    /// The one in force, if anything was learned.
    pub(crate) async fn of(app: &App, client: Uuid, kind: PatternType) -> Result<Option<Self>, Problem> {
        let found = app.conversion.patterns(client, Some(kind)).await?.into_iter().next();
        Ok(found.map(Self::from))
    }
}

/// Lists the patterns of all four types
///
/// There are none before something was learned.
#[utoipa::path(
    get, operation_id = "list_patterns", path = "/api/patterns", tag = "patterns",
    responses((status = OK, body = Patterns))
)]
pub(crate) async fn all(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
) -> Result<axum::Json<Patterns>, Problem> {
    Ok(axum::Json(Patterns::of(&app, caller.client).await?))
}

/// Shows the pattern of one type: `who`, `what`, `when` or `how`
#[utoipa::path(
    get, operation_id = "show_pattern", path = "/api/patterns/{pattern_type}", tag = "patterns",
    params(("pattern_type" = String, Path, pattern = "^(who|what|when|how)$", example = "who")),
    responses((status = OK, body = Pattern))
)]
pub(crate) async fn one(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Id(pattern_type): Id,
) -> Result<axum::Json<Pattern>, Problem> {
    let kind: PatternType = pattern_type.parse().map_err(|why: String| Problem::new(Kind::NotFound, why))?;
    let none =
        || Problem::new(Kind::NotFound, "nothing was learned yet: POST /api/patterns/recompute asks for it");
    Ok(axum::Json(Pattern::of(&app, caller.client, kind).await?.ok_or_else(none)?))
}

#[derive(Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct HistoryQuery {
    /// One type only.
    #[param(pattern = "^(who|what|when|how)$")]
    #[schema(pattern = "^(who|what|when|how)$")]
    pub(crate) r#type: Option<String>,
    /// Documents, the newest first.
    #[serde(default = "some")]
    #[param(minimum = 1, maximum = 100, default = 20)]
    #[schema(minimum = 1, maximum = 100, default = 20)]
    pub(crate) limit: i64,
}

fn some() -> i64 {
    20
}

#[derive(Serialize, ToSchema)]
pub(crate) struct History {
    pub(crate) history: Vec<Pattern>,
}

impl History {
    pub(crate) async fn of(app: &App, client: Uuid, asked: &HistoryQuery) -> Result<Self, Problem> {
        let kind = asked.r#type.as_deref().map(str::parse).transpose();
        let kind = kind.map_err(|why: String| Problem::wrong("type", why))?;
        let found = app.conversion.history(client, kind, asked.limit).await?;
        Ok(Self { history: found.into_iter().map(Pattern::from).collect() })
    }
}

/// Lists what patterns were before, the newest first
#[utoipa::path(
    get, operation_id = "pattern_history", path = "/api/patterns/history", tag = "patterns", params(HistoryQuery),
    responses((status = OK, body = History))
)]
pub(crate) async fn history(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Query(asked): Query<HistoryQuery>,
) -> Result<axum::Json<History>, Problem> {
    Ok(axum::Json(History::of(&app, caller.client, &asked).await?))
}

/// Shows the leads behind a figure
///
/// The id stands in the `evidence` of each figure of a pattern.
#[utoipa::path(
    get, operation_id = "pattern_evidence", path = "/api/patterns/evidence/{evidence_id}", tag = "patterns",
    params(("evidence_id" = String, Path, pattern = "^[A-Za-z0-9_-]{1,64}$", example = "a1b2c3d4e5f60718")),
    responses((status = OK, body = Behind))
)]
pub(crate) async fn evidence(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Id(evidence_id): Id,
) -> Result<axum::Json<Behind>, Problem> {
    Ok(axum::Json(behind(&app, caller.client, &evidence_id).await?))
}

pub(crate) async fn behind(app: &App, client: Uuid, evidence_id: &str) -> Result<Behind, Problem> {
    let none = || Problem::new(Kind::NotFound, "no pattern in force has a figure with this evidence id");
    app.conversion.evidence(client, evidence_id).await?.ok_or_else(none)
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Learning {
    /// As of when it is learned.
    moment: DateTime<Utc>,
}

/// Asks for patterns to be learned now
///
/// It is done soon after; `computed_at` of the patterns is the moment then.
#[utoipa::path(
    post, operation_id = "recompute_patterns", path = "/api/patterns/recompute", tag = "patterns",
    responses((status = ACCEPTED, body = Learning))
)]
pub(crate) async fn recompute(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
) -> Result<(StatusCode, axum::Json<Learning>), Problem> {
    let moment = learn(&app, caller.client, "api").await?;
    Ok((StatusCode::ACCEPTED, axum::Json(Learning { moment })))
}

/// Asks the detector to learn as of now.
pub(crate) async fn learn(app: &App, client: Uuid, asked_by: &str) -> Result<DateTime<Utc>, Problem> {
    let moment = app.now().trunc_subsecs(0);
    events::say(app, &learning::request(DETECTOR, client, moment, asked_by)).await?;
    Ok(moment)
}

/// Other weights of scores.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WeightsRequest {
    weights: als::Weights,
}

/// One first channel for all, or for all of a tier.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FirstChannelRequest {
    first_channel: OutreachChannel,
    /// As it was when the channels of a lead were assigned; all tiers, if none is given.
    #[serde(default)]
    tier: Option<Tier>,
}

/// Other weights, or another first channel.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum PatternsWhatIf {
    Weights(WeightsRequest),
    FirstChannel(FirstChannelRequest),
}

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum PatternsWouldBe {
    Weights(WeightsWhatIf),
    FirstChannel(ChannelWhatIf),
}

/// Tells what other weights would have done, or what it would bring to begin with one channel
///
/// Of weights it describes who would have come first and how those leads turned out. Of a channel it weighs what became
/// of leads whose first channel was drawn by chance in a campaign, and claims nothing when these are too few. Nothing is
/// written.
#[utoipa::path(
    post, operation_id = "what_if_patterns", path = "/api/patterns/whatif", tag = "patterns",
    request_body = PatternsWhatIf, responses((status = OK, body = PatternsWouldBe))
)]
pub(crate) async fn what_if(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Json(asked): Json<PatternsWhatIf>,
) -> Result<axum::Json<PatternsWouldBe>, Problem> {
    let (client, now) = (caller.client, app.now());
    let told = match asked {
        PatternsWhatIf::Weights(WeightsRequest { weights }) if !weights.are_sound() => {
            return Err(Problem::wrong("weights", "must be from 0 to 1, and not all of them 0"));
        }
        PatternsWhatIf::Weights(WeightsRequest { weights }) => {
            PatternsWouldBe::Weights(app.conversion.what_if(client, weights, now).await?)
        }
        PatternsWhatIf::FirstChannel(FirstChannelRequest { first_channel, tier }) => {
            let (channel, tier) = (first_channel.name(), tier.map(Tier::name));
            PatternsWouldBe::FirstChannel(app.conversion.what_if_channel(client, channel, tier, now).await?)
        }
    };
    Ok(axum::Json(told))
}
