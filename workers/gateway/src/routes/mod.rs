//! Every route, in groups of what a key must be for and how large a body may be.

mod learning;
mod track;
mod webhooks;

use crate::app::App;
use crate::caller::Scope;
use utoipa_axum::router::UtoipaMethodRouter;
use utoipa_axum::routes;

const KIB: usize = 1024;
const SMALL: usize = 64 * KIB;
const LARGE: usize = 1024 * KIB;

pub(crate) struct Group {
    /// None: the request proves itself in another way.
    pub(crate) scope: Option<Scope>,
    /// Bytes of a body.
    pub(crate) limit: usize,
    pub(crate) routes: Vec<UtoipaMethodRouter<App>>,
}

pub(crate) fn groups() -> Vec<Group> {
    let group = |scope, limit, routes| Group { scope, limit, routes };
    vec![
        group(Some(Scope::Write), SMALL, vec![routes!(learning::update_patterns)]),
        group(Some(Scope::Track), SMALL, vec![routes!(track::track_engagement)]),
        group(None, LARGE, vec![routes!(webhooks::webhook)]),
    ]
}
