//! Which decision maker belongs to which clinic (PT-031), with doubtful ones left to people.

use db::inputs;
use db::links::{self, Decided};
use link::{Contribution, Index, Options, Record};
use proto::v1::DecisionMaker;
use std::collections::{HashMap, HashSet};
use tokio::task::JoinError;

/// What the linker needs of the clinics of a snapshot.
#[derive(Default)]
pub(crate) struct Clinics {
    rows: Vec<Row>,
}

struct Row {
    id: i32,
    name: String,
    city: Option<String>,
    state: Option<String>,
    phone: Option<String>,
    website: Option<String>,
}

/// The decision maker of each clinic that has one, and what was said of all pairs.
#[derive(Default)]
pub(crate) struct Linked {
    pub(crate) of_clinic: HashMap<i32, DecisionMaker>,
    verdicts: Vec<Said>,
    /// Decision makers that could be of several clinics.
    pub(crate) ambiguous: u32,
}

/// A verdict as it waits to be stored; there may be a hundred thousand, so it is kept small.
#[derive(Clone)]
struct Said {
    person: i32,
    clinic: i32,
    probability: f32,
    contributions: Vec<Contribution>,
    verdict: links::Verdict,
}

/// Candidates of an ambiguous person that are kept for the review.
const CANDIDATES: usize = 3;

/// Titles of those who decide, the first the most (the author's reading of PT-031).
const TITLES: [&str; 5] = ["owner", "founder", "ceo", "director", "managing"];

impl Clinics {
    pub(crate) fn push(&mut self, clinic: &inputs::Clinic) {
        self.rows.push(Row {
            id: clinic.id,
            name: clinic.clinic_name.clone(),
            city: clinic.city.clone(),
            state: clinic.state.clone(),
            phone: clinic.phone.clone(),
            website: clinic.website.clone(),
        });
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    fn records(&self) -> impl Iterator<Item = Record<'_>> {
        self.rows.iter().map(|row| Record {
            name: &row.name,
            address: None,
            city: row.city.as_deref(),
            state: row.state.as_deref(),
            phone: row.phone.as_deref(),
            domain: row.website.as_deref(),
        })
    }
}

/// Links people to clinics; what a person decided before stands above what the linker says.
pub(crate) fn link(clinics: &Clinics, people: &[inputs::DecisionMaker], decided: &[Decided]) -> Linked {
    let index = Index::build(clinics.records(), &Options::default());
    let decisions = Decisions::of(clinics, decided);
    let mut linked = Linked::default();
    link::link_all(people.iter().map(record), &index, false, |row, verdict| {
        let person = &people[row as usize];
        match decisions.confirmed.get(&person.id) {
            Some(clinic) => linked.take(*clinic, person, 1.0),
            None => linked.hear(person, verdict, clinics, &decisions),
        }
    });
    linked
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
            clinics.rows.iter().map(|row| row.id).filter(|id| confirmed_clinics.contains(id)).collect();
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
    /// The verdicts, as they are stored.
    pub(crate) fn verdicts(&self) -> impl Iterator<Item = links::Link> + Clone + Send {
        self.verdicts.iter().map(|said| links::Link {
            decision_maker_id: said.person,
            clinic_id: said.clinic,
            probability: said.probability.into(),
            contributions: serde_json::to_value(&said.contributions).unwrap_or_default(),
            verdict: said.verdict,
        })
    }

    /// Keeps a link, or the candidates of an ambiguous one; of a person without a clinic nothing is kept.
    fn hear(
        &mut self,
        person: &inputs::DecisionMaker,
        verdict: link::Verdict,
        clinics: &Clinics,
        decisions: &Decisions,
    ) {
        let (links, verdict) = match verdict {
            link::Verdict::Linked { link } => (vec![link], links::Verdict::Linked),
            link::Verdict::Ambiguous { links } => (links, links::Verdict::Ambiguous),
            link::Verdict::Unlinked { .. } => return,
        };
        let rivals = links.len();
        let mut open: Vec<(i32, link::Link)> = links
            .into_iter()
            .map(|link| (clinics.rows[link.right as usize].id, link))
            .filter(|(clinic, _)| !decisions.refused.contains(&(person.id, *clinic)))
            .collect();
        // Refusing all rivals but one settles what was ambiguous.
        let settled = verdict == links::Verdict::Ambiguous && rivals > 1 && open.len() == 1;
        let verdict = if settled { links::Verdict::Linked } else { verdict };
        open.truncate(CANDIDATES);
        match (verdict, open.as_slice()) {
            (links::Verdict::Linked, [(clinic, link), ..]) => self.take(*clinic, person, link.probability),
            (links::Verdict::Ambiguous, [_, ..]) => self.ambiguous += 1,
            _ => {}
        }
        self.verdicts.extend(open.into_iter().map(|(clinic, link)| Said {
            person: person.id,
            clinic,
            probability: link.probability,
            contributions: link.contributions,
            verdict,
        }));
    }

    /// Of several people of a clinic the one who decides the most is kept, then the surest link, then the lowest id.
    fn take(&mut self, clinic: i32, person: &inputs::DecisionMaker, probability: f32) {
        let person = DecisionMaker {
            id: person.id.into(),
            name: person.name.clone(),
            title: person.title.clone(),
            linkedin_url: person.linkedin_url.clone(),
            email: person.email.clone(),
            link_probability: probability.into(),
        };
        match self.of_clinic.entry(clinic) {
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(person);
            }
            std::collections::hash_map::Entry::Occupied(mut entry) => {
                let better = rank(&person)
                    .cmp(&rank(entry.get()))
                    .then(entry.get().link_probability.total_cmp(&person.link_probability))
                    .then(person.id.cmp(&entry.get().id));
                if better.is_lt() {
                    entry.insert(person);
                }
            }
        }
    }
}

