//! Which decision maker belongs to which clinic (PT-031), with doubtful ones left to people.

use crate::texts::Texts;
use db::inputs;
use db::links::{self, Decided};
use link::{Contribution, Index, Options, Record};
use proto::v1::DecisionMaker;
use std::collections::{HashMap, HashSet};
use tokio::task::JoinError;

/// What the linker needs of the clinics of a snapshot.
#[derive(Default)]
pub(crate) struct Clinics {
    ids: Vec<i32>,
    /// Name, city, state, phone, website.
    texts: Texts<5>,
}

/// The decision makers of a snapshot.
#[derive(Default)]
pub(crate) struct People {
    ids: Vec<i32>,
    /// Company, city, state, phone, website.
    companies: Texts<5>,
    /// Name, title, address on LinkedIn, e-mail.
    persons: Texts<4>,
}

/// The decision maker of each clinic that has one, and what was said of all pairs.
#[derive(Default)]
pub(crate) struct Linked {
    pub(crate) of_clinic: DecisionMakers,
    pub(crate) verdicts: Verdicts,
    /// Decision makers that could be of several clinics.
    pub(crate) ambiguous: u32,
}

/// The decision maker of each clinic that has one.
#[derive(Default)]
pub(crate) struct DecisionMakers {
    people: People,
    of_clinic: HashMap<i32, Chosen>,
}

/// A person, by row, and how likely the link is.
#[derive(Clone, Copy)]
struct Chosen {
    row: u32,
    probability: f32,
}

/// What was said of all pairs that people may look at.
#[derive(Default)]
pub(crate) struct Verdicts(Vec<Said>);

/// A verdict as it waits to be stored; there may be a million, so it is kept small.
struct Said {
    person: i32,
    clinic: i32,
    probability: f32,
    contributions: Box<[Contribution]>,
    verdict: links::Verdict,
}

/// Candidates of an ambiguous person that are kept for the review.
const CANDIDATES: usize = 3;

/// Titles of those who decide, the first the most (the author's reading of PT-031).
const TITLES: [&str; 5] = ["owner", "founder", "ceo", "director", "managing"];

impl Clinics {
    pub(crate) fn push(&mut self, clinic: &inputs::Clinic) {
        self.ids.push(clinic.id);
        self.texts.push([
            Some(&clinic.clinic_name),
            clinic.city.as_deref(),
            clinic.state.as_deref(),
            clinic.phone.as_deref(),
            clinic.website.as_deref(),
        ]);
    }

    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }
}

impl People {
    pub(crate) fn push(&mut self, person: &inputs::DecisionMaker) {
        self.ids.push(person.id);
        self.companies.push([
            person.company_name.as_deref(),
            person.city.as_deref(),
            person.state.as_deref(),
            person.phone.as_deref(),
            person.website.as_deref(),
        ]);
        self.persons.push([
            Some(&person.name),
            person.title.as_deref(),
            person.linkedin_url.as_deref(),
            person.email.as_deref(),
        ]);
    }

    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    /// The fewer the more they decide.
    fn rank(&self, row: u32) -> usize {
        let [_, title, ..] = self.persons.get(row as usize);
        let title = title.unwrap_or_default().to_lowercase();
        TITLES.iter().position(|word| title.contains(word)).unwrap_or(TITLES.len())
    }
}

fn records(texts: &Texts<5>, rows: usize) -> impl Iterator<Item = Record<'_>> {
    (0..rows).map(|row| {
        let [name, city, state, phone, domain] = texts.get(row);
        Record { name: name.unwrap_or_default(), address: None, city, state, phone, domain }
    })
}

/// Links people to clinics; what a person decided before stands above what the linker says.
pub(crate) fn link(clinics: &Clinics, people: People, decided: &[Decided]) -> Linked {
    let index = Index::build(records(&clinics.texts, clinics.len()), &Options::default());
    let decisions = Decisions::of(clinics, decided);
    let mut linked = Linked::default();
    let mut of_clinic = HashMap::new();
    link::link_all(records(&people.companies, people.len()), &index, false, |row, verdict| {
        let person = people.ids[row as usize];
        let link = match decisions.confirmed.get(&person) {
            Some(clinic) => Some((*clinic, 1.0)),
            None => linked.hear(person, verdict, clinics, &decisions),
        };
        if let Some((clinic, probability)) = link {
            take(&mut of_clinic, &people, clinic, Chosen { row, probability });
        }
    });
    linked.of_clinic = DecisionMakers { people, of_clinic };
    linked
}

