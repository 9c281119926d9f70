//! The end of a message that failed for good: dead letter, tombstones, and only then is it given up.

use crate::dead::DeadLetter;
use crate::delivery::Delivery;
use crate::fault::Fault;
use crate::handle::{Envelope, Handler, judged, nak, settle_with};
use crate::publish::Publisher;
use crate::quarantine::CRASH_POISON;
use crate::runs::Runs;
use crate::settle::History;
use crate::trace::TraceContext;
use crate::worker::Worker;
use async_nats::jetstream::{self, AckKind};
use chrono::{SecondsFormat, Utc};
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
        let subject = message.subject.parse::<Subject>().ok();
        let tombstones = subject.as_ref().map(|subject| self.worker.tombstones(subject, class));
        let tombstones = tombstones.unwrap_or_default();
        let mut letter = self.letter(message, envelope, history, trace, class, fault.as_ref());
        letter.tombstones = tombstones.tombstones();
        let sequence = match letter.publish(self.runtime.outlet()).await {
            Ok(sequence) => sequence,
            Err(error) => {
                tracing::error!(worker = W::NAME, %error, "could not store a dead letter: the message stays");
                self.keep(message, envelope, history).await;
                if let fault @ Fault::Gate { gate, .. } = judged(error.into()) {
                    Box::pin(self.close_gate(gate, Some(fault), trace)).await;
                }
                return;
            }
        };
        if let Some(subject) = subject {
            let delivery = Delivery {
                generation: envelope.generation,
                id: envelope.id.clone(),
                published_at: envelope.published_at,
                attempts: history.attempts,
                trace: trace.clone(),
                publisher: Publisher::new(Arc::clone(self.runtime.outlet())),
                runs: Runs::new(Arc::clone(self.jetstream())),
                runtime: self.runtime.clone(),
                progress: Arc::default(),
                subject,
            };
            if let Err(fault) = self.announce(tombstones, &delivery).await {
                tracing::warn!(worker = W::NAME, error = %fault.chain(), "could not publish a tombstone");
                return self.keep(message, envelope, history).await;
            }
        }
        if let Some(replayed) = &envelope.replayed
            && !self.tell(replayed, Some(sequence)).await
        {
            return self.keep(message, envelope, history).await;
        }
        self.runtime.metrics().dead(W::NAME, class);
        settle_with(message, AckKind::Term).await;
    }

    /// Leaves a message that could not be buried where it is.
    async fn keep(&self, message: &jetstream::Message, envelope: &Envelope, history: History) {
        self.record(envelope, History { waits: history.waits + 1, ..history }).await;
        settle_with(message, nak(Duration::from_secs(5))).await;
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
        let crashed = class == CRASH_POISON;
        // The last crash is the one of the process that it was alone in.
        let crashes =
            history.crashes(envelope.delivered) + u32::from(crashed && self.runtime.cell().is_some());
        DeadLetter {
            worker: W::NAME.to_owned(),
            class: class.to_owned(),
            code: fault.and_then(|fault| self.worker.code(fault.cause())).unwrap_or_default(),
            error: fault.map(Fault::chain).unwrap_or_default(),
            subject: message.subject.to_string(),
            stream: envelope.stream.clone(),
            stream_sequence: envelope.sequence,
            consumer: self.consumer.clone(),
            consumer_sequence: envelope.consumer_sequence,
            published_at: envelope.published_at.to_rfc3339_opts(SecondsFormat::Nanos, true),
            dead_at: now.to_rfc3339(),
            deliveries: envelope.delivered,
            attempts: history.attempts + u32::from(!crashed),
            crashes,
            generation: envelope.generation,
            trace: trace.traceparent(),
            tombstones: Vec::new(),
            headers: message.headers.clone().unwrap_or_default(),
            payload: message.payload.clone(),
        }
    }
}
