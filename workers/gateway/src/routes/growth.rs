//! What contractors that levelled up have in common: the patterns, the last learning, and what came of goals.

use crate::app::App;
use crate::caller::Caller;
use crate::events;
use crate::input::Json;
use crate::problem::{Kind, Problem};
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use chrono::{DateTime, SecondsFormat, SubsecRound as _, Utc};
use contractors::{Impact, NewOutcome, schedule};
use db::Uuid;
use levels::Run;
use proto::kind::CONTRACTOR_OUTCOME;
use proto::v1::{ContractorOutcome, RevenueImpact};
use proto::{Outgoing, Token};
use runtime::learning;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

/// Who learns.
const GROWTH: &str = "growth";

#[derive(Serialize, ToSchema)]
pub(crate) struct GrowthPatterns {
    /// Those that are served.
    pub(crate) patterns: Vec<levels::Pattern>,
    /// When they are learned the next time by themselves.
    pub(crate) next_learning: DateTime<Utc>,
}

impl GrowthPatterns {
    pub(crate) async fn of(app: &App, client: Uuid) -> Result<Self, Problem> {
        let patterns = app.contractors.patterns(client, app.now()).await?;
        Ok(Self { patterns, next_learning: schedule::next_learning(client, app.now()) })
    }
}

/// Lists what contractors that levelled up have in common
///
/// There are no patterns before something was learned. Each figure is of at least five contractors, and none tells of a
/// single one.
#[utoipa::path(
    get, operation_id = "list_growth_patterns", path = "/api/growth/patterns", tag = "growth",
    responses((status = OK, body = GrowthPatterns))
)]
pub(crate) async fn patterns(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
) -> Result<axum::Json<GrowthPatterns>, Problem> {
    Ok(axum::Json(GrowthPatterns::of(&app, caller.client).await?))
}

/// Shows what the last learning found beside the patterns
///
/// Transitions with a pattern, those of too few contractors, breaks in the lists they come from, and whether confidence
/// came true.
#[utoipa::path(
    get, operation_id = "show_growth_run", path = "/api/growth/runs/latest", tag = "growth",
    responses((status = OK, body = Run))
)]
pub(crate) async fn last_run(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
) -> Result<axum::Json<Run>, Problem> {
    let none =
        || Problem::new(Kind::NotFound, "nothing was learned yet: POST /api/growth/recompute asks for it");
    Ok(axum::Json(app.contractors.last_run(caller.client).await?.ok_or_else(none)?))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct GrowthLearning {
    /// As of when it is learned.
    moment: DateTime<Utc>,
}

/// Asks for growth patterns to be learned now
///
/// It is done soon after; `as_of` of the last run is the moment then.
#[utoipa::path(
    post, operation_id = "recompute_growth", path = "/api/growth/recompute", tag = "growth",
    responses((status = ACCEPTED, body = GrowthLearning))
)]
pub(crate) async fn recompute(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
) -> Result<(StatusCode, axum::Json<GrowthLearning>), Problem> {
    let moment = learn(&app, caller.client, "api").await?;
    Ok((StatusCode::ACCEPTED, axum::Json(GrowthLearning { moment })))
}

/// Asks the growth worker to learn as of now.
pub(crate) async fn learn(app: &App, client: Uuid, asked_by: &str) -> Result<DateTime<Utc>, Problem> {
    let moment = app.now().trunc_subsecs(0);
    events::say(app, &learning::request(GROWTH, client, moment, asked_by)).await?;
    Ok(moment)
}

/// What came of a goal, or of a pattern that was applied: one of the two is named. A goal has its own pattern.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"contractor_id": 56, "goal_id": 1, "goal_completed": true, "contractor_satisfaction": 5,
    "revenue_impact": "positive", "what_worked": "Leads come in by themselves now"}))]
