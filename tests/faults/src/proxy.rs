//! A TCP proxy whose connections can be cut, stalled and slowed down.

use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf, split};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// Where the proxy leads.
#[derive(Debug, Clone)]
pub(crate) enum Upstream {
    /// A port of this machine.
    Port(u16),
    Socket(PathBuf),
}

/// How the network is.
#[derive(Debug, Clone, Copy, Default)]
struct Weather {
    /// Connections that were made before the last cut are gone.
    cuts: u64,
    /// Nothing passes, and nobody is told.
    stalled: bool,
    /// How long each piece takes.
    latency: Duration,
}

/// A proxy on a free port; dropping it ends its connections.
#[derive(Debug)]
pub(crate) struct Proxy {
    port: u16,
    weather: watch::Sender<Weather>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn start(upstream: Upstream) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let weather = watch::Sender::new(Weather::default());
        let seen = weather.subscribe();
        let accepting = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(carry(client, upstream.clone(), seen.clone()));
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self { port, weather, accepting })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Closes all connections; new ones are let through.
    pub(crate) fn cut(&self) {
        self.weather.send_modify(|weather| weather.cuts += 1);
    }

    /// From now on nothing passes, on connections that stay open.
    pub(crate) fn stall(&self) {
        self.weather.send_modify(|weather| weather.stalled = true);
    }

    /// From now on each piece takes this long.
    pub(crate) fn slow_down(&self, latency: Duration) {
        self.weather.send_modify(|weather| weather.latency = latency);
    }

    /// Everything passes again, at once.
    pub(crate) fn clear_up(&self) {
        self.weather.send_modify(|weather| *weather = Weather { cuts: weather.cuts, ..Weather::default() });
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Carries one connection in both directions until either side ends it.
async fn carry(client: TcpStream, upstream: Upstream, weather: watch::Receiver<Weather>) {
    match upstream {
        Upstream::Port(port) => {
            if let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await {
                both_ways(client, server, weather).await;
            }
        }
        Upstream::Socket(path) => {
            if let Ok(server) = UnixStream::connect(path).await {
                both_ways(client, server, weather).await;
            }
        }
    }
}

async fn both_ways(
    client: TcpStream,
    server: impl AsyncRead + AsyncWrite,
    mut weather: watch::Receiver<Weather>,
) {
    let born = weather.borrow_and_update().cuts;
    let cut = {
        let mut weather = weather.clone();
        async move {
            // The sender goes with the proxy, which ends the connection as well.
            let _ = weather.wait_for(|weather| weather.cuts != born).await;
        }
    };
    let (from_client, to_client) = split(client);
    let (from_server, to_server) = split(server);
    tokio::select! {
        () = pump(from_client, to_server, weather.clone()) => {}
        () = pump(from_server, to_client, weather) => {}
        () = cut => {}
    }
}

/// Moves bytes in one direction, as the weather allows.
async fn pump(
    mut from: ReadHalf<impl AsyncRead>,
    mut to: WriteHalf<impl AsyncWrite>,
    mut weather: watch::Receiver<Weather>,
) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        let Ok(latency) = weather.wait_for(|weather| !weather.stalled).await.map(|now| now.latency) else {
            return;
        };
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        if to.write_all(buffer.get(..read).unwrap_or_default()).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
