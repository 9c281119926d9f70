//! One delivery from decoding to settlement: the only place that acknowledges, retries or gives up a message.

use crate::delivery::Delivery;
use crate::fault::{Fault, find};
use crate::letters::Replayed;
use crate::metrics::WorkerMetrics;
use crate::progress::{Cut, Progress};
use crate::publish::{PublishError, Publisher};
use crate::redact::redact;
use crate::runs::text;
use crate::runtime::Runtime;
use crate::settle::{History, Settlement, settle};
use crate::trace::TraceContext;
use crate::trip;
use crate::unreadable::UNREADABLE;
use crate::worker::Worker;
use crate::{ledger, storage};
use async_nats::jetstream::{self, AckKind};
use chrono::{DateTime, SecondsFormat, Utc};
use futures::FutureExt as _;
use proto::subject::{header, stream};
use proto::{Message, Name, Outbox, Subject};
use rand::Rng as _;
use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Handles the messages of one worker.
pub(crate) struct Handler<W> {
    pub(crate) runtime: Runtime,
    pub(crate) worker: Arc<W>,
    pub(crate) consumer: String,
    pub(crate) metrics: WorkerMetrics,
}

/// How a delivery ended, as far as the pull loop cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Succeeded,
    Failed,
}

/// What the broker says of a delivery.
pub(crate) struct Envelope {
    pub(crate) stream: String,
    pub(crate) sequence: u64,
    pub(crate) consumer_sequence: u64,
    pub(crate) delivered: u32,
    pub(crate) published_at: DateTime<Utc>,
    pub(crate) trace: Option<TraceContext>,
    pub(crate) generation: u32,
    pub(crate) id: String,
    /// The dead letter that the message was, if it was one.
    pub(crate) replayed: Option<Replayed>,
    /// The only worker it is for, if it is not for all that read its subject.
    pub(crate) addressee: Option<String>,
}

impl<W: Worker> Handler<W> {
    pub(crate) fn new(runtime: &Runtime, worker: Arc<W>, consumer: String) -> Self {
        Self { metrics: runtime.metrics().of_worker(W::NAME), runtime: runtime.clone(), worker, consumer }
    }

    pub(crate) fn jetstream(&self) -> &Arc<jetstream::Context> {
        self.runtime.shared_jetstream()
    }

    /// Handles one message and settles it.
    pub(crate) async fn process(&self, message: jetstream::Message, progress: Arc<Progress>) -> Outcome {
        let started = Instant::now();
        let _in_flight = self.metrics.in_flight();
        let Some(envelope) = Envelope::of(&message) else {
            tracing::error!(worker = W::NAME, "received a message that is no delivery");
            return Outcome::Failed;
        };
        self.runtime.outlet().sent().saw(&envelope.stream, envelope.sequence);
        if envelope.is_for_another::<W>() {
            settle_with(&message, AckKind::Ack).await;
            return Outcome::Succeeded;
        }
        let (trace, span) =
            TraceContext::process(envelope.trace.clone(), W::NAME, &envelope.stream, &self.consumer);
        let history = self.history(&envelope).await;
        let outcome = match &history {
            Ok(history) if self.runtime.has_to_be_alone(history.crashes(envelope.delivered)) => {
                match Box::pin(self.quarantine(&message, &envelope, *history, &progress)).await {
                    // The child has settled it.
                    Ok(()) => {
                        self.metrics.handled_alone();
                        return Outcome::Succeeded;
                    }
                    Err(fault) => Err(fault),
                }
            }
            Ok(history) => self.attempt(&message, &envelope, *history, &trace, progress).await,
            Err(_) => Err(Fault::Wait {
                after: Duration::from_secs(2),
                cause: "the delivery ledger is out of reach".into(),
            }),
        };
        let (history, outcome) = (history.unwrap_or_default(), outcome.map_err(judged));
        let settlement = settle(&outcome, history, &W::RETRY, rand::rng().random());
        let error = outcome.as_ref().err().map(|fault| redact(&fault.chain()));
        self.report(&message, &settlement, error.as_deref(), &trace, started);
        span.end(error.as_deref());
        self.carry_out(&message, &envelope, history, &trace, settlement, outcome.err()).await;
        if error.is_none() { Outcome::Succeeded } else { Outcome::Failed }
    }

    pub(crate) async fn history(&self, envelope: &Envelope) -> Result<History, crate::ledger::LedgerError> {
        if envelope.delivered <= 1 {
            return Ok(History::default());
        }
        self.runtime.ledger().read(&self.key(envelope)).await
    }

    fn key(&self, envelope: &Envelope) -> String {
        ledger::key(&self.consumer, envelope.sequence, envelope.published_at)
    }

