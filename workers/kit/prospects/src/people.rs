//! Who may be planned for a week, and who is left out.

use crate::Prospects;
use crate::error::Error;
use crate::suppression::{Addresses, why};
use crate::zone::zone;
use audience::AudienceSegment;
use cadence::{Candidate, Due, Kind};
use chrono::NaiveDate;
use chrono_tz::Tz;
use db::enrolments::{self, Free, Running};
use db::{Tx, Uuid, leads};
use std::collections::{BTreeMap, BTreeSet};

/// Those of each segment that are looked at first for connection requests: twice what a week may ask for.
const LOOKED_AT: i64 = 200;
/// When so many of a segment may be asked, no others are looked at.
const ENOUGH: usize = 100;
/// How many times as many are looked at next, where most must be left alone.
const FURTHER: i64 = 4;

impl Prospects {
    /// Everybody who may be planned, the most promising first; the others are counted by reason.
    pub(crate) async fn people(
        &self,
        tx: &mut Tx,
        monday: NaiveDate,
        skipped: &mut BTreeMap<String, usize>,
    ) -> Result<Vec<Contact>, Error> {
        let running = enrolments::running(tx).await?;
        let running = running.into_iter().filter_map(|running| Contact::running(running, self.zone));
        let mut people = self.admitted(tx, monday, running.collect(), skipped).await?;
        let mut lacking: Vec<AudienceSegment> = AudienceSegment::ALL.into();
        let mut found = [0; AudienceSegment::ALL.len()];
        let (mut from, mut to) = (0, LOOKED_AT);
        while !lacking.is_empty() {
            let names: Vec<String> = lacking.iter().map(|segment| segment.name().to_owned()).collect();
            let free = enrolments::free(tx, &names, from, to).await?;
            let free: Vec<Contact> =
                free.into_iter().filter_map(|free| Contact::free(free, self.zone)).collect();
            let of =
                |segment: AudienceSegment| free.iter().filter(|person| person.segment == segment).count();
            // Where fewer came than were asked for, there are no others.
            lacking.retain(|segment| of(*segment) as i64 == to - from);
            for person in self.admitted(tx, monday, free, skipped).await? {
                found[person.segment.place()] += 1;
                people.push(person);
            }
            lacking.retain(|segment| found[segment.place()] < ENOUGH);
            (from, to) = (to, to * FURTHER);
        }
        Ok(people)
    }

    /// Those who may be planned; the others are counted by reason.
    async fn admitted(
        &self,
        tx: &mut Tx,
        monday: NaiveDate,
        people: Vec<Contact>,
        skipped: &mut BTreeMap<String, usize>,
    ) -> Result<Vec<Contact>, Error> {
        let client = tx.client();
        let companies: BTreeSet<String> = people.iter().map(|person| person.company_name.clone()).collect();
        let companies: Vec<String> = companies.into_iter().filter(|company| !company.is_empty()).collect();
        let answered: BTreeSet<String> =
            enrolments::answered_companies(tx, &companies).await?.into_iter().collect();
        let keys: Vec<Vec<Vec<u8>>> =
            people.iter().map(|person| self.keys_of(client, &person.addresses())).collect();
        let all: Vec<Vec<u8>> = keys.iter().flatten().cloned().collect();
        let suppressed = db::suppressions::among(tx, &all).await?;

        let mut skip = |reason: String| *skipped.entry(reason).or_default() += 1;
        let mut kept = Vec::with_capacity(people.len());
        for (person, keys) in people.into_iter().zip(keys) {
            if let Some(reason) = why(&suppressed, &keys, person.channel()) {
                skip(reason);
            } else if answered.contains(&person.company_name) {
                skip("somebody at the company has answered".to_owned());
            } else if person.paused_until.is_some_and(|until| until > monday) {
                skip("away".to_owned());
            } else if person.planned {
                skip("planned already".to_owned());
            } else if person.email.is_empty() && person.linkedin_url.is_empty() {
                skip("has neither profile nor e-mail".to_owned());
            } else {
                kept.push(person);
            }
        }
        Ok(kept)
    }
}

