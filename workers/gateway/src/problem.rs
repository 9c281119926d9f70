//! The one form of every error: `application/problem+json`, with an id that the log has too.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;
use uuid::Uuid;

pub(crate) const CONTENT_TYPE: &str = "application/problem+json";

/// What a caller is asked to wait when somebody else is away.
const AWAY: Duration = Duration::from_secs(5);

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a request was not done.
#[derive(Debug)]
pub(crate) struct Problem {
    kind: Kind,
    detail: String,
    errors: Vec<Wrong>,
    headers: Vec<(HeaderName, HeaderValue)>,
    cause: Option<Cause>,
}

/// A field that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Wrong {
    /// The way to it, as `prospects[3].name`; empty for the body as a whole.
    #[schema(example = "limit")]
    pub(crate) field: String,
    #[schema(example = "must be at most 1000")]
    pub(crate) message: String,
}

/// A problem as RFC 9457 has it.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Told<'a> {
    /// Names the kind of problem.
    #[serde(rename = "type")]
    #[schema(example = "urn:leadfleet:problem:validation")]
    kind: String,
    #[schema(example = "Some fields are not as they should be")]
    title: &'a str,
    #[schema(example = 422)]
    status: u16,
    detail: &'a str,
    /// The log knows the cause by this.
    #[schema(example = "urn:uuid:0190163d-8694-739b-aea5-966c26f8ad91")]
    instance: String,
    /// The fields at fault, when it is about fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    errors: Option<&'a [Wrong]>,
}

macro_rules! kinds {
    ($($name:ident $status:literal $slug:literal $title:literal)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Kind { $($name),* }

        impl Kind {
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Status, slug and title.
            pub(crate) fn facts(self) -> (u16, &'static str, &'static str) {
                match self { $(Self::$name => ($status, $slug, $title)),* }
            }
        }
    };
}

kinds! {
    BadRequest 400 "bad-request" "The request cannot be understood"
    MalformedJson 400 "malformed-json" "The body is not JSON"
    Unauthorized 401 "unauthorized" "No valid key was given"
    Forbidden 403 "missing-scope" "This is not allowed"
    NotFound 404 "not-found" "There is nothing here"
    UnknownUser 404 "unknown-user" "There is no such user"
    MethodNotAllowed 405 "method-not-allowed" "This cannot be done here"
    RequestTimeout 408 "request-timeout" "The request took too long to arrive"
    InProgress 409 "idempotency-key-in-progress" "The same request is being answered"
    Conflict 409 "conflict" "It does not go with what is there"
    TooLarge 413 "too-large" "The body is too large"
    MediaType 415 "unsupported-media-type" "The body must be JSON"
    Validation 422 "validation" "Some fields are not as they should be"
    Reused 422 "idempotency-key-reused" "The key belongs to another request"
    RateLimited 429 "rate-limited" "Too many requests"
    Internal 500 "internal" "Something went wrong here"
    Unavailable 503 "unavailable" "Somebody who is needed is away"
    Timeout 503 "timeout" "It took too long"
}

impl Problem {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { kind, detail, errors: Vec::new(), headers: Vec::new(), cause: None }
    }

    pub(crate) fn because(self, cause: impl Into<Cause>) -> Self {
        Self { cause: Some(cause.into()), ..self }
    }

    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Asks the caller to come back, in whole seconds.
    pub(crate) fn retry_after(self, wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        self.with(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)))
    }

    pub(crate) fn not_found() -> Self {
        Self::new(Kind::NotFound, "nothing is known by this name")
    }

    pub(crate) fn invalid(errors: Vec<Wrong>) -> Self {
        let many = if errors.len() == 1 { "one field is" } else { "several fields are" };
        let detail = format!("{many} not as the description of the API asks; nothing was done");
        Self { errors, ..Self::new(Kind::Validation, detail) }
    }

    /// One field is wrong.
    pub(crate) fn wrong(field: &str, message: impl Into<String>) -> Self {
        Self::invalid(vec![Wrong { field: field.to_owned(), message: message.into() }])
    }

    /// The fields are right, but do not go with what is there.
    pub(crate) fn clash(wrong: Vec<prospects::Wrong>) -> Self {
        let detail = "what is given does not go with what is known already; nothing was done";
        Self { errors: told(wrong), ..Self::new(Kind::Conflict, detail) }
    }

    /// The broker or Postgres is away.
    pub(crate) fn away(who: &str, cause: impl Into<Cause>) -> Self {
        Self::new(
            Kind::Unavailable,
            format!("{who} cannot be reached; the request does not count, send it again"),
        )
        .retry_after(AWAY)
        .because(cause)
    }

    pub(crate) fn internal(cause: impl Into<Cause>) -> Self {
        Self::new(Kind::Internal, "the log knows more under the instance of this problem").because(cause)
    }

    /// What somebody else answered without words of ours.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let fits = |kind: &&Kind| kind.facts().0 == status.as_u16();
        let kind = Kind::ALL.iter().find(fits).copied();
        let kind = kind.unwrap_or(if status.is_server_error() { Kind::Internal } else { Kind::BadRequest });
        Self::new(kind, kind.facts().2.to_lowercase())
    }

    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.kind.facts().0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl From<db::Error> for Problem {
    fn from(error: db::Error) -> Self {
        if error.is_unavailable() {
            Self::away("Postgres", error)
        } else if error.is_too_slow() {
            let detail =
                "there is too much data for this question; ask for less of it, as for a shorter time";
            Self::new(Kind::Timeout, detail).because(error)
        } else {
            Self::internal(error)
        }
    }
}

