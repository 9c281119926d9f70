//! The rows of a run on disk, read back in the order of the export: memory holds only where each row lies.

use prost::Message;
use proto::v1::{Assignment, Clinic};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Clinics without a segment come after all others.
const UNMATCHED: u32 = u32::MAX;

/// One clinic and what the scorer decided about it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub clinic: Clinic,
    pub assignment: Assignment,
}

/// Sorts as the export does: segment, then confidence from high to low, then clinic id.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    segment: u32,
    /// Tenths below zero, so that the highest confidence sorts first.
    rank: i32,
    clinic: i64,
    offset: u64,
    length: u32,
}

/// Takes rows in any order.
pub(crate) struct Spool {
    file: BufWriter<File>,
    end: u64,
    index: Vec<Entry>,
}

impl Spool {
    /// Opens a file without a name in the folder: it vanishes with its last reader.
    pub(crate) fn create(dir: &Path) -> io::Result<Self> {
        let file = BufWriter::new(tempfile::tempfile_in(dir)?);
        Ok(Self { file, end: 0, index: Vec::new() })
    }

    pub(crate) fn push(&mut self, row: &Row) -> io::Result<()> {
        let mut bytes = row.clinic.encode_length_delimited_to_vec();
        bytes.append(&mut row.assignment.encode_length_delimited_to_vec());
        self.file.write_all(&bytes)?;
        self.index.push(Entry {
            segment: row.assignment.segment.unwrap_or(UNMATCHED),
            rank: -tenths(row.assignment.confidence),
            clinic: row.clinic.id,
            offset: self.end,
            length: u32::try_from(bytes.len()).map_err(io::Error::other)?,
        });
        self.end += bytes.len() as u64;
        Ok(())
    }

    /// Ends the taking.
    pub(crate) fn sorted(mut self) -> io::Result<Rows> {
        self.index.sort_unstable();
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(Rows { file, index: self.index })
    }
}

/// Gives rows in the order of the export.
pub(crate) struct Rows {
    file: File,
    index: Vec<Entry>,
}

impl Rows {
    pub(crate) fn of(&self, segment: u32) -> impl Iterator<Item = io::Result<Row>> {
        self.entries(segment).iter().map(|entry| self.read(entry))
    }

    pub(crate) fn unmatched(&self) -> impl Iterator<Item = io::Result<Row>> {
        self.of(UNMATCHED)
    }

    pub(crate) fn count_of(&self, segment: u32) -> u64 {
        self.entries(segment).len() as u64
    }

    pub(crate) fn count_unmatched(&self) -> u64 {
        self.count_of(UNMATCHED)
    }

    /// The row of a clinic in a segment, or the segment's best.
    pub(crate) fn sample(&self, segment: u32, clinic: i64) -> io::Result<Option<Row>> {
        let entries = self.entries(segment);
        let wanted = entries.iter().find(|entry| entry.clinic == clinic);
        wanted.or(entries.first()).map(|entry| self.read(entry)).transpose()
    }

    fn entries(&self, segment: u32) -> &[Entry] {
        let start = self.index.partition_point(|entry| entry.segment < segment);
        let end = self.index.partition_point(|entry| entry.segment <= segment);
        self.index.get(start..end).unwrap_or_default()
    }

    fn read(&self, entry: &Entry) -> io::Result<Row> {
        let mut bytes = vec![0; entry.length as usize];
        self.file.read_exact_at(&mut bytes, entry.offset)?;
        let mut bytes = bytes.as_slice();
        Ok(Row {
            clinic: Clinic::decode_length_delimited(&mut bytes).map_err(io::Error::other)?,
            assignment: Assignment::decode_length_delimited(&mut bytes).map_err(io::Error::other)?,
        })
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a confidence is between 0 and 10, and a cast of anything else saturates"
)]
fn tenths(confidence: f64) -> i32 {
    (confidence * 10.0).round().clamp(0.0, 1000.0) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(clinic: i64, segment: Option<u32>, confidence: f64) -> Row {
        Row {
            clinic: Clinic { id: clinic, name: format!("Clinic {clinic}"), ..Clinic::default() },
            assignment: Assignment { clinic_id: clinic, segment, confidence, ..Assignment::default() },
        }
    }

    fn spooled(rows: &[Row]) -> Rows {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = Spool::create(dir.path()).unwrap();
        rows.iter().for_each(|row| spool.push(row).unwrap());
        spool.sorted().unwrap()
    }

    fn ids(rows: impl Iterator<Item = io::Result<Row>>) -> Vec<i64> {
        rows.map(|row| row.unwrap().clinic.id).collect()
    }

    #[test]
    fn rows_come_back_by_segment_then_confidence_then_id() {
        let rows = spooled(&[
            row(5, Some(1), 7.0),
            row(9, Some(0), 8.0),
            row(2, Some(0), 8.0),
            row(1, None, 0.0),
            row(4, Some(0), 9.5),
        ]);
        assert_eq!(ids(rows.of(0)), [4, 2, 9]);
        assert_eq!(ids(rows.of(1)), [5]);
        assert_eq!(ids(rows.unmatched()), [1]);
    }

    #[test]
    fn a_row_is_read_as_it_was_pushed() {
        let pushed = row(7, Some(0), 8.5);
        let rows = spooled(&[row(6, Some(0), 9.0), pushed.clone()]);
        assert_eq!(rows.sample(0, 7).unwrap(), Some(pushed));
    }

    #[test]
    fn an_unknown_sample_is_the_best_row() {
        let rows = spooled(&[row(6, Some(0), 7.0), row(7, Some(0), 9.0)]);
        assert_eq!(rows.sample(0, 99).unwrap().unwrap().clinic.id, 7);
        assert_eq!(rows.sample(3, 99).unwrap(), None);
    }
}
