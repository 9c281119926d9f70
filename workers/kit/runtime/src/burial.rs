//! The end of a message that failed for good: dead letter, tombstones, and only then is it given up.

use crate::consume::nak;
use crate::dead::DeadLetter;
use crate::delivery::Delivery;
use crate::fault::Fault;
use crate::handle::{Envelope, Handler, settle_with};
use crate::publish::Publisher;
use crate::runs::Runs;
use crate::settle::History;
use crate::trace::TraceContext;
use crate::worker::Worker;
use async_nats::jetstream::{self, AckKind};
use chrono::Utc;
use proto::Subject;
use std::sync::Arc;
use std::time::Duration;

impl<W: Worker> Handler<W> {
    /// Stores the dead letter, tells those who wait, and only then gives the message up.
    pub(crate) async fn bury(
        &self,
        message: &jetstream::Message,
        envelope: &Envelope,
        history: History,
        trace: &TraceContext,
        class: &'static str,
        fault: Option<Fault>,
    ) {
        let letter = self.letter(message, envelope, history, trace, class, fault.as_ref());
        if let Err(error) = letter.publish(self.jetstream()).await {
            tracing::error!(worker = W::NAME, %error, "could not store a dead letter: the message stays");
            self.record(envelope, History { waits: history.waits + 1, ..history }).await;
            return settle_with(message, nak(Duration::from_secs(5))).await;
        }
        self.runtime.metrics().dead(W::NAME, class);
        if let Ok(subject) = message.subject.parse::<Subject>() {
            let delivery = Delivery {
                generation: envelope.generation,
                id: envelope.id.clone(),
                published_at: envelope.published_at,
                attempts: history.attempts,
                trace: trace.clone(),
                publisher: Publisher::new(Arc::clone(self.jetstream())),
                runs: Runs::new(Arc::clone(self.jetstream())),
                runtime: self.runtime.clone(),
                progress: Arc::default(),
                subject,
            };
            let tombstones = self.worker.tombstones(&delivery.subject, class);
            if let Err(fault) = self.announce(tombstones, &delivery).await {
                tracing::warn!(worker = W::NAME, error = %fault.chain(), "could not publish a tombstone");
                self.record(envelope, History { waits: history.waits + 1, ..history }).await;
                return settle_with(message, nak(Duration::from_secs(5))).await;
            }
        }
        settle_with(message, AckKind::Term).await;
    }

    fn letter(
        &self,
        message: &jetstream::Message,
        envelope: &Envelope,
        history: History,
        trace: &TraceContext,
        class: &'static str,
        fault: Option<&Fault>,
    ) -> DeadLetter {
        #[expect(clippy::disallowed_methods, reason = "the runtime is where the clock is read")]
        let now = Utc::now();
        let crashes = history.crashes(envelope.delivered);
        DeadLetter {
            worker: W::NAME.to_owned(),
            class: class.to_owned(),
            code: String::new(),
            error: fault.map(Fault::chain).unwrap_or_default(),
            subject: message.subject.to_string(),
            stream: envelope.stream.clone(),
            stream_sequence: envelope.sequence,
            consumer: self.consumer.clone(),
            consumer_sequence: envelope.consumer_sequence,
            published_at: envelope.published_at.to_rfc3339(),
            dead_at: now.to_rfc3339(),
            deliveries: envelope.delivered,
            attempts: history.attempts + u32::from(class != "crash_poison"),
            crashes,
            generation: envelope.generation,
            trace: trace.traceparent(),
            headers: message.headers.clone().unwrap_or_default(),
            payload: message.payload.clone(),
        }
    }
}
