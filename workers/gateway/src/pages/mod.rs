//! The dashboard: pages for people, each with its values as JSON at the same address and `.json`.

mod address;
mod ask;
mod assets;
pub(crate) mod layout;
mod leads;
mod live;
mod table;
mod words;

pub(crate) use ask::{Twin, as_page, cookie, twins};

use crate::app::App;
use crate::sign_in;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;

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
const NAVIGATION: &[(&str, &[Entry])] = &[("Sales", &[entry("Leads", "/leads", For::Client)])];

/// Every page, behind sign-in.
pub(crate) fn routes(app: &App) -> Router<App> {
    let operators = Router::new();
    let everybody =
        Router::new().route("/leads", get(leads::list)).route("/leads/{prospect_id}", get(leads::one));
    operators
        .route_layer(from_fn_with_state(app.clone(), ask::operators_only))
        .merge(everybody)
        .route("/live", get(live::moves))
        .merge(assets::routes())
        .merge(sign_in::routes())
}
