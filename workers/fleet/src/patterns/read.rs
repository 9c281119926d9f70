//! Reads a whole file as a table to learn from, and finds columns by the names that people type.

use std::path::Path;

use detector::table::columns::{Builder, Table};

use crate::exit::{Exit, Failure};
use crate::import::columns::meant;
use crate::import::file::Reader;

/// `title=Job Title`: what a column of the file is called here.
#[derive(Debug, Clone)]
pub(super) struct Named {
    name: String,
    column: String,
}

impl std::str::FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = text.split_once('=').map(|(name, column)| (name.trim(), column.trim()));
        let named = named.filter(|(name, column)| !name.is_empty() && !column.is_empty());
        let (name, column) = named.ok_or("write it as NAME=COLUMN, as in title='Job Title'")?;
        Ok(Self { name: name.to_owned(), column: column.to_owned() })
    }
}

/// The columns of a file, by the names it gives them and by those they have in the report.
#[derive(Debug)]
pub(super) struct Names {
    theirs: Vec<String>,
    ours: Vec<String>,
}

/// A wide table need not be listed throughout.
const SHOWN: usize = 40;

pub(super) fn read(path: &Path, named: &[Named]) -> Result<(Table, Names), Failure> {
    let mut reader = Reader::open(path)?;
    let names = Names::of(&reader.header()?, named)?;
    let mut builder = Builder::new(names.ours.iter().cloned());
    while let Some(cells) = reader.cells()? {
        builder.push(cells);
    }
    let table = builder.finish();
    if table.rows == 0 {
        return Err(anyhow::anyhow!("{} has a header and no rows", path.display()).into());
    }
    Ok((table, names))
}

impl Names {
    fn of(header: &[String], named: &[Named]) -> Result<Self, Failure> {
        let name = |(place, name): (usize, &String)| {
            let name = name.trim_start_matches('\u{feff}').trim();
            // Some programs end each line with a separator.
            if name.is_empty() { format!("column {}", place + 1) } else { name.to_owned() }
        };
        let theirs: Vec<String> = header.iter().enumerate().map(name).collect();
        let mut names = Self { ours: theirs.clone(), theirs };
        for Named { name, column } in named {
            let place = names.place(column)?;
            names.ours[place].clone_from(name);
        }
        for (place, name) in names.ours.iter().enumerate() {
            if names.ours[..place].contains(name) {
                let error = anyhow::anyhow!("two columns are called {name:?}");
                let hint = "rename one of them in the file's header".to_owned();
                return Err(Failure { exit: Exit::Failure, error, hint: Some(hint) });
            }
        }
        Ok(names)
    }

    /// What a column is called in the report.
    pub(super) fn find(&self, name: &str) -> Result<String, Failure> {
        Ok(self.ours[self.place(name)?].clone())
    }

    /// Names, and lists of them with commas; a name may have a comma itself.
    pub(super) fn find_all(&self, names: &[String]) -> Result<Vec<String>, Failure> {
        let mut found = Vec::new();
        for name in names {
            match self.find(name) {
                Ok(column) => found.push(column),
                Err(failure) if !name.contains(',') => return Err(failure),
                Err(_list) => {
                    for name in name.split(',').map(str::trim).filter(|name| !name.is_empty()) {
                        found.push(self.find(name)?);
                    }
                }
            }
        }
        Ok(found)
    }

    pub(super) fn listed(&self) -> String {
        let more = self.ours.len().saturating_sub(SHOWN);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{}{more}", self.ours[..self.ours.len().min(SHOWN)].join(", "))
    }

    /// By its name as it is written, else without regard to case.
    fn place(&self, name: &str) -> Result<usize, Failure> {
        let by = |is: &dyn Fn(&String) -> bool| {
            self.ours.iter().position(is).or_else(|| self.theirs.iter().position(is))
        };
        let found =
            by(&|own| own == name).or_else(|| by(&|own| own.to_lowercase() == name.trim().to_lowercase()));
        found.ok_or_else(|| {
            let folded: Vec<String> = self.ours.iter().map(|own| own.to_lowercase()).collect();
            let known = folded.iter().map(String::as_str).zip(&self.ours);
            let hint = match meant(&name.to_lowercase(), known) {
                Some(meant) => format!("did you mean {meant:?}?"),
                None => format!("the columns are {}", self.listed()),
            };
            Failure {
                exit: Exit::Usage,
                error: anyhow::anyhow!("there is no column {name:?}"),
                hint: Some(hint),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(header: &[&str], named: &[&str]) -> Result<Names, String> {
        let header: Vec<String> = header.iter().map(|name| (*name).to_owned()).collect();
        let named: Vec<Named> = named.iter().map(|text| text.parse().unwrap()).collect();
        Names::of(&header, &named).map_err(|failure| failure.error.to_string())
    }

    #[test]
    fn columns_are_found_by_either_name_and_in_lists() {
        let names = names(&["\u{feff}Job Title", "Size, staff", "won", ""], &["title=job title"]).unwrap();
        assert_eq!(names.find("Job Title").unwrap(), "title");
        assert_eq!(names.find("WON").unwrap(), "won");
        assert_eq!(
            names.find_all(&["Size, staff".into(), "title,won".into()]).unwrap(),
            ["Size, staff", "title", "won"]
        );
        assert_eq!(names.find("column 4").unwrap(), "column 4");
        let failure = names.find("Wonn").unwrap_err();
        assert_eq!(failure.hint.as_deref(), Some("did you mean \"won\"?"));
    }

    #[test]
    fn two_columns_of_one_name_are_refused() {
        assert_eq!(names(&["a", "b", "a"], &[]).unwrap_err(), "two columns are called \"a\"");
        assert_eq!(names(&["a", "b"], &["b=a"]).unwrap_err(), "two columns are called \"b\"");
        assert_eq!(names(&["a", "b"], &["c=x"]).unwrap_err(), "there is no column \"x\"");
    }
}
