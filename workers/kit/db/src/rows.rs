//! Reads what COPY sends in its binary form: the fastest way to read many rows, without one allocation for each.

use crate::Error;
use chrono::{NaiveDate, TimeDelta};
use futures::TryStreamExt as _;
use sqlx::PgConnection;

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// Flags and the length of an extension that nobody uses.
const HEADER: usize = SIGNATURE.len() + 8;

/// A second.
pub(crate) const MICROS: i64 = 1_000_000;

/// The fields of one row, read one after the other in the order of the query. What is not there reads as null.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    /// Fields that are written one after the other.
    pub(crate) fn of(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    /// The bytes of the next field.
    pub(crate) fn next(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.rest.split_first_chunk::<4>()?;
        let length = usize::try_from(i32::from_be_bytes(*length));
        self.rest = rest;
        let (field, rest) = rest.split_at_checked(length.ok()?)?;
        self.rest = rest;
        Some(field)
    }

    pub(crate) fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.next()?).ok()
    }

    pub(crate) fn uuid(&mut self) -> uuid::Uuid {
        uuid::Uuid::from_slice(self.next().unwrap_or_default()).unwrap_or_default()
    }

    pub(crate) fn int2(&mut self) -> Option<i16> {
        Some(i16::from_be_bytes(self.next()?.try_into().ok()?))
    }

    pub(crate) fn int4(&mut self) -> Option<i32> {
        Some(i32::from_be_bytes(self.next()?.try_into().ok()?))
    }

    pub(crate) fn int8(&mut self) -> Option<i64> {
        Some(i64::from_be_bytes(self.next()?.try_into().ok()?))
    }

    pub(crate) fn float8(&mut self) -> Option<f64> {
        Some(f64::from_be_bytes(self.next()?.try_into().ok()?))
    }

    pub(crate) fn bool(&mut self) -> bool {
        self.next().is_some_and(|field| field == [1])
    }

    /// Seconds since 1970.
    pub(crate) fn seconds(&mut self) -> Option<i64> {
        Some(self.micros()?.div_euclid(MICROS))
    }

    /// Microseconds since 1970; Postgres counts them since 2000.
    pub(crate) fn micros(&mut self) -> Option<i64> {
        Some(self.int8()?.saturating_add(946_684_800 * MICROS))
    }

    pub(crate) fn date(&mut self) -> Option<NaiveDate> {
        EPOCH.checked_add_signed(TimeDelta::try_days(i64::from(self.int4()?))?)
    }

    /// A list of texts, without those that are null; empty when there is none.
    pub(crate) fn texts(&mut self) -> Vec<&'a str> {
        // Dimensions, whether one is null, the type of elements; for the only dimension its length and first index.
        let Some((_, elements)) = self.next().and_then(|array| array.split_at_checked(20)) else {
            return Vec::new();
        };
        let mut elements = Fields { rest: elements };
        let mut texts = Vec::new();
        // Each takes four bytes at least; fewer are the rest of an array that was cut.
        while elements.rest.len() >= 4 {
            texts.extend(elements.text());
        }
        texts
    }
}

/// The first of 2000, from which Postgres counts days.
const EPOCH: NaiveDate = match NaiveDate::from_ymd_opt(2000, 1, 1) {
    Some(date) => date,
    None => NaiveDate::MIN,
};

/// Hands every row of a query to `each`. The query may hold nothing that came from outside: COPY takes no parameters.
pub(crate) async fn each(
    connection: &mut PgConnection,
    query: &str,
    mut each: impl FnMut(Fields<'_>),
) -> Result<u64, Error> {
    let statement = format!("COPY ({query}) TO STDOUT (FORMAT binary)");
    let mut chunks = connection.copy_out_raw(&statement).await?;
    let mut buffer: Vec<u8> = Vec::new();
    let (mut rows, mut begun) = (0, false);
    while let Some(chunk) = chunks.try_next().await? {
        // The server sends a row at a time; should it ever cut one in two, its rest comes next.
        let whole = buffer.is_empty();
        if !whole {
            buffer.extend_from_slice(&chunk);
        }
        let bytes = if whole { &chunk[..] } else { &buffer[..] };
        let mut at = 0;
        if !begun {
            if bytes.len() < HEADER {
                buffer = bytes.to_vec();
                continue;
            }
            (at, begun) = (HEADER, true);
        }
        while let Some(row) = row(&bytes[at..]) {
            each(Fields { rest: &row[2..] });
            rows += 1;
            at += row.len();
        }
        // A lone -1 ends the copy.
        let left = bytes[at..].to_vec();
        buffer = if left == [0xff, 0xff] { Vec::new() } else { left };
    }
    Ok(rows)
}

/// The first row in `bytes`, if all of it is there.
fn row(bytes: &[u8]) -> Option<&[u8]> {
    let (fields, _) = bytes.split_first_chunk::<2>()?;
    let fields = usize::try_from(i16::from_be_bytes(*fields)).ok()?;
    let mut end = 2;
    for _ in 0..fields {
        let length = i32::from_be_bytes(*bytes.get(end..)?.first_chunk::<4>()?);
        end += 4 + usize::try_from(length).unwrap_or(0);
    }
    bytes.get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_is_cut_ends() {
        let list = [&[0; 20][..], &[0, 0, 0, 1, b'a'], &[0xff; 4], &[0, 0, 0, 9, b'b']].concat();
        for cut in 0..=list.len() {
            let field = [&u32::try_from(cut).unwrap().to_be_bytes()[..], &list[..cut]].concat();
            let texts = Fields { rest: &field }.texts();
            assert_eq!(texts, ["a"][..usize::from(cut >= 25)], "{cut}");
        }
    }

    #[test]
    fn a_row_is_read_once_all_of_it_is_there() {
        let mut bytes = vec![0, 3, 0, 0, 0, 2];
        bytes.extend_from_slice(b"hi");
        bytes.extend_from_slice(&[0xff, 0xff, 0xff, 0xff]);
        bytes.extend_from_slice(&[0, 0, 0, 4, 0, 0, 0, 7]);
        for cut in 0..bytes.len() {
            assert!(row(&bytes[..cut]).is_none(), "{cut}");
        }
        bytes.extend_from_slice(&[0xff, 0xff]);
        let found = row(&bytes).unwrap();
        assert_eq!(found.len(), bytes.len() - 2);
        let mut fields = Fields { rest: &found[2..] };
        assert_eq!(
            (fields.text(), fields.text(), fields.int4(), fields.int4()),
            (Some("hi"), None, Some(7), None)
        );
        assert!(row(&bytes[found.len()..]).is_none());
    }
}
