//! The worker: campaigns that were written are kept.

use crate::settle;
use prospects::Prospects;
use proto::v1::Campaign;
use proto::{Outbox, kind};
use runtime::{Cause, Delivery, Fault, Retry, Source, Worker};

pub struct CampaignKeeper {
    prospects: Prospects,
}

impl CampaignKeeper {
    pub fn new(prospects: Prospects) -> Self {
        Self { prospects }
    }
}

impl Worker for CampaignKeeper {
    const NAME: &'static str = "campaign-keeper";
    const SOURCE: Source = Source::Event(kind::CAMPAIGN);
    const RETRY: Retry = Retry::DEFAULT;
    type Input = Campaign;

    async fn handle(&self, campaign: Campaign, delivery: &Delivery) -> Result<Outbox, Fault> {
        settle::of_client(delivery, &campaign.client_id)?;
        let new = settle::settled(self.prospects.keep_campaign(&campaign, delivery.now()).await)?;
        let (campaign_id, source) = (&campaign.campaign_id, &campaign.source);
        tracing::info!(campaign.id = campaign_id, source, new, "a campaign is written");
        Ok(Outbox::none())
    }

    async fn probe(&self, _gate: &str) -> Result<(), Fault> {
        Ok(self.prospects.ping().await?)
    }

    fn code(&self, cause: &Cause) -> Option<String> {
        settle::code(cause)
    }
}
