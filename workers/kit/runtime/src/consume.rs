//! The pull loop of a worker: asks for as many messages as there are free permits, and hands back what it cannot finish.

use crate::gate::Gates;
use crate::handle::{Handler, Outcome};
use crate::runtime::Runtime;
use crate::worker::Worker;
use async_nats::Subscriber;
use async_nats::jetstream::{self, AckKind};
use futures::StreamExt as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, timeout};

/// How long the server keeps a pull open.
const EXPIRES: Duration = Duration::from_secs(20);
/// How long running handlers may go on after a stop was asked for.
const SOFT_STOP: Duration = Duration::from_secs(30);

/// Why a worker stopped working.
#[derive(Debug, thiserror::Error)]
pub enum ConsumeError {
    #[error("could not subscribe for {worker}")]
    Subscribe { worker: &'static str, source: async_nats::SubscribeError },
    #[error("could not ask for messages for {worker}")]
    Pull { worker: &'static str, source: async_nats::PublishError },
    #[error("the connection of {0} was closed")]
    Closed(&'static str),
}

/// Pulls and handles messages until a stop is asked for.
pub(crate) async fn consume<W: Worker>(runtime: &Runtime, worker: Arc<W>) -> Result<(), ConsumeError> {
    let consumer = crate::provision::consumer_name(W::NAME);
    let client = runtime.client().clone();
    let inbox = client.new_inbox();
    let subscribe = |source| ConsumeError::Subscribe { worker: W::NAME, source };
    let mut messages = client.subscribe(inbox.clone()).await.map_err(subscribe)?;
    let mut pulls = Pulls {
        subject: format!("$JS.API.CONSUMER.MSG.NEXT.{}.{consumer}", W::SOURCE.stream()),
        inbox,
        requested: 0,
        asked_at: Instant::now(),
    };
    let handler = Arc::new(Handler::new(runtime, worker, consumer));
    let mut running: JoinSet<Outcome> = JoinSet::new();
    let mut stop = runtime.stop_signal();
    let mut gate_changes = runtime.gates().changes();
    let mut reconnects = runtime.reconnects();
    let mut tick = interval(Duration::from_secs(1));
    // After a gate opens, permits come back step by step: 1, 4, 16, all.
    let mut limit = W::RETRY.concurrency;

    while !*stop.borrow() {
        if gate_is_closed::<W>(runtime.gates()) {
            limit = 1;
        } else {
            let free = limit.saturating_sub(running.len() + pulls.requested);
            if free > 0 && (pulls.requested == 0 || free >= limit.div_ceil(2)) {
                pulls
                    .ask(&client, free)
                    .await
                    .map_err(|source| ConsumeError::Pull { worker: W::NAME, source })?;
            }
        }
        runtime.metrics().in_flight(W::NAME, running.len());
        tokio::select! {
            message = messages.next() => {
                let Some(message) = message else { return Err(ConsumeError::Closed(W::NAME)) };
                match pulls.received(&message) {
                    Received::Message => {
                        let message = jetstream::Message { message, context: runtime.jetstream().clone() };
                        let handler = Arc::clone(&handler);
                        running.spawn(async move { handler.process(message).await });
                    }
                    Received::Nothing => {}
                }
            }
            Some(done) = running.join_next(), if !running.is_empty() => {
                if matches!(done, Ok(Outcome::Succeeded)) && limit < W::RETRY.concurrency {
                    limit = (limit * 4).min(W::RETRY.concurrency);
                }
            }
            _ = stop.changed() => {}
            _ = gate_changes.changed() => {}
            _ = reconnects.changed() => pulls.forget(),
            _ = tick.tick() => pulls.forget_lost(),
        }
    }
    hand_back(&handler, messages).await;
    finish(&mut running).await;
    runtime.metrics().in_flight(W::NAME, 0);
    Ok(())
}

fn gate_is_closed<W: Worker>(gates: &Gates) -> bool {
    gates.closed_until(W::NAME).is_some()
}

/// What was asked for and has not come yet.
struct Pulls {
    subject: String,
    inbox: String,
    requested: usize,
    asked_at: Instant,
}

enum Received {
    Message,
    Nothing,
}

impl Pulls {
    async fn ask(
        &mut self,
        client: &async_nats::Client,
        batch: usize,
    ) -> Result<(), async_nats::PublishError> {
        let request = format!("{{\"batch\":{batch},\"expires\":{}}}", EXPIRES.as_nanos());
        client.publish_with_reply(self.subject.clone(), self.inbox.clone(), request.into()).await?;
        self.requested += batch;
        self.asked_at = Instant::now();
        Ok(())
    }

    fn received(&mut self, message: &async_nats::Message) -> Received {
        let Some(status) = message.status else {
            self.requested = self.requested.saturating_sub(1);
            return Received::Message;
        };
        if status.as_u16() != 100 {
            // The end of a pull: 404, 408 or 409 tell how many of its messages will not come.
            let rest = message
                .headers
                .as_ref()
                .and_then(|headers| crate::runs::text(headers, "Nats-Pending-Messages"))
                .and_then(|text| text.parse().ok());
            self.requested = self.requested.saturating_sub(rest.unwrap_or(self.requested));
        }
        Received::Nothing
    }

    /// Pulls do not survive a lost connection.
    fn forget(&mut self) {
        self.requested = 0;
    }

    fn forget_lost(&mut self) {
        if self.requested > 0 && self.asked_at.elapsed() > EXPIRES + Duration::from_secs(2) {
            self.requested = 0;
        }
    }
}

/// Gives back what arrives after the stop, so that nobody waits for a lease to run out.
async fn hand_back<W: Worker>(handler: &Handler<W>, mut messages: Subscriber) {
    if messages.drain().await.is_err() {
        return;
    }
    let rest = async {
        while let Some(message) = messages.next().await {
            if message.status.is_none() {
                let message = jetstream::Message { message, context: handler.jetstream().clone() };
                handler.postpone(&message, Duration::ZERO).await;
            }
        }
    };
    let _ = timeout(Duration::from_secs(5), rest).await;
}

/// Lets running handlers finish; what does not is given back.
async fn finish(running: &mut JoinSet<Outcome>) {
    let all = async { while running.join_next().await.is_some() {} };
    if timeout(SOFT_STOP, all).await.is_err() {
        running.shutdown().await;
    }
}

/// A negative acknowledgement with a delay; nothing at all means at once.
pub(crate) fn nak(after: Duration) -> AckKind {
    AckKind::Nak((!after.is_zero()).then_some(after))
}
