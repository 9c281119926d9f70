//! The columns a table takes, and which column of a file is which.

use rapidfuzz::distance::osa;

/// A column of ours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) name: &'static str,
    /// Other names that files give it.
    pub(super) also: &'static [&'static str],
    pub(super) required: bool,
}

pub(super) const fn required(name: &'static str, also: &'static [&'static str]) -> Column {
    Column { name, also, required: true }
}

pub(super) const fn optional(name: &'static str, also: &'static [&'static str]) -> Column {
    Column { name, also, required: false }
}

/// `--map theirs=ours`; nothing behind the `=` leaves the column out.
#[derive(Debug, Clone)]
pub struct Renaming {
    theirs: String,
    ours: String,
}

impl std::str::FromStr for Renaming {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (theirs, ours) =
            text.split_once('=').ok_or("write it as theirs=ours, or as theirs= to leave a column out")?;
        Ok(Self { theirs: folded(theirs), ours: folded(ours) })
    }
}

/// `--fill ours=value`: what every row holds in a column that the file does not have.
#[derive(Debug, Clone)]
pub struct Filling {
    ours: String,
    value: String,
}

impl std::str::FromStr for Filling {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let given = text.split_once('=').map(|(ours, value)| (folded(ours), value.trim().to_owned()));
        match given.filter(|(_, value)| !value.is_empty()) {
            Some((ours, value)) => Ok(Self { ours, value }),
            None => Err("write it as column=value".to_owned()),
        }
    }
}

/// Where the cells of a row go.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// For each column of the file the index of ours; none for one that is left out.
    pub(super) places: Vec<Option<usize>>,
    /// Ours that hold the same value in every row.
    pub(super) filled: Vec<(usize, String)>,
}

/// Letters by which a name may differ from the column that was probably meant.
const FARTHEST: usize = 3;
/// A file that is no table of ours need not be listed throughout.
const SHOWN: usize = 5;

/// Why a header cannot be read.
#[derive(Debug, Default, thiserror::Error, PartialEq, Eq)]
#[error("{}", self.text())]
pub(super) struct WrongHeader {
    /// Each with the column that was probably meant.
    pub(super) unknown: Vec<(String, Option<&'static str>)>,
    pub(super) missing: Vec<&'static str>,
    pub(super) twice: Vec<&'static str>,
    pub(super) renamed: Vec<String>,
    pub(super) filled: Vec<String>,
}

impl WrongHeader {
    fn text(&self) -> String {
        let mut parts = Vec::new();
        let listed = |names: &[&str]| names.join(", ");
        if !self.missing.is_empty() {
            parts.push(format!("missing columns: {}", listed(&self.missing)));
        }
        if !self.unknown.is_empty() {
            let each = self.unknown.iter().take(SHOWN).map(|(name, meant)| match meant {
                Some(meant) => format!("{name} (did you mean {meant}?)"),
                None => name.clone(),
            });
            let more = self.unknown.len().saturating_sub(SHOWN);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            parts.push(format!("unknown columns: {}{more}", each.collect::<Vec<_>>().join(", ")));
        }
        if !self.twice.is_empty() {
            parts.push(format!("columns given twice: {}", listed(&self.twice)));
        }
        if !self.renamed.is_empty() {
            parts.push(format!("--map names columns the file does not have: {}", self.renamed.join(", ")));
        }
        if !self.filled.is_empty() {
            parts.push(format!("--fill names columns the file has: {}", self.filled.join(", ")));
        }
        parts.join("; ")
    }
}

pub(super) fn mapped<'a>(
    header: impl Iterator<Item = &'a str>,
    columns: &'static [Column],
    renamings: &[Renaming],
    fillings: &[Filling],
) -> Result<Layout, WrongHeader> {
    let mut wrong = WrongHeader::default();
    let header: Vec<&str> = header.collect();
    let mut places = Vec::with_capacity(header.len());
    let place_of =
        |ours: &str| columns.iter().position(|column| column.name == ours || column.also.contains(&ours));
    for name in &header {
        let given = folded(name);
        let renaming = renamings.iter().find(|renaming| renaming.theirs == given);
        if renaming.is_some_and(|renaming| renaming.ours.is_empty()) {
            places.push(None);
            continue;
        }
        let ours = renaming.map_or(given.as_str(), |renaming| renaming.ours.as_str());
        let place = place_of(ours);
        match place {
            Some(place) if places.contains(&Some(place)) => wrong.is_twice(columns[place].name),
            Some(_) => {}
            None => wrong.is_unknown(ours, columns),
        }
        places.push(place);
    }
    let mut filled: Vec<(usize, String)> = Vec::new();
    for Filling { ours, value } in fillings {
        match place_of(ours) {
            Some(place) if places.contains(&Some(place)) => wrong.filled.push(ours.clone()),
            Some(place) if filled.iter().any(|(other, _)| *other == place) => {
                wrong.is_twice(columns[place].name)
            }
            Some(place) => filled.push((place, value.clone())),
            None => wrong.is_unknown(ours, columns),
        }
    }
    let given = |at: usize| places.contains(&Some(at)) || filled.iter().any(|(place, _)| *place == at);
    let missing = columns.iter().enumerate().filter(|(at, column)| column.required && !given(*at));
    wrong.missing = missing.map(|(_, column)| column.name).collect();
    let present = |theirs: &str| header.iter().any(|name| folded(name) == theirs);
    let unused = renamings.iter().filter(|renaming| !present(&renaming.theirs));
    wrong.renamed = unused.map(|renaming| renaming.theirs.clone()).collect();
    if wrong == WrongHeader::default() { Ok(Layout { places, filled }) } else { Err(wrong) }
}

