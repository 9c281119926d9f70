//! Settings of the runtime: where the broker is, and how this process shows itself.

use std::net::SocketAddr;
use std::time::Duration;

#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
pub struct Config {
    /// Address of nats-server.
    #[arg(long, env = "NATS_URL", default_value = "nats://127.0.0.1:4222")]
    pub nats_url: String,

    /// Seconds after which an unattended message is given to somebody else; default: each worker's own.
    #[arg(long, env = "LEADFLEET_LEASE", value_parser = seconds)]
    pub lease: Option<Duration>,

    /// Address for /livez, /readyz and /metrics; none by default.
    #[arg(long, env = "LEADFLEET_HEALTH_LISTEN")]
    pub health_listen: Option<SocketAddr>,
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.2..=3600.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("use a number of seconds from 0.2 to 3600".to_owned()),
    }
}
