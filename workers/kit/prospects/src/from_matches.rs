//! Makes prospects of the matched clinics of the current run: their decision makers, each once.

use crate::erasure::Somebody;
use crate::error::{Error, Wrong};
use crate::intake::TakenIn;
use crate::new_prospect::NewProspect;
use crate::{Owner, Prospects};
use chrono::{DateTime, Utc};
use db::leads::{self, Matched};
use db::{Tx, runs};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Prospects taken in within one transaction.
const AT_ONCE: usize = 500;
/// People that an answer lists, at most.
const LISTED: usize = 1_000;
/// As much of a source as is kept.
const LONGEST_SOURCE: usize = 100;

#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FromMatchesRequest {
    #[schema(min_length = 1, max_length = 64, example = "user123")]
    pub user_id: String,
    /// A segment of the current run; all of them, if none is given.
    #[serde(default)]
    #[schema(max_length = 255, example = "emr-arizona")]
    pub segment: Option<String>,
    /// Only segments of this priority or a higher one.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 10)]
    pub min_priority: Option<f64>,
    /// Shows who would be taken in, and takes nobody in.
    #[serde(default)]
    pub dry_run: bool,
}

/// What became of the matched clinics.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FromMatches {
    pub run_id: String,
    pub dry_run: bool,
    /// Matched clinics that were asked for.
    pub clinics: u64,
    /// Those of them of which it is known who decides.
    pub with_decision_maker: u64,
    pub created: u64,
    pub updated: u64,
    pub left_out: u64,
    /// The first thousand, those of the best segment first.
    pub people: Vec<MatchedPerson>,
    /// All who were taken in.
    #[serde(skip)]
    #[schema(ignore)]
    pub taken: Vec<TakenIn>,
}

