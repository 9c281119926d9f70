//! Prints precision, recall and F1 of the linker on one labelled CSV file.
//!
//! `cargo run --release -p link --example labelled -- FILE.csv ID_COLUMN NAME [address=COL] [city=COL] [phone=COL]`:
//! rows with the same id are one organisation, and every pair of them is to be found.

#![expect(clippy::print_stdout, reason = "a tool for the terminal")]

use std::collections::HashMap;
use std::error::Error;

use link::files::{Columns, Table};
use link::{Index, Options, pairs};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().collect();
    let [_, path, id, name, fields @ ..] = args.as_slice() else {
        return Err("usage: labelled FILE.csv ID_COLUMN NAME [address=COL] [city=COL] [phone=COL]".into());
    };
    let field = |wanted: &str| {
        fields.iter().find_map(|f| f.split_once('=').filter(|(k, _)| *k == wanted).map(|(_, v)| v.to_owned()))
    };
    let columns = Columns {
        name: name.clone(),
        address: field("address"),
        city: field("city"),
        phone: field("phone"),
        ..Columns::default()
    };
    let text = std::fs::read(path)?;
    let table = Table::read(text.as_slice(), &columns)?;
    let ids = Table::read(text.as_slice(), &Columns { name: id.clone(), ..Columns::default() })?;
    let ids: Vec<&str> = ids.records().map(|r| r.name).collect();

    let index = Index::build(table.records(), &Options::default());
    // Whole clusters fall into one of two halves, to see whether the figures hold.
    let half =
        |id: &str| id.bytes().fold(7u32, |h, b| h.wrapping_mul(31).wrapping_add(u32::from(b))) >> 3 & 1;
    let mut sizes: HashMap<&str, usize> = HashMap::new();
    for id in &ids {
        *sizes.entry(id).or_default() += 1;
    }
    let (mut found, mut right, mut truth) = ([0usize; 2], [0usize; 2], [0usize; 2]);
    for (id, n) in &sizes {
        truth[half(id) as usize] += n * (n - 1) / 2;
    }
    let show = std::env::args().any(|a| a == "show=wrong");
    pairs(table.records(), &index, true, |left, link| {
        let (a, b) = (ids[left as usize], ids[link.right as usize]);
        found[half(a) as usize] += 1;
        right[half(a) as usize] += usize::from(a == b);
        if show && a != b {
            println!(
                "{} | {} | {:.2} {:?}",
                table.name(left),
                table.name(link.right),
                link.probability,
                link.contributions
            );
        }
    });
    for (label, found, right, truth) in [
        ("all", found[0] + found[1], right[0] + right[1], truth[0] + truth[1]),
        ("half A", found[0], right[0], truth[0]),
        ("half B", found[1], right[1], truth[1]),
    ] {
        let (precision, recall) = (right as f64 / found as f64, right as f64 / truth as f64);
        println!(
            "{label}: precision {precision:.4} recall {recall:.4} F1 {:.4} ({right} of {truth}, {found} found)",
            2.0 * precision * recall / (precision + recall)
        );
    }
    Ok(())
}