/// Those to whom nothing has happened since they were read; and nothing will until the transaction ends.
pub(crate) async fn held(tx: &mut Tx, people: &[&Contact]) -> Result<BTreeSet<Uuid>, Error> {
    let names: Vec<String> = people.iter().map(|person| person.prospect_id.clone()).collect();
    leads::lock_named(tx, &names).await?;
    let (running, free): (Vec<&Contact>, Vec<&Contact>) =
        people.iter().copied().partition(|person| person.enrolment.is_some());
    let ids: Vec<Uuid> = running.iter().filter_map(|person| Some(person.enrolment.as_ref()?.0)).collect();
    let enrolments = enrolments::all_locked(tx, &ids).await?;
    let free: Vec<Uuid> = free.iter().map(|person| person.lead_id).collect();
    let mut held: BTreeSet<Uuid> = enrolments::free_among(tx, &free).await?.into_iter().collect();
    let same = |person: &&&Contact| {
        enrolments.iter().any(|now| {
            now.lead_id == person.lead_id
                && now.stop.is_none()
                && now.state != "finished"
                && (now.step, now.since, now.paused_until) == (person.step, person.since, person.paused_until)
        })
    };
    held.extend(running.iter().filter(same).map(|person| person.lead_id));
    Ok(held)
}

/// The next message of a sequence, without its words.
pub(crate) struct Next {
    kind: Kind,
    pub(crate) variant: String,
    after_business_days: u32,
}

/// Somebody who may be contacted, in a sequence or not.
pub(crate) struct Contact {
    pub(crate) lead_id: Uuid,
    pub(crate) prospect_id: String,
    pub(crate) segment: AudienceSegment,
    pub(crate) enrolment: Option<(Uuid, Option<Next>)>,
    pub(crate) step: Option<i16>,
    pub(crate) since: Option<NaiveDate>,
    pub(crate) paused_until: Option<NaiveDate>,
    planned: bool,
    pub(crate) zone: Tz,
    pub(crate) company_name: String,
    pub(crate) email: String,
    pub(crate) phone: String,
    pub(crate) linkedin_url: String,
}

impl Contact {
    pub(crate) fn running(running: Running, default: Tz) -> Option<Self> {
        let next = running.next_kind.as_deref().and_then(Kind::named).map(|kind| Next {
            kind,
            variant: running.next_variant.unwrap_or_default(),
            after_business_days: running
                .next_after_business_days
                .and_then(|days| u32::try_from(days).ok())
                .unwrap_or_default(),
        });
        Some(Self {
            lead_id: running.lead_id,
            segment: running.segment.parse().ok()?,
            enrolment: Some((running.id, next)),
            step: running.step,
            since: running.since,
            paused_until: running.paused_until,
            planned: running.planned,
            zone: zone(&running.time_zone, &running.lead_state, &running.country, default),
            prospect_id: running.prospect_id,
            company_name: running.company_name,
            email: running.email,
            phone: running.phone,
            linkedin_url: running.linkedin_url,
        })
    }

    pub(crate) fn free(free: Free, default: Tz) -> Option<Self> {
        Some(Self {
            lead_id: free.lead_id,
            segment: free.segment.parse().ok()?,
            enrolment: None,
            step: None,
            since: None,
            paused_until: None,
            planned: false,
            zone: zone(&free.time_zone, &free.lead_state, &free.country, default),
            prospect_id: free.prospect_id,
            company_name: free.company_name,
            email: free.email,
            phone: free.phone,
            linkedin_url: free.linkedin_url,
        })
    }

    pub(crate) fn addresses(&self) -> Addresses<'_> {
        Addresses {
            email: &self.email,
            phone: &self.phone,
            linkedin_url: &self.linkedin_url,
            company: &self.company_name,
        }
    }

    pub(crate) fn channel(&self) -> &'static str {
        self.addresses().channel()
    }

    pub(crate) fn candidate(&self) -> Option<Candidate> {
        let new = self.step.is_none();
        new.then(|| Candidate {
            prospect: self.prospect_id.clone(),
            segment: self.segment.place(),
            zone: self.zone,
        })
    }

    /// The next message, for those who are connected.
    pub(crate) fn due(&self) -> Option<Due> {
        self.step?;
        let next = self.enrolment.as_ref()?.1.as_ref()?;
        Some(Due {
            prospect: self.prospect_id.clone(),
            segment: self.segment.place(),
            zone: self.zone,
            kind: next.kind,
            before: self.since?,
            after_business_days: next.after_business_days,
        })
    }
}
