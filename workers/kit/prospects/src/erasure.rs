//! Forgets a person in every table; what stays are keyed hashes, which name nobody, so that it is not taken in again.

use crate::again::again;
use crate::error::Error;
use crate::keys::{self, Named, profile};
use crate::sequence::locked;
use crate::suppression::Addresses;
use crate::{Owner, Prospects};
use db::leads::{self, Lead};
use db::{Tx, Uuid, activities, decision_makers, idempotency, suppressions};
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// What was forgotten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Erased {
    pub prospect_id: String,
    pub activities: usize,
    pub notes: usize,
    /// Rows about the person among those who decide at clinics.
    pub decision_makers: usize,
    /// Answers that were kept for repeated requests.
    pub answers: u64,
    /// Addresses that stay suppressed, as keyed hashes.
    pub suppressed: usize,
}

/// Somebody who may have been forgotten.
#[derive(Clone, Copy, Debug)]
pub struct Somebody<'a> {
    pub name: &'a str,
    pub company: &'a str,
    pub email: &'a str,
    pub phone: &'a str,
    pub linkedin_url: &'a str,
}

impl Prospects {
    /// Forgets a person. That it is not to be contacted again is kept by keyed hashes, which name nobody.
    pub async fn erase(&self, owner: Owner<'_>, prospect_id: &str) -> Result<Erased, Error> {
        again(|| async {
            let (tx, erased) = self.try_erase(owner, prospect_id).await?;
            tx.commit().await?;
            Ok(erased)
        })
        .await
    }

    /// What would be forgotten; nothing is changed.
    pub async fn would_erase(&self, owner: Owner<'_>, prospect_id: &str) -> Result<Erased, Error> {
        again(|| async {
            let (tx, erased) = self.try_erase(owner, prospect_id).await?;
            tx.rollback().await?;
            Ok(erased)
        })
        .await
    }

    async fn try_erase(&self, owner: Owner<'_>, prospect_id: &str) -> Result<(Tx, Erased), Error> {
        let mut tx = self.begin(owner).await?;
        // Nobody writes the person again who has read it before.
        leads::lock(&mut tx).await?;
        let lead = locked(&mut tx, prospect_id).await?;
        let activities = activities::of(&mut tx, lead.id).await?.len();
        let notes = leads::notes(&mut tx, lead.id).await?.len();
        let somebody = Somebody::of(&lead);
        let addresses = self.own_keys(owner.client, &somebody.addresses());
        let person = self.keys.person(owner.client, &lead.name, &lead.company);
        for key in addresses.iter().chain(&person) {
            suppressions::forget(&mut tx, key).await?;
        }
        let ids = self.deciding(&mut tx, &lead).await?;
        decision_makers::forget(&mut tx, &ids).await?;
        let answers = idempotency::forget(&mut tx, &words(&lead)?).await?;
        leads::erase(&mut tx, lead.id).await?;
        let erased = Erased {
            prospect_id: lead.prospect_id,
            activities,
            notes,
            decision_makers: ids.len(),
            answers,
            suppressed: addresses.len(),
        };
        Ok((tx, erased))
    }

    /// The person among those who decide at clinics: by e-mail address, profile, or name and company.
    async fn deciding(&self, tx: &mut Tx, lead: &Lead) -> Result<Vec<i32>, Error> {
        let client = tx.client();
        let keys = |name: &str, company: &str, email: &str, linkedin_url: &str| {
            let own = [(Named::Email, email), (Named::Profile, linkedin_url)];
            let own = own.into_iter().filter_map(|(named, text)| self.keys.hash(client, named, text));
            own.chain(self.keys.person(client, name, company)).collect::<BTreeSet<_>>()
        };
        let theirs = keys(&lead.name, &lead.company, &lead.email, &lead.linkedin_url);
        let found =
            decision_makers::like(tx, &lead.name, lead.email.trim(), &profile(&lead.linkedin_url)).await?;
        let same = found.into_iter().filter(|one| {
            !keys(&one.name, &one.company_name, &one.email, &one.linkedin_url).is_disjoint(&theirs)
        });
        Ok(same.map(|one| one.id).collect())
    }

    /// Which of these people were forgotten on request, so that they are not taken in again.
    pub async fn were_erased(&self, client: Uuid, people: &[Somebody<'_>]) -> Result<Vec<bool>, Error> {
        let mut tx = self.db.begin(client).await?;
        self.erased(&mut tx, people).await
    }

    pub(crate) async fn erased(&self, tx: &mut Tx, people: &[Somebody<'_>]) -> Result<Vec<bool>, Error> {
        let client = tx.client();
        let keys: Vec<Vec<Vec<u8>>> = people
            .iter()
            .map(|one| {
                let person = self.keys.person(client, one.name, one.company);
                self.own_keys(client, &one.addresses()).into_iter().chain(person).collect()
            })
            .collect();
        let all: Vec<Vec<u8>> = keys.iter().flatten().cloned().collect();
        let found = suppressions::among(tx, &all).await?;
        let erased: BTreeSet<&[u8]> = found
            .iter()
            .filter(|found| found.source == "erasure")
            .map(|found| found.key.as_slice())
            .collect();
        Ok(keys.iter().map(|keys| keys.iter().any(|key| erased.contains(key.as_slice()))).collect())
    }
}

impl<'a> Somebody<'a> {
    pub(crate) fn of(lead: &'a Lead) -> Self {
        Self {
            name: &lead.name,
            company: &lead.company,
            email: &lead.email,
            phone: &lead.phone,
            linkedin_url: &lead.linkedin_url,
        }
    }

    /// Its domain and its colleagues have not asked for anything.
    fn addresses(&self) -> Addresses<'a> {
        Addresses { email: self.email, phone: self.phone, linkedin_url: self.linkedin_url, company: "" }
    }
}

/// What an answer in JSON says when it is about the person.
fn words(lead: &Lead) -> Result<Vec<Vec<u8>>, Error> {
    let texts = [&lead.prospect_id, &lead.name, &lead.email, &lead.linkedin_url];
    let quoted = texts.into_iter().filter(|text| !text.is_empty()).map(serde_json::to_vec);
    Ok(quoted.collect::<Result<_, _>>()?)
}

/// The addresses that name a person, as they are looked for in other texts.
pub fn addresses(email: &str, linkedin_url: &str) -> Vec<String> {
    [keys::email(email), profile(linkedin_url)].into_iter().filter(|address| !address.is_empty()).collect()
}
