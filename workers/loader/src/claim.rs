//! Which run a request became: of two loaders that take each other for dead, the one whose run was whole first.

use proto::subject::{Stage, Subject, Token, stream};
use proto::v1::Plan;
use proto::{Message as _, Outgoing, RunId};
use runtime::Delivery;

use crate::load::LoadError;

/// Begins the names of the parts that say so.
const LOADED: &str = "loaded-";

/// A run that is loaded whole.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    pub(crate) run: RunId,
    /// Parts of its load stage.
    pub(crate) parts: u32,
}

/// Says of the request that it became this run, and returns the run of whom was first to say so.
pub(crate) async fn claim(request: &Token, mine: Loaded, delivery: &Delivery) -> Result<Loaded, LoadError> {
    let part = Token::squeezed(&format!("{LOADED}{}", mine.run));
    delivery.publish(Outgoing::part(request, Stage::Profile, part, &Plan { parts: mine.parts })).await?;
    delivery.flush().await?;
    Ok(first(request, delivery).await?.unwrap_or(mine))
}

/// The run that the request became, if any is loaded whole; the rows may have changed since.
pub(crate) async fn first(request: &Token, delivery: &Delivery) -> Result<Option<Loaded>, LoadError> {
    let said = Subject::parts(request, Stage::Profile);
    let mut messages = delivery.runs().messages(stream::RUN, said).await?;
    let mut claims = Vec::new();
    while let Some(message) = messages.next().await? {
        let part = message.subject.rsplit('.').next().unwrap_or_default();
        if let Some(run) = part.strip_prefix(LOADED) {
            claims.push(Loaded { run: run.parse()?, parts: Plan::decode(message.payload)?.parts });
        }
    }
    // A claim that comes to the stream twice stands behind the others, but by then its run goes on.
    if claims.len() > 1 {
        for claim in &claims {
            if delivery.runs().plan(&claim.run, Stage::Match).await?.is_some() {
                return Ok(Some(claim.clone()));
            }
        }
    }
    Ok(claims.into_iter().next())
}
