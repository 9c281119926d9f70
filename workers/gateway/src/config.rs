//! Settings of the gateway: where it listens, whom it lets in, how much it takes.

use crate::clock::Clock;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;

/// Where the gateway listens when nobody says otherwise.
pub const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
pub struct Config {
    /// Address of the HTTP API.
    #[arg(
        long = "gateway-listen",
        env = "GATEWAY_LISTEN",
        default_value_t = DEFAULT_LISTEN,
        value_name = "ADDRESS"
    )]
    pub listen: SocketAddr,

    /// Let everybody on this machine in without a key, as the default client; on a loopback address only.
    #[arg(long = "open", env = "GATEWAY_OPEN")]
    pub open: bool,

    /// Requests a second that a key may make for long.
    #[arg(long = "gateway-rate", env = "GATEWAY_RATE", default_value = "100", value_name = "REQUESTS")]
    pub rate: NonZeroU32,

    /// Requests that a key may make at once.
    #[arg(long = "gateway-burst", env = "GATEWAY_BURST", default_value = "200", value_name = "REQUESTS")]
    pub burst: NonZeroU32,

    /// Address by which outreach tools reach the gateway, as `https://leads.example.com`; default: where it listens.
    #[arg(long = "gateway-public-url", env = "GATEWAY_PUBLIC_URL", value_name = "URL", value_parser = web_address)]
    pub public_url: Option<String>,

    /// Servers before the gateway that are believed when they say, as `X-Forwarded-For`, from where a request comes:
    /// addresses or networks, separated by commas.
    #[arg(
        long = "gateway-trusted-proxies",
        env = "GATEWAY_TRUSTED_PROXIES",
        default_value = "127.0.0.0/8,::1",
        value_delimiter = ',',
        value_name = "NETWORKS",
        value_parser = network
    )]
    pub trusted_proxies: Vec<IpNet>,

    /// What time it is; tests have their own.
    #[arg(skip)]
    pub clock: Clock,
}

impl Config {
    /// What webhook addresses begin with; some tools sign it.
    pub fn public_url(&self) -> String {
        match &self.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://{}", self.listen),
        }
    }

    /// Whether a server before the gateway is believed.
    pub(crate) fn trusts(&self, proxy: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(&proxy))
    }

    /// Whether browsers come by https: then somebody before the gateway speaks it.
    pub(crate) fn is_https(&self) -> bool {
        self.public_url().starts_with("https://")
    }
}

fn network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    let alone = text.parse::<IpAddr>().map(IpNet::from).ok();
    alone.or_else(|| text.parse().ok()).ok_or_else(|| "write it as 10.0.0.0/8 or 192.0.2.1".to_owned())
}

fn web_address(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match rest {
        Some(rest) if !rest.is_empty() && !rest.contains(['?', '#', '@', ' ']) => Ok(text.to_owned()),
        _ => Err("write it as https://leads.example.com, without query".to_owned()),
    }
}
