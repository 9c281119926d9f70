//! Which clinic a row is about: by its number, else by its name and place.

use std::collections::HashMap;

use db::imports::ClinicName;

use super::row::{Row, shown};

/// The clinics that patterns may speak of.
pub(super) struct Clinics {
    /// In order, as the database gives them.
    ids: Vec<i32>,
    names: HashMap<(String, String, String), Vec<i32>>,
}

impl Clinics {
    pub(super) fn new(all: Vec<ClinicName>) -> Self {
        let ids = all.iter().map(|clinic| clinic.id).collect();
        let mut names: HashMap<_, Vec<i32>> = HashMap::new();
        for clinic in all {
            let (city, state) = (clinic.city.unwrap_or_default(), clinic.state.unwrap_or_default());
            names.entry(key(&clinic.clinic_name, &city, &state)).or_default().push(clinic.id);
        }
        Self { ids, names }
    }

    pub(super) fn find(&self, row: &mut Row<'_>) -> i32 {
        if let Some(text) = row.text("clinic_id") {
            let id = text.parse().ok().filter(|id| self.ids.binary_search(id).is_ok());
            if id.is_none() {
                row.wrong("clinic_id", format!("there is no clinic {}", shown(&text)));
            }
            return id.unwrap_or_default();
        }
        let Some(name) = row.text("clinic_name") else {
            row.wrong(
                "clinic_id",
                "is empty, and so is clinic_name: one of them must name the clinic".to_owned(),
            );
            return 0;
        };
        let place = |column| row.text(column).unwrap_or_default();
        let (city, state) = (place("city"), place("state"));
        match self.names.get(&key(&name, &city, &state)).map_or(&[][..], Vec::as_slice) {
            [id] => return *id,
            [] => {
                let place = match (city.as_str(), state.as_str()) {
                    ("", "") => "without city and state".to_owned(),
                    (city, state) => format!("in {}, {}", shown(city), shown(state)),
                };
                let problem = format!("there is no clinic {} {place}", shown(&name));
                row.wrong("clinic_name", problem);
            }
            several => row.wrong(
                "clinic_name",
                format!("{} clinics have this name, city and state: use clinic_id", several.len()),
            ),
        }
        0
    }
}

fn key(name: &str, city: &str, state: &str) -> (String, String, String) {
    let folded = |text: &str| text.trim().to_lowercase();
    (folded(name), folded(city), folded(state))
}
