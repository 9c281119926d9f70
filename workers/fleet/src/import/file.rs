//! Reads a CSV file row by row.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use anyhow::Context;

use super::columns::Column;
use super::row::{Problem, Row};
use crate::exit::{Exit, Failure};

pub(super) struct Reader {
    csv: csv::Reader<Box<dyn Read + Send>>,
    record: csv::ByteRecord,
    /// Rows read, the header not counted.
    rows: u64,
}

impl Reader {
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let source: Box<dyn Read + Send> = if path == Path::new("-") {
            Box::new(io::stdin())
        } else {
            let opened = File::open(path).and_then(|file| match file.metadata()?.is_dir() {
                true => Err(io::ErrorKind::IsADirectory.into()),
                false => Ok(file),
            });
            Box::new(opened.map_err(|error| not_opened(path, error))?)
        };
        let mut source = BufReader::with_capacity(1 << 16, source);
        let start = source.fill_buf().context("could not read the file")?;
        if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) {
            return Err(not_utf8("the file is UTF-16".to_owned()));
        }
        let source: Box<dyn Read + Send> = Box::new(source);
        // Told to end rows at CR or LF, the parser miscounts lines that end in both; cells are trimmed anyway.
        let rows_end = csv::Terminator::Any(b'\n');
        let csv = csv::ReaderBuilder::new().flexible(true).terminator(rows_end).from_reader(source);
        Ok(Self { csv, record: csv::ByteRecord::new(), rows: 0 })
    }

    pub(super) fn header(&mut self) -> Result<Vec<String>, Failure> {
        let header = self.csv.byte_headers().context("could not read the header")?;
        let header: Result<Vec<String>, _> =
            header.iter().map(|name| str::from_utf8(name).map(str::to_owned)).collect();
        let header = header.map_err(|_utf8| not_utf8("the header is not UTF-8".to_owned()))?;
        if header.iter().all(|name| name.trim().is_empty()) {
            return Err(anyhow::anyhow!("the file is empty: it needs a header row").into());
        }
        Ok(header)
    }

    /// Hands the next row to `take` and returns its problems; none at the end of the file.
    pub(super) fn row(
        &mut self,
        columns: &'static [Column],
        places: &[Option<usize>],
        take: impl FnOnce(&mut Row<'_>),
    ) -> Result<Option<Vec<Problem>>, Failure> {
        if !self.csv.read_byte_record(&mut self.record).context("could not read the file")? {
            return Ok(None);
        }
        self.rows += 1;
        let line = self.record.position().map_or(0, csv::Position::line);
        let cells = vec![None; columns.len()];
        let mut row = Row { number: self.rows, line, columns, cells, problems: Vec::new() };
        if self.record.len() != places.len() {
            let problem = format!(
                "the row has {} fields, the header {}: is a quote or a comma missing?",
                self.record.len(),
                places.len()
            );
            row.wrong("", problem);
            return Ok(Some(row.problems));
        }
        for (cell, place) in self.record.iter().zip(places) {
            let Some(place) = *place else { continue };
            match str::from_utf8(cell) {
                Ok(text) if text.contains('\0') => {
                    row.wrong(columns[place].name, "holds a NUL character".to_owned());
                }
                Ok(text) => row.cells[place] = Some(text.trim()).filter(|text| !text.is_empty()),
                Err(_) => {
                    let shown = String::from_utf8_lossy(&cell[..cell.len().min(40)]).into_owned();
                    row.wrong(columns[place].name, format!("{shown:?} is not UTF-8"));
                }
            }
        }
        // What is not readable would be said to be empty as well.
        if row.problems.is_empty() {
            take(&mut row);
        }
        Ok(Some(row.problems))
    }
}

fn not_opened(path: &Path, error: io::Error) -> Failure {
    let exit = if error.kind() == io::ErrorKind::NotFound { Exit::NotFound } else { Exit::Failure };
    Failure {
        exit,
        error: anyhow::Error::from(error).context(format!("could not open {}", path.display())),
        hint: None,
    }
}

fn not_utf8(what: String) -> Failure {
    Failure {
        exit: Exit::Failure,
        error: anyhow::anyhow!(what),
        hint: Some("save it as \"CSV UTF-8\", or convert it: iconv -f WINDOWS-1252 -t UTF-8 FILE".to_owned()),
    }
}
