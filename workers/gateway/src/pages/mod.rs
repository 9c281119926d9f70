//! The dashboard: pages for people, each with its values as JSON at the same address and `.json`.

mod address;
mod ask;
mod assets;
mod audit;
pub(crate) mod claude;
mod clinics;
pub(crate) mod dead;
mod fleet;
mod form;
mod growth;
pub(crate) mod layout;
mod leads;
mod learning;
pub(crate) mod live;
mod outreach;
mod patterns;
mod runs;
mod segments;
mod table;
pub(crate) mod throughput;
pub(crate) mod words;

pub(crate) use ask::{Ask, Twin, View, as_page, cookie, twins};
pub(crate) use form::{Sent, from_our_page};

use crate::app::App;
use crate::sign_in;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

/// Whom a page is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    /// Everybody who is signed in: it shows what is the client's own.
    Client,
    /// Those who operate the fleet: it shows what is all clients'.
    Operators,
}

/// What the navigation leads to.
struct Entry {
    name: &'static str,
    path: &'static str,
    whom: For,
}

const fn entry(name: &'static str, path: &'static str, whom: For) -> Entry {
    Entry { name, path, whom }
}

/// The navigation, in its groups.
const NAVIGATION: &[(&str, &[Entry])] = &[
    ("", &[entry("Overview", "/", For::Client)]),
    (
        "Matching",
        &[
            entry("Runs", "/runs", For::Client),
            entry("Segments", "/segments", For::Client),
            entry("Unmatched", "/unmatched", For::Client),
        ],
    ),
    ("Sales", &[entry("Leads", "/leads", For::Client), entry("Outreach", "/outreach", For::Client)]),
    ("Learning", &[entry("Patterns", "/patterns", For::Client), entry("Growth", "/growth", For::Client)]),
    (
        "Fleet",
        &[
            entry("Workers", "/workers", For::Operators),
            entry("Dead letters", "/dead", For::Operators),
            entry("Claude", "/claude", For::Operators),
            entry("Audit", "/audit", For::Operators),
            entry("API", "/docs", For::Client),
        ],
    ),
];

/// Every page, behind sign-in.
pub(crate) fn routes(app: &App) -> Router<App> {
    for_operators()
        .route_layer(from_fn_with_state(app.clone(), ask::operators_only))
        .merge(for_clients())
        .route("/live", get(live::moves))
        .merge(assets::routes())
        .merge(sign_in::routes())
}

fn for_operators() -> Router<App> {
    Router::new()
        .route("/dead", get(dead::list))
        .route("/dead/{sequence}", get(dead::one))
        .route("/dead/{sequence}/edit", post(dead::edit))
        .route("/dead/discard", post(dead::discard))
        .route("/dead/replay", get(dead::plan).post(dead::replay))
        .route("/dead/replays", get(dead::replays))
        .route("/dead/replays/{id}", post(dead::order))
        .route("/workers", get(fleet::workers))
        .route("/workers/{name}", post(fleet::order))
        .route("/claude", get(claude::account))
        .route("/audit", get(audit::audit))
}

fn for_clients() -> Router<App> {
    Router::new()
        .route("/", get(fleet::overview))
        .route("/runs", get(runs::all))
        .route("/runs/start", post(runs::start))
        .route("/runs/{run}", get(runs::one))
        .route("/segments", get(segments::list))
        .route("/segments/{name}", get(segments::one))
        .route("/unmatched", get(clinics::missed))
        .route("/clinics/{id}", get(clinics::one))
        .route("/leads", get(leads::list))
        .route("/leads/{prospect_id}", get(leads::one))
        .route("/outreach", get(outreach::metrics))
        .route("/outreach/week", get(outreach::week))
        .route("/outreach/sequences", get(outreach::sequences))
        .route("/patterns", get(patterns::overview))
        .route("/patterns/who", get(patterns::who))
        .route("/patterns/what", get(patterns::what))
        .route("/patterns/when", get(patterns::when))
        .route("/patterns/how", get(patterns::how))
        .route("/patterns/weights", get(patterns::weights))
        .route("/patterns/history", get(patterns::history))
        .route("/patterns/evidence/{id}", get(patterns::evidence))
        .route("/patterns/recompute", post(patterns::recompute))
        .route("/growth", get(growth::overview))
        .route("/growth/patterns/{id}", get(growth::pattern))
        .route("/growth/contractors", get(growth::contractors))
        .route("/growth/contractors/{id}", get(growth::contractor))
        .route("/growth/recompute", post(growth::recompute))
}