impl WrongHeader {
    fn is_twice(&mut self, name: &'static str) {
        if !self.twice.contains(&name) {
            self.twice.push(name);
        }
    }

    fn is_unknown(&mut self, name: &str, columns: &'static [Column]) {
        self.unknown.push(match self.unknown.len() < SHOWN {
            true => (name.chars().take(40).collect(), nearest(name, columns)),
            false => (String::new(), None),
        });
    }
}

/// `Clinic Name` and `clinic-name` are `clinic_name`.
fn folded(name: &str) -> String {
    name.trim_start_matches('\u{feff}').trim().to_lowercase().replace([' ', '-'], "_")
}

fn nearest(name: &str, columns: &'static [Column]) -> Option<&'static str> {
    let names = columns.iter().flat_map(|column| {
        std::iter::once(&column.name).chain(column.also).map(move |known| (*known, column.name))
    });
    meant(name, names)
}

/// Of names, each with what it stands for, what was meant by one that is none of them.
pub(crate) fn meant<'a, T: Ord>(name: &str, names: impl Iterator<Item = (&'a str, T)>) -> Option<T> {
    // Comparing takes time with the length of both: what differs more than that in length alone is not compared.
    let length = name.chars().count();
    let names = names.filter(|(known, _)| known.chars().count().abs_diff(length) <= FARTHEST);
    let names = names.map(|(known, stands_for)| (osa::distance(name.chars(), known.chars()), stands_for));
    names
        .filter(|(distance, _)| *distance <= FARTHEST && *distance * 2 < name.len())
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] = &[
        required("pain_text", &["text"]),
        required("severity_score", &["severity"]),
        optional("source", &[]),
    ];

    fn places(header: &str, renamings: &[&str]) -> Result<Vec<Option<usize>>, String> {
        let renamings: Vec<Renaming> = renamings.iter().map(|text| text.parse().unwrap()).collect();
        let layout =
            mapped(header.split(','), COLUMNS, &renamings, &[]).map_err(|wrong| wrong.to_string())?;
        Ok(layout.places)
    }

    #[track_caller]
    fn check_filled(header: &str, fillings: &[&str], expected: Result<&[(usize, &str)], &str>) {
        let fillings: Vec<Filling> = fillings.iter().map(|text| text.parse().unwrap()).collect();
        let found = mapped(header.split(','), COLUMNS, &[], &fillings).map_err(|wrong| wrong.to_string());
        let found = found.map(|layout| layout.filled);
        let expected =
            expected.map(|filled| filled.iter().map(|(at, value)| (*at, (*value).to_owned())).collect());
        assert_eq!(found, expected.map_err(str::to_owned), "{header} {fillings:?}");
    }

    #[test]
    fn a_column_that_the_file_lacks_can_be_filled() {
        check_filled("text", &["Severity= 7 "], Ok(&[(1, "7")]));
        check_filled("text,severity", &["severity=7"], Err("--fill names columns the file has: severity"));
        check_filled("text", &["severity=7", "severity_score=8"], Err("columns given twice: severity_score"));
        let meant =
            "missing columns: severity_score; unknown columns: severty (did you mean severity_score?)";
        check_filled("text", &["severty=7"], Err(meant));
        assert!("severity=".parse::<Filling>().is_err() && "severity".parse::<Filling>().is_err());
    }

    #[test]
    fn names_of_the_source_document_and_other_spellings_are_known() {
        assert_eq!(places("\u{feff}Pain Text,severity", &[]), Ok(vec![Some(0), Some(1)]));
    }

    #[test]
    fn a_wrong_column_is_named_with_the_one_that_was_meant() {
        let expected =
            "missing columns: severity_score; unknown columns: severty (did you mean severity_score?)";
        assert_eq!(places("text,severty", &[]), Err(expected.to_owned()));
    }

    #[test]
    fn a_column_can_be_renamed_or_left_out() {
        assert_eq!(
            places("complaint,score,notes", &["complaint=pain_text", "score=severity", "notes="]),
            Ok(vec![Some(0), Some(1), None])
        );
    }

    #[test]
    fn two_columns_for_one_are_refused() {
        assert_eq!(places("text,pain_text,severity", &[]), Err("columns given twice: pain_text".to_owned()));
    }

    #[test]
    fn a_renaming_of_nothing_is_refused() {
        let expected = "--map names columns the file does not have: nope".to_owned();
        assert_eq!(places("text,severity", &["nope=source"]), Err(expected));
    }
}
