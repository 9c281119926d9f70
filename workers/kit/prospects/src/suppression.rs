//! Who must not be contacted: by address, domain, company, channel, or at all.

use crate::Prospects;
use crate::choices::OutreachChannel;
use crate::error::Error;
use crate::keys::{Named, domains, email};
use chrono::{DateTime, Utc};
use db::leads::Lead;
use db::suppressions::{self, Suppression};
use db::{Tx, Uuid};
use serde::Serialize;
use utoipa::ToSchema;

/// What to suppress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// An e-mail address, a telephone number or the address of a profile.
    Address,
    Domain,
    Company,
    /// A whole channel.
    Channel,
    /// Everybody.
    Global,
}

#[derive(Clone, Debug)]
pub struct SuppressRequest {
    pub scope: Scope,
    /// The address, domain or company; only its keyed hash is kept.
    pub value: String,
    /// Every channel, if none is given.
    pub channel: Option<OutreachChannel>,
    pub reason: String,
}

/// A suppression, as it is listed: whom it is about cannot be told from it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Suppressed {
    pub scope: String,
    pub channel: String,
    pub reason: String,
    pub source: String,
    pub created_at: DateTime<Utc>,
    /// The first digits of the keyed hash.
    pub key: String,
}

/// Whoever was suppressed for this stays so: the law, or the one who was forgotten, asks for it.
const FOR_GOOD: [&str; 2] = ["complained", "erased"];

impl Scope {
    fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Domain => "domain",
            Self::Company => "company",
            Self::Channel => "channel",
            Self::Global => "global",
        }
    }
}

/// One sign between two parts.
fn is_email(text: &str) -> bool {
    let address = email(text);
    let part = |part: &str| !part.is_empty() && !part.contains(char::is_whitespace) && !part.contains('@');
    address.split_once('@').is_some_and(|(local, domain)| part(local) && part(domain))
}

impl SuppressRequest {
    fn channel(&self) -> &'static str {
        self.channel.map_or("", OutreachChannel::name)
    }
}

impl Prospects {
    /// Whether it is new.
    pub async fn suppress(
        &self,
        client: Uuid,
        request: &SuppressRequest,
        source: &str,
    ) -> Result<bool, Error> {
        let key = self.suppression_key(client, request)?;
        let mut tx = self.db.begin(client).await?;
        let reason = if request.reason.is_empty() { "by hand" } else { &request.reason };
        let new =
            suppressions::add(&mut tx, request.scope.name(), &key, request.channel(), reason, source).await?;
        tx.commit().await?;
        Ok(new)
    }

    /// Whether there was one; refused for who has complained or was forgotten.
    pub async fn unsuppress(&self, client: Uuid, request: &SuppressRequest) -> Result<bool, Error> {
        let key = self.suppression_key(client, request)?;
        let (scope, channel) = (request.scope.name(), request.channel());
        let mut tx = self.db.begin(client).await?;
        let there = suppressions::among(&mut tx, std::slice::from_ref(&key)).await?;
        let same = |found: &&Suppression| (found.scope.as_str(), found.channel.as_str()) == (scope, channel);
        if let Some(found) = there.iter().find(same)
            && FOR_GOOD.contains(&found.reason.as_str())
        {
            return Err(Error::Refused(format!("it stays suppressed for good: {}", found.reason)));
        }
        let gone = suppressions::remove(&mut tx, scope, &key, channel).await?;
        tx.commit().await?;
        Ok(gone)
    }

    /// The newest first.
    pub async fn suppressions(&self, client: Uuid, limit: u32) -> Result<Vec<Suppressed>, Error> {
        let mut tx = self.db.begin(client).await?;
        let found = suppressions::list(&mut tx, i64::from(limit)).await?;
        let shown = |suppression: Suppression| Suppressed {
            key: suppression.key.iter().take(6).map(|byte| format!("{byte:02x}")).collect(),
            scope: suppression.scope,
            channel: suppression.channel,
            reason: suppression.reason,
            source: suppression.source,
            created_at: suppression.created_at,
        };
        Ok(found.into_iter().map(shown).collect())
    }

