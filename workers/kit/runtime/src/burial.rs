//! The end of a message that failed for good: dead letter, tombstones, and only then is it given up.

use crate::dead::DeadLetter;
use crate::delivery::Delivery;
use crate::fault::Fault;
use crate::handle::{Envelope, Handler, judged, nak, settle_with};
use crate::publish::Publisher;
use crate::quarantine::CRASH_POISON;
use crate::settle::History;
use crate::trace::TraceContext;
use crate::worker::Worker;
use async_nats::jetstream::{self, AckKind};
use chrono::{SecondsFormat, Utc};
use proto::Subject;
use std::sync::Arc;
use std::time::Duration;

impl<W: Worker> Handler<W> {
    /// Gives a message up once it is buried.
    pub(crate) async fn bury(
        &self,
        message: &jetstream::Message,
        envelope: &Envelope,
        history: History,
        trace: &TraceContext,
        class: &'static str,
        fault: Option<Fault>,
    ) {
        let Err(fault) = self.inter(message, envelope, history, trace, class, fault).await else {
            return settle_with(message, AckKind::Term).await;
        };
        tracing::error!(worker = W::NAME, error = %fault.chain(), "could not bury a message: it stays");
        self.record(envelope, History { waits: history.waits + 1, ..history }).await;
        settle_with(message, nak(Duration::from_secs(5))).await;
        if let Fault::Gate { gate, .. } = fault {
            Box::pin(self.close_gate(gate, Some(fault), trace)).await;
        }
    }

    /// Stores the dead letter, and tells those who wait.
    pub(crate) async fn inter(
        &self,
        message: &jetstream::Message,
        envelope: &Envelope,
        history: History,
        trace: &TraceContext,
        class: &'static str,
        fault: Option<Fault>,
    ) -> Result<(), Fault> {
        let subject = message.subject.parse::<Subject>().ok();
        let tombstones = subject.as_ref().map(|subject| self.worker.tombstones(subject, class));
        let tombstones = tombstones.unwrap_or_default();
        let mut letter = self.letter(message, envelope, history, trace, class, fault.as_ref());
        letter.tombstones = tombstones.tombstones();
        let sequence = letter.publish(self.runtime.outlet()).await.map_err(|error| judged(error.into()))?;
        if let Some(subject) = subject {
            let delivery = Delivery {
                generation: envelope.generation,
                id: envelope.id.clone(),
                published_at: envelope.published_at,
                attempts: history.attempts,
                again: envelope.again::<W>(),
                trace: trace.clone(),
                publisher: Publisher::new(Arc::clone(self.runtime.outlet())),
                runs: self.runtime.runs(),
                runtime: self.runtime.clone(),
                progress: Arc::default(),
                subject,
            };
            self.announce(tombstones, &delivery).await?;
        }
        if let Some(replayed) = &envelope.replayed
            && !self.tell(replayed, Some(sequence)).await
        {
            return Err(Fault::Retry { after: None, cause: "the end of a replay is not recorded".into() });
        }
        self.runtime.metrics().dead(W::NAME, class);
        Ok(())
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
