//! Takes prospects in: one person is one prospect, by address, profile, or name and company.

use crate::again::again;
use crate::erasure::Somebody;
use crate::error::{Error, Wrong};
use crate::history::History;
use crate::judge::judged;
use crate::keys::{Named, employer};
use crate::new_prospect::NewProspect;
use crate::{Owner, Prospects};
use chrono::{DateTime, Utc};
use db::leads::{self, Identity, Wanted, Written};
use db::{Tx, Uuid, scores};
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// What became of one prospect that was taken in.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TakenIn {
    /// Empty where nobody was taken in and no name was given.
    pub prospect_id: String,
    /// `created` or `updated`; `erased`, if the person was forgotten on request and is not taken in again.
    pub outcome: &'static str,
    /// By what it was known again: `prospect_id`, `email`, `profile`, `name and company`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_by: Option<&'static str>,
    /// What of it could not be used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub warnings: Vec<String>,
    /// None of those who were not taken in.
    #[serde(skip)]
    #[schema(ignore)]
    pub lead: Option<LeadVersion>,
}

/// A lead as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeadVersion {
    pub id: Uuid,
    pub written_at: DateTime<Utc>,
}

/// A prospect, and what became of it before it came here.
#[derive(Clone, Debug, Default)]
pub struct NewLead {
    pub prospect: NewProspect,
    pub history: History,
}

impl From<NewProspect> for NewLead {
    fn from(prospect: NewProspect) -> Self {
        Self { prospect, history: History::default() }
    }
}

/// Refused with all that is wrong with any of them.
fn right(leads: &[NewLead]) -> Result<(), Error> {
    let wrong: Vec<Wrong> =
        leads.iter().enumerate().flat_map(|(place, lead)| lead.prospect.wrong(place)).collect();
    if wrong.is_empty() { Ok(()) } else { Err(Error::Wrong(wrong)) }
}

impl Prospects {
    /// Takes prospects in, all or none, and places them in segments.
    pub async fn take_in(
        &self,
        owner: Owner<'_>,
        prospects: Vec<NewProspect>,
        now: DateTime<Utc>,
    ) -> Result<Vec<TakenIn>, Error> {
        let leads: Vec<NewLead> = prospects.into_iter().map(NewLead::from).collect();
        again(|| self.try_take_in(owner, &leads, now)).await
    }

    async fn try_take_in(
        &self,
        owner: Owner<'_>,
        leads: &[NewLead],
        now: DateTime<Utc>,
    ) -> Result<Vec<TakenIn>, Error> {
        let mut tx = self.begin(owner).await?;
        let taken = self.bring(&mut tx, leads, now).await?;
        tx.commit().await?;
        Ok(taken)
    }

    /// Takes leads in within a transaction of the caller's, and writes what became of them before.
    pub async fn bring(
        &self,
        tx: &mut Tx,
        leads: &[NewLead],
        now: DateTime<Utc>,
    ) -> Result<Vec<TakenIn>, Error> {
        right(leads)?;
        leads::lock(tx).await?;
        let mut taken = self.write(tx, leads, now).await?;
        let there = taken.iter().filter(|taken| taken.outcome != "erased");
        let names: Vec<String> = there.map(|taken| taken.prospect_id.clone()).collect();
        let written = leads::named(tx, &names).await?;
        let judged: Vec<leads::Judged> =
            written.iter().map(|lead| judged(lead, &self.pillars)).collect::<Result<_, _>>()?;
        leads::judge(tx, &judged).await?;
        let written_at = scores::written_at(tx).await?;
        let ids: HashMap<&str, Uuid> =
            written.iter().map(|lead| (lead.prospect_id.as_str(), lead.id)).collect();
        for taken in &mut taken {
            let id = ids.get(taken.prospect_id.as_str()).copied();
            taken.lead = id.map(|id| LeadVersion { id, written_at });
        }
        self.add_history(tx, leads, &taken).await?;
        Ok(taken)
    }

