//! Which contractor or partner a row is about: by its number, else by its name; and those that files make known.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use db::contractors::{Contractor, ContractorName, Partner};
use db::erasure::{Forgotten, folded};

use super::cells::text;
use crate::import::row::{Row, shown};

/// The contractors that rows may name.
pub(super) struct Names {
    /// Whether they were erased.
    ids: HashMap<i32, bool>,
    companies: HashMap<String, Vec<i32>>,
    forgotten: Forgotten,
    /// Names by which rows made contractors known, with the number of the row.
    named: HashMap<String, u64>,
    last: i32,
    /// Contractors that rows made known since the last writing.
    pub(super) made: Vec<Contractor>,
    /// Rows since the last writing that are about somebody who was erased.
    pub(super) left_out: usize,
}

enum Found {
    One(i32),
    /// The number, if there was one.
    Nobody(Option<i32>),
    /// They were erased, or something is wrong, which is said.
    Neither,
}

impl Names {
    pub(super) fn new(all: Vec<ContractorName>) -> Self {
        let (ids, companies, forgotten) = (HashMap::new(), HashMap::new(), Forgotten::of(&all));
        let named = HashMap::new();
        let mut names = Self { ids, companies, forgotten, named, last: 0, made: Vec::new(), left_out: 0 };
        for contractor in all {
            names.add(contractor.id, contractor.company_name.as_deref());
            names.ids.insert(contractor.id, contractor.erased);
        }
        names
    }

    /// A contractor that is there.
    pub(super) fn find(&mut self, row: &mut Row<'_>) -> Option<i32> {
        match self.look(row) {
            Found::One(id) => return Some(id),
            Found::Nobody(Some(id)) => {
                row.wrong("contractor_id", format!("there is no contractor {id}: import contractors first"));
            }
            Found::Nobody(None) => {
                let company = row.text("company_name").unwrap_or_default();
                let problem = format!("there is no contractor {}: import contractors first", shown(&company));
                row.wrong("company_name", problem);
            }
            Found::Neither => {}
        }
        None
    }

    /// The same, and who is named by the company is made known.
    pub(super) fn find_or_make(&mut self, row: &mut Row<'_>) -> Option<i32> {
        let Some(company) = text(row, "company_name", 200) else { return self.find(row) };
        match self.look(row) {
            Found::One(id) => Some(id),
            // A row that is wrong makes nobody known.
            Found::Nobody(_) if !row.problems.is_empty() => None,
            Found::Nobody(id) => {
                let id = self.take(row, id)?;
                let company_name = Some(company);
                self.made.push(Contractor { id, company_name, ..Contractor::default() });
                Some(id)
            }
            Found::Neither => None,
        }
    }

    /// The same for a row that is the contractor itself: of two rows of one name nobody knows whether they are one.
    pub(super) fn find_or_take(&mut self, row: &mut Row<'_>) -> Option<i32> {
        if row.optional("contractor_id").is_none()
            && let Some(company) = row.optional("company_name").map(folded)
        {
            match self.named.entry(company) {
                Entry::Vacant(place) => {
                    place.insert(row.number);
                }
                Entry::Occupied(other) => {
                    let other = other.get();
                    let problem = format!("row {other} has this name too: give both their contractor_id");
                    row.wrong("company_name", problem);
                }
            }
        }
        match self.look(row) {
            Found::One(id) => Some(id),
            Found::Nobody(_) if !row.problems.is_empty() => None,
            Found::Nobody(id) => self.take(row, id),
            Found::Neither => None,
        }
    }

    pub(super) fn written(&mut self) {
        self.made.clear();
        self.left_out = 0;
    }

