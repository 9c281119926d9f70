//! Counters of this process, in Prometheus' text form.

use crate::settle::Settlement;
use prometheus::{
    Encoder as _, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec,
    Opts, Registry, TextEncoder,
};
use std::time::Duration;

pub struct Metrics {
    registry: Registry,
    handled: IntCounterVec,
    seconds: HistogramVec,
    in_flight: IntGaugeVec,
    dead: IntCounterVec,
    gates: IntGaugeVec,
    pending: IntGaugeVec,
    ack_pending: IntGaugeVec,
    redelivered: IntGaugeVec,
    oldest: IntGaugeVec,
    paused: IntGaugeVec,
}

/// What a consumer has not done yet.
#[derive(Debug)]
pub(crate) struct Lag {
    pub(crate) pending: u64,
    pub(crate) ack_pending: usize,
    pub(crate) redelivered: usize,
    /// Of the oldest message that is not settled.
    pub(crate) oldest: Duration,
    pub(crate) paused: bool,
}

/// The counters of one worker.
pub(crate) struct WorkerMetrics {
    outcomes: [IntCounter; 6],
    seconds: Histogram,
    in_flight: IntGauge,
}

/// A message in somebody's hands; counts until it is dropped.
pub(crate) struct InFlight(IntGauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl WorkerMetrics {
    pub(crate) fn in_flight(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    /// The process that was started for the message counts in metrics of its own, which nobody reads.
    pub(crate) fn handled_alone(&self) {
        self.outcomes[5].inc();
    }

    pub(crate) fn handled(&self, settlement: &Settlement, duration: Duration) {
        let outcome = match settlement {
            Settlement::Ack => 0,
            Settlement::Redeliver { .. } => 1,
            Settlement::Postpone { .. } => 2,
            Settlement::CloseGate { .. } => 3,
            Settlement::DeadLetter { .. } => 4,
        };
        self.outcomes[outcome].inc();
        self.seconds.observe(duration.as_secs_f64());
    }
}

impl Metrics {
    pub(crate) fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let counter = |name: &str, help: &str, labels: &[&str]| {
            let metric = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(metric.clone()))?;
            Ok::<_, prometheus::Error>(metric)
        };
        let gauge = |name: &str, help: &str, labels: &[&str]| {
            let metric = IntGaugeVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(metric.clone()))?;
            Ok::<_, prometheus::Error>(metric)
        };
        let seconds = HistogramVec::new(
            HistogramOpts::new(
                "leadfleet_process_duration_seconds",
                "Time from receipt to the end of the handler.",
            )
            .buckets(prometheus::exponential_buckets(0.0005, 4.0, 10)?),
            &["worker"],
        )?;
        registry.register(Box::new(seconds.clone()))?;
        let build = gauge("leadfleet_build_info", "1, with the version of the process.", &["version"])?;
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        Ok(Self {
            handled: counter(
                "leadfleet_messages_total",
                "Deliveries by how they ended.",
                &["worker", "outcome"],
            )?,
            seconds,
            in_flight: gauge("leadfleet_inflight", "Messages being handled.", &["worker"])?,
            dead: counter("leadfleet_dead_letters_total", "Dead letters written.", &["worker", "class"])?,
            gates: gauge(
                "leadfleet_gate_closed",
                "1 while this process holds the gate closed.",
                &["worker", "gate"],
            )?,
            pending: gauge(
                "leadfleet_consumer_pending_messages",
                "Messages not yet delivered.",
                &["worker", "stream", "consumer"],
            )?,
            ack_pending: gauge(
                "leadfleet_consumer_ack_pending_messages",
                "Messages delivered and not yet settled.",
                &["worker", "stream", "consumer"],
            )?,
            redelivered: gauge(
                "leadfleet_consumer_redelivered_messages",
                "Messages delivered more than once and not yet settled.",
                &["worker", "stream", "consumer"],
            )?,
            oldest: gauge(
                "leadfleet_consumer_oldest_pending_age_seconds",
                "Age of the oldest message that is not settled; 0 where there is none.",
                &["worker", "stream", "consumer"],
            )?,
            paused: gauge("leadfleet_paused", "1 while the worker is paused.", &["worker"])?,
            registry,
        })
    }

    /// What is counted for every message, looked up once instead of for each.
    pub(crate) fn of_worker(&self, worker: &str) -> WorkerMetrics {
        WorkerMetrics {
            outcomes: ["ok", "retry", "wait", "gate", "dead", "alone"]
                .map(|outcome| self.handled.with_label_values(&[worker, outcome])),
            seconds: self.seconds.with_label_values(&[worker]),
            in_flight: self.in_flight.with_label_values(&[worker]),
        }
    }

    pub(crate) fn dead(&self, worker: &str, class: &str) {
        self.dead.with_label_values(&[worker, class]).inc();
    }

    pub(crate) fn gate(&self, worker: &str, gate: &str, closed: bool) {
        self.gates.with_label_values(&[worker, gate]).set(i64::from(closed));
    }

    pub(crate) fn lag(&self, worker: &str, stream: &str, consumer: &str, lag: &Lag) {
        for (gauge, value) in [
            (&self.pending, lag.pending),
            (&self.ack_pending, lag.ack_pending as u64),
            (&self.redelivered, lag.redelivered as u64),
            (&self.oldest, lag.oldest.as_secs()),
        ] {
            let value = i64::try_from(value).unwrap_or(i64::MAX);
            gauge.with_label_values(&[worker, stream, consumer]).set(value);
        }
        self.paused.with_label_values(&[worker]).set(i64::from(lag.paused));
    }

    /// Where crates with counters of their own register them.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(crate) fn text(&self) -> Result<Vec<u8>, prometheus::Error> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}
