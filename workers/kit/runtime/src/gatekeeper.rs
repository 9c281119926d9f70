//! Closes a gate for the fleet, and opens it when the worker's probe succeeds.

use crate::fault::Fault;
use crate::gate::Closed;
use crate::handle::Handler;
use crate::redact::redact;
use crate::runtime::Runtime;
use crate::storage;
use crate::trace::TraceContext;
use crate::worker::Worker;
use chrono::Utc;
use proto::Outgoing;
use proto::v1::{Alert, Severity};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

impl<W: Worker> Handler<W> {
    /// Closes the gate for all processes; the one that did so probes until it can be opened.
    pub(crate) async fn close_gate(&self, gate: &'static str, fault: Option<Fault>, trace: &TraceContext) {
        #[expect(clippy::disallowed_methods, reason = "the runtime is where the clock is read")]
        let since = Utc::now().to_rfc3339();
        let reason = fault.map(|fault| redact(&fault.chain())).unwrap_or_default();
        let (worker, gate_name) = (W::NAME.to_owned(), gate.to_owned());
        let mut state = Closed { worker, gate: gate_name, reason, since, open: false, again: 0 };
        match self.runtime.gates().close(&state).await {
            Ok(Some(again)) => state.again = again,
            Ok(None) => return,
            Err(error) => {
                return tracing::warn!(worker = W::NAME, %error, "could not close a gate for the fleet");
            }
        }
        tracing::warn!(worker = W::NAME, gate, reason = %state.reason, "gate closed");
        self.runtime.metrics().gate(W::NAME, gate, true);
        let alert = Alert {
            kind: "gate-closed".to_owned(),
            key: format!("{}-{gate}-{}", W::NAME, state.since),
            severity: Severity::Error.into(),
            text: format!("{} waits: {gate} does not answer ({})", W::NAME, state.reason),
            hint: "nothing is lost; work goes on by itself once it answers again".to_owned(),
            run_id: String::new(),
        };
        // A gate whose probe is too easily content closes again at once: that is the same trouble.
        if state.again == 0 {
            self.runtime.publish_quietly(&Outgoing::alert(alert), trace).await;
        }
        let runtime = self.runtime.clone();
        let worker = Arc::clone(&self.worker);
        tokio::spawn(async move { probe(&runtime, worker.as_ref(), gate, state).await });
    }
}

/// The longest time between two probes of a gate that closes again and again.
const SELDOM: Duration = Duration::from_secs(900);

/// Asks the worker every few seconds whether its surroundings are well again; less often each time that was a mistake.
async fn probe<W: Worker>(runtime: &Runtime, worker: &W, gate: &'static str, state: Closed) {
    let mut stop = runtime.stop_signal();
    let every = runtime.probe_every::<W>();
    let patience = every.saturating_mul(1 << state.again.min(16)).min(SELDOM);
    let mut probe_at = Instant::now() + patience;
    loop {
        tokio::select! {
            () = sleep(every) => {}
            _ = stop.changed() => {}
        }
        if *stop.borrow() {
            // The next one that fails closes it again and probes in this one's place.
            let _ = runtime.gates().open(&state).await;
            return;
        }
        if Instant::now() >= probe_at {
            let probe = async {
                match gate {
                    storage::GATE => storage::probe(runtime).await,
                    gate => worker.probe(gate).await,
                }
            };
            if let Ok(Ok(())) = timeout(every, probe).await {
                break;
            }
            probe_at = Instant::now() + patience;
        }
        if let Err(error) = runtime.gates().refresh(&state).await {
            tracing::warn!(worker = W::NAME, gate, %error, "could not keep the gate closed");
        }
    }
    tracing::info!(worker = W::NAME, gate, "gate open");
    runtime.metrics().gate(W::NAME, gate, false);
    if let Err(error) = runtime.gates().open(&state).await {
        tracing::warn!(worker = W::NAME, gate, %error, "could not open the gate for the fleet: its lease runs out");
    }
}
