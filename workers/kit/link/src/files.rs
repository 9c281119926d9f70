//! Reads the records of a list out of a CSV text.

use std::io::Read;

use crate::Record;

/// Which column of a file holds which field.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    pub name: String,
    pub address: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub phone: Option<String>,
    pub domain: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("could not read the csv")]
    Csv(#[from] csv::Error),
    #[error("there is no column {column:?}; the file has {present}")]
    NoColumn { column: String, present: String },
}

/// The rows of a file; row 0 is the one after the header.
pub struct Table {
    rows: Vec<csv::StringRecord>,
    at: [Option<usize>; 6],
}

impl Table {
    pub fn read(source: impl Read, columns: &Columns) -> Result<Table, Error> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(source);
        let header = reader.headers()?.clone();
        let find = |column: &String| {
            let found = header.iter().position(|h| h.trim_start_matches('\u{feff}').trim() == column);
            found.ok_or_else(|| Error::NoColumn {
                column: column.clone(),
                present: header.iter().collect::<Vec<_>>().join(", "),
            })
        };
        let optional = |column: &Option<String>| column.as_ref().map(find).transpose();
        let at = [
            Some(find(&columns.name)?),
            optional(&columns.address)?,
            optional(&columns.city)?,
            optional(&columns.state)?,
            optional(&columns.phone)?,
            optional(&columns.domain)?,
        ];
        let rows = reader.records().collect::<Result<_, _>>()?;
        Ok(Table { rows, at })
    }

    pub fn records(&self) -> impl Iterator<Item = Record<'_>> {
        self.rows.iter().map(|row| {
            let [name, address, city, state, phone, domain] = self
                .at
                .map(|at| at.and_then(|at| row.get(at)).map(str::trim).filter(|text| !text.is_empty()));
            Record { name: name.unwrap_or_default(), address, city, state, phone, domain }
        })
    }

    /// The name in a row as the file has it; empty for a row it does not have.
    pub fn name(&self, row: u32) -> &str {
        let row = self.rows.get(row as usize);
        row.zip(self.at[0]).and_then(|(row, at)| row.get(at)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> Columns {
        Columns { name: "company".into(), phone: Some("tel".into()), ..Columns::default() }
    }

    #[test]
    fn fields_come_from_the_named_columns() {
        let table =
            Table::read("id,tel,company\n1,,\"Oak,\nInc\"\n2,555-0148,Elm\n".as_bytes(), &columns()).unwrap();
        let records: Vec<Record<'_>> = table.records().collect();
        assert_eq!((records[0].name, records[0].phone), ("Oak,\nInc", None));
        assert_eq!((records[1].name, records[1].phone), ("Elm", Some("555-0148")));
        assert_eq!(table.name(1), "Elm");
    }

    #[test]
    fn a_missing_column_is_named_with_those_there_are() {
        let error = Table::read("id,company\n".as_bytes(), &columns()).err().unwrap();
        assert_eq!(error.to_string(), "there is no column \"tel\"; the file has id, company");
    }
}
