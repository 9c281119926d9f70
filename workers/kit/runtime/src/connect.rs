//! The connection to nats-server: who asks, how often it came back, and what was refused on it.

use crate::login::Login;
use crate::provision::check_server;
use crate::refusals::Refusals;
use crate::runtime::RuntimeError;
use async_nats::ConnectErrorKind;
use std::time::Duration;
use tokio::sync::watch;

/// A connection, and what became of it.
pub(crate) struct Connection {
    pub(crate) client: async_nats::Client,
    pub(crate) reconnects: watch::Receiver<u64>,
    pub(crate) refusals: Refusals,
}

/// Connects, and refuses a server that is too old.
pub async fn connect(url: &str, login: &Login) -> Result<async_nats::Client, RuntimeError> {
    Ok(connection(url, login).await?.client)
}

pub(crate) async fn connection(url: &str, login: &Login) -> Result<Connection, RuntimeError> {
    let (sender, reconnects) = watch::channel(0);
    let refusals = Refusals::new();
    let heard = refusals.clone();
    let client = login
        .options()?
        .name("leadfleet")
        .connection_timeout(Duration::from_secs(5))
        .ping_interval(Duration::from_secs(10))
        .reconnect_delay_callback(|tries| Duration::from_millis((50 * tries as u64).min(2_000)))
        .event_callback(move |event| {
            let (sender, heard) = (sender.clone(), heard.clone());
            async move {
                match event {
                    async_nats::Event::Connected => sender.send_modify(|count| *count += 1),
                    async_nats::Event::Disconnected => tracing::info!("connection to nats-server lost"),
                    async_nats::Event::ServerError(error) => {
                        heard.heard(&error.to_string());
                        tracing::error!(%error, "nats-server refused");
                    }
                    _ => {}
                }
            }
        })
        .connect(url.split(',').collect::<Vec<_>>())
        .await
        .map_err(|source| match source.kind() {
            ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication => {
                RuntimeError::Stranger { url: url.to_owned(), source }
            }
            _ => RuntimeError::Connect { url: url.to_owned(), source },
        })?;
    check_server(&client.server_info().version)?;
    Ok(Connection { client, reconnects, refusals })
}
