//! Every route, in groups of what a key must be for and how large a body may be.

mod audience;
mod cadence;
mod campaigns;
pub(crate) mod contractors;
mod due;
pub(crate) mod growth;
mod leads;
mod learning;
mod metrics;
pub(crate) mod patterns;
mod prospects;
mod research;
mod sequence;
mod suppressions;
mod track;
mod webhooks;
mod who;

pub(crate) use cadence::WeekQuery;
pub(crate) use contractors::{GoalsQuery, TimelineQuery};
pub(crate) use patterns::HistoryQuery;
pub(crate) use who::{LimitQuery, UserQuery};

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
    let read = vec![
        routes!(metrics::metrics),
        routes!(metrics::metrics_by_query),
        routes!(audience::prioritize),
        routes!(sequence::sequence),
        routes!(cadence::calendar),
        routes!(cadence::table),
        routes!(cadence::simulate),
        routes!(due::show),
        routes!(suppressions::list),
        routes!(research::list),
        routes!(leads::list),
        routes!(leads::explain),
        routes!(leads::what_if),
        routes!(patterns::all),
        routes!(patterns::history),
        routes!(patterns::one),
        routes!(patterns::evidence),
        routes!(patterns::what_if),
        routes!(campaigns::list),
        routes!(campaigns::show),
        routes!(growth::patterns),
        routes!(growth::last_run),
        routes!(contractors::matches),
        routes!(contractors::goals),
        routes!(contractors::partners),
        routes!(contractors::boost),
        routes!(contractors::content),
        routes!(contractors::timeline),
    ];
    let write = vec![
        routes!(sequence::generate),
        routes!(cadence::weekly),
        routes!(prospects::score),
        routes!(prospects::from_matches),
        routes!(due::take),
        routes!(due::acknowledge),
        routes!(suppressions::add),
        routes!(suppressions::remove),
        routes!(research::add),
        routes!(research::complete),
        routes!(learning::update_patterns),
        routes!(patterns::recompute),
        routes!(campaigns::ask),
        routes!(campaigns::allocate),
        routes!(growth::recompute),
        routes!(contractors::apply),
        routes!(contractors::generate),
        routes!(contractors::done),
    ];
    let person = vec![routes!(prospects::export), routes!(prospects::erase), routes!(contractors::erase)];
    vec![
        group(Some(Scope::Read), SMALL, read),
        group(Some(Scope::Write), SMALL, write),
        group(Some(Scope::Write), LARGE, vec![routes!(prospects::discover), routes!(audience::segment)]),
        group(Some(Scope::Track), SMALL, vec![routes!(track::track_engagement), routes!(growth::outcome)]),
        group(Some(Scope::Admin), SMALL, person),
        group(None, LARGE, vec![routes!(webhooks::webhook)]),
    ]
}
