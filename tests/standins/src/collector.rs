//! A collector of traces that takes OTLP over HTTP: it keeps what it was sent, as it came.

use std::sync::{Arc, Mutex};

use crate::http::{Reply, Response, Server};
use crate::shared::lock;

pub struct CollectorStandIn {
    server: Server,
    bodies: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl CollectorStandIn {
    pub async fn start() -> Self {
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&bodies);
        let server = Server::start(move |request| {
            let is_traces = request.method == "POST"
                && request.path == "/v1/traces"
                && request.header("content-type") == Some("application/x-protobuf");
            if !is_traces {
                return Reply::from(Response::new(404, "text/plain", "no such thing"));
            }
            lock(&kept).push(request.body);
            // An empty message: everything was taken.
            Reply::from(Response::new(200, "application/x-protobuf", ""))
        })
        .await;
        Self { server, bodies }
    }

    /// For `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub fn url(&self) -> &str {
        &self.server.url
    }

    /// The `ExportTraceServiceRequest`s that came.
    pub fn requests(&self) -> Vec<Vec<u8>> {
        lock(&self.bodies).clone()
    }
}
