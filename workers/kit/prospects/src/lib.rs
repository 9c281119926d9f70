//! What is done with prospects: taken in, placed in segments, ranked, enrolled, planned, recorded, forgotten.

mod again;
mod allocation;
mod announce;
mod best;
mod calendar;
mod campaigns;
mod choices;
mod content;
mod due;
mod erasure;
mod error;
mod event;
mod experiments;
mod from_matches;
mod history;
mod intake;
mod judge;
mod keys;
mod leads;
mod learned;
mod messages;
mod metrics;
mod new_prospect;
mod people;
mod performance;
mod person;
mod record;
mod report;
mod rules;
mod scores;
mod sequence;
mod suppression;
mod versions;
mod week;
mod words;
pub mod zone;

pub use allocation::{AllocateRequest, Allocated};
pub use announce::{of_missed, of_taken};
pub use best::Best;
pub use calendar::{Recipient, Recipients, as_calendar, as_spreadsheet};
pub use campaigns::{AskCampaign, Asked, Campaign, CampaignStep, Icp, PatternUsed};
pub use choices::OutreachChannel;
pub use content::Words;
pub use due::{AckRequest, AckStatus, DueRequest, DueTouch, Ripe};
pub use erasure::{Erased, Somebody, addresses};
pub use error::{Error, Wrong};
pub use event::BadEvent;
pub use experiments::Experiment;
pub use from_matches::{FromMatches, FromMatchesRequest, MatchedPerson};
pub use history::{History, LeadStatus, PastActivity, bring_activities};
pub use intake::{LeadVersion, NewLead, TakenIn};
pub use judge::{
    GivenScores, Point, PrioritizeRequest, Prioritized, ProspectTags, RankedProspect, SegmentRequest,
    SegmentShare, Segmentation, Segmented, Word,
};
pub use keys::{Keys, Named};
pub use leads::{
    Explanation, LeadOrder, LeadPage, LeadsQuery, ListedLead, Reckoned, Snapshot, WhatIfAnswer, WhatIfRequest,
};
pub use messages::{Alternative, Message};
pub use metrics::{Metrics, MetricsRequest, Targets};
pub use new_prospect::NewProspect;
pub use performance::{Measured, Performance};
pub use person::{NoteRequest, Person, ResearchNote};
pub use record::{RecordError, Recorded};
pub use rules::{Pillar, Rules, WEEKLY_CAP};
pub use scores::{Rescored, Scores, Weighing, Whom};
pub use sequence::{Change, GenerateRequest, Sequence};
pub use suppression::{Scope, SuppressRequest, Suppressed};
pub use versions::{Way, Worded, WordsVersion};
pub use week::{Cadence, CadenceRequest, PlannedTouch, SegmentQuota, Shortfall, Skipped};

use cadence::Calendar;
use chrono_tz::Tz;
use db::{Db, Tx, Uuid};

/// What gateway, commands and workers do with the prospects of a client.
#[derive(Clone, Debug)]
pub struct Prospects {
    db: Db,
    keys: Keys,
    /// Content pillars of each segment, in the segments' order.
    pillars: [Vec<String>; 3],
    calendar: Calendar,
    /// Connection requests that any seven days hold.
    weekly_cap: u32,
    /// Where the client is; and a prospect of whom nothing better is known.
    zone: Tz,
}

/// For whom something is done: a client, and the user of it who asks.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    pub client: Uuid,
    /// None for the client's own operators and workers.
    pub user: Option<&'a str>,
}

impl Prospects {
    pub fn new(db: Db, keys: Keys, zone: Tz) -> Self {
        let (pillars, calendar) = (rules::pillars(&[]), Calendar::default());
        Self { db, keys, pillars, calendar, weekly_cap: WEEKLY_CAP, zone }
    }

    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Whether Postgres answers.
    pub async fn ping(&self) -> Result<(), Error> {
        Ok(self.db.ping().await?)
    }

    /// A transaction of the client; refused when the user is none of it.
    async fn begin(&self, owner: Owner<'_>) -> Result<Tx, Error> {
        let mut tx = self.db.begin(owner.client).await?;
        match owner.user {
            Some(user) if !db::leads::has_user(&mut tx, user).await? => {
                Err(Error::UnknownUser(user.to_owned()))
            }
            _ => Ok(tx),
        }
    }

    /// Makes a user known; one that is known stays.
    pub async fn add_user(&self, client: Uuid, user: &str) -> Result<(), Error> {
        let mut tx = self.db.begin(client).await?;
        db::leads::add_user(&mut tx, user).await?;
        Ok(tx.commit().await?)
    }
}
