//! Reads a CSV file row by row, compressed or not.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::Context;
use flate2::read::MultiGzDecoder;

use super::columns::{Column, Layout};
use super::row::{Problem, Row};
use super::shown;
use crate::exit::{Exit, Failure};
use crate::output::count;

pub(crate) struct Reader {
    path: PathBuf,
    csv: csv::Reader<Box<dyn Read + Send>>,
    record: csv::ByteRecord,
    /// Rows read, the header not counted.
    rows: u64,
}

impl Reader {
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let source: Box<dyn Read + Send> = if path == Path::new("-") {
            Box::new(io::stdin())
        } else {
            let opened = File::open(path).and_then(|file| match file.metadata()?.is_dir() {
                true => Err(io::ErrorKind::IsADirectory.into()),
                false => Ok(file),
            });
            Box::new(opened.map_err(|error| Failure::of_file(path, error))?)
        };
        let mut source: Box<dyn BufRead + Send> = Box::new(BufReader::with_capacity(1 << 16, source));
        if source.fill_buf().context("could not read the file")?.starts_with(GZIP) {
            source = Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(source)));
        }
        let start = source.fill_buf().context("could not read the file")?;
        if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) {
            return Err(unreadable("is UTF-16", "UTF-16", path));
        }
        if start.starts_with(b"PK\x03\x04") {
            return Err(Failure {
                exit: Exit::Failure,
                error: anyhow::anyhow!("{} is a workbook or an archive, not a CSV file", path.display()),
                hint: Some("open it in a spreadsheet program and save it as \"CSV UTF-8\"".to_owned()),
            });
        }
        let delimiter = delimiter(start);
        let source: Box<dyn Read + Send> = Box::new(source);
        // Told to end rows at CR or LF, the parser miscounts lines that end in both; cells are trimmed anyway.
        let rows_end = csv::Terminator::Any(b'\n');
        let csv = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .terminator(rows_end)
            .from_reader(source);
        let path = path.to_owned();
        Ok(Self { path, csv, record: csv::ByteRecord::new(), rows: 0 })
    }

    pub(crate) fn header(&mut self) -> Result<Vec<String>, Failure> {
        let header = self.csv.byte_headers().context("could not read the header")?;
        let header: Result<Vec<String>, _> =
            header.iter().map(|name| str::from_utf8(name).map(str::to_owned)).collect();
        let header = header.map_err(|_utf8| unreadable("is not UTF-8", WINDOWS, &self.path))?;
        if header.iter().all(|name| name.trim().is_empty()) {
            return Err(anyhow::anyhow!("{} is empty: it needs a header row", shown(&self.path)).into());
        }
        Ok(header)
    }

    /// The cells of the next row, with the line it begins at; none at the end of the file. The row has as many fields as
    /// the header, or the file cannot be read.
    pub(crate) fn cells(&mut self) -> Result<Option<Vec<&str>>, Failure> {
        if !self.csv.read_byte_record(&mut self.record).context("could not read the file")? {
            return Ok(None);
        }
        let line = self.record.position().map_or(0, csv::Position::line);
        let fields = self.csv.byte_headers().context("could not read the header")?.len();
        if self.record.len() != fields {
            return Err(anyhow::anyhow!("line {line}: {}", uneven(self.record.len(), fields)).into());
        }
        let cells: Result<Vec<&str>, _> = self.record.iter().map(str::from_utf8).collect();
        match cells {
            Ok(cells) => Ok(Some(cells)),
            Err(_utf8) => Err(unreadable(&format!("is not UTF-8 at line {line}"), WINDOWS, &self.path)),
        }
    }

    /// Hands the next row to `take` and returns its problems; none at the end of the file.
    pub(super) fn row(
        &mut self,
        columns: &'static [Column],
        layout: &Layout,
        take: impl FnOnce(&mut Row<'_>),
    ) -> Result<Option<Vec<Problem>>, Failure> {
        if !self.csv.read_byte_record(&mut self.record).context("could not read the file")? {
            return Ok(None);
        }
        self.rows += 1;
        let line = self.record.position().map_or(0, csv::Position::line);
        let cells = vec![None; columns.len()];
        let mut row = Row { number: self.rows, line, columns, cells, problems: Vec::new() };
        if self.record.len() != layout.places.len() {
            row.wrong("", uneven(self.record.len(), layout.places.len()));
            return Ok(Some(row.problems));
        }
        for (place, value) in &layout.filled {
            row.cells[*place] = Some(value);
        }
        for (cell, place) in self.record.iter().zip(&layout.places) {
            let Some(place) = *place else { continue };
            match str::from_utf8(cell) {
                Ok(text) if text.contains('\0') => {
                    row.wrong(columns[place].name, "holds a NUL character".to_owned());
                }
                Ok(text) => row.cells[place] = Some(text.trim()).filter(|text| !text.is_empty()),
                Err(_) => {
                    let shown = String::from_utf8_lossy(&cell[..cell.len().min(40)]).into_owned();
                    row.wrong(columns[place].name, format!("{shown:?}{NOT_UTF8}"));
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

fn uneven(fields: usize, header: usize) -> String {
    let fields = count(fields as u64, "field");
    format!("the row has {fields}, the header {header}: is a quote or a separator missing?")
}

/// How a gzip file begins.
const GZIP: &[u8] = &[0x1f, 0x8b];

/// How the problem of such a cell ends.
pub(super) const NOT_UTF8: &str = " is not UTF-8";
/// What spreadsheet programs write where they do not write UTF-8.
const WINDOWS: &str = "WINDOWS-1252";

fn unreadable(what: &str, encoding: &str, path: &Path) -> Failure {
    Failure {
        exit: Exit::Failure,
        error: anyhow::anyhow!("{} {what}", shown(path)),
        hint: Some(conversion(encoding, path)),
    }
}

fn conversion(encoding: &str, path: &Path) -> String {
    let file = if path == Path::new("-") { Path::new("FILE") } else { path };
    format!("save it as \"CSV UTF-8\", or convert it: iconv -f {encoding} -t UTF-8 {}", file.display())
}

/// What to do about cells that are not UTF-8.
pub(super) fn as_utf8(path: &Path) -> String {
    conversion(WINDOWS, path)
}

/// Spreadsheet programs of half the world separate by semicolons, and databases by tabs.
fn delimiter(start: &[u8]) -> u8 {
    let header = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let first = [b',', b';', b'\t'].into_iter().find(|delimiter| header.contains(delimiter));
    first.unwrap_or(b',')
}
