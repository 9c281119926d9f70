//! Prints precision, recall and F1 of the linker on labelled pairs of two CSV files.
//!
//! `cargo run --release -p link --example labelled_pairs -- LEFT.csv RIGHT.csv PAIRS.csv`: the lists have the columns
//! name, addr, city and phone, the pairs left, right (rows from 0) and label (1 for a match).

#![expect(clippy::print_stdout, reason = "a tool for the terminal")]

use std::collections::HashSet;
use std::error::Error;
use std::fs::File;

use link::files::{Columns, Table};
use link::{Index, Options, pairs};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().collect();
    let [_, left, right, labels] = args.as_slice() else {
        return Err("usage: labelled_pairs LEFT.csv RIGHT.csv PAIRS.csv".into());
    };
    let column = |name: &str| Some(name.to_owned());
    let columns = Columns {
        name: "name".into(),
        address: column("addr"),
        city: column("city"),
        phone: column("phone"),
        ..Columns::default()
    };
    let (left, right) =
        (Table::read(File::open(left)?, &columns)?, Table::read(File::open(right)?, &columns)?);
    let index = Index::build(right.records(), &Options::default());
    let mut found = HashSet::new();
    pairs(left.records(), &index, false, |row, link| {
        found.insert((row, link.right));
    });
    let (mut hits, mut misses, mut wrong) = (0, 0, 0);
    for row in csv::Reader::from_path(labels)?.deserialize() {
        let (left_row, right_row, label): (u32, u32, u8) = row?;
        match (found.contains(&(left_row, right_row)), label == 1) {
            (true, true) => hits += 1,
            (false, false) => {}
            (linked, _) => {
                if linked {
                    wrong += 1
                } else {
                    misses += 1
                }
                println!(
                    "{}: {} | {}",
                    if linked { "wrong" } else { "missed" },
                    left.name(left_row),
                    right.name(right_row)
                );
            }
        }
    }
    println!(
        "F1 {:.4} ({hits} found, {misses} missed, {wrong} wrong)",
        2.0 * f64::from(hits) / f64::from(2 * hits + misses + wrong)
    );
    Ok(())
}
