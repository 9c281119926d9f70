//! `leadfleet link`: which records of two CSV files name the same organisation, and why.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use link::files::{Columns, Table};
use link::{Index, Link, Options, Verdict};
use serde::Serialize;

use crate::exit::{Exit, Failure};
use crate::output::{Output, count};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// CSV file whose records are looked up.
    left: PathBuf,
    /// CSV file they are looked up in.
    right: PathBuf,
    /// Column of the name, in both files; LEFT:RIGHT where they differ.
    #[arg(long, value_name = "COL")]
    name: String,
    /// Column of the street address.
    #[arg(long, value_name = "COL")]
    address: Option<String>,
    /// Column of the city.
    #[arg(long, value_name = "COL")]
    city: Option<String>,
    /// Column of the state.
    #[arg(long, value_name = "COL")]
    state: Option<String>,
    /// Column of the phone.
    #[arg(long, value_name = "COL")]
    phone: Option<String>,
    /// Column of the website or its domain.
    #[arg(long, value_name = "COL")]
    domain: Option<String>,
    /// Every pair over the threshold, not only the best of each record.
    #[arg(long, conflicts_with = "review")]
    all: bool,
    /// Only records with several candidates, for a person to decide.
    #[arg(long)]
    review: bool,
}

/// A pair of rows; rows count from 1, the header not counted.
#[derive(Debug, Serialize)]
struct Pair<'a> {
    left_row: u32,
    left_name: &'a str,
    verdict: &'static str,
    right_row: Option<u32>,
    right_name: &'a str,
    probability: Option<f32>,
    name_similarity: Option<f32>,
    why: Vec<Reason>,
}

#[derive(Debug, Serialize)]
struct Reason {
    field: link::Field,
    points: f32,
    why: &'static str,
}

pub fn run(args: &Args, output: Output) -> Result<Exit, Failure> {
    let left = read(&args.left, &args.columns(0))?;
    let right = read(&args.right, &args.columns(1))?;
    let index = Index::build(right.records(), &Options::default());
    let mut out =
        Out { json: output.json, to: BufWriter::new(io::stdout().lock()), ended: Ok(()), linked: 0, rest: 0 };
    out.header();
    if args.all {
        link::pairs(left.records(), &index, false, |row, found| {
            out.pair(pair(&left, &right, row, "linked", Some(&found)));
        });
    } else {
        link::link_all(left.records(), &index, false, |row, verdict| {
            each(&verdict, args.review, |said, found| out.pair(pair(&left, &right, row, said, found)));
        });
    }
    let (linked, rest) = (out.linked, out.rest);
    match out.end() {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        ended => ended?,
    }
    output.say("Linked", &format!("{}; {} without one", count(linked, "pair"), count(rest, "record")));
    Ok(Exit::Ok)
}

impl Args {
    /// `theirs:ours` names the column of the left file and of the right one.
    fn columns(&self, side: usize) -> Columns {
        let of = |column: &String| match column.split_once(':') {
            Some((left, right)) => [left, right][side].to_owned(),
            None => column.clone(),
        };
        Columns {
            name: of(&self.name),
            address: self.address.as_ref().map(of),
            city: self.city.as_ref().map(of),
            state: self.state.as_ref().map(of),
            phone: self.phone.as_ref().map(of),
            domain: self.domain.as_ref().map(of),
        }
    }
}

fn read(path: &Path, columns: &Columns) -> Result<Table, Failure> {
    let file = File::open(path).map_err(|error| Failure::of_file(path, error))?;
    Table::read(BufReader::new(file), columns).map_err(|error| {
        let exit =
            if matches!(error, link::files::Error::NoColumn { .. }) { Exit::Usage } else { Exit::Failure };
        Failure {
            exit,
            error: anyhow::Error::from(error).context(format!("could not read {}", path.display())),
            hint: None,
        }
    })
}

/// The candidates of a verdict, each with what it is; a person sees the doubtful ones only.
fn each(verdict: &Verdict, review: bool, mut say: impl FnMut(&'static str, Option<&Link>)) {
    match verdict {
        Verdict::Ambiguous { links } => links.iter().for_each(|link| say("ambiguous", Some(link))),
        Verdict::Linked { .. } | Verdict::Unlinked { .. } if review => {}
        Verdict::Linked { link } => say("linked", Some(link)),
        Verdict::Unlinked { nearest } => say("unlinked", nearest.as_ref()),
    }
}

fn pair<'a>(
    left: &'a Table,
    right: &'a Table,
    row: u32,
    verdict: &'static str,
    link: Option<&Link>,
) -> Pair<'a> {
    let reasons = link.map(|link| link.contributions.as_slice()).unwrap_or_default();
    Pair {
        left_row: row + 1,
        left_name: left.name(row),
        verdict,
        right_row: link.map(|link| link.right + 1),
        right_name: link.map_or("", |link| right.name(link.right)),
        probability: link.map(|link| link.probability),
        name_similarity: link.map(|link| link.name_similarity),
        why: reasons
            .iter()
            .map(|said| Reason { field: said.field, points: said.points, why: said.why })
            .collect(),
    }
}

/// Pairs go out as they are found, one line each: tab-separated, or JSON.
struct Out<W> {
    json: bool,
    to: W,
    ended: io::Result<()>,
    linked: u64,
    rest: u64,
}

impl<W: Write> Out<W> {
    fn header(&mut self) {
        if !self.json {
            self.ended =
                writeln!(self.to, "LEFT ROW\tLEFT NAME\tVERDICT\tPROBABILITY\tRIGHT ROW\tRIGHT NAME\tWHY");
        }
    }

    fn pair(&mut self, pair: Pair<'_>) {
        if pair.verdict == "unlinked" {
            self.rest += 1
        } else {
            self.linked += 1
        }
        if self.ended.is_ok() {
            self.ended = self.write(&pair);
        }
    }

    fn write(&mut self, pair: &Pair<'_>) -> io::Result<()> {
        if self.json {
            serde_json::to_writer(&mut self.to, pair)?;
            return writeln!(self.to);
        }
        let why = pair.why.iter().map(|said| format!("{} {:+.1}", said.why, said.points));
        let plain = |text: &str| text.replace(['\t', '\n', '\r'], " ");
        writeln!(
            self.to,
            "{}\t{}\t{}\t{}\t{}\t{}\t{}",
            pair.left_row,
            plain(pair.left_name),
            pair.verdict,
            pair.probability.map(|probability| format!("{probability:.3}")).unwrap_or_default(),
            pair.right_row.map(|row| row.to_string()).unwrap_or_default(),
            plain(pair.right_name),
            why.collect::<Vec<_>>().join(", "),
        )
    }

    fn end(mut self) -> io::Result<()> {
        self.ended?;
        self.to.flush()
    }
}