    /// Decodes, handles, publishes and joins.
    async fn attempt(
        &self,
        message: &jetstream::Message,
        envelope: &Envelope,
        history: History,
        trace: &TraceContext,
        progress: Arc<Progress>,
    ) -> Result<(), Fault> {
        let subject: Subject = message.subject.parse().map_err(|cause: proto::subject::UnknownSubject| {
            Fault::Reject { class: "decode", cause: cause.into() }
        })?;
        let delivery = Delivery {
            subject,
            generation: envelope.generation,
            id: envelope.id.clone(),
            published_at: envelope.published_at,
            attempts: history.attempts,
            again: envelope.again::<W>(),
            trace: trace.clone(),
            publisher: Publisher::new(Arc::clone(self.runtime.outlet())),
            runs: self.runtime.runs().watched(Arc::clone(&progress)),
            runtime: self.runtime.clone(),
            progress: Arc::clone(&progress),
        };
        let headers = message.headers.as_ref();
        let work = async {
            let outbox = if headers.is_some_and(|headers| text(headers, header::TOMBSTONE).is_some()) {
                // The maker of the input died: what would have become of it will not come either.
                self.worker.tombstones(&delivery.subject, "missing_input")
            } else {
                let input = decode::<W::Input>(headers, &message.payload)?;
                trip::pass("begun", &message.subject);
                self.worker.handle(input, &delivery).await?
            };
            trip::pass("before_publish", &message.subject);
            self.announce(outbox, &delivery).await
        };
        let guarded = AssertUnwindSafe(work).catch_unwind().map(|ended| {
            ended.unwrap_or_else(|panic| Err(Fault::Retry { after: None, cause: panic_text(&*panic).into() }))
        });
        tokio::select! {
            biased;
            outcome = guarded => outcome,
            cut = progress.is_cut() => Err(cut_off::<W>(cut)),
        }
    }

    /// Publishes the outbox and whatever the handler sent before, then joins the stages that got parts.
    pub(crate) async fn announce(&self, outbox: Outbox, delivery: &Delivery) -> Result<(), Fault> {
        let mut joins: BTreeSet<_> = BTreeSet::new();
        let mut context = delivery.context();
        context.generation = outbox.generation.unwrap_or(context.generation);
        for message in outbox.messages {
            if let Subject::Part { run, stage, .. } | Subject::Plan { run, stage } = &message.subject
                && stage.joins()
            {
                joins.insert((run.clone(), *stage));
            }
            delivery.publisher.send(message, &context).await?;
        }
        delivery.publisher.flush().await?;
        if joins.is_empty() {
            return Ok(());
        }
        trip::pass("published", &delivery.subject.to_string());
        for (run, stage) in joins {
            Box::pin(self.runtime.joiner().arrived(&run, stage, &context)).await?;
        }
        Ok(())
    }

    async fn carry_out(
        &self,
        message: &jetstream::Message,
        envelope: &Envelope,
        history: History,
        trace: &TraceContext,
        settlement: Settlement,
        fault: Option<Fault>,
    ) {
        match settlement {
            Settlement::Ack => {
                trip::pass("handled", &message.subject);
                if let Some(replayed) = &envelope.replayed
                    && !self.tell(replayed, None).await
                {
                    return settle_with(message, nak(Duration::from_secs(2))).await;
                }
                settle_with(message, AckKind::Ack).await;
                trip::pass("acked", &message.subject);
            }
            Settlement::Redeliver { after, attempts } => {
                Box::pin(self.record(envelope, History { attempts, ..history })).await;
                settle_with(message, nak(after)).await;
            }
            Settlement::Postpone { after } => Box::pin(self.postpone(message, after)).await,
            Settlement::CloseGate { gate } => {
                Box::pin(self.postpone(message, self.runtime.probe_every::<W>() * 2)).await;
                Box::pin(self.close_gate(gate, fault, trace)).await;
            }
            Settlement::DeadLetter { class } => {
                Box::pin(self.bury(message, envelope, history, trace, class, fault)).await;
            }
        }
    }

    /// Records how a replayed letter ended; whether that is stored.
    pub(crate) async fn tell(&self, replayed: &Replayed, next: Option<u64>) -> bool {
        #[expect(clippy::disallowed_methods, reason = "the runtime is where the clock is read")]
        let at = Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true);
        let told = self.runtime.letters().ended(replayed, at, next).await;
        if let Err(error) = &told {
            tracing::warn!(worker = W::NAME, letter = replayed.letter, %error, "could not record the end of a replay");
        }
        told.is_ok()
    }

    /// Gives a message back without counting an attempt.
    pub(crate) async fn postpone(&self, message: &jetstream::Message, after: Duration) {
        // Better one delivery that looks like a crash than a record that forgets all before it.
        if let Some(envelope) = Envelope::of(message)
            && let Ok(history) = self.history(&envelope).await
        {
            self.record(&envelope, History { waits: history.waits + 1, ..history }).await;
        }
        settle_with(message, nak(after)).await;
    }

    /// A record that cannot be written only makes the delivery look like a crash.
    pub(crate) async fn record(&self, envelope: &Envelope, history: History) {
        if let Err(error) = self.runtime.ledger().write(self.key(envelope), history).await {
            tracing::warn!(worker = W::NAME, %error, "could not record a delivery");
        }
    }

    fn report(
        &self,
        message: &jetstream::Message,
        settlement: &Settlement,
        error: Option<&str>,
        trace: &TraceContext,
        started: Instant,
    ) {
        let duration = started.elapsed();
        self.metrics.handled(settlement, duration);
        let duration_ms = duration.as_millis();
        if matches!(settlement, Settlement::Ack) {
            return tracing::debug!(worker = W::NAME, subject = %message.subject, trace_id = %trace.trace_id(), duration_ms, "handled");
        }
        let trace_id = trace.trace_id();
        match (settlement, error) {
            (Settlement::Postpone { .. } | Settlement::CloseGate { .. }, Some(error)) => {
                tracing::info!(worker = W::NAME, subject = %message.subject, %trace_id, duration_ms, error, "postponed");
            }
            (settlement, error) => {
                let error = error.unwrap_or_default();
                tracing::warn!(worker = W::NAME, subject = %message.subject, %trace_id, duration_ms, error, ?settlement, "failed");
            }
        }
    }
}