pub(crate) struct OutcomeReport {
    #[schema(minimum = 1)]
    contractor_id: i32,
    #[schema(minimum = 1)]
    goal_id: Option<i32>,
    #[schema(minimum = 1)]
    pattern_id: Option<i32>,
    goal_completed: bool,
    /// Now, if it is not said.
    completed_at: Option<DateTime<Utc>>,
    /// Since the goal was made, if it is not said.
    #[schema(minimum = 0, maximum = 36500)]
    time_to_completion_days: Option<i32>,
    /// How helpful it was.
    #[schema(minimum = 1, maximum = 5)]
    contractor_satisfaction: Option<i16>,
    revenue_impact: Option<Impact>,
    #[schema(max_length = 5000)]
    outcome_notes: Option<String>,
    #[schema(max_length = 5000)]
    what_worked: Option<String>,
    #[schema(max_length = 5000)]
    what_didnt_work: Option<String>,
    /// The same id again is the same outcome. Without it the Idempotency-Key counts, without that what is told.
    #[schema(pattern = "^[!-~]{1,200}$")]
    event_id: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct OutcomeAccepted {
    #[schema(example = true)]
    accepted: bool,
    event_id: String,
}

/// Tells what came of a goal
///
/// It is accepted when the broker has it, and recorded once soon after: the goal ends, and what its pattern is worth is
/// learned from it the next time. What is told of a goal later, such as how helpful it was, is added.
#[utoipa::path(
    post, operation_id = "report_outcome", path = "/api/growth/outcomes", tag = "growth",
    request_body = OutcomeReport, responses((status = ACCEPTED, body = OutcomeAccepted))
)]
pub(crate) async fn outcome(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Json(told): Json<OutcomeReport>,
) -> Result<(StatusCode, axum::Json<OutcomeAccepted>), Problem> {
    let client = caller.client;
    if let Some(why) = told.completed_at.and_then(|at| learning::too_late(at, app.now())) {
        return Err(Problem::new(Kind::Conflict, format!("completed_at {why}")));
    }
    let outcome = told.outcome(&headers);
    app.contractors.check_outcome(client, &outcome, app.now()).await?;
    let event = told.event(client.to_string(), outcome.event_id);
    let event_id = event.event_id.clone();
    let id = format!("{CONTRACTOR_OUTCOME}:{client}:{event_id}");
    let key = Token::squeezed(&event.client_id);
    events::say(&app, &Outgoing::event(Token::squeezed(CONTRACTOR_OUTCOME), key, id, &event)).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(OutcomeAccepted { accepted: true, event_id })))
}

impl OutcomeReport {
    /// As it will be recorded, to see whether it can be.
    fn outcome(&self, headers: &HeaderMap) -> NewOutcome {
        NewOutcome {
            event_id: self.event_id.clone().unwrap_or_else(|| self.made_id(headers)),
            contractor_id: self.contractor_id,
            goal_id: self.goal_id,
            pattern_id: self.pattern_id,
            goal_completed: self.goal_completed,
            time_to_completion_days: self.time_to_completion_days,
            contractor_satisfaction: self.contractor_satisfaction,
            outcome_notes: self.outcome_notes.clone(),
            revenue_impact: self.revenue_impact,
            what_worked: self.what_worked.clone(),
            what_didnt_work: self.what_didnt_work.clone(),
        }
    }

    /// What was checked: no number is negative.
    fn event(self, client_id: String, event_id: String) -> ContractorOutcome {
        let at = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Micros, true);
        ContractorOutcome {
            client_id,
            event_id,
            contractor_id: self.contractor_id,
            goal_id: self.goal_id,
            pattern_id: self.pattern_id,
            goal_completed: self.goal_completed,
            completed_at: self.completed_at.map(at).unwrap_or_default(),
            contractor_satisfaction: self
                .contractor_satisfaction
                .map_or(0, |rated| rated.unsigned_abs().into()),
            revenue_impact: self.revenue_impact.map_or(RevenueImpact::Unspecified, impact).into(),
            outcome_notes: self.outcome_notes.unwrap_or_default(),
            what_worked: self.what_worked.unwrap_or_default(),
            what_didnt_work: self.what_didnt_work.unwrap_or_default(),
            time_to_completion_days: self.time_to_completion_days.map(i32::unsigned_abs),
        }
    }

    /// Made of the Idempotency-Key and whose outcome it is, else of all that is told.
    fn made_id(&self, headers: &HeaderMap) -> String {
        let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok());
        let whose = (self.contractor_id, self.goal_id, self.pattern_id);
        let facts = key.map_or_else(|| format!("{self:?}"), |key| format!("{whose:?}\0{key}"));
        events::hex(&Sha256::digest(facts)[..16])
    }
}

fn impact(impact: Impact) -> RevenueImpact {
    match impact {
        Impact::Positive => RevenueImpact::Positive,
        Impact::Neutral => RevenueImpact::Neutral,
        Impact::Negative => RevenueImpact::Negative,
        Impact::TooEarly => RevenueImpact::TooEarly,
    }
}