    fn look(&mut self, row: &mut Row<'_>) -> Found {
        if let Some(text) = row.text("contractor_id") {
            let Some(id) = text.parse::<i32>().ok().filter(|id| *id > 0) else {
                row.wrong("contractor_id", format!("{} is no whole number from 1", shown(&text)));
                return Found::Neither;
            };
            return match self.ids.get(&id) {
                Some(true) => {
                    self.left_out += 1;
                    Found::Neither
                }
                Some(false) => Found::One(id),
                None => self.unless_forgotten(row.optional("company_name"), Found::Nobody(Some(id))),
            };
        }
        let Some(company) = row.text("company_name") else {
            let problem = "is empty, and so is company_name: one of them must name the contractor";
            row.wrong("contractor_id", problem.to_owned());
            return Found::Neither;
        };
        match self.companies.get(&folded(&company)).map_or(&[][..], Vec::as_slice) {
            [] => self.unless_forgotten(Some(&company), Found::Nobody(None)),
            [id] => Found::One(*id),
            several => {
                let problem = format!("{} contractors have this name: use contractor_id", several.len());
                row.wrong("company_name", problem);
                Found::Neither
            }
        }
    }

    /// Who was erased comes back under no other number.
    fn unless_forgotten(&mut self, company: Option<&str>, found: Found) -> Found {
        if !company.is_some_and(|company| self.forgotten.contains(company)) {
            return found;
        }
        self.left_out += 1;
        Found::Neither
    }

    /// A number for somebody new: the one given, else the next that nobody has.
    fn take(&mut self, row: &mut Row<'_>, id: Option<i32>) -> Option<i32> {
        let Some(id) = id.or_else(|| self.last.checked_add(1)) else {
            row.wrong("contractor_id", "is empty, and no number is left to give".to_owned());
            return None;
        };
        self.add(id, row.optional("company_name"));
        Some(id)
    }

    fn add(&mut self, id: i32, company: Option<&str>) {
        self.ids.insert(id, false);
        self.last = self.last.max(id);
        if let Some(company) = company {
            self.companies.entry(folded(company)).or_default().push(id);
        }
    }
}

/// The partners that rows may name.
pub(super) struct Partners {
    ids: HashMap<i32, String>,
    names: HashMap<String, Vec<i32>>,
    last: i32,
    /// Partners that rows made known or named anew since the last writing.
    pub(super) made: Vec<Partner>,
}

impl Partners {
    pub(super) fn new(all: Vec<Partner>) -> Self {
        let (ids, names) = (HashMap::new(), HashMap::new());
        let mut partners = Self { ids, names, last: 0, made: Vec::new() };
        all.into_iter().for_each(|partner| partners.add(partner.id, partner.name));
        partners
    }

    /// Whoever is named and not known is made known, by a row that is kept.
    pub(super) fn find(&mut self, row: &mut Row<'_>, is_kept: bool) -> Option<i32> {
        let name = text(row, "partner_name", 100);
        if let Some(given) = row.text("partner_id") {
            let Some(id) = given.parse::<i32>().ok().filter(|id| *id > 0) else {
                row.wrong("partner_id", format!("{} is no whole number from 1", shown(&given)));
                return None;
            };
            return match (self.ids.get(&id), name) {
                (Some(known), Some(name)) if *known != name => self.make(id, name, is_kept),
                (Some(_), _) => Some(id),
                (None, Some(name)) => self.make(id, name, is_kept),
                (None, None) => {
                    row.wrong("partner_id", format!("there is no partner {id}: give partner_name too"));
                    None
                }
            };
        }
        let Some(name) = name else {
            if row.optional("partner_name").is_none() {
                let problem = "is empty, and so is partner_name: one of them must name the partner";
                row.wrong("partner_id", problem.to_owned());
            }
            return None;
        };
        match self.names.get(&folded(&name)).map_or(&[][..], Vec::as_slice) {
            [id] => return Some(*id),
            [] => {}
            several => {
                let problem = format!("{} partners have this name: use partner_id", several.len());
                row.wrong("partner_name", problem);
                return None;
            }
        }
        let Some(id) = self.last.checked_add(1) else {
            row.wrong("partner_id", "is empty, and no number is left to give".to_owned());
            return None;
        };
        self.make(id, name, is_kept)
    }

    fn make(&mut self, id: i32, name: String, is_kept: bool) -> Option<i32> {
        if !is_kept {
            return None;
        }
        self.made.push(Partner { id, name: name.clone() });
        self.add(id, name);
        Some(id)
    }

    fn add(&mut self, id: i32, name: String) {
        self.last = self.last.max(id);
        let ids = self.names.entry(folded(&name)).or_default();
        if !ids.contains(&id) {
            ids.push(id);
        }
        self.ids.insert(id, name);
    }
}
