//! The worker: words for the sequences of a segment, asked of Claude once for all who get them.

mod check;
mod prompt;

#[cfg(test)]
mod tests;

use crate::Config;
use crate::decide::{Decision, decide};
use claude::{Ask, Claude, Effort};
use patterns::Proven;
use proto::kind::SEQUENCE_WORDS;
use proto::v1::{SequenceRequest, SequenceWords};
use proto::{Message as _, Outbox, Outgoing, Subject, Token};
use runtime::{Cause, Delivery, Fault, OrFault as _, Retry, Source, Worker};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::time::Duration;

use check::Flaw;
pub(crate) use prompt::tone;

/// Raised when the rules or the question change, so that old answers are asked anew.
const VERSION: &str = "1";
const MAX_TOKENS: u32 = 4096;
/// Closed while Claude takes no question of ours: key, model, money.
const GATE: &str = "claude";

pub struct SequenceWriter {
    claude: Claude,
    patience: Duration,
}

/// Why Claude's words are not there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unwritten {
    #[error(transparent)]
    Claude(#[from] claude::Error),
    #[error("Claude's words cannot be used: {0}")]
    Flaw(#[from] Flaw),
}

impl SequenceWriter {
    pub fn new(config: Config, claude: Claude) -> Self {
        Self { claude, patience: Duration::from_secs(config.templater_patience.into()) }
    }

    /// Asks Claude for the words; words with a flaw are asked for once more.
    ///
    /// What was good is kept and costs nothing when it is asked for again. What was not is tried once more under each
    /// `job`, which is another one every week.
    pub(crate) async fn write(
        &self,
        client: &str,
        job: &str,
        request: &SequenceRequest,
        proven: &Proven,
    ) -> Result<SequenceWords, Unwritten> {
        let task = prompt::task(request, proven);
        let answer = self.ask(client, VERSION, &task, request).await?;
        let (answer, steps) = match check::check(&answer.value, request, proven) {
            Ok(steps) => (answer, steps),
            Err(flaw) => {
                let version = format!("{VERSION}.{job}");
                let answer = self.ask(client, &version, &prompt::again(&task, &flaw), request).await?;
                let steps = check::check(&answer.value, request, proven)?;
                (answer, steps)
            }
        };
        Ok(SequenceWords {
            client_id: request.client_id.clone(),
            segment: request.segment.clone(),
            sequence_type: request.sequence_type.clone(),
            steps,
            model: answer.model,
            cost_micros: answer.cost.unwrap_or(0),
        })
    }

    async fn ask(
        &self,
        client: &str,
        version: &str,
        task: &str,
        request: &SequenceRequest,
    ) -> Result<claude::Answer, claude::Error> {
        let (data, schema): (Value, Value) = (prompt::data(request), prompt::schema(request));
        self.claude
            .ask(&Ask {
                client,
                step: "sequence",
                version,
                model: self.claude.model(),
                system: prompt::SYSTEM,
                data: &data,
                task,
                schema: &schema,
                max_tokens: MAX_TOKENS,
                effort: Effort::Low,
            })
            .await
    }

    /// What to do without words: nobody waits for them, and they are asked for again the next day.
    pub(crate) fn without(&self, unwritten: Unwritten, waited: Duration) -> Result<(), Fault> {
        let decision = match &unwritten {
            Unwritten::Claude(error) => decide(error, waited, self.patience),
            Unwritten::Flaw(_) => Decision::Generic,
        };
        match decision {
            Decision::Retry => Err(unwritten.into()),
            Decision::Gate => Err(unwritten).or_gate(GATE),
            Decision::Wait(after) => Err(Fault::Wait { after, cause: unwritten.into() }),
            Decision::Generic | Decision::Manual(_) => {
                tracing::warn!(error = %unwritten, "no words from Claude: the sequence keeps those it has");
                Ok(())
            }
        }
    }
}

impl Worker for SequenceWriter {
    const NAME: &'static str = "sequence-writer";
    const SOURCE: Source = Source::Jobs("sequence-writer");
    const RETRY: Retry = Retry { concurrency: 2, lease: Duration::from_secs(120), ..Retry::DEFAULT };
    type Input = SequenceRequest;

    async fn handle(&self, request: SequenceRequest, delivery: &Delivery) -> Result<Outbox, Fault> {
        let Subject::Job { client, id, .. } = &delivery.subject else {
            return Err(Fault::reject("permanent", format!("{} is no job", delivery.subject)));
        };
        if Token::squeezed(&request.client_id) != *client {
            return Err(Fault::reject("invalid", "the words are asked for by another client".to_owned()));
        }
        let proven = prompt::known(&request).or_reject_as("invalid")?;
        if !self.claude.enabled() {
            return Ok(Outbox::none());
        }
        match self.write(client.as_str(), id.as_str(), &request, &proven).await {
            Ok(words) => Ok(Outbox::none().with(said(client, &words))),
            Err(unwritten) => {
                let waited = delivery.now() - delivery.published_at;
                self.without(unwritten, waited.to_std().unwrap_or(Duration::ZERO))?;
                Ok(Outbox::none())
            }
        }
    }

    /// Asking for the model is free and needs the same key.
    async fn probe(&self, _gate: &str) -> Result<(), Fault> {
        self.claude.check_model(self.claude.model()).await?;
        Ok(())
    }

    fn code(&self, cause: &Cause) -> Option<String> {
        match runtime::find::<Unwritten>(cause) {
            Some(Unwritten::Claude(error)) => Some(error.code().to_owned()),
            _ => None,
        }
    }
}

/// The same words for the same sequence are the same event.
fn said(client: &Token, words: &SequenceWords) -> Outgoing {
    let digest = Sha256::digest(words.encode_to_vec());
    let digest: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    Outgoing::event(
        Token::squeezed(SEQUENCE_WORDS),
        client.clone(),
        format!("{SEQUENCE_WORDS}:{client}:{digest}"),
        words,
    )
}
