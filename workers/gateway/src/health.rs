//! Whether the gateway lives, and whether it can do its work: with the broker and with Postgres.

use crate::app::App;
use crate::problem::Problem;
use async_nats::connection::State as Connection;
use axum::extract::State;
use axum::{Router, routing::get};
use std::time::Duration;

/// What Postgres may take to answer that it is there.
const PATIENCE: Duration = Duration::from_secs(2);

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/livez", get(async || "ok\n")).route("/readyz", get(ready))
}

async fn ready(State(app): State<App>) -> Result<&'static str, Problem> {
    if *app.runtime.stop_signal().borrow() {
        return Err(Problem::away("the gateway", "it is about to stop"));
    }
    if app.runtime.client().connection_state() != Connection::Connected {
        return Err(Problem::away("NATS", "not connected"));
    }
    match tokio::time::timeout(PATIENCE, app.db.ping()).await {
        Ok(Ok(())) => Ok("ready\n"),
        Ok(Err(error)) => Err(Problem::away("Postgres", error)),
        Err(elapsed) => Err(Problem::away("Postgres", elapsed)),
    }
}