    async fn write(&self, tx: &mut Tx, leads: &[NewLead], now: DateTime<Utc>) -> Result<Vec<TakenIn>, Error> {
        let client = tx.client();
        let keyed: Vec<Keyed<'_>> = leads
            .iter()
            .map(|NewLead { prospect, .. }| Keyed {
                email: self.keys.hash(client, Named::Email, &prospect.email),
                phone: self.keys.hash(client, Named::Phone, &prospect.phone),
                profile: self.keys.hash(client, Named::Profile, &prospect.linkedin_url),
                name: prospect.name.trim().to_lowercase(),
                company: employer(&prospect.company),
                prospect,
            })
            .collect();
        let wanted = Wanted {
            prospect_ids: keyed.iter().filter_map(|keyed| keyed.prospect.prospect_id.clone()).collect(),
            email_keys: keyed.iter().filter_map(|keyed| keyed.email.clone()).collect(),
            profile_keys: keyed.iter().filter_map(|keyed| keyed.profile.clone()).collect(),
            names: keyed.iter().map(|keyed| keyed.name.clone()).collect(),
            companies: keyed.iter().map(|keyed| keyed.company.clone()).collect(),
        };
        let mut known = Known::default();
        for identity in leads::identities(tx, &wanted).await? {
            known.add(identity);
        }
        let people: Vec<Somebody<'_>> = leads.iter().map(|lead| lead.prospect.somebody()).collect();
        let erased = self.erased(tx, &people).await?;
        // A person who is there twice in one request is written twice, the later over the earlier.
        let mut rows: Vec<Vec<Written>> = Vec::new();
        let mut taken = Vec::with_capacity(keyed.len());
        for ((place, keyed), erased) in keyed.into_iter().enumerate().zip(erased) {
            if erased {
                let prospect_id = keyed.prospect.prospect_id.clone().unwrap_or_default();
                let outcome = "erased";
                taken.push(TakenIn {
                    prospect_id,
                    outcome,
                    known_by: None,
                    warnings: Vec::new(),
                    lead: None,
                });
                continue;
            }
            let found = known.find(&keyed);
            if let Some((_, by)) = &found
                && let Some(other) =
                    known.taken_by_another(&keyed, found.as_ref().map(|(identity, _)| identity.id))
            {
                let field = format!("prospects[{place}]");
                return Err(Error::wrong(
                    &field,
                    format!("known by its {by}, but its address belongs to {other}"),
                ));
            }
            let (id, prospect_id, by) = match found {
                Some((identity, by)) => (identity.id, identity.prospect_id.clone(), Some(by)),
                None => {
                    let id = Uuid::now_v7();
                    let name = keyed.prospect.prospect_id.clone();
                    (id, name.unwrap_or_else(|| format!("p_{}", id.simple())), None)
                }
            };
            let row = keyed.row(id, &prospect_id, now);
            known.add(Identity {
                id,
                prospect_id: prospect_id.clone(),
                email_key: keyed.email.clone(),
                profile_key: keyed.profile.clone(),
                name: keyed.name.clone(),
                company_name: keyed.company.clone(),
            });
            match rows.iter_mut().find(|batch| batch.iter().all(|written| written.id != id)) {
                Some(batch) => batch.push(row),
                None => rows.push(vec![row]),
            }
            let outcome = if by.is_some() { "updated" } else { "created" };
            let warnings = keyed.prospect.warnings();
            taken.push(TakenIn { prospect_id, outcome, known_by: by, warnings, lead: None });
        }
        for batch in rows {
            leads::write(tx, &batch).await?;
        }
        Ok(taken)
    }
}

/// A prospect with the hashes it is known by.
struct Keyed<'a> {
    prospect: &'a NewProspect,
    email: Option<Vec<u8>>,
    phone: Option<Vec<u8>>,
    profile: Option<Vec<u8>>,
    name: String,
    company: String,
}

