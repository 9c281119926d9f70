//! What became of leads before they came here.

use crate::Prospects;
use crate::content::{self, Words};
use crate::error::Error;
use crate::intake::{NewLead, TakenIn};
use chrono::{DateTime, Utc};
use db::history::{self, AddedFacts, PastActivity as Happened};
use db::{Tx, Uuid, activities};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;
use utoipa::ToSchema;

/// Something that happened before, with the words of a sending if they are known.
#[derive(Clone, Debug)]
pub struct PastActivity {
    pub happened: db::history::PastActivity,
    pub words: Option<Words>,
}

/// How it stands with a lead, from the weakest to the strongest: a lead only moves to a stronger one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LeadStatus {
    New,
    /// No message arrives.
    Bounced,
    /// It came to nothing.
    Dead,
    Replied,
    NotInterested,
    Converted,
    Unsubscribed,
}

impl LeadStatus {
    pub const ALL: [Self; 7] = [
        Self::New,
        Self::Bounced,
        Self::Dead,
        Self::Replied,
        Self::NotInterested,
        Self::Converted,
        Self::Unsubscribed,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Bounced => "bounced",
            Self::Dead => "dead",
            Self::Replied => "replied",
            Self::NotInterested => "not_interested",
            Self::Converted => "converted",
            Self::Unsubscribed => "unsubscribed",
        }
    }
}

impl FromStr for LeadStatus {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = Self::ALL.into_iter().find(|status| status.name() == text);
        named.ok_or_else(|| format!("use one of {}", Self::ALL.map(Self::name).join(", ")))
    }
}

/// What became of a lead.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    pub status: Option<LeadStatus>,
    pub converted_at: Option<DateTime<Utc>>,
    /// The parts of its score, as somebody else has given them.
    pub components: Option<als::Components>,
}

impl Prospects {
    /// Writes what is known of leads beside what every prospect has. Whoever asked for no more is suppressed.
    pub(crate) async fn add_history(
        &self,
        tx: &mut Tx,
        leads: &[NewLead],
        taken: &[TakenIn],
    ) -> Result<(), Error> {
        let mut added: BTreeMap<Uuid, AddedFacts> = BTreeMap::new();
        for (NewLead { prospect, history }, taken) in leads.iter().zip(taken) {
            let Some(lead) = taken.lead else { continue };
            let before = added.remove(&lead.id).unwrap_or_default();
            let components = history.components.map(serde_json::to_value).transpose()?;
            let facts = AddedFacts {
                id: lead.id,
                employee_count: prospect.employee_count.or(before.employee_count),
                is_new_role: prospect.is_new_role.or(before.is_new_role),
                is_hiring: prospect.is_hiring.or(before.is_hiring),
                recently_funded: prospect.recently_funded.or(before.recently_funded),
                // Of two rows about one person the stronger counts.
                status: history.status.max(status_of(&before)).map(LeadStatus::name),
                converted_at: history.converted_at.or(before.converted_at),
                als_given: components.or(before.als_given),
            };
            added.insert(lead.id, facts);
        }
        let nothing = |facts: &AddedFacts| {
            let AddedFacts { employee_count, is_new_role, is_hiring, recently_funded, .. } = facts;
            employee_count.is_none()
                && [is_new_role, is_hiring, recently_funded].iter().all(|flag| flag.is_none())
                && facts.status.is_none()
                && facts.converted_at.is_none()
                && facts.als_given.is_none()
        };
        let added: Vec<AddedFacts> = added.into_values().filter(|facts| !nothing(facts)).collect();
        if added.is_empty() {
            return Ok(());
        }
        history::add_facts(tx, &added).await?;
        // By what each row says: of two about one person the weaker counts here too.
        let of = |status: LeadStatus| {
            let told = leads.iter().zip(taken).filter(|(lead, _)| lead.history.status == Some(status));
            told.filter_map(|(_, taken)| Some(taken.lead?.id)).collect::<Vec<Uuid>>()
        };
        leave_alone(tx, &of(LeadStatus::Unsubscribed), &of(LeadStatus::Bounced)).await
    }
}

fn status_of(facts: &AddedFacts) -> Option<LeadStatus> {
    facts.status?.parse().ok()
}

async fn leave_alone(tx: &mut Tx, unsubscribed: &[Uuid], bounced: &[Uuid]) -> Result<(), Error> {
    if !unsubscribed.is_empty() {
        history::suppress(tx, unsubscribed, "", "unsubscribed").await?;
    }
    if !bounced.is_empty() {
        history::suppress(tx, bounced, "email", "bounced").await?;
    }
    Ok(())
}

/// Brings in what happened, and what it says of who is not to be contacted; how many are new.
pub async fn bring_activities(tx: &mut Tx, activities: &[PastActivity]) -> Result<u64, Error> {
    let activities = with_contents(tx, activities).await?;
    let new = history::add_activities(tx, &activities).await?;
    let of = |wanted: &dyn Fn(&Happened) -> bool| {
        let mut leads: Vec<Uuid> =
            activities.iter().filter(|one| wanted(one)).map(|one| one.lead_id).collect();
        leads.sort_unstable();
        leads.dedup();
        leads
    };
    let intends = |one: &Happened, intent: &str| one.intent.as_deref() == Some(intent);
    let leaves = |one: &Happened| {
        ["unsubscribed", "complained"].contains(&one.action.as_str()) || intends(one, "unsubscribe")
    };
    let refuses = |one: &Happened| one.action == "not_interested" || intends(one, "not_interested");
    let replies = |one: &Happened| {
        let away = intends(one, "out_of_office") || intends(one, "auto_reply");
        one.action == "replied" && !one.machine && !away
    };
    let unsubscribed = of(&leaves);
    // The weakest first: a stronger one stays.
    for (status, leads) in [
        (LeadStatus::Replied, of(&replies)),
        (LeadStatus::NotInterested, of(&refuses)),
        (LeadStatus::Converted, of(&|one| one.action == "meeting_booked")),
        (LeadStatus::Unsubscribed, unsubscribed.clone()),
    ] {
        for lead in leads {
            activities::set_status(tx, lead, status.name()).await?;
        }
    }
    leave_alone(tx, &unsubscribed, &of(&|one| one.action == "bounced")).await?;
    Ok(new)
}

/// With what touches said, counted for whom they went to (CI-018).
async fn with_contents(tx: &mut Tx, activities: &[PastActivity]) -> Result<Vec<Happened>, Error> {
    let with_words = activities.iter().filter(|one| one.words.is_some());
    let mut leads: Vec<Uuid> = with_words.map(|one| one.happened.lead_id).collect();
    leads.sort_unstable();
    leads.dedup();
    let recipients = if leads.is_empty() { Vec::new() } else { history::recipients(tx, &leads).await? };
    let recipients: HashMap<Uuid, &history::Recipient> =
        recipients.iter().map(|recipient| (recipient.id, recipient)).collect();
    let mut happened = Vec::with_capacity(activities.len());
    for PastActivity { happened: one, words } in activities {
        let mut one = one.clone();
        if let (Some(words), Some(to)) = (words, recipients.get(&one.lead_id)) {
            let (snapshot, features) = content::counted(words, &to.name, &to.company, &to.industry)?;
            (one.content_snapshot, one.content_features) = (Some(snapshot), Some(features));
        }
        happened.push(one);
    }
    Ok(happened)
}
