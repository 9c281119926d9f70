//! For whom a request is, and what it says in its query.

use crate::caller::Caller;
use prospects::Owner;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// The user who asks.
#[derive(Deserialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserQuery {
    #[schema(min_length = 1, max_length = 64, example = "user123")]
    #[param(min_length = 1, max_length = 64, example = "user123")]
    pub(crate) user_id: String,
}

/// How many to answer with.
#[derive(Deserialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitQuery {
    #[serde(default = "hundred")]
    #[schema(minimum = 1, maximum = 1000, default = 100)]
    #[param(minimum = 1, maximum = 1000, default = 100)]
    pub(crate) limit: u32,
}

fn hundred() -> u32 {
    100
}

impl Caller {
    /// The client of the key, and a user who must be one of its own.
    pub(crate) fn with<'a>(&self, user: &'a str) -> Owner<'a> {
        Owner { client: self.client, user: Some(user) }
    }

    /// The client of the key, whoever of it asks.
    pub(crate) fn alone(&self) -> Owner<'static> {
        Owner { client: self.client, user: None }
    }
}
