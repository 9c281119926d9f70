//! The worker: a segment in, its template out.

use crate::check::{self, Flaw};
use crate::decide::{Decision, decide};
use crate::{alert, generic, prompt};
use claude::{Ask, Claude, Effort};
use proto::subject::{Stage, Subject, Token};
use proto::v1::{Alert, RunHeader, Segment, Template, TemplateSource};
use proto::{Outbox, Outgoing, RunId};
use runtime::{Cause, Delivery, Fault, OrFault as _, ReadError, Retry, Source, Worker};
use std::time::Duration;

/// Raised when the rules or the question change, so that old answers are asked anew.
const VERSION: &str = "1";
const MAX_TOKENS: u32 = 2048;
/// Closed while Claude takes no question of ours: key, model, money.
const GATE: &str = "claude";

#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
pub struct Config {
    /// Seconds after a segment was published for which rate limits of Claude are waited for; then a person must write its template.
    #[arg(long, env = "TEMPLATER_PATIENCE", default_value_t = 120, value_name = "SECONDS")]
    pub templater_patience: u32,
}

pub struct Templater {
    claude: Claude,
    patience: Duration,
}

/// Why Claude's words are not there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unwritten {
    #[error(transparent)]
    Claude(#[from] claude::Error),
    #[error("Claude's answer cannot be used: {0}")]
    Flaw(#[from] Flaw),
}

impl Templater {
    pub fn new(config: Config, claude: Claude) -> Self {
        Self { claude, patience: Duration::from_secs(config.templater_patience.into()) }
    }

    /// Asks Claude for the words to a segment.
    pub(crate) async fn write(&self, client: &str, segment: &Segment) -> Result<Template, Unwritten> {
        let (data, schema) = (prompt::data(segment), prompt::schema());
        let answer = self
            .claude
            .ask(&Ask {
                client,
                step: "template",
                version: VERSION,
                model: self.claude.model(),
                system: prompt::SYSTEM,
                data: &data,
                task: &prompt::question(segment),
                schema: &schema,
                max_tokens: MAX_TOKENS,
                effort: Effort::Low,
            })
            .await?;
        Ok(Template {
            segment: segment.index,
            source: TemplateSource::Claude.into(),
            outreach: Some(check::check(answer.value, &segment.pain_texts)?),
            note: String::new(),
            model: answer.model,
            request_id: answer.request_id.unwrap_or_default(),
            cost_micros: answer.cost.unwrap_or(0),
        })
    }

    /// What stands in for Claude's words, and whom to tell.
    pub(crate) fn instead(
        &self,
        run: &RunId,
        segment: &Segment,
        unwritten: Unwritten,
        waited: Duration,
    ) -> Result<(Template, Option<Alert>), Fault> {
        let note = unwritten.to_string();
        let decision = match &unwritten {
            Unwritten::Claude(error) => decide(error, waited, self.patience),
            Unwritten::Flaw(_) => Decision::Generic,
        };
        match decision {
            Decision::Retry => Err(unwritten.into()),
            Decision::Gate => Err(unwritten).or_gate(GATE),
            Decision::Wait(after) => Err(Fault::Wait { after, cause: unwritten.into() }),
            Decision::Generic => Ok((in_general(segment, note), None)),
            Decision::Manual(trouble) => {
                let alert = alert::manual(run, trouble, &note);
                Ok((by_hand(segment, note), Some(alert)))
            }
        }
    }
}

impl Worker for Templater {
    const NAME: &'static str = "templater";
    const SOURCE: Source = Source::Parts(Stage::Segment);
    const RETRY: Retry = Retry { concurrency: 4, lease: Duration::from_secs(120), ..Retry::DEFAULT };
    type Input = Segment;

    async fn handle(&self, segment: Segment, delivery: &Delivery) -> Result<Outbox, Fault> {
        let Subject::Part { run, part, .. } = &delivery.subject else {
            return Err(Fault::reject("permanent", format!("{} is no segment", delivery.subject)));
        };
        let (template, alert) = if let Some(written) = written(delivery, run, part).await? {
            match written {
                Written::Ours(template) => (template, None),
                Written::Later => return Ok(Outbox::none()),
            }
        } else if self.claude.enabled() {
            let client = client(delivery, run).await?;
            match self.write(&client, &segment).await {
                Ok(template) => (template, None),
                Err(unwritten) => {
                    let waited = delivery.now() - delivery.published_at;
                    let waited = waited.to_std().unwrap_or(Duration::ZERO);
                    self.instead(run, &segment, unwritten, waited)?
                }
            }
        } else {
            (in_general(&segment, "no Claude key".to_owned()), None)
        };
        // Asking takes time: somebody who took this delivery for dead may have been faster.
        let template = match written(delivery, run, part).await? {
            Some(Written::Ours(written)) => written,
            Some(Written::Later) => return Ok(Outbox::none()),
            None => template,
        };
        Ok(Outbox::none()
            .with(Outgoing::part(run, Stage::Template, part.clone(), &template))
            .with_alerts(alert))
    }

    /// Asking for the model is free and needs the same key; an account without money is found out by the next question.
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

    fn tombstones(&self, subject: &Subject, class: &'static str) -> Outbox {
        match subject {
            Subject::Part { run, part, .. } => {
                Outbox::none().with(Outgoing::tombstone(run, Stage::Template, part.clone(), class))
            }
            _ => Outbox::none(),
        }
    }
}

/// What was written to the segment before: readers may have it already, so it stays.
enum Written {
    Ours(Template),
    /// The run has been done again since; this delivery is of yesterday.
    Later,
}

async fn written(delivery: &Delivery, run: &RunId, part: &Token) -> Result<Option<Written>, ReadError> {
    let before = match delivery.runs().part::<Template>(run, Stage::Template, part.as_str()).await {
        // What nobody can read is written anew.
        Err(ReadError::Decode { .. }) => None,
        before => before?,
    };
    Ok(match before {
        Some(before) if before.generation > delivery.generation => Some(Written::Later),
        Some(before) if before.generation == delivery.generation => before.body.ok().map(Written::Ours),
        _ => None,
    })
}

/// Whose budget the question is put on.
async fn client(delivery: &Delivery, run: &RunId) -> Result<String, Fault> {
    let header = match delivery.runs().part::<RunHeader>(run, Stage::Profile, "run").await {
        Err(error @ ReadError::Decode { .. }) => Err(error).or_reject_as("decode")?,
        header => header?,
    };
    let request = header.and_then(|part| part.body.ok()).and_then(|header| header.request);
    match request {
        Some(request) => Ok(request.client_id),
        None => Err(Fault::reject("missing_input", format!("the run {run} has no header"))),
    }
}

fn in_general(segment: &Segment, note: String) -> Template {
    let state = places::Gazetteer::us().state_name(&segment.state);
    let audience = generic::audience(state, &segment.business_type);
    Template {
        segment: segment.index,
        source: TemplateSource::Generic.into(),
        outreach: Some(generic::template(&segment.pain_category, &audience)),
        note,
        ..Template::default()
    }
}

fn by_hand(segment: &Segment, note: String) -> Template {
    Template {
        segment: segment.index,
        source: TemplateSource::NeedsManual.into(),
        outreach: None,
        note,
        ..Template::default()
    }
}
