//! What a handler knows of the message in its hands, and what it can ask of the broker meanwhile.

use crate::intents::Intents;
use crate::progress::Progress;
use crate::publish::{PublishError, Publisher};
use crate::runs::Runs;
use crate::runtime::Runtime;
use proto::Outgoing;
use proto::subject::{RunId, Subject};
use std::sync::Arc;

/// The message in hand.
pub struct Delivery {
    pub subject: Subject,
    /// 0, or higher when the message was replayed into a finished run.
    pub generation: u32,
    /// Its message id; what it causes carries it as `Lf-Cause`.
    pub id: String,
    /// When the broker stored it.
    pub published_at: chrono::DateTime<chrono::Utc>,
    /// Failed attempts so far.
    pub attempts: u32,
    /// Whose delivery it is and which, unless it is the first.
    pub(crate) again: Option<String>,
    pub(crate) trace: crate::trace::TraceContext,
    pub(crate) publisher: Publisher,
    pub(crate) runs: Runs,
    pub(crate) runtime: Runtime,
    pub(crate) progress: Arc<Progress>,
}

impl Delivery {
    /// The run the message belongs to.
    ///
    /// # Errors
    /// Rejects when the subject is not a run's.
    pub fn run(&self) -> Result<&RunId, crate::Fault> {
        self.subject
            .run_id()
            .ok_or_else(|| crate::Fault::reject("permanent", format!("{} belongs to no run", self.subject)))
    }

    /// Reads what runs have said so far.
    pub fn runs(&self) -> &Runs {
        &self.runs
    }

    /// Records of calls to the outside, so that none is made twice.
    pub fn intents(&self) -> &Intents {
        self.runtime.intents()
    }

    /// The time, for rules that take it as an argument.
    #[expect(clippy::disallowed_methods, reason = "the runtime is where the clock is read")]
    pub fn now(&self) -> chrono::DateTime<chrono::Utc> {
        chrono::Utc::now()
    }

    /// Publishes at once instead of with the outbox, for results that should not pile up in memory.
    ///
    /// Returns when the message is sent; `flush` waits for what is still unacknowledged. Stages are joined for what is
    /// in the outbox only. The plan of a stage is said before what its parts are made of: when the stage is done
    /// again, parts that came before would be counted by the old plan.
    pub async fn publish(&self, message: Outgoing) -> Result<(), PublishError> {
        self.progress.advance();
        self.publisher.send(message, &self.context()).await
    }

    /// Waits until the broker has acknowledged everything `publish` sent.
    pub async fn flush(&self) -> Result<(), PublishError> {
        self.progress.advance();
        self.publisher.flush().await
    }

    /// Tells that the handler is alive and getting on, so that its lease is extended.
    pub fn advance(&self) {
        self.progress.advance();
    }

    pub(crate) fn context(&self) -> crate::publish::Context<'_> {
        crate::publish::Context {
            cause: &self.id,
            generation: self.generation,
            again: self.again.as_deref(),
            trace: &self.trace,
        }
    }
}
