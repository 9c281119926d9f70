//! The server: one router, connections that may not dawdle, an orderly end.

use crate::app::{App, Shared};
use crate::caller::{self, authenticate};
use crate::config::Config;
use crate::once::answer_once;
use crate::openapi::Description;
use crate::pages::live::{self, Moves};
use crate::pages::throughput::{self, Throughput};
use crate::problem::Problem;
use crate::rate::Rate;
use crate::sign_in::SignIn;
use crate::told::told;
use crate::{events, health, pages, routes};
use axum::Router;
use axum::extract::ConnectInfo;
use axum::middleware::{from_fn, from_fn_with_state, map_request};
use claude::Books;
use contractors::Contractors;
use conversion::Conversion;
use db::Db;
use dead::{Dead, Known};
use hyper::body::Incoming;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use overview::Timelines;
use prospects::{Prospects, Scores};
use runtime::Runtime;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};

/// A caller that takes longer to say what it wants is no caller.
const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// What running requests have at the end.
const DRAIN: Duration = Duration::from_secs(35);
/// What a sender may take to confirm a subscription.
const CONFIRMED_WITHIN: Duration = Duration::from_secs(10);
/// How long nobody is let in after the system had no room for a connection.
const FULL: Duration = Duration::from_millis(100);

/// Why the gateway does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "without keys the gateway listens on a loopback address only, not on {0}: leave out --open (GATEWAY_OPEN)"
    )]
    Open(SocketAddr),
    #[error("could not listen on {listen}: name another address with GATEWAY_LISTEN")]
    Listen { listen: SocketAddr, source: std::io::Error },
    #[error("could not make a client for HTTP")]
    Web(#[source] reqwest::Error),
    #[error("could not describe the API")]
    Describe(#[from] serde_json::Error),
}

/// A gateway that listens and does not answer yet.
pub struct Gateway {
    listener: TcpListener,
    address: SocketAddr,
    app: App,
}

/// Answers requests until a stop is asked for.
pub async fn serve(
    runtime: Runtime,
    db: Db,
    prospects: Prospects,
    scores: Scores,
    conversion: Conversion,
    contractors: Contractors,
    config: Config,
) -> Result<(), Error> {
    Gateway::bind(runtime, db, prospects, scores, conversion, contractors, config).await?.run().await;
    Ok(())
}

impl Gateway {
    pub async fn bind(
        runtime: Runtime,
        db: Db,
        prospects: Prospects,
        scores: Scores,
        conversion: Conversion,
        contractors: Contractors,
        config: Config,
    ) -> Result<Self, Error> {
        let listen = config.listen;
        if config.open && !listen.ip().is_loopback() {
            return Err(Error::Open(listen));
        }
        let failed = |source| Error::Listen { listen, source };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        if config.open {
            tracing::warn!(%address, "gateway: open to everybody on this machine, as the default client");
        } else {
            tracing::info!(%address, "gateway");
        }
        let rate = Rate::new(&config);
        let web = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(CONFIRMED_WITHIN)
            .build()
            .map_err(Error::Web)?;
        let description = Description::new(prospects.weekly_cap())?;
        let keys = caller::known();
        let app = App::new(Shared {
            dead: Dead::new(runtime.jetstream().clone()),
            letters: Known::default(),
            books: Books::default(),
            timelines: Timelines::default(),
            throughput: Throughput::default(),
            moves: Moves::default(),
            runtime,
            db,
            prospects,
            scores,
            conversion,
            contractors,
            web,
            config,
            rate,
            keys,
            sign_in: SignIn::default(),
            description,
        });
        Ok(Self { listener, address, app })
    }

    /// Where it listens, with the port that the system gave.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub async fn run(self) {
        let mut stop = self.app.runtime.stop_signal();
        tokio::spawn(events::forget_patterns(self.app.clone()));
        tokio::spawn(pages::dead::follow(self.app.clone()));
        tokio::spawn(pages::claude::follow(self.app.clone()));
        tokio::spawn(throughput::watch(self.app.clone()));
        tokio::spawn(live::watch(self.app.clone()));
        let service = TowerToHyperService::new(router(&self.app));
        let mut server = hyper::server::conn::http1::Builder::new();
        server.timer(TokioTimer::new()).header_read_timeout(HEADERS_WITHIN);
        let connections = GracefulShutdown::new();
        loop {
            let (stream, peer) = tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        tracing::warn!(%error, "could not take a connection");
                        tokio::time::sleep(FULL).await;
                        continue;
                    }
                },
                () = async { drop(stop.wait_for(|stop| *stop).await) } => break,
            };
            let service = service.clone();
            let service = service_fn(move |mut request: hyper::Request<Incoming>| {
                request.extensions_mut().insert(ConnectInfo(peer));
                service.call(request)
            });
            let connection = server.serve_connection(TokioIo::new(stream), service);
            let connection = connections.watch(connection);
            tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "a connection broke off");
                }
            });
        }
        drop(self.listener);
        if tokio::time::timeout(DRAIN, connections.shutdown()).await.is_err() {
            tracing::warn!("requests were cut off at the stop");
        }
    }
}

fn router(app: &App) -> Router {
    let mut api = OpenApiRouter::new();
    for group in routes::groups() {
        let once = from_fn_with_state((app.clone(), group.limit), answer_once);
        let who = group.scope.map(|scope| from_fn_with_state((app.clone(), scope), authenticate));
        for routes in group.routes {
            // The method is looked at first, then who asks.
            api = api.routes(routes.map(|routes| {
                let routes = routes.route_layer(once.clone());
                match who.clone() {
                    Some(who) => routes.route_layer(who),
                    None => routes,
                }
            }));
        }
    }
    let (api, _) = api.split_for_parts();
    let routes = api
        .merge(health::routes())
        .merge(pages::routes(app))
        .with_state(app.clone())
        .merge(app.description.routes())
        .fallback(async || Problem::not_found())
        .layer(from_fn(told))
        .layer(from_fn_with_state(app.clone(), pages::as_page));
    // Around the whole, so that the address is rewritten before a route is looked for.
    Router::new().fallback_service(routes).layer(map_request(async |request| pages::twins(request)))
}
