//! Who must not be contacted.

use crate::app::App;
use crate::caller::Caller;
use crate::input::{Json, Query};
use crate::problem::{Kind, Problem};
use crate::routes::who::LimitQuery;
use axum::Extension;
use axum::extract::State;
use prospects::{OutreachChannel, Scope, SuppressRequest, Suppressed};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whom not to contact; only keyed hashes of names and addresses are kept.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "scope", rename_all = "snake_case", deny_unknown_fields)]
#[schema(example = json!({"scope": "address", "value": "jane@clinic.example", "reason": "asked by phone"}))]
pub(crate) enum Suppression {
    Address {
        /// An e-mail address, a telephone number of seven digits or more, or the address of a profile.
        #[schema(
            max_length = 500,
            pattern = r"^\s*(([^@<>\u0000]*<)?[^@<>\s\u0000]+@[^@<>\s\u0000]+>?|([A-Za-z]+://)?([A-Za-z0-9-]+\.)+[A-Za-z]{2,}/[!-?A-~]*|\+?([() .-]*[0-9]){7,20}[() .-]*)\s*$"
        )]
        value: String,
        /// Every channel, if none is given.
        channel: Option<OutreachChannel>,
        #[serde(default)]
        #[schema(max_length = 200)]
        reason: String,
    },
    Domain {
        #[schema(
            max_length = 500,
            pattern = r"^\s*([A-Za-z]+://)?@?([A-Za-z0-9-]+\.)+[A-Za-z0-9-]+(/[!-~]*)?\s*$",
            example = "clinic.example"
        )]
        value: String,
        /// Every channel, if none is given.
        channel: Option<OutreachChannel>,
        #[serde(default)]
        #[schema(max_length = 200)]
        reason: String,
    },
    Company {
        #[schema(
            max_length = 500,
            pattern = r"^[^\u0000]*[^\s\u0000][^\u0000]*$",
            example = "Oak Hill Clinic"
        )]
        value: String,
        /// Every channel, if none is given.
        channel: Option<OutreachChannel>,
        #[serde(default)]
        #[schema(max_length = 200)]
        reason: String,
    },
    /// Everybody, on one channel.
    Channel {
        channel: OutreachChannel,
        #[serde(default)]
        #[schema(max_length = 200)]
        reason: String,
    },
    /// Everybody.
    Global {
        /// Every channel, if none is given.
        channel: Option<OutreachChannel>,
        #[serde(default)]
        #[schema(max_length = 200)]
        reason: String,
    },
}

impl From<Suppression> for SuppressRequest {
    fn from(asked: Suppression) -> Self {
        let (scope, value, channel, reason) = match asked {
            Suppression::Address { value, channel, reason } => (Scope::Address, value, channel, reason),
            Suppression::Domain { value, channel, reason } => (Scope::Domain, value, channel, reason),
            Suppression::Company { value, channel, reason } => (Scope::Company, value, channel, reason),
            Suppression::Channel { channel, reason } => {
                (Scope::Channel, String::new(), Some(channel), reason)
            }
            Suppression::Global { channel, reason } => (Scope::Global, String::new(), channel, reason),
        };
        Self { scope, value, channel, reason }
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Changed {
    /// False when it was so already.
    changed: bool,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Suppressions {
    suppressions: Vec<Suppressed>,
}

/// Lists suppressions, the newest first; whom they are about cannot be told from them
#[utoipa::path(
    get, operation_id = "list_suppressions", path = "/api/outreach/suppressions", tag = "outreach", params(LimitQuery),
    responses((status = OK, body = Suppressions))
)]
pub(crate) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Query(asked): Query<LimitQuery>,
) -> Result<axum::Json<Suppressions>, Problem> {
    let suppressions = app.prospects.suppressions(caller.client, asked.limit).await?;
    Ok(axum::Json(Suppressions { suppressions }))
}

/// Suppresses an address, a domain, a company, a channel or everybody
#[utoipa::path(
    post, operation_id = "suppress", path = "/api/outreach/suppressions", tag = "outreach", request_body = Suppression,
    responses((status = OK, body = Changed))
)]
pub(crate) async fn add(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Json(asked): Json<Suppression>,
) -> Result<axum::Json<Changed>, Problem> {
    let changed = app.prospects.suppress(caller.client, &asked.into(), "api").await?;
    Ok(axum::Json(Changed { changed }))
}

/// Takes a suppression back
///
/// It is named in the body: addresses in a URL would be kept in logs.
#[utoipa::path(
    delete, operation_id = "unsuppress", path = "/api/outreach/suppressions", tag = "outreach", request_body = Suppression,
    responses((status = OK, body = Changed))
)]
pub(crate) async fn remove(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Json(asked): Json<Suppression>,
) -> Result<axum::Json<Changed>, Problem> {
    if !app.prospects.unsuppress(caller.client, &asked.into()).await? {
        return Err(Problem::new(Kind::NotFound, "there is no such suppression"));
    }
    Ok(axum::Json(Changed { changed: true }))
}
