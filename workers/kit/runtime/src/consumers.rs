//! The consumers of workers: how each is to be, and making those that are not so.

use crate::provision::{Echo, ProvisionError};
use crate::worker::Worker;
use async_nats::jetstream::context::ConsumerInfoErrorKind;
use async_nats::jetstream::{self, consumer, stream as js};
use std::time::Duration;

/// Deliveries after which the server parks a message: a guard far above every worker's own budget.
const MAX_DELIVER: i64 = 1_000;
/// How often a server is asked again that does not answer in the client library's time.
const PATIENCE: u32 = 6;

/// The durable name of a worker's consumer; a change of filter or policy gets a new number.
pub fn consumer_name(worker: &str) -> String {
    format!("{worker}-v1")
}

/// The consumer of a worker.
#[derive(Clone, Debug)]
pub struct Consumer {
    pub worker: &'static str,
    pub stream: &'static str,
    pub config: consumer::pull::Config,
}

impl Consumer {
    /// A lease that is given wins over the worker's own. It gets as many copies as its stream has.
    pub fn of<W: Worker>(lease: Option<Duration>) -> Self {
        let config = consumer::pull::Config {
            durable_name: Some(consumer_name(W::NAME)),
            filter_subject: W::SOURCE.filter(),
            ack_policy: consumer::AckPolicy::Explicit,
            deliver_policy: consumer::DeliverPolicy::All,
            ack_wait: lease.unwrap_or(W::RETRY.lease),
            // No backoff list: the server adds its steps to the delay of a negative acknowledgement, so that a wait of
            // milliseconds became one of minutes at the third delivery. Crashes are bounded by the runtime instead.
            max_deliver: MAX_DELIVER,
            max_ack_pending: 10_000,
            ..consumer::pull::Config::default()
        };
        Self { worker: W::NAME, stream: W::SOURCE.stream(), config }
    }
}

/// Creates or updates a consumer.
pub(crate) async fn provision_consumer(
    jetstream: &jetstream::Context,
    consumer: Consumer,
) -> Result<(), ProvisionError> {
    let Consumer { stream, config, .. } = consumer;
    let name = config.durable_name.clone().unwrap_or_default();
    let stream = jetstream
        .get_stream(stream)
        .await
        .map_err(|source| ProvisionError::Look { name: stream.to_owned(), source })?;
    let failed = |source| ProvisionError::Consumer { name: name.clone(), source };
    let there = there(&stream, &name).await?;
    let asked = consumer::pull::Config {
        num_replicas: stream.cached_info().config.num_replicas,
        // A process that starts while its worker is paused leaves it so.
        pause_until: there.as_ref().and_then(|info| info.config.pause_until),
        ..config
    };
    // Most processes may not change it, and need not.
    if there.is_some_and(|info| check_consumer(&name, &asked, &info.config).is_ok()) {
        return Ok(());
    }
    let consumer = stream.create_consumer(asked.clone()).await.map_err(failed)?;
    check_consumer(&name, &asked, &consumer.cached_info().config)
}

/// How a consumer is, if it is there. Nobody answers for one that changes copies.
async fn there(stream: &js::Stream, name: &str) -> Result<Option<consumer::Info>, ProvisionError> {
    let mut patience = PATIENCE;
    loop {
        match stream.consumer_info(name).await {
            Ok(there) => return Ok(Some(there)),
            Err(error) => match error.kind() {
                ConsumerInfoErrorKind::NotFound => return Ok(None),
                ConsumerInfoErrorKind::TimedOut if patience > 0 => patience -= 1,
                _ => {
                    return Err(ProvisionError::LookAtConsumer { name: name.to_owned(), source: error });
                }
            },
        }
    }
}

fn check_consumer(
    name: &str,
    asked: &consumer::pull::Config,
    got: &consumer::Config,
) -> Result<(), ProvisionError> {
    let check = Echo { name };
    check.same("filter_subject", &asked.filter_subject, &got.filter_subject)?;
    check.same("ack_wait", &asked.ack_wait, &got.ack_wait)?;
    check.same("max_deliver", &asked.max_deliver, &got.max_deliver)?;
    check.same("max_ack_pending", &asked.max_ack_pending, &got.max_ack_pending)?;
    check.same("replicas", &asked.num_replicas, &got.num_replicas)
}
