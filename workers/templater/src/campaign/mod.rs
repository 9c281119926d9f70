//! The worker: the messages of a campaign, in the order and at the times that are proven, asked of Claude once for all
//! who get them.

mod check;
mod length;
mod plan;
mod prompt;
mod words;

#[cfg(test)]
mod tests;

use crate::Config;
use crate::decide::{Decision, decide};
use claude::{Ask, Claude, Effort};
use patterns::{Proven, Used};
use proto::v1::{Campaign, CampaignRequest, CampaignStep, PatternUsed};
use proto::{Outbox, Outgoing, Subject, Token, kind};
use runtime::{Cause, Delivery, Fault, OrFault as _, Retry, Source, Worker};
use serde_json::Value;
use std::time::Duration;

use check::Flaw;
use plan::Touch;

/// Raised when the rules or the question change, so that old answers are asked anew.
const VERSION: &str = "1";
const MAX_TOKENS: u32 = 4096;
/// Closed while Claude takes no question of ours: key, model, money.
const GATE: &str = "claude";
const MOST_STEPS: u32 = 8;

pub struct CampaignWriter {
    claude: Claude,
    patience: Duration,
}

/// Why Claude's messages are not there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unwritten {
    #[error(transparent)]
    Claude(#[from] claude::Error),
    #[error("Claude's messages cannot be used: {0}")]
    Flaw(#[from] Flaw),
}

/// A campaign that nobody can write.
#[derive(Debug, thiserror::Error)]
enum Unknown {
    #[error("a campaign has 1 to {MOST_STEPS} steps, not {0}")]
    Steps(u32),
    #[error("no tone is known for the segment {0:?}")]
    Segment(String),
    #[error("what is proven cannot be read")]
    Patterns(#[from] serde_json::Error),
}

/// What is to be written, by which patterns.
#[derive(Debug)]
struct Plan {
    touches: Vec<Touch>,
    proven: Proven,
}

impl Plan {
    fn of(request: &CampaignRequest) -> Result<Self, Unknown> {
        if !(1..=MOST_STEPS).contains(&request.steps) {
            return Err(Unknown::Steps(request.steps));
        }
        if !request.segment.is_empty() && crate::sequence::tone(&request.segment).is_none() {
            return Err(Unknown::Segment(request.segment.clone()));
        }
        let proven = Proven::read(&request.patterns)?;
        Ok(Self { touches: plan::touches(request.steps, &proven), proven })
    }

    fn campaign(&self, request: &CampaignRequest, sequence: Vec<CampaignStep>) -> Campaign {
        Campaign {
            client_id: request.client_id.clone(),
            campaign_id: request.campaign_id.clone(),
            icp: request.icp.clone(),
            segment: request.segment.clone(),
            context: self.proven.lines(),
            sequence,
            days: plan::days(&self.proven),
            patterns_used: self.proven.used().into_iter().map(told).collect(),
            ..Campaign::default()
        }
    }

    /// The words of the repository, and why they are not Claude's.
    fn by_templates(&self, request: &CampaignRequest, note: String) -> Campaign {
        let sequence = words::written(&self.touches, &self.proven);
        Campaign { source: "templates".to_owned(), note, ..self.campaign(request, sequence) }
    }
}

impl CampaignWriter {
    pub fn new(config: Config, claude: Claude) -> Self {
        Self { claude, patience: Duration::from_secs(config.templater_patience.into()) }
    }

    /// Asks Claude for the messages; messages with a flaw are asked for once more.
    async fn write(
        &self,
        client: &str,
        request: &CampaignRequest,
        plan: &Plan,
    ) -> Result<Campaign, Unwritten> {
        let task = prompt::task(&plan.touches, &request.segment, &plan.proven);
        let icp = request.icp.clone().unwrap_or_default();
        let check = |answer: &Value| check::check(answer, &plan.touches, &icp, &plan.proven);
        let answer = self.ask(client, &task, request, plan).await?;
        let (answer, sequence) = match check(&answer.value) {
            Ok(sequence) => (answer, sequence),
            Err(flaw) => {
                let answer = self.ask(client, &prompt::again(&task, &flaw), request, plan).await?;
                let sequence = check(&answer.value)?;
                (answer, sequence)
            }
        };
        Ok(Campaign {
            source: "claude".to_owned(),
            model: answer.model,
            cost_micros: answer.cost.unwrap_or(0),
            ..plan.campaign(request, sequence)
        })
    }

    async fn ask(
        &self,
        client: &str,
        task: &str,
        request: &CampaignRequest,
        plan: &Plan,
    ) -> Result<claude::Answer, claude::Error> {
        let (data, schema) = (prompt::data(request, &plan.proven), prompt::schema(&plan.touches));
        self.claude
            .ask(&Ask {
                client,
                step: "campaign",
                version: VERSION,
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

    /// Why the words are the repository's; nobody waits for a Claude that is away.
    fn note(&self, unwritten: Unwritten, waited: Duration) -> Result<String, Fault> {
        let decision = match &unwritten {
            Unwritten::Claude(error) => decide(error, waited, self.patience),
            Unwritten::Flaw(_) => Decision::Generic,
        };
        match decision {
            Decision::Retry => Err(unwritten.into()),
            Decision::Gate => Err(unwritten).or_gate(GATE),
            Decision::Wait(after) => Err(Fault::Wait { after, cause: unwritten.into() }),
            Decision::Manual(_) => Ok("the repository's words: Claude could not be asked".to_owned()),
            Decision::Generic => Ok(match unwritten {
                Unwritten::Flaw(flaw) => {
                    format!("the repository's words: Claude's messages could not be used, {flaw}")
                }
                Unwritten::Claude(_) => "the repository's words: Claude gave no usable answer".to_owned(),
            }),
        }
    }
}

impl Worker for CampaignWriter {
    const NAME: &'static str = "campaign-writer";
    const SOURCE: Source = Source::Jobs("campaign-writer");
    const RETRY: Retry = Retry { concurrency: 2, lease: Duration::from_secs(120), ..Retry::DEFAULT };
    type Input = CampaignRequest;

    async fn handle(&self, request: CampaignRequest, delivery: &Delivery) -> Result<Outbox, Fault> {
        let Subject::Job { client, id, .. } = &delivery.subject else {
            return Err(Fault::reject("permanent", format!("{} is no job", delivery.subject)));
        };
        if Token::squeezed(&request.client_id) != *client || request.campaign_id != id.as_str() {
            return Err(Fault::reject("invalid", "the campaign is another one than its subject's"));
        }
        let plan = Plan::of(&request).or_reject_as("invalid")?;
        let campaign = if self.claude.enabled() {
            match self.write(client.as_str(), &request, &plan).await {
                Ok(campaign) => campaign,
                Err(unwritten) => {
                    let waited = delivery.now() - delivery.published_at;
                    let note = self.note(unwritten, waited.to_std().unwrap_or(Duration::ZERO))?;
                    tracing::warn!(campaign.id = %id, note, "a campaign has no words of Claude");
                    plan.by_templates(&request, note)
                }
            }
        } else {
            plan.by_templates(&request, "the repository's words: no Claude key is set".to_owned())
        };
        let name = format!("{}:{client}:{id}", kind::CAMPAIGN);
        Ok(Outbox::none().with(Outgoing::event(
            Token::squeezed(kind::CAMPAIGN),
            client.clone(),
            name,
            &campaign,
        )))
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

fn told(used: Used) -> PatternUsed {
    let card = used.card.as_ref();
    PatternUsed {
        pattern: used.pattern.to_owned(),
        verdict: used.verdict.name().to_owned(),
        conversion_rate: card.map(|card| card.conversion_rate),
        ci_low: card.map(|card| card.ci_low),
        ci_high: card.map(|card| card.ci_high),
        q: card.map(|card| card.q),
        sample: card.map(|card| card.sample),
        name: used.name,
    }
}
