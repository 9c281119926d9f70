//! Who must not be contacted.

use clap::ValueEnum;
use prospects::{OutreachChannel, Scope, SuppressRequest, Suppressed};
use serde_json::json;

use super::Outreach;
use crate::exit::{Exit, Failure};
use crate::output::columns;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What to leave alone.
    #[arg(value_enum)]
    scope: What,
    /// The address, domain, company or channel.
    #[arg(value_name = "VALUE", default_value = "", hide_default_value = true)]
    value: String,
    /// On this channel only: `email`, `linkedin`, `sms` or `voice`.
    #[arg(long, value_name = "NAME")]
    channel: Option<OutreachChannel>,
    /// Why.
    #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
    reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// An e-mail address, a telephone number or the address of a profile.
    Address,
    /// Everybody with an e-mail address there.
    Domain,
    Company,
    /// A whole channel.
    Channel,
    /// Everybody.
    Global,
}

#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    /// How many.
    #[arg(long, default_value_t = 100, value_name = "N")]
    limit: u32,
}

impl Args {
    fn request(self) -> Result<SuppressRequest, Failure> {
        let scope = match self.scope {
            What::Address => Scope::Address,
            What::Domain => Scope::Domain,
            What::Company => Scope::Company,
            What::Channel => Scope::Channel,
            What::Global => Scope::Global,
        };
        let whole = self.scope == What::Global && !self.value.is_empty();
        if whole || self.scope == What::Channel && self.channel.is_some() {
            return Err(Failure {
                exit: Exit::Usage,
                error: anyhow::anyhow!("a {:?} is named by nothing else; nothing was changed", self.scope),
                hint: Some(
                    "write `suppress channel linkedin`, `suppress global` or `suppress domain NAME`"
                        .to_owned(),
                ),
            });
        }
        let (value, channel) = match self.scope {
            What::Channel => (String::new(), Some(self.value.parse().map_err(unknown)?)),
            _ => (self.value, self.channel),
        };
        Ok(SuppressRequest { scope, value, channel, reason: self.reason })
    }
}

fn unknown(hint: String) -> Failure {
    Failure { exit: Exit::Usage, error: anyhow::anyhow!("there is no such channel"), hint: Some(hint) }
}

pub(super) async fn add(args: Args, outreach: &Outreach) -> Result<(), Failure> {
    let changed = outreach.prospects.suppress(outreach.client, &args.request()?, "command").await?;
    outreach.output.show(&json!({ "changed": changed }), |_changed| match changed {
        true => "Suppressed from now on; what is planned already is left out when it comes due.".to_owned(),
        false => "It was suppressed already; the first reason stays.".to_owned(),
    })?;
    Ok(())
}

pub(super) async fn remove(args: Args, outreach: &Outreach) -> Result<(), Failure> {
    if !outreach.prospects.unsuppress(outreach.client, &args.request()?).await? {
        return Err(Failure {
            exit: Exit::NotFound,
            error: anyhow::anyhow!("there is no such suppression"),
            hint: Some("name it as it was made, its channel included".to_owned()),
        });
    }
    outreach.output.show(&json!({ "changed": true }), |_changed| "Not suppressed any more.".to_owned())?;
    Ok(())
}

pub(super) async fn list(args: &ListArgs, outreach: &Outreach) -> Result<(), Failure> {
    let found = outreach.prospects.suppressions(outreach.client, args.limit).await?;
    outreach.output.show(&json!({ "suppressions": found }), |_found| {
        if found.is_empty() {
            return "Nobody is suppressed.".to_owned();
        }
        let row = |found: &Suppressed| {
            let or = |text: &str, none: &str| if text.is_empty() { none } else { text }.to_owned();
            [
                found.created_at.date_naive().to_string(),
                found.scope.clone(),
                or(&found.channel, "all"),
                or(&found.key, "-"),
                found.source.clone(),
                found.reason.clone(),
            ]
        };
        columns(["since", "scope", "channel", "hash", "by", "reason"], found.iter().map(row))
    })?;
    Ok(())
}
