//! Whether this process lives, whether it can work, and its metrics, over HTTP.

use crate::runtime::Runtime;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::{Router, routing::get};
use serde::Serialize;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

/// Serves `/livez`, `/readyz` and `/metrics` until a stop is asked for.
pub(crate) async fn serve(runtime: Runtime, listen: SocketAddr) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind(listen).await?;
    tracing::info!(address = %listener.local_addr()?, "health");
    let mut stop = runtime.stop_signal();
    let app = Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(runtime);
    axum::serve(listener, app)
        .with_graceful_shutdown(async move {
            let _ = stop.wait_for(|stop| *stop).await;
        })
        .await
}

/// How long a process that lives may take to say so.
const PATIENCE: Duration = Duration::from_secs(3);

/// What a process said of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    pub good: bool,
    pub said: String,
}

/// Asks a process for `/livez` or `/readyz` where it listens; one that listens everywhere on loopback.
pub async fn ask(listen: SocketAddr, path: &str) -> Result<Answer, reqwest::Error> {
    let ip = match listen.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
    let answer = client.get(format!("http://{}{path}", SocketAddr::new(ip, listen.port()))).send().await?;
    let good = answer.status().is_success();
    Ok(Answer { good, said: answer.text().await?.trim().to_owned() })
}

/// Ready means: connected, and not about to stop. A closed gate shows in the metrics and does not make it unready.
async fn ready(State(runtime): State<Runtime>) -> impl IntoResponse {
    let connected = runtime.client().connection_state() == async_nats::connection::State::Connected;
    if connected && !*runtime.stop_signal().borrow() {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
    }
}

async fn metrics(State(runtime): State<Runtime>) -> impl IntoResponse {
    match runtime.metrics().text() {
        Ok(text) => (StatusCode::OK, [(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text),
        Err(error) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            [(header::CONTENT_TYPE, "text/plain")],
            error.to_string().into_bytes(),
        ),
    }
}
