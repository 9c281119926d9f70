//! What files hold of any text, for fuzzing.

use crate::csv;
use crate::spool::Row;
use proto::v1::{Assignment, Clinic, CsvLayout, DecisionMaker, Segment};
use std::io;

pub use crate::markdown::escaped as markdown;

/// A CSV file with the text in every cell that comes from outside.
pub fn csv(text: &str, layout: CsvLayout) -> io::Result<Vec<u8>> {
    let some = || Some(text.to_owned());
    let person =
        DecisionMaker { name: text.to_owned(), title: some(), email: some(), ..DecisionMaker::default() };
    let clinic = Clinic {
        name: text.to_owned(),
        phone: some(),
        website: some(),
        email: some(),
        city: some(),
        state: some(),
        decision_maker: Some(person),
        ..Clinic::default()
    };
    let assignment = Assignment { match_reason: text.to_owned(), ..Assignment::default() };
    let segment = Segment { name: text.to_owned(), pain_category: text.to_owned(), ..Segment::default() };
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    csv::header(&mut writer, layout)?;
    csv::record(&mut writer, layout, &segment, text, &Row { clinic, assignment })?;
    writer.into_inner().map_err(|error| io::Error::other(error.to_string()))
}