/// Of several people of a clinic the one who decides the most is kept, then the surest link, then the lowest id.
fn take(of_clinic: &mut HashMap<i32, Chosen>, people: &People, clinic: i32, chosen: Chosen) {
    of_clinic
        .entry(clinic)
        .and_modify(|known| {
            let better = people
                .rank(chosen.row)
                .cmp(&people.rank(known.row))
                .then(known.probability.total_cmp(&chosen.probability))
                .then(people.ids[chosen.row as usize].cmp(&people.ids[known.row as usize]));
            if better.is_lt() {
                *known = chosen;
            }
        })
        .or_insert(chosen);
}

/// Nobody, when the linker died: a run goes on without decision makers (PT-033).
pub(crate) fn or_none(ended: Result<Linked, JoinError>) -> Result<Linked, JoinError> {
    match ended {
        Err(error) if error.is_panic() => {
            tracing::error!(%error, "the linker died: this run has no decision makers");
            Ok(Linked::default())
        }
        ended => ended,
    }
}

/// What people decided, by decision maker.
struct Decisions {
    confirmed: HashMap<i32, i32>,
    refused: HashSet<(i32, i32)>,
}

impl Decisions {
    fn of(clinics: &Clinics, decided: &[Decided]) -> Self {
        let confirmed_clinics: HashSet<i32> =
            decided.iter().filter(|pair| pair.confirmed).map(|pair| pair.clinic_id).collect();
        let known: HashSet<i32> =
            clinics.ids.iter().copied().filter(|id| confirmed_clinics.contains(id)).collect();
        let mut decisions = Self { confirmed: HashMap::new(), refused: HashSet::new() };
        for pair in decided {
            if !pair.confirmed {
                decisions.refused.insert((pair.decision_maker_id, pair.clinic_id));
            } else if known.contains(&pair.clinic_id) {
                decisions.confirmed.insert(pair.decision_maker_id, pair.clinic_id);
            }
        }
        decisions
    }
}

impl Linked {
    /// Keeps a link, or the candidates of an ambiguous one; of a person without a clinic nothing is kept.
    ///
    /// Returns the clinic of a person that has one, and how likely that is.
    fn hear(
        &mut self,
        person: i32,
        verdict: link::Verdict,
        clinics: &Clinics,
        decisions: &Decisions,
    ) -> Option<(i32, f32)> {
        let (links, verdict) = match verdict {
            link::Verdict::Linked { link } => (vec![link], links::Verdict::Linked),
            link::Verdict::Ambiguous { links } => (links, links::Verdict::Ambiguous),
            link::Verdict::Unlinked { .. } => return None,
        };
        let rivals = links.len();
        let mut open: Vec<(i32, link::Link)> = links
            .into_iter()
            .map(|link| (clinics.ids[link.right as usize], link))
            .filter(|(clinic, _)| !decisions.refused.contains(&(person, *clinic)))
            .collect();
        // Refusing all rivals but one settles what was ambiguous.
        let settled = verdict == links::Verdict::Ambiguous && rivals > 1 && open.len() == 1;
        let verdict = if settled { links::Verdict::Linked } else { verdict };
        open.truncate(CANDIDATES);
        let best = open.first().map(|(clinic, link)| (*clinic, link.probability));
        if verdict == links::Verdict::Ambiguous && best.is_some() {
            self.ambiguous += 1;
        }
        self.verdicts.0.extend(open.into_iter().map(|(clinic, link)| Said {
            person,
            clinic,
            probability: link.probability,
            contributions: link.contributions.into(),
            verdict,
        }));
        best.filter(|_| verdict == links::Verdict::Linked)
    }
}

impl DecisionMakers {
    pub(crate) fn len(&self) -> usize {
        self.of_clinic.len()
    }

    pub(crate) fn of(&self, clinic: i32) -> Option<DecisionMaker> {
        let Chosen { row, probability } = *self.of_clinic.get(&clinic)?;
        let [name, title, linkedin_url, email] = self.people.persons.get(row as usize);
        Some(DecisionMaker {
            id: self.people.ids[row as usize].into(),
            name: name.unwrap_or_default().to_owned(),
            title: title.map(str::to_owned),
            linkedin_url: linkedin_url.map(str::to_owned),
            email: email.map(str::to_owned),
            link_probability: probability.into(),
        })
    }
}

