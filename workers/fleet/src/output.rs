//! What commands print: data on stdout, as a table or as JSON of the same struct; talk on stderr.

use std::io::{self, ErrorKind, Write};

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

/// Rows in columns, without lines around them.
pub fn columns<const N: usize>(header: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(header.map(str::to_uppercase)).add_rows(rows);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.trim_fmt()
}
