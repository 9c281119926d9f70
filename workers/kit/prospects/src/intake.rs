//! Takes prospects in: one person is one prospect, by address, profile, or name and company.

use crate::again::again;
use crate::erasure::Somebody;
use crate::error::{Error, Wrong};
use crate::judge::judged;
use crate::keys::{Named, employer};
use crate::{Owner, Prospects};
use chrono::{DateTime, Utc};
use db::leads::{self, Identity, Wanted, Written};
use db::{Tx, Uuid};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// A prospect that somebody has discovered; what is not known is left out.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NewProspect {
    /// The caller's name for it; made when there is none.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$", max_length = 64)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prospect_id: Option<String>,
    #[schema(required = true, max_length = 200, pattern = r"^[^\u0000]*[^\s\u0000][^\u0000]*$")]
    pub name: String,
    #[schema(max_length = 200)]
    pub title: String,
    #[schema(max_length = 200)]
    pub company: String,
    #[schema(max_length = 200)]
    pub industry: String,
    /// Headline, biography or notes.
    #[schema(max_length = 5000)]
    pub about: String,
    #[schema(max_length = 100)]
    pub city: String,
    #[schema(max_length = 100)]
    pub state: String,
    #[schema(max_length = 100)]
    pub country: String,
    /// IANA, such as America/Phoenix; that of the state when there is none, or one that is unknown.
    #[schema(max_length = 64)]
    pub time_zone: String,
    #[schema(max_length = 254, pattern = r"^\s*([^@\s\u0000]+@[^@\s\u0000]+)?\s*$")]
    pub email: String,
    #[schema(max_length = 40)]
    pub phone: String,
    #[schema(max_length = 500)]
    pub linkedin_url: String,
    #[schema(max_length = 500)]
    pub website: String,
    /// Engagement and presence, as whoever discovered it sees them.
    #[schema(minimum = 0, maximum = 100)]
    pub signal_strength: Option<f64>,
    /// Where it was found.
    #[schema(max_length = 100)]
    pub source: String,
    #[schema(max_length = 100)]
    pub lawful_basis: String,
    pub collected_at: Option<DateTime<Utc>>,
}

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
}

impl Prospects {
    /// Takes prospects in, all or none, and places them in segments.
    pub async fn take_in(
        &self,
        owner: Owner<'_>,
        prospects: Vec<NewProspect>,
        now: DateTime<Utc>,
    ) -> Result<Vec<TakenIn>, Error> {
        let wrong: Vec<Wrong> =
            prospects.iter().enumerate().flat_map(|(place, prospect)| prospect.wrong(place)).collect();
        if !wrong.is_empty() {
            return Err(Error::Wrong(wrong));
        }
        again(|| self.try_take_in(owner, &prospects, now)).await
    }

    async fn try_take_in(
        &self,
        owner: Owner<'_>,
        prospects: &[NewProspect],
        now: DateTime<Utc>,
    ) -> Result<Vec<TakenIn>, Error> {
        let mut tx = self.begin(owner).await?;
        leads::lock(&mut tx).await?;
        let taken = self.write(&mut tx, prospects, now).await?;
        let there = taken.iter().filter(|taken| taken.outcome != "erased");
        let names: Vec<String> = there.map(|taken| taken.prospect_id.clone()).collect();
        let written = leads::named(&mut tx, &names).await?;
        let judged: Vec<leads::Judged> =
            written.iter().map(|lead| judged(lead, &self.pillars)).collect::<Result<_, _>>()?;
        leads::judge(&mut tx, &judged).await?;
        tx.commit().await?;
        Ok(taken)
    }

    async fn write(
        &self,
        tx: &mut Tx,
        prospects: &[NewProspect],
        now: DateTime<Utc>,
    ) -> Result<Vec<TakenIn>, Error> {
        let client = tx.client();
        let keyed: Vec<Keyed<'_>> = prospects
            .iter()
            .map(|prospect| Keyed {
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
        let people: Vec<Somebody<'_>> = prospects.iter().map(NewProspect::somebody).collect();
        let erased = self.erased(tx, &people).await?;
        // A person who is there twice in one request is written twice, the later over the earlier.
        let mut rows: Vec<Vec<Written>> = Vec::new();
        let mut taken = Vec::with_capacity(keyed.len());
        for ((place, keyed), erased) in keyed.into_iter().enumerate().zip(erased) {
            if erased {
                let prospect_id = keyed.prospect.prospect_id.clone().unwrap_or_default();
                taken.push(TakenIn { prospect_id, outcome: "erased", known_by: None, warnings: Vec::new() });
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
            taken.push(TakenIn { prospect_id, outcome, known_by: by, warnings });
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

impl NewProspect {
    pub(crate) fn somebody(&self) -> Somebody<'_> {
        let Self { name, company, email, phone, linkedin_url, .. } = self;
        Somebody { name, company, email, phone, linkedin_url }
    }

    fn zone(&self) -> Option<chrono_tz::Tz> {
        self.time_zone.trim().parse().ok()
    }

    fn warnings(&self) -> Vec<String> {
        let name = self.time_zone.trim();
        let unknown = !name.is_empty() && self.zone().is_none();
        unknown.then(|| format!("{name} is no IANA time zone, such as America/Phoenix")).into_iter().collect()
    }

    fn wrong(&self, place: usize) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        let mut say = |field: &str, message: &str| {
            wrong.push(Wrong { field: format!("prospects[{place}].{field}"), message: message.to_owned() });
        };
        for (field, text, most) in [
            ("name", &self.name, 200),
            ("title", &self.title, 200),
            ("company", &self.company, 200),
            ("industry", &self.industry, 200),
            ("about", &self.about, 5000),
            ("city", &self.city, 100),
            ("state", &self.state, 100),
            ("country", &self.country, 100),
            ("time_zone", &self.time_zone, 64),
            ("email", &self.email, 254),
            ("phone", &self.phone, 40),
            ("linkedin_url", &self.linkedin_url, 500),
            ("website", &self.website, 500),
            ("source", &self.source, 100),
            ("lawful_basis", &self.lawful_basis, 100),
        ] {
            if text.chars().count() > most {
                say(field, &format!("has more than {most} characters"));
            }
            if text.contains('\0') {
                say(field, "contains a NUL character");
            }
        }
        if self.name.trim().is_empty() {
            say("name", "is missing");
        }
        let email = self.email.trim();
        if !email.is_empty()
            && !email.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty())
        {
            say("email", "is no e-mail address");
        }
        if self.signal_strength.is_some_and(|signal| !(0.0..=100.0).contains(&signal)) {
            say("signal_strength", "is not from 0 to 100");
        }
        if self.prospect_id.as_ref().is_some_and(|name| name.parse::<proto::Token>().is_err()) {
            say("prospect_id", "is not made of 1 to 64 letters, digits, - and _");
        }
        wrong
    }
}