/// What the runtime knows better of a fault than the handler that met it.
pub(crate) fn judged(fault: Fault) -> Fault {
    match fault {
        Fault::Retry { cause, .. } if storage::is_full(&cause) => Fault::Gate { gate: storage::GATE, cause },
        Fault::Retry { cause, .. }
            if matches!(find::<PublishError>(&cause), Some(PublishError::TooLarge { .. })) =>
        {
            Fault::Reject { class: "too_large", cause }
        }
        other => other,
    }
}

pub(crate) fn cut_off<W: Worker>(cut: Cut) -> Fault {
    match cut {
        Cut::Stuck => {
            Fault::Retry { after: None, cause: format!("{} got no further within its time", W::NAME).into() }
        }
        Cut::Stopping => Fault::Wait { after: Duration::ZERO, cause: "the process stops".into() },
    }
}

pub(crate) fn decode<M: Message + Name + Default>(
    headers: Option<&async_nats::HeaderMap>,
    payload: &[u8],
) -> Result<M, Fault> {
    let schema = M::full_name();
    let named = |name| headers.and_then(|headers| text(headers, name));
    if let Some(why) = named(UNREADABLE) {
        return Err(Fault::reject(
            "decode",
            format!("{why}: a replay goes without the headers that cannot be read"),
        ));
    }
    if let Some(named) = named(header::SCHEMA)
        && !named.is_empty()
        && named != schema
    {
        let named: String = named.chars().take(80).collect();
        return Err(Fault::reject("decode", format!("message is a {named}, expected {schema}")));
    }
    let json = named(header::CONTENT_TYPE).is_some_and(|kind| kind.starts_with("application/json"));
    if json {
        return proto::from_json(payload)
            .map_err(|cause| Fault::Reject { class: "decode", cause: cause.into() });
    }
    M::decode(payload).map_err(|cause| Fault::Reject { class: "decode", cause: cause.into() })
}

impl Envelope {
    pub(crate) fn of(message: &jetstream::Message) -> Option<Self> {
        let info = message.info().ok()?;
        let headers = message.headers.as_ref();
        let header = |name| headers.and_then(|headers| text(headers, name));
        let published_at =
            DateTime::from_timestamp(info.published.unix_timestamp(), info.published.nanosecond())?;
        Some(Self {
            stream: info.stream.to_owned(),
            sequence: info.stream_sequence,
            consumer_sequence: info.consumer_sequence,
            delivered: u32::try_from(info.delivered).ok()?,
            published_at,
            trace: header(header::TRACEPARENT).and_then(TraceContext::parse),
            generation: header(header::GENERATION).and_then(|text| text.parse().ok()).unwrap_or(0),
            id: header(header::MESSAGE_ID).unwrap_or_default().to_owned(),
            replayed: header(header::DEAD).and_then(|letter| letter.parse().ok()).map(|letter| Replayed {
                replay: header(header::REPLAY).unwrap_or_default().to_owned(),
                letter,
            }),
            addressee: header(header::FOR).map(str::to_owned),
        })
    }

    /// Whose delivery it is and which, unless it is the first.
    pub(crate) fn again<W: Worker>(&self) -> Option<String> {
        (self.delivered > 1).then(|| format!("{} {}", W::NAME, self.delivered))
    }

    /// A part of a run is never for one alone: it replaces the one before it, which others may not have had.
    fn is_for_another<W: Worker>(&self) -> bool {
        self.stream != stream::RUN && self.addressee.as_deref().is_some_and(|name| name != W::NAME)
    }
}

/// Settles a message and waits until the server has taken it.
///
/// A request by the connection's own inbox: the client library's double acknowledgement subscribes anew for each.
pub(crate) async fn settle_with(message: &jetstream::Message, kind: AckKind) {
    let Some(reply) = message.reply.clone() else { return };
    // Not fatal: an unsettled message comes again, and every handler can bear that.
    if let Err(error) = message.context.client().request(reply, kind.into()).await {
        tracing::warn!(subject = %message.subject, %error, "could not settle");
    }
}

/// A negative acknowledgement with a delay; nothing at all means at once.
pub(crate) fn nak(after: Duration) -> AckKind {
    AckKind::Nak((!after.is_zero()).then_some(after))
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panic: {}", text.unwrap_or("no text"))
}