impl From<conversion::Error> for Problem {
    fn from(error: conversion::Error) -> Self {
        match error {
            conversion::Error::Db(error) => error.into(),
            conversion::Error::Document(_) => Self::internal(error),
        }
    }
}

impl From<contractors::Error> for Problem {
    fn from(error: contractors::Error) -> Self {
        use contractors::Error::{
            Db, DoesNotFit, ErasedContractor, LearnedLater, Stored, Unknown, UnknownContractor, UnknownGoal,
            UnknownItem, UnknownPattern, Wrong as Field,
        };
        let said = error.to_string();
        match error {
            UnknownContractor(_) => {
                Self::new(Kind::NotFound, format!("{said}: `leadfleet import contractors` takes them in"))
            }
            UnknownPattern(_) => {
                Self::new(Kind::NotFound, format!("{said}: GET /api/growth/patterns lists those that are"))
            }
            UnknownGoal(_) => Self::new(
                Kind::NotFound,
                format!(
                    "{said} of this contractor: POST /api/growth/contractors/{{contractor_id}}/goals makes them"
                ),
            ),
            UnknownItem(_) => Self::new(
                Kind::NotFound,
                format!("{said}: GET /api/growth/contractors/{{contractor_id}}/goals lists them"),
            ),
            ErasedContractor(_) | Unknown(levels::timeline::Unknown::Tier(..)) => {
                Self::new(Kind::NotFound, said)
            }
            DoesNotFit { .. } | LearnedLater(_) | Unknown(_) => Self::new(Kind::Conflict, said),
            Field { field, message } => Self::wrong(field, message),
            Db(error) => error.into(),
            Stored(_) => Self::internal(error),
        }
    }
}

impl From<prospects::Error> for Problem {
    fn from(error: prospects::Error) -> Self {
        use prospects::Error::{
            Db, Refused, Stored, UnknownCampaign, UnknownProspects, UnknownTouch, UnknownUser,
            Wrong as Fields,
        };
        match error {
            UnknownUser(_) => Self::new(Kind::UnknownUser, "no user is known by this user_id"),
            UnknownCampaign(_) | UnknownProspects(_) | UnknownTouch(_) => {
                Self::new(Kind::NotFound, error.to_string())
            }
            Refused(why) => Self::new(Kind::Conflict, why),
            Fields(wrong) => Self::invalid(told(wrong)),
            Db(error) => error.into(),
            Stored(_) => Self::internal(error),
        }
    }
}

fn told(wrong: Vec<prospects::Wrong>) -> Vec<Wrong> {
    wrong.into_iter().map(|prospects::Wrong { field, message }| Wrong { field, message }).collect()
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, (_, slug, title)) = (self.status(), self.kind.facts());
        let id = Uuid::now_v7();
        let cause = self.cause.as_deref().map(chain);
        if status.is_server_error() {
            tracing::error!(problem.id = %id, problem.kind = slug, cause, "a request failed");
        } else {
            tracing::debug!(problem.id = %id, problem.kind = slug, cause, "a request was refused");
        }
        let told = Told {
            kind: format!("urn:leadfleet:problem:{slug}"),
            title,
            status: status.as_u16(),
            detail: &self.detail,
            instance: format!("urn:uuid:{id}"),
            errors: (!self.errors.is_empty()).then_some(&self.errors),
        };
        // Strings and numbers have a JSON form.
        let body = serde_json::to_vec(&told).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, CONTENT_TYPE)], body).into_response();
        response.headers_mut().extend(self.headers);
        response
    }
}

/// An error with its causes.
fn chain(error: &(dyn std::error::Error + Send + Sync + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
