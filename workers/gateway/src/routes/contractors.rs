//! What a contractor is told: the patterns that fit, goals, partners, content, and how long it may take.

use crate::app::App;
use crate::caller::Caller;
use crate::input::{Json, Numbers, Query};
use crate::problem::Problem;
use axum::Extension;
use axum::extract::State;
use chrono::{DateTime, Utc};
use contractors::{BaseScore, ChecklistItem, Erased, Goal, PartnerAdviceBoosted, StoredMatch};
use db::Uuid;
use levels::content::ContentAdvice;
use levels::matching::Match;
use levels::partners::PartnerAdvice;
use levels::timeline::Timeline;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Serialize, ToSchema)]
pub(crate) struct ContractorPatterns {
    /// Those that fit best now, three at most.
    pub(crate) matches: Vec<Match>,
    /// Those that they act on or have acted on, and what came of it.
    pub(crate) applied: Vec<AppliedPattern>,
}

impl ContractorPatterns {
    pub(crate) async fn of(app: &App, client: Uuid, contractor: i32) -> Result<Self, Problem> {
        let matches = app.contractors.matches(client, contractor, app.now()).await?;
        let applied = app.contractors.applied(client, contractor).await?;
        Ok(Self { matches, applied: applied.into_iter().map(AppliedPattern::from).collect() })
    }
}

/// A pattern that a contractor acts on.
#[derive(Serialize, ToSchema)]
pub(crate) struct AppliedPattern {
    pub(crate) pattern_id: i32,
    match_score: f64,
    match_reason: String,
    pub(crate) pattern_applied_at: DateTime<Utc>,
    /// `in_progress`, `successful` or `unsuccessful`.
    pub(crate) pattern_result: String,
    pub(crate) goals_generated: i32,
    checklist_items_generated: i32,
}

impl From<StoredMatch> for AppliedPattern {
    fn from(stored: StoredMatch) -> Self {
        Self {
            pattern_id: stored.pattern_id,
            match_score: stored.match_score,
            match_reason: stored.match_reason,
            pattern_applied_at: stored.pattern_applied_at,
            pattern_result: stored.pattern_result,
            goals_generated: stored.goals_generated,
            checklist_items_generated: stored.checklist_items_generated,
        }
    }
}

/// Finds the patterns that fit a contractor, with the reasons
///
/// Tier 30 %, focus areas 40 %, team size 15 %, current stage 15 %. Nothing is written.
#[utoipa::path(
    get, operation_id = "match_contractor", path = "/api/growth/contractors/{contractor_id}/patterns", tag = "growth",
    params(("contractor_id" = i32, Path, minimum = 1)), responses((status = OK, body = ContractorPatterns))
)]
pub(crate) async fn matches(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Numbers(contractor): Numbers<i32>,
) -> Result<axum::Json<ContractorPatterns>, Problem> {
    Ok(axum::Json(ContractorPatterns::of(&app, caller.client, contractor).await?))
}

/// Links a contractor to a pattern that they act on
#[utoipa::path(
    post, operation_id = "apply_growth_pattern",
    path = "/api/growth/contractors/{contractor_id}/patterns/{pattern_id}/apply", tag = "growth",
    params(("contractor_id" = i32, Path, minimum = 1), ("pattern_id" = i32, Path, minimum = 1)),
    responses((status = OK, body = Match))
)]
pub(crate) async fn apply(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Numbers((contractor, pattern)): Numbers<(i32, i32)>,
) -> Result<axum::Json<Match>, Problem> {
    Ok(axum::Json(app.contractors.apply_pattern(caller.client, contractor, pattern, app.now()).await?))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Goals {
    goals: Vec<Goal>,
}

/// Lists the goals of a contractor, open ones and the most urgent first
#[utoipa::path(
    get, operation_id = "list_goals", path = "/api/growth/contractors/{contractor_id}/goals", tag = "growth",
    params(("contractor_id" = i32, Path, minimum = 1)), responses((status = OK, body = Goals))
)]
pub(crate) async fn goals(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Numbers(contractor): Numbers<i32>,
) -> Result<axum::Json<Goals>, Problem> {
    Ok(axum::Json(Goals { goals: app.contractors.goals(caller.client, contractor).await? }))
}

#[derive(Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct GoalsQuery {
    /// Show what would be made, and write nothing.
    #[serde(default)]
    dry_run: bool,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct GeneratedGoals {
    dry_run: bool,
    /// The patterns that they are made of, the best first.
    matches: Vec<Match>,
    goals: Vec<GeneratedGoal>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct GeneratedGoal {
    /// None in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<i32>,
    #[serde(flatten)]
    goal: levels::goals::Goal,
}

/// Makes the goals of a contractor
///
/// From the patterns that fit, else from the profile alone. Open goals of the same types become as these are, and keep
/// what is done of their checklists.
#[utoipa::path(
    post, operation_id = "generate_goals", path = "/api/growth/contractors/{contractor_id}/goals", tag = "growth",
    params(("contractor_id" = i32, Path, minimum = 1), GoalsQuery), responses((status = OK, body = GeneratedGoals))
)]
pub(crate) async fn generate(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Numbers(contractor): Numbers<i32>,
    Query(GoalsQuery { dry_run }): Query<GoalsQuery>,
) -> Result<axum::Json<GeneratedGoals>, Problem> {
    let made = app.contractors.generate_goals(caller.client, contractor, dry_run, app.now()).await?;
    let ids = made.ids.into_iter().map(Some).chain(std::iter::repeat(None));
    let goals = made.goals.into_iter().zip(ids).map(|(goal, id)| GeneratedGoal { id, goal }).collect();
    Ok(axum::Json(GeneratedGoals { dry_run, matches: made.matches, goals }))
}

