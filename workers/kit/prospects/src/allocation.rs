//! Which channels prospects are reached through in a campaign, and how likely that was.

use crate::again::again;
use crate::choices::ProspectName;
use crate::error::Error;
use crate::learned::{documents, unread};
use crate::suppression::{Addresses, why};
use crate::{Owner, Prospects};
use chrono::{DateTime, NaiveDate, Utc, Weekday};
use db::campaigns::{self, Assignment};
use db::leads::{self, Lead};
use db::{Tx, Uuid, suppressions};
use patterns::allocate::{Allocation, Allocator, Reach};
use patterns::{CHANNELS, How, PatternType};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;

/// Whose channels to choose.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AllocateRequest {
    #[schema(value_type = Vec<ProspectName>, min_items = 1, max_items = 500)]
    pub prospect_ids: Vec<String>,
    /// Show what would be assigned, and assign nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// The channels of a prospect.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Allocated {
    pub prospect_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// The Monday of the week for which it was drawn.
    pub week: NaiveDate,
    #[serde(flatten)]
    pub allocation: Allocation,
    /// Channels that there are, and why they are not used.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub suppressed: BTreeMap<String, String>,
}

impl Prospects {
    /// Chooses the channels and their order for prospects; with a campaign they are assigned, and stay, unless it is a
    /// dry run.
    pub async fn allocate(
        &self,
        owner: Owner<'_>,
        asked: &AllocateRequest,
        campaign: Option<Uuid>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Allocated>, Error> {
        again(|| self.try_allocate(owner, asked, campaign, now)).await
    }

    async fn try_allocate(
        &self,
        owner: Owner<'_>,
        asked: &AllocateRequest,
        campaign: Option<Uuid>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Allocated>, Error> {
        let mut tx = self.begin(owner).await?;
        if let Some(id) = campaign
            && campaigns::find(&mut tx, id).await?.is_none()
        {
            return Err(Error::UnknownCampaign(id));
        }
        let prospect_ids = &asked.prospect_ids;
        let people = leads::named(&mut tx, prospect_ids).await?;
        let mut by_name: HashMap<&str, &Lead> =
            people.iter().map(|lead| (lead.prospect_id.as_str(), lead)).collect();
        let unknown: Vec<String> =
            prospect_ids.iter().filter(|name| !by_name.contains_key(name.as_str())).cloned().collect();
        if !unknown.is_empty() {
            return Err(Error::UnknownProspects(unknown));
        }
        let ids: Vec<Uuid> = people.iter().map(|lead| lead.id).collect();
        let tiers: HashMap<Uuid, String> = campaigns::tiers(&mut tx, &ids).await?.into_iter().collect();
        let how = how(&mut tx, now).await?;
        let week = now.with_timezone(&self.zone).date_naive().week(Weekday::Mon).first_day();
        let (client, drawn_for) = (owner.client.to_string(), week.to_string());
        let mut allocator = Allocator::new(&client, &drawn_for, how.as_ref());
        let mut allocated = Vec::with_capacity(people.len());
        for name in prospect_ids {
            // Whoever is named twice is one all the same.
            let Some(lead) = by_name.remove(name.as_str()) else { continue };
            let tier = tiers.get(&lead.id).map(String::as_str);
            let (available, suppressed) = self.allowed(&mut tx, lead).await?;
            let reach = Reach { lead: &lead.id.to_string(), tier, available: &available };
            let allocation = allocator.allocate(reach);
            let (prospect_id, tier) = (lead.prospect_id.clone(), tier.map(str::to_owned));
            let mut one = Allocated { prospect_id, tier, week, allocation, suppressed };
            if let Some(campaign) = campaign {
                one = assigned(&mut tx, campaign, lead.id, one).await?;
            }
            allocated.push(one);
        }
        if asked.dry_run {
            tx.rollback().await?;
        } else {
            tx.commit().await?;
        }
        Ok(allocated)
    }

    /// The channels that may be used, in the usual order; the others with the reason.
    async fn allowed(
        &self,
        tx: &mut Tx,
        lead: &Lead,
    ) -> Result<(Vec<&'static str>, BTreeMap<String, String>), Error> {
        let addresses = Addresses::of(lead);
        let keys = self.keys_of(tx.client(), &addresses);
        let found = suppressions::among(tx, &keys).await?;
        let (mut available, mut suppressed) = (Vec::new(), BTreeMap::new());
        for channel in reachable(&addresses) {
            match why(&found, &keys, channel) {
                Some(reason) => {
                    suppressed.insert(channel.to_owned(), reason);
                }
                None => available.push(channel),
            }
        }
        Ok((available, suppressed))
    }
}

/// The channels by which there is an address, in the usual order: that of sequences first.
fn reachable(addresses: &Addresses<'_>) -> Vec<&'static str> {
    let has = |channel: &str| match channel {
        "email" => !addresses.email.is_empty(),
        "linkedin" => !addresses.linkedin_url.is_empty(),
        _ => !addresses.phone.is_empty(),
    };
    let mut channels: Vec<&str> = CHANNELS.into_iter().filter(|channel| has(channel)).collect();
    let first = addresses.channel();
    channels.sort_by_key(|channel| *channel != first);
    channels
}

async fn how(tx: &mut Tx, now: DateTime<Utc>) -> Result<Option<How>, Error> {
    let client = tx.client();
    let mut documents = documents(tx, now).await?;
    let document = documents.find(|(kind, _)| *kind == PatternType::How);
    let read = document.map(|(kind, document)| {
        serde_json::from_value(document).inspect_err(|error| unread(client, kind, error)).ok()
    });
    Ok(read.flatten())
}

/// What the prospect has in the campaign from now on; what it had already stays.
async fn assigned(tx: &mut Tx, campaign: Uuid, lead_id: Uuid, drawn: Allocated) -> Result<Allocated, Error> {
    let wanted = Assignment {
        lead_id,
        week: drawn.week,
        tier: drawn.tier.clone(),
        channels: drawn.allocation.channels.clone(),
        propensities: drawn.allocation.propensities.clone(),
        reason: drawn.allocation.reason.clone(),
    };
    let kept = campaigns::assign(tx, campaign, &wanted).await?;
    if kept == wanted {
        return Ok(drawn);
    }
    // What was assigned before is used only as far as it may be used now.
    let pairs = kept.channels.into_iter().zip(kept.propensities);
    let (channels, propensities) =
        pairs.filter(|(channel, _)| drawn.allocation.channels.contains(channel)).unzip();
    let reason = format!("assigned in the week of {}: {}", kept.week, kept.reason);
    let allocation = Allocation { channels, propensities, shares: BTreeMap::new(), reason };
    Ok(Allocated { tier: kept.tier, week: kept.week, allocation, ..drawn })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_channel_of_sequences_comes_first_among_those_with_an_address() {
        let of = |email: &str, phone: &str, linkedin_url: &str| {
            reachable(&Addresses { email, phone, linkedin_url, company: "" })
        };
        assert_eq!(of("a@b.example", "+16025550100", "in/a"), ["linkedin", "email", "sms", "voice"]);
        assert_eq!(of("a@b.example", "", ""), ["email"]);
        assert_eq!(of("", "+16025550100", ""), ["sms", "voice"]);
        assert!(of("", "", "").is_empty());
    }
}
