//! The client: asks once, pays once, repairs at most once.

use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream;
use serde::Deserialize;

use crate::answers::{Answers, Claim, Found};
use crate::call::{Caller, LONGEST_WAIT, Okay, now, plain};
use crate::reply::Reply;
use crate::{Answer, Ask, Config, Error, Raw, Usage, ask::Prompt, budget, price, schema};

/// A connection to Claude, or the knowledge that there is none.
#[derive(Clone)]
pub struct Claude {
    config: Arc<Config>,
    caller: Option<Arc<Caller>>,
    answers: Option<Answers>,
}

/// What the API says about a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    pub id: String,
    /// `active`, `deprecated` or `retired`.
    pub lifecycle: String,
    /// Without them no question of ours can be asked.
    pub structured_outputs: bool,
    pub max_input_tokens: u64,
    pub max_tokens: u64,
}

/// How a reply leaves a question.
pub(crate) enum Outcome {
    Answered(serde_json::Value),
    Refused(Option<String>),
    Cut,
    /// Asking again with the reason may help.
    Unusable(String),
    /// Asking again will not help.
    Strange(String),
}

impl Claude {
    /// Reads the key and opens the bucket; no request is made.
    ///
    /// Without JetStream nothing is remembered, which suits a check and nothing else. A TLS provider must have been installed for the process.
    pub async fn connect(config: Config, jetstream: Option<jetstream::Context>) -> Result<Self, Error> {
        let Some(key) = config.key()? else {
            return Ok(Self { config: Arc::new(config), caller: None, answers: None });
        };
        if jetstream.is_none() && budget::is_set(&config) {
            return Err(Error::BudgetWithoutStore);
        }
        let caller = Caller::new(&config, &key)?;
        let answers = match &jetstream {
            Some(jetstream) => Some(Answers::open(jetstream).await?),
            None => None,
        };
        Ok(Self { config: Arc::new(config), caller: Some(Arc::new(caller)), answers })
    }

    /// Whether there is a key: without one, use what works without Claude.
    pub fn enabled(&self) -> bool {
        self.caller.is_some()
    }

    /// The model for outreach texts.
    pub fn model(&self) -> &str {
        &self.config.model
    }

    /// The model for rankings.
    pub fn ranking_model(&self) -> &str {
        &self.config.ranking_model
    }

    /// Asks, unless the answer is known already. Takes at most three calls for an answer that needs repair and room.
    pub async fn ask(&self, ask: &Ask<'_>) -> Result<Answer, Error> {
        let Some(caller) = &self.caller else {
            return Err(Error::Disabled);
        };
        let prompt = Prompt::of(ask)?;
        let Some(answers) = &self.answers else {
            return self.converse(caller, ask, prompt, &mut None).await.map_err(|(error, _)| error);
        };
        let mut claim = None;
        if self.config.cache {
            match answers.claim(prompt.key(ask), now(), self.lease()).await? {
                Found::Answered(answer) => return Ok(answer),
                Found::Nothing(new) => claim = Some(new),
            }
        }
        let account = budget::key(ask.client, now());
        let outcome = match self.within_budget(answers, ask, &account).await {
            Ok(()) => self.converse(caller, ask, prompt, &mut claim).await,
            Err(error) => Err((error, None)),
        };
        if outcome.is_ok() {
            runtime::trip::pass("answered", ask.step);
        }
        let (result, paid) = match outcome {
            Ok(answer) => (Ok(answer.clone()), Some(answer)),
            Err((error, paid)) => (Err(error), paid),
        };
        if let Some(paid) = paid.filter(|_| budget::is_set(&self.config)) {
            warn_unless_kept(answers.add_spent(&account, &paid, &self.config).await);
        }
        if let Some(claim) = claim {
            warn_unless_kept(match &result {
                Ok(answer) => answers.keep(claim, answer).await,
                Err(Error::Refused { category }) => answers.keep_refusal(claim, category.clone()).await,
                Err(_) => answers.give_up(claim).await,
            });
        }
        result
    }

    /// What the API knows about a model; costs nothing.
    pub async fn check_model(&self, model: &str) -> Result<Model, Error> {
        let Some(caller) = &self.caller else {
            return Err(Error::Disabled);
        };
        let reply = caller.get(&format!("models/{model}"), model).await?;
        let card: Card = serde_json::from_slice(&reply.body).map_err(Error::Unreadable)?;
        Ok(Model {
            id: card.id,
            lifecycle: card.lifecycle,
            structured_outputs: card.capabilities.structured_outputs.supported,
            max_input_tokens: card.max_input_tokens,
            max_tokens: card.max_tokens,
        })
    }

    /// A call, and the waits of `LONGEST_WAIT` at most: before its first try, before the last retry, and for its turn then.
    ///
    /// Who still holds a claim after that has died.
    fn lease(&self) -> Duration {
        self.config.timeout + 3 * LONGEST_WAIT
    }

