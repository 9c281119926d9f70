//! The worker: campaigns that were written are kept.

use prospects::{Error, Prospects};
use proto::v1::Campaign;
use proto::{Outbox, Subject, Token};
use runtime::{Cause, Delivery, Fault, OrFault as _, Retry, Source, Worker};

/// The kind under which campaigns travel.
const CAMPAIGN: &str = "campaign";

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
    const SOURCE: Source = Source::Event(CAMPAIGN);
    const RETRY: Retry = Retry::DEFAULT;
    type Input = Campaign;

    async fn handle(&self, campaign: Campaign, delivery: &Delivery) -> Result<Outbox, Fault> {
        let theirs = Token::squeezed(&campaign.client_id);
        if !matches!(&delivery.subject, Subject::Event { key, .. } if *key == theirs) {
            return Err(Fault::reject("invalid", "the campaign is another client's"));
        }
        match self.prospects.keep_campaign(&campaign, delivery.now()).await {
            Ok(new) => {
                let (campaign_id, source) = (&campaign.campaign_id, &campaign.source);
                tracing::info!(campaign.id = campaign_id, source, new, "a campaign is written");
                Ok(Outbox::none())
            }
            Err(error @ Error::Wrong(_)) => Err(error).or_reject_as("invalid"),
            Err(Error::Db(error)) if error.is_unavailable() => Err(error).or_gate("postgres"),
            Err(Error::Db(error)) if error.is_permanent() => Err(error).or_reject(),
            Err(error) => Err(error.into()),
        }
    }

    async fn probe(&self, _gate: &str) -> Result<(), Fault> {
        Ok(self.prospects.ping().await?)
    }

    fn code(&self, cause: &Cause) -> Option<String> {
        runtime::find::<db::Error>(cause).and_then(db::Error::code)
    }
}