impl Verdicts {
    /// As they are stored.
    pub(crate) fn links(self) -> impl Iterator<Item = links::Link> + Send {
        self.0.into_iter().map(|said| links::Link {
            decision_maker_id: said.person,
            clinic_id: said.clinic,
            probability: said.probability.into(),
            contributions: serde_json::to_string(&said.contributions).unwrap_or_default(),
            verdict: said.verdict,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clinic(id: i32, name: &str, city: &str, state: &str) -> inputs::Clinic {
        inputs::Clinic {
            id,
            clinic_name: name.into(),
            phone: Some("(602) 555-0100".into()),
            website: None,
            email: None,
            city: Some(city.into()),
            state: Some(state.into()),
            business_type: None,
            rating: None,
            review_count: 0,
        }
    }

    fn people(all: &[(i32, &str, &str, Option<&str>)]) -> People {
        let mut people = People::default();
        for (id, title, company, city) in all {
            people.push(&person(*id, title, company, *city));
        }
        people
    }

    fn person(id: i32, title: &str, company: &str, city: Option<&str>) -> inputs::DecisionMaker {
        inputs::DecisionMaker {
            id,
            name: format!("Person {id}"),
            title: Some(title.into()),
            company_name: Some(company.into()),
            linkedin_url: None,
            email: None,
            city: city.map(str::to_owned),
            state: None,
            phone: None,
            website: None,
        }
    }

    fn clinics() -> Clinics {
        let mut clinics = Clinics::default();
        clinics.push(&clinic(1, "Desert Ridge Physical Therapy", "Phoenix", "AZ"));
        clinics.push(&clinic(2, "Lone Star Motion Clinic", "Dallas", "TX"));
        clinics.push(&clinic(3, "Harborview Rehab", "Tampa", "FL"));
        clinics.push(&clinic(4, "Harborview Rehab", "Miami", "FL"));
        clinics
    }

    fn decides(linked: &Linked, clinic: i32) -> Option<i64> {
        linked.of_clinic.of(clinic).map(|person| person.id)
    }

    #[test]
    fn a_differently_spelled_company_is_found() {
        let linked = link(&clinics(), people(&[(9, "Owner", "Desert Ridge PT, LLC", None)]), &[]);
        assert_eq!(decides(&linked, 1), Some(9));
    }

    #[test]
    fn a_name_of_two_clinics_waits_for_a_person() {
        let linked = link(&clinics(), people(&[(9, "Owner", "Harborview Rehab", None)]), &[]);
        assert!(linked.of_clinic.len() == 0);
        assert_eq!(linked.ambiguous, 1);
        assert_eq!(linked.verdicts.links().count(), 2);
    }

    #[test]
    fn the_city_tells_clinics_of_one_name_apart() {
        let linked = link(&clinics(), people(&[(9, "Owner", "Harborview Rehab", Some("Miami"))]), &[]);
        assert_eq!((linked.of_clinic.len(), decides(&linked, 4)), (1, Some(9)));
    }

    #[test]
    fn what_a_person_decided_stands() {
        let decided = [Decided { decision_maker_id: 9, clinic_id: 3, confirmed: true }];
        let linked = link(&clinics(), people(&[(9, "Owner", "Harborview Rehab", None)]), &decided);
        assert_eq!(decides(&linked, 3), Some(9));
        let refused = [Decided { decision_maker_id: 9, clinic_id: 1, confirmed: false }];
        let linked = link(&clinics(), people(&[(9, "Owner", "Desert Ridge PT", None)]), &refused);
        assert!(linked.of_clinic.len() == 0);
    }

    #[test]
    fn the_owner_goes_before_the_aide() {
        let people = people(&[
            (8, "PT Aide", "Lone Star Motion", None),
            (9, "Founder & CEO", "Lone Star Motion", None),
        ]);
        assert_eq!(decides(&link(&clinics(), people, &[]), 2), Some(9));
    }

    #[tokio::test]
    async fn a_run_goes_on_without_decision_makers_when_the_linker_dies_pt033() {
        let died = tokio::task::spawn_blocking(|| panic!("a name that no linker can take")).await;
        assert!(or_none(died).unwrap().of_clinic.len() == 0);
        let cancelled = tokio::spawn(std::future::pending());
        cancelled.abort();
        assert!(or_none(cancelled.await).is_err());
    }
}