    fn suppression_key(&self, client: Uuid, request: &SuppressRequest) -> Result<Vec<u8>, Error> {
        let value = request.value.trim();
        let has_letters = value.chars().any(char::is_alphabetic);
        let named = match request.scope {
            Scope::Address if value.contains('@') => Named::Email,
            Scope::Address if has_letters && value.contains('/') => Named::Profile,
            Scope::Address => Named::Phone,
            Scope::Domain => Named::Domain,
            Scope::Company => Named::Company,
            Scope::Channel if request.channel.is_none() => {
                return Err(Error::wrong("channel", "is missing"));
            }
            Scope::Channel | Scope::Global => return Ok(Vec::new()),
        };
        // What could be nobody's would be kept and hold for nobody.
        let sound = match named {
            Named::Email => is_email(value),
            Named::Domain => value.contains('.') && !value.contains(char::is_whitespace),
            Named::Profile | Named::Company | Named::Person => true,
            Named::Phone => !has_letters,
        };
        let nothing = || Error::wrong("value", format!("is no {}", request.scope.name()));
        self.keys.hash(client, named, value).filter(|_| sound).ok_or_else(nothing)
    }

    /// The keys of a prospect's own addresses.
    pub(crate) fn own_keys(&self, client: Uuid, lead: &Addresses<'_>) -> Vec<Vec<u8>> {
        let named =
            [(Named::Email, lead.email), (Named::Phone, lead.phone), (Named::Profile, lead.linkedin_url)];
        named.into_iter().filter_map(|(named, text)| self.keys.hash(client, named, text)).collect()
    }

    /// Every key by which a prospect may be suppressed.
    pub(crate) fn keys_of(&self, client: Uuid, lead: &Addresses<'_>) -> Vec<Vec<u8>> {
        let domains = domains(lead.email);
        let wider = domains.iter().map(|domain| (Named::Domain, domain.as_str()));
        let wider = wider.chain([(Named::Company, lead.company)]);
        let wider = wider.filter_map(|(named, text)| self.keys.hash(client, named, text));
        self.own_keys(client, lead).into_iter().chain(wider).collect()
    }

    /// Why a prospect must not be contacted on its channel, if so.
    pub(crate) async fn suppressed(&self, tx: &mut Tx, lead: &Lead) -> Result<Option<String>, Error> {
        let addresses = Addresses::of(lead);
        let keys = self.keys_of(tx.client(), &addresses);
        let found = suppressions::among(tx, &keys).await?;
        Ok(why(&found, &keys, addresses.channel()))
    }
}

/// By what a prospect can be reached.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addresses<'a> {
    pub(crate) email: &'a str,
    pub(crate) phone: &'a str,
    pub(crate) linkedin_url: &'a str,
    pub(crate) company: &'a str,
}

impl<'a> Addresses<'a> {
    pub(crate) fn of(lead: &'a Lead) -> Self {
        Self {
            email: &lead.email,
            phone: &lead.phone,
            linkedin_url: &lead.linkedin_url,
            company: &lead.company,
        }
    }

    /// The network where there is a profile or nothing else, else mail.
    pub(crate) fn channel(&self) -> &'static str {
        if self.linkedin_url.is_empty() && !self.email.is_empty() { "email" } else { "linkedin" }
    }
}

/// The first suppression that holds for the keys on a channel.
pub(crate) fn why(found: &[Suppression], keys: &[Vec<u8>], channel: &str) -> Option<String> {
    let holds = |suppression: &&Suppression| {
        let here = suppression.channel.is_empty() || suppression.channel == channel;
        let about =
            ["channel", "global"].contains(&suppression.scope.as_str()) || keys.contains(&suppression.key);
        here && about
    };
    found
        .iter()
        .find(holds)
        .map(|suppression| format!("{} suppressed ({})", suppression.scope, suppression.reason))
}
