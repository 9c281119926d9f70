//! The clinics that a run left in no segment, each with its nearest miss, page by page.

use std::fmt;
use std::str::FromStr;

use proto::v1::{Assignment, Clinic};
use serde::Serialize;

use crate::runs::Known;
use crate::{Broker, Error, read};

/// Parts read for one page: where few clinics are unmatched, or like the words, a page has fewer than were asked for.
const PARTS: u32 = 100;

/// Where a page begins: a row of a clinic part. Written `12-40`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    pub part: u32,
    pub row: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unmatched {
    pub run_id: String,
    /// Of the whole run.
    pub total: u32,
    pub clinics: Vec<Missed>,
    /// Where the next page begins; none behind the last.
    pub next: Option<Place>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Missed {
    pub id: i64,
    pub name: String,
    pub city: Option<String>,
    pub state: Option<String>,
    pub phone: Option<String>,
    pub website: Option<String>,
    pub confidence: f64,
    pub nearest_miss: String,
}

/// At most so many unmatched clinics from this place on, in the order of their ids; with words those only in whose name,
/// city, state or nearest miss they occur.
pub async fn page(
    broker: &Broker,
    known: &Known,
    from: Place,
    words: Option<&str>,
    most: usize,
) -> Result<Unmatched, Error> {
    let words = words.map(str::to_lowercase);
    let score = read::score(&broker.runs, &known.id).await?;
    let score = score.ok_or_else(|| Error::NotScored { run: known.id.clone() })?;
    let mut clinics = Vec::new();
    let mut next = Some(from);
    while let Some(place) = next {
        if clinics.len() == most || place.part - from.part >= PARTS {
            break;
        }
        let mut missed = missed(broker, known, place).await?;
        missed.retain(|(_, clinic)| words.as_deref().is_none_or(|words| clinic.says(words)));
        let left = most - clinics.len();
        next = match missed.get(left) {
            Some((row, _)) => Some(Place { part: place.part, row: *row }),
            None => Some(Place { part: place.part.saturating_add(1), row: 0 })
                .filter(|at| at.part < score.clinic_parts),
        };
        clinics.extend(missed.into_iter().take(left).map(|(_, missed)| missed));
    }
    Ok(Unmatched { run_id: known.id.to_string(), total: score.clinics_unmatched, clinics, next })
}

/// The unmatched clinics of a part from a row on, each with its row.
async fn missed(broker: &Broker, known: &Known, from: Place) -> Result<Vec<(u32, Missed)>, Error> {
    let assignments = read::assignments(&broker.runs, &known.id, &from.part.to_string()).await?;
    if assignments.iter().all(|assignment| assignment.segment.is_some()) {
        return Ok(Vec::new());
    }
    let clinics = read::clinics_of(&broker.runs, &known.id, from.part).await?;
    let rows = (0..).zip(clinics.into_iter().zip(assignments));
    let unmatched = rows.filter(|(row, (_, said))| *row >= from.row && said.segment.is_none());
    Ok(unmatched.map(|(row, (clinic, said))| (row, told(clinic, said))).collect())
}

impl Missed {
    /// Whether these words, in small letters, occur in it.
    fn says(&self, words: &str) -> bool {
        let texts = [Some(&self.name), self.city.as_ref(), self.state.as_ref(), Some(&self.nearest_miss)];
        texts.into_iter().flatten().any(|text| text.to_lowercase().contains(words))
    }
}

fn told(clinic: Clinic, said: Assignment) -> Missed {
    Missed {
        id: clinic.id,
        name: clinic.name,
        city: clinic.city,
        state: clinic.state,
        phone: clinic.phone,
        website: clinic.website,
        confidence: said.confidence,
        nearest_miss: said.nearest_miss,
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.part, self.row)
    }
}

/// A text that is no place.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is no place in a run: it reads PART-ROW, such as 12-40")]
pub struct BadPlace(String);

impl FromStr for Place {
    type Err = BadPlace;

    fn from_str(text: &str) -> Result<Self, BadPlace> {
        let parsed =
            text.split_once('-').and_then(|(part, row)| Some((part.parse().ok()?, row.parse().ok()?)));
        let (part, row) = parsed.ok_or_else(|| BadPlace(text.chars().take(40).collect()))?;
        Ok(Self { part, row })
    }
}

impl Serialize for Place {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