fn rank(person: &DecisionMaker) -> usize {
    let title = person.title.as_deref().unwrap_or_default().to_lowercase();
    TITLES.iter().position(|word| title.contains(word)).unwrap_or(TITLES.len())
}

fn record(person: &inputs::DecisionMaker) -> Record<'_> {
    Record {
        name: person.company_name.as_deref().unwrap_or_default(),
        address: None,
        city: person.city.as_deref(),
        state: person.state.as_deref(),
        phone: person.phone.as_deref(),
        domain: person.website.as_deref(),
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

    #[test]
    fn a_differently_spelled_company_is_found() {
        let linked = link(&clinics(), &[person(9, "Owner", "Desert Ridge PT, LLC", None)], &[]);
        assert_eq!(linked.of_clinic[&1].id, 9);
    }

    #[test]
    fn a_name_of_two_clinics_waits_for_a_person() {
        let linked = link(&clinics(), &[person(9, "Owner", "Harborview Rehab", None)], &[]);
        assert!(linked.of_clinic.is_empty());
        assert_eq!(linked.ambiguous, 1);
        assert_eq!(linked.verdicts().count(), 2);
    }

    #[test]
    fn the_city_tells_clinics_of_one_name_apart() {
        let linked = link(&clinics(), &[person(9, "Owner", "Harborview Rehab", Some("Miami"))], &[]);
        assert_eq!(linked.of_clinic.keys().collect::<Vec<_>>(), [&4]);
    }

    #[test]
    fn what_a_person_decided_stands() {
        let decided = [Decided { decision_maker_id: 9, clinic_id: 3, confirmed: true }];
        let linked = link(&clinics(), &[person(9, "Owner", "Harborview Rehab", None)], &decided);
        assert_eq!(linked.of_clinic[&3].id, 9);
        let refused = [Decided { decision_maker_id: 9, clinic_id: 1, confirmed: false }];
        let linked = link(&clinics(), &[person(9, "Owner", "Desert Ridge PT", None)], &refused);
        assert!(linked.of_clinic.is_empty());
    }

    #[test]
    fn the_owner_goes_before_the_aide() {
        let people = vec![
            person(8, "PT Aide", "Lone Star Motion", None),
            person(9, "Founder & CEO", "Lone Star Motion", None),
        ];
        assert_eq!(link(&clinics(), &people, &[]).of_clinic[&2].id, 9);
    }

    #[tokio::test]
    async fn a_run_goes_on_without_decision_makers_when_the_linker_dies_pt033() {
        let died = tokio::task::spawn_blocking(|| panic!("a name that no linker can take")).await;
        assert!(or_none(died).unwrap().of_clinic.is_empty());
        let cancelled = tokio::spawn(std::future::pending());
        cancelled.abort();
        assert!(or_none(cancelled.await).is_err());
    }
}