/// The decision maker of a matched clinic.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MatchedPerson {
    pub clinic_id: i32,
    pub name: String,
    pub title: String,
    pub company: String,
    pub segment: String,
    pub priority_score: f64,
    /// None before it is taken in, and when it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prospect_id: Option<String>,
    /// `created`, `updated` or `left_out`; none of those whom a dry run would take in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<&'static str>,
    /// Why it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Prospects {
    /// Takes in the decision makers of the current run's clinics; who is known already is updated.
    pub async fn from_matches(
        &self,
        owner: Owner<'_>,
        request: &FromMatchesRequest,
        now: DateTime<Utc>,
    ) -> Result<FromMatches, Error> {
        if request.min_priority.is_some_and(|least| !(1.0..=10.0).contains(&least)) {
            return Err(Error::wrong("min_priority", "is not from 1 to 10"));
        }
        let mut tx = self.begin(owner).await?;
        let none = || Error::Refused("no run is stored yet that prospects could be taken from".to_owned());
        let run = runs::current(&mut tx).await?.ok_or_else(none)?.run_id;
        let segment = request.segment.as_deref();
        if let Some(name) = segment
            && db::segments::of_run(&mut tx, &run).await?.iter().all(|known| known.segment_name != name)
        {
            return Err(Error::wrong("segment", format!("is none of run {run}")));
        }
        let matched = leads::matched(&mut tx, segment, request.min_priority).await?;
        let clinics = matched.len() as u64;
        let mut people: Vec<Candidate> =
            matched.into_iter().filter_map(|matched| Candidate::of(matched, &run)).collect();
        self.leave_out_erased(&mut tx, &mut people).await?;
        tx.rollback().await?;
        let mut taken = Vec::new();
        if !request.dry_run {
            for some in people.chunks_mut(AT_ONCE) {
                taken.extend(self.take_in_fitting(owner, some, now).await?);
            }
        }
        let of = |outcome| people.iter().filter(|one| one.shown.outcome == Some(outcome)).count() as u64;
        Ok(FromMatches {
            run_id: run,
            dry_run: request.dry_run,
            clinics,
            with_decision_maker: people.len() as u64,
            created: of("created"),
            updated: of("updated"),
            left_out: of("left_out"),
            people: people.into_iter().take(LISTED).map(|one| one.shown).collect(),
            taken,
        })
    }

    /// Whoever has been forgotten on request does not come back by the next run.
    async fn leave_out_erased(&self, tx: &mut Tx, people: &mut [Candidate]) -> Result<(), Error> {
        let named: Vec<Somebody<'_>> = people.iter().map(|one| one.prospect.somebody()).collect();
        let erased = self.erased(tx, &named).await?;
        for (one, erased) in people.iter_mut().zip(erased) {
            if erased {
                one.leave_out("was erased on request".to_owned());
            }
        }
        Ok(())
    }

    /// Takes in those who can be taken in: what was scraped is not the fault of whoever asks for it.
    async fn take_in_fitting(
        &self,
        owner: Owner<'_>,
        people: &mut [Candidate],
        now: DateTime<Utc>,
    ) -> Result<Vec<TakenIn>, Error> {
        loop {
            let mut fitting: Vec<&mut Candidate> =
                people.iter_mut().filter(|one| one.shown.outcome.is_none()).collect();
            let prospects = fitting.iter().map(|one| one.prospect.clone()).collect();
            match self.take_in(owner, prospects, now).await {
                Ok(taken) => {
                    for (one, taken) in fitting.into_iter().zip(&taken) {
                        if taken.outcome == "erased" {
                            one.leave_out("was erased on request".to_owned());
                        } else {
                            one.shown.prospect_id = Some(taken.prospect_id.clone());
                            one.shown.outcome = Some(taken.outcome);
                        }
                    }
                    return Ok(taken);
                }
                Err(Error::Wrong(wrong)) => {
                    let reasons = by_place(&wrong);
                    if reasons.keys().all(|place| *place >= fitting.len()) {
                        return Err(Error::Wrong(wrong));
                    }
                    for (place, reason) in reasons {
                        if let Some(one) = fitting.get_mut(place) {
                            one.leave_out(reason);
                        }
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// A decision maker as it would be taken in, and as it is shown.
struct Candidate {
    prospect: NewProspect,
    shown: MatchedPerson,
}

impl Candidate {
    /// None when nobody is known who decides.
    ///
    /// E-mail address and telephone number are the person's own: by those of the clinic, two people would be one.
    fn of(matched: Matched, run: &str) -> Option<Self> {
        let source = format!("match:{run}/{}", matched.segment_name);
        let prospect = NewProspect {
            name: matched.name?,
            title: matched.title,
            company: matched.clinic_name,
            city: matched.city,
            state: matched.state,
            email: matched.email,
            phone: matched.phone,
            linkedin_url: matched.linkedin_url,
            website: matched.website,
            source: source.chars().take(LONGEST_SOURCE).collect(),
            collected_at: matched.collected_at,
            ..NewProspect::default()
        };
        let shown = MatchedPerson {
            clinic_id: matched.clinic_id,
            name: prospect.name.clone(),
            title: prospect.title.clone(),
            company: prospect.company.clone(),
            segment: matched.segment_name,
            priority_score: matched.priority_score,
            prospect_id: None,
            outcome: None,
            reason: None,
        };
        Some(Self { prospect, shown })
    }

    fn leave_out(&mut self, reason: String) {
        self.shown.outcome = Some("left_out");
        self.shown.reason = Some(reason);
    }
}

/// What is wrong with which prospect of a request.
fn by_place(wrong: &[Wrong]) -> BTreeMap<usize, String> {
    let mut reasons: BTreeMap<usize, String> = BTreeMap::new();
    for Wrong { field, message } in wrong {
        let place = field.strip_prefix("prospects[").and_then(|rest| rest.split_once(']'));
        let Some((Ok(place), field)) = place.map(|(place, field)| (place.parse(), field)) else { continue };
        let reason = reasons.entry(place).or_default();
        let comma = if reason.is_empty() { "" } else { "; " };
        let field = field.trim_start_matches('.');
        let space = if field.is_empty() { "" } else { " " };
        reason.push_str(&format!("{comma}{field}{space}{message}"));
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_of_each_person() {
        let wrong = |field: &str, message: &str| Wrong { field: field.into(), message: message.into() };
        let found = by_place(&[
            wrong("prospects[2].email", "is no e-mail address"),
            wrong("prospects[2].phone", "has more than 40 characters"),
            wrong("prospects[11]", "known by its profile"),
            wrong("segment", "is none"),
        ]);
        let expected = [
            (2, "email is no e-mail address; phone has more than 40 characters".to_owned()),
            (11, "known by its profile".to_owned()),
        ];
        assert_eq!(found, expected.into());
    }
}