impl Keyed<'_> {
    fn row(&self, id: Uuid, prospect_id: &str, now: DateTime<Utc>) -> Written {
        let prospect = self.prospect;
        let or =
            |text: &str, default: &str| if text.is_empty() { default.to_owned() } else { text.to_owned() };
        let trimmed = |text: &str| text.trim().to_owned();
        Written {
            id,
            prospect_id: prospect_id.to_owned(),
            name: trimmed(&prospect.name),
            title: trimmed(&prospect.title),
            company: trimmed(&prospect.company),
            industry: trimmed(&prospect.industry),
            about: trimmed(&prospect.about),
            city: trimmed(&prospect.city),
            state: trimmed(&prospect.state),
            country: trimmed(&prospect.country),
            time_zone: prospect.zone().map(|zone| zone.name().to_owned()).unwrap_or_default(),
            email: prospect.email.trim().to_lowercase(),
            phone: trimmed(&prospect.phone),
            linkedin_url: trimmed(&prospect.linkedin_url),
            website: trimmed(&prospect.website),
            email_key: self.email.as_deref().map(hex),
            phone_key: self.phone.as_deref().map(hex),
            profile_key: self.profile.as_deref().map(hex),
            company_name: self.company.clone(),
            signal_strength: prospect.signal_strength,
            source: or(&prospect.source, "api"),
            lawful_basis: or(&prospect.lawful_basis, "legitimate_interest"),
            collected_at: prospect.collected_at.unwrap_or(now),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Who is known, by each of their names.
#[derive(Default)]
struct Known {
    by_id: HashMap<String, Identity>,
    by_email: HashMap<Vec<u8>, Identity>,
    by_profile: HashMap<Vec<u8>, Identity>,
    by_person: HashMap<(String, String), Identity>,
}

impl Known {
    fn add(&mut self, identity: Identity) {
        if let Some(key) = &identity.email_key {
            self.by_email.insert(key.clone(), identity.clone());
        }
        if let Some(key) = &identity.profile_key {
            self.by_profile.insert(key.clone(), identity.clone());
        }
        if !identity.company_name.is_empty() {
            let person = (identity.name.clone(), identity.company_name.clone());
            self.by_person.entry(person).or_insert_with(|| identity.clone());
        }
        self.by_id.insert(identity.prospect_id.clone(), identity);
    }

    fn find(&self, keyed: &Keyed<'_>) -> Option<(Identity, &'static str)> {
        let by_id = keyed.prospect.prospect_id.as_ref().and_then(|name| self.by_id.get(name));
        let by_email = keyed.email.as_ref().and_then(|key| self.by_email.get(key));
        let by_profile = keyed.profile.as_ref().and_then(|key| self.by_profile.get(key));
        let by_person = self.by_person.get(&(keyed.name.clone(), keyed.company.clone())).filter(|found| {
            // Two of one name at one company who have different addresses are two.
            let differs = |one: &Option<Vec<u8>>, other: &Option<Vec<u8>>| {
                one.is_some() && other.is_some() && one != other
            };
            let named = keyed.prospect.prospect_id.as_ref().is_some_and(|name| *name != found.prospect_id);
            !named && !differs(&found.email_key, &keyed.email) && !differs(&found.profile_key, &keyed.profile)
        });
        let found = [
            (by_id, "prospect_id"),
            (by_email, "email"),
            (by_profile, "profile"),
            (by_person, "name and company"),
        ];
        found.into_iter().find_map(|(found, by)| Some((found?.clone(), by)))
    }

    /// The prospect that has the address or profile and is not the one it is taken for.
    fn taken_by_another(&self, keyed: &Keyed<'_>, id: Option<Uuid>) -> Option<&str> {
        let holders = [
            keyed.email.as_ref().and_then(|key| self.by_email.get(key)),
            keyed.profile.as_ref().and_then(|key| self.by_profile.get(key)),
        ];
        holders
            .into_iter()
            .flatten()
            .find(|holder| Some(holder.id) != id)
            .map(|holder| holder.prospect_id.as_str())
    }
}