    async fn within_budget(&self, answers: &Answers, ask: &Ask<'_>, account: &str) -> Result<(), Error> {
        if budget::is_set(&self.config) && answers.spent(account).await?.exhausts(&self.config) {
            return Err(Error::Budget {
                client: ask.client.to_owned(),
                after: budget::until_tomorrow(now()),
            });
        }
        Ok(())
    }

    /// Asks until there is an answer that fits; an error comes with what was paid on the way to it.
    async fn converse(
        &self,
        caller: &Caller,
        ask: &Ask<'_>,
        mut prompt: Prompt,
        claim: &mut Option<Claim>,
    ) -> Result<Answer, (Error, Option<Answer>)> {
        let mut answer = Answer {
            value: serde_json::Value::Null,
            model: ask.model.to_owned(),
            request_id: None,
            usage: Usage::default(),
            cost: Some(0),
            calls: 0,
            from_cache: false,
        };
        let (mut repaired, mut enlarged) = (false, false);
        loop {
            let reply = self.call(caller, ask, &prompt, claim).await;
            let (reply, request_id) = match reply {
                Ok(reply) => reply,
                Err(error) => return Err((error, Some(answer).filter(|answer| answer.calls > 0))),
            };
            answer.calls += 1;
            answer.usage.add(reply.usage);
            answer.cost =
                answer.cost.zip(price::cost(ask.model, &reply.usage)).map(|(a, b)| a.saturating_add(b));
            answer.request_id = request_id;
            log(ask, &answer, reply.stop_reason.as_deref());
            if !reply.model.is_empty() {
                answer.model.clone_from(&reply.model);
            }
            let text = reply.text();
            match judge(reply, &prompt.canary, ask.schema) {
                Outcome::Answered(value) => return Ok(Answer { value, ..answer }),
                Outcome::Refused(category) => {
                    return Err((Error::Refused { category }, Some(answer)));
                }
                Outcome::Cut if !enlarged && prompt.enlarge() => enlarged = true,
                Outcome::Unusable(reason) if !repaired => {
                    prompt.object(&reason);
                    repaired = true;
                }
                Outcome::Cut => {
                    let reason = "it was cut at max_tokens".to_owned();
                    return Err((Error::Output { reason, text: Raw(text) }, Some(answer)));
                }
                Outcome::Unusable(reason) | Outcome::Strange(reason) => {
                    return Err((Error::Output { reason, text: Raw(text) }, Some(answer)));
                }
            }
        }
    }

    async fn call(
        &self,
        caller: &Caller,
        ask: &Ask<'_>,
        prompt: &Prompt,
        claim: &mut Option<Claim>,
    ) -> Result<(Reply, Option<String>), Error> {
        let turn = caller.turn().await;
        // Only now: the wait for a turn may be longer than a claim lasts.
        if let (Some(answers), Some(claim)) = (&self.answers, claim) {
            answers.renew(claim, now(), self.lease()).await?;
        }
        let outcome = caller.post(ask.model, &prompt.bytes(), self.answers.as_ref()).await;
        caller.end_turn(turn);
        let Okay { body, request_id } = outcome?;
        let reply = serde_json::from_slice(&body).map_err(Error::Unreadable)?;
        Ok((reply, request_id))
    }
}

pub(crate) fn judge(reply: Reply, canary: &str, schema: &serde_json::Value) -> Outcome {
    match reply.stop_reason.as_deref() {
        Some("end_turn") => {}
        Some("refusal") => return Outcome::Refused(reply.refusal_category().map(|word| plain(&word))),
        Some("max_tokens") => return Outcome::Cut,
        other => return Outcome::Strange(format!("stop_reason {}", plain(other.unwrap_or("missing")))),
    }
    if reply.text().contains(canary) {
        return Outcome::Unusable("it repeats the system prompt".into());
    }
    let Some(value) = reply.json() else {
        return Outcome::Unusable("it is not JSON".into());
    };
    match schema::fit(value, schema) {
        Ok(value) => Outcome::Answered(value),
        Err(why) => Outcome::Unusable(why),
    }
}

/// The answer is worth more than its copy: without the copy the next delivery may pay again.
fn warn_unless_kept(kept: Result<(), Error>) {
    if let Err(error) = kept {
        tracing::warn!(error = &error as &dyn std::error::Error, "an answer of Claude may be paid for again");
    }
}

fn log(ask: &Ask<'_>, answer: &Answer, stop_reason: Option<&str>) {
    tracing::info!(
        client.id = ask.client,
        claude.step = ask.step,
        claude.model = ask.model,
        claude.request_id = answer.request_id,
        claude.stop_reason = stop_reason,
        claude.tokens = answer.usage.tokens(),
        claude.cost_micro_usd = answer.cost,
        "Claude answered"
    );
}

#[derive(Deserialize)]
struct Card {
    id: String,
    #[serde(default)]
    lifecycle: String,
    #[serde(default)]
    max_input_tokens: u64,
    #[serde(default)]
    max_tokens: u64,
    #[serde(default)]
    capabilities: Capabilities,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Capabilities {
    structured_outputs: Capability,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Capability {
    supported: bool,
}
