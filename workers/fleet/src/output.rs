//! What commands print: data on stdout, as a table or as JSON of the same struct; talk on stderr.

use std::io::{self, ErrorKind, Write};

use comfy_table::{ColumnConstraint, ContentArrangement, Width};
pub use overview::count;
use serde::Serialize;

#[derive(Debug, Clone, Copy)]
pub struct Output {
    pub json: bool,
    pub quiet: bool,
}

impl Output {
    /// Prints `value` as one line of JSON, else as `table` words it.
    pub fn show<T: Serialize>(&self, value: &T, table: impl FnOnce(&T) -> String) -> io::Result<()> {
        let mut text = if self.json { serde_json::to_string(value)? } else { table(value) };
        if !text.ends_with('\n') {
            text.push('\n');
        }
        print(&text)
    }

    /// One calm line about what is going on: `    Starting nats-server 2.15.1`.
    pub fn say(&self, verb: &str, text: &str) {
        if !self.quiet && !self.json {
            // A closed stderr leaves nobody to tell.
            let _closed = writeln!(io::stderr(), "{verb:>12} {text}");
        }
    }
}

/// Writes to stdout; a reader that has seen enough (`| head`) is no failure.
pub fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// What is longer is no id that somebody copies.
const LONGEST: u16 = 60;
/// Between two columns.
const GAP: u16 = 2;

fn longest_word(text: &str) -> u16 {
    let longest = text.split_whitespace().map(|word| word.chars().count()).max();
    longest.unwrap_or_default().try_into().unwrap_or(u16::MAX).min(LONGEST)
}

/// Rows in columns, without lines around them.
pub fn columns<const N: usize>(header: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let rows: Vec<[String; N]> = rows.into_iter().collect();
    let header = header.map(str::to_uppercase);
    let mut words = header.each_ref().map(|cell| longest_word(cell));
    for (cell, word) in rows.iter().flat_map(|row| row.iter().zip(0..)) {
        words[word] = words[word].max(longest_word(cell));
    }
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    let narrowest = words.iter().fold(0, |sum: u16, word| sum.saturating_add(word.saturating_add(GAP)));
    // On a narrow terminal cells are broken between words, never in an id; where that is not enough, and where
    // nobody reads the screen, a row stays one line.
    if table.width().is_some_and(|width| narrowest <= width) {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    table.set_header(header).add_rows(rows);
    for (column, word) in table.column_iter_mut().zip(words) {
        column.set_padding((0, GAP));
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(word.saturating_add(GAP))));
    }
    table.trim_fmt()
}