/// Ticks an item of a goal's checklist
///
/// The first time stays.
#[utoipa::path(
    post, operation_id = "tick_checklist_item", path = "/api/growth/checklist-items/{item_id}/done", tag = "growth",
    params(("item_id" = i32, Path, minimum = 1)), responses((status = OK, body = ChecklistItem))
)]
pub(crate) async fn done(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Numbers(item): Numbers<i32>,
) -> Result<axum::Json<ChecklistItem>, Problem> {
    Ok(axum::Json(app.contractors.tick(caller.client, item, app.now()).await?))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Partners {
    partners: Vec<PartnerAdvice>,
}

/// Recommends partners that those who levelled up used
#[utoipa::path(
    get, operation_id = "recommend_partners", path = "/api/growth/contractors/{contractor_id}/partners", tag = "growth",
    params(("contractor_id" = i32, Path, minimum = 1)), responses((status = OK, body = Partners))
)]
pub(crate) async fn partners(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Numbers(contractor): Numbers<i32>,
) -> Result<axum::Json<Partners>, Problem> {
    let advice = app.contractors.partners(caller.client, contractor, &[], app.now()).await?;
    Ok(axum::Json(Partners { partners: advice.partners }))
}

/// Scores that partners have from elsewhere.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"scores": [{"partner_id": 5, "score": 0.6}]}))]
pub(crate) struct PartnerScores {
    #[schema(min_items = 1, max_items = 1000)]
    scores: Vec<BaseScore>,
}

/// Raises scores of partners by how many of those who levelled up used them
///
/// By 15 % where 89 % did, and not at all where fewer than half did. Nothing is written.
#[utoipa::path(
    post, operation_id = "boost_partners", path = "/api/growth/contractors/{contractor_id}/partners", tag = "growth",
    params(("contractor_id" = i32, Path, minimum = 1)), request_body = PartnerScores,
    responses((status = OK, body = PartnerAdviceBoosted))
)]
pub(crate) async fn boost(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Numbers(contractor): Numbers<i32>,
    Json(PartnerScores { scores }): Json<PartnerScores>,
) -> Result<axum::Json<PartnerAdviceBoosted>, Problem> {
    Ok(axum::Json(app.contractors.partners(caller.client, contractor, &scores, app.now()).await?))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Content {
    content: Vec<ContentAdvice>,
}

/// Recommends books, podcasts and events of those who levelled up
#[utoipa::path(
    get, operation_id = "recommend_content", path = "/api/growth/contractors/{contractor_id}/content", tag = "growth",
    params(("contractor_id" = i32, Path, minimum = 1)), responses((status = OK, body = Content))
)]
pub(crate) async fn content(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Numbers(contractor): Numbers<i32>,
) -> Result<axum::Json<Content>, Problem> {
    Ok(axum::Json(Content { content: app.contractors.content(caller.client, contractor, app.now()).await? }))
}

#[derive(Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct TimelineQuery {
    /// The next tier that a pattern leads to, if none is named.
    #[param(example = "5_10_million", max_length = 50)]
    #[schema(max_length = 50)]
    target_revenue_tier: Option<String>,
}

/// Tells how long reaching a revenue tier may take
#[utoipa::path(
    get, operation_id = "predict_timeline", path = "/api/growth/contractors/{contractor_id}/timeline", tag = "growth",
    params(("contractor_id" = i32, Path, minimum = 1), TimelineQuery), responses((status = OK, body = Timeline))
)]
pub(crate) async fn timeline(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Numbers(contractor): Numbers<i32>,
    Query(asked): Query<TimelineQuery>,
) -> Result<axum::Json<Timeline>, Problem> {
    let to = asked.target_revenue_tier.as_deref();
    Ok(axum::Json(app.contractors.timeline(caller.client, contractor, to, app.now()).await?))
}

/// Forgets a contractor
///
/// With everything of theirs, but for what came of goals: that still counts, as nobody's and without words. No import
/// brings them back, neither by their number nor by the name of their company.
#[utoipa::path(
    delete, operation_id = "erase_contractor", path = "/api/growth/contractors/{contractor_id}", tag = "growth",
    params(("contractor_id" = i32, Path, minimum = 1)), responses((status = OK, body = Erased))
)]
pub(crate) async fn erase(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Numbers(contractor): Numbers<i32>,
) -> Result<axum::Json<Erased>, Problem> {
    Ok(axum::Json(app.contractors.erase(caller.client, contractor, false, app.now()).await?))
}
