//! What growth learns of published lists of companies, against transitions counted without it.

use crate::run::Bench;
use anyhow::Context as _;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Stdio;

/// Codes with their lower bounds in millions of dollars.
type Tiers = &'static [(&'static str, f64)];

const LARGE: Tiers = &[
    ("to_500", 0.0),
    ("to_1000", 500.0),
    ("to_2000", 1_000.0),
    ("to_5000", 2_000.0),
    ("to_10000", 5_000.0),
    ("more", 10_000.0),
];
const SMALL: Tiers =
    &[("to_1", 0.0), ("to_3", 1.0), ("to_10", 3.0), ("to_30", 10.0), ("to_100", 30.0), ("more", 100.0)];

/// How many companies went from one tier to another.
type Moves = BTreeMap<(String, String), u64>;

/// Prints whether the transitions are those counted, and whether an effect is claimed where every row is a winner.
///
/// `folder` has `fortune500/fortune500-YEAR.csv` (rank, company, revenue in millions, profit) and `inc5000/dev.csv`.
pub(crate) fn measure(binaries: &Path, folder: &Path) -> anyhow::Result<()> {
    // Commands are run from a folder of their own.
    let folder = &folder.canonicalize().with_context(|| folder.display().to_string())?;
    println!("| list | asked | found | met |");
    println!("|---|---|---|---|");
    fortune(binaries, folder)?;
    inc(binaries, folder)
}

fn fortune(binaries: &Path, folder: &Path) -> anyhow::Result<()> {
    let mut companies: BTreeMap<String, BTreeMap<i32, usize>> = BTreeMap::new();
    let learned = learned(binaries, LARGE, |import| {
        for year in 1975..=1994 {
            let file = folder.join(format!("fortune500/fortune500-{year}.csv"));
            for row in csv::Reader::from_path(&file).with_context(|| file.display().to_string())?.records() {
                let row = row?;
                let tier = tier(LARGE, row[2].parse()?);
                // Of two companies of one name in a year the first one counts.
                companies.entry(row[1].trim().to_lowercase()).or_default().entry(year).or_insert(tier);
            }
            let filled = format!("valid_from={year}-12-31");
            import(&file, &["--map", "rank=,profit_($_millions)=", "--fill", &filled, "--skip"])?;
        }
        Ok(())
    })?;
    let mut moved: BTreeMap<(usize, usize), BTreeSet<&str>> = BTreeMap::new();
    for (company, years) in &companies {
        for (year, from) in years {
            if let Some(to) = years.get(&(year + 1)).filter(|to| *to > from) {
                moved.entry((*from, *to)).or_default().insert(company);
            }
        }
    }
    transitions("fortune500", &named(LARGE, moved.into_iter().map(|(way, who)| (way, who.len()))), &learned);
    line("fortune500", "years are known as lists", &learned["run"]["yearly_lists"], |found| found == true);
    Ok(())
}

fn inc(binaries: &Path, folder: &Path) -> anyhow::Result<()> {
    let file = folder.join("inc5000/dev.csv");
    let mut moved: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    let mut before = "company,revenue\n".to_owned();
    let mut reader = csv::Reader::from_path(&file).with_context(|| file.display().to_string())?;
    let columns = reader.headers()?.clone();
    let column = |name: &str| columns.iter().position(|column| column == name).context("a column is missing");
    let (company, revenue, growth) = (column("name")?, column("revenue")?, column("growth_percent")?);
    for row in reader.records() {
        let row = row?;
        let now = millions(&row[revenue])?;
        let then = now / (1.0 + row[growth].parse::<f64>()? / 100.0);
        writeln!(before, "\"{}\",{:.0}", row[company].replace('"', "\"\""), then * 1e6)?;
        let (from, to) = (tier(SMALL, (then * 1e6).round() / 1e6), tier(SMALL, now));
        if to > from {
            *moved.entry((from, to)).or_default() += 1;
        }
    }
    let scratch = tempfile::NamedTempFile::new()?;
    fs::write(scratch.path(), before)?;
    let learned = learned(binaries, SMALL, |import| {
        import(scratch.path(), &["--fill", "valid_from=2015-12-31"])?;
        let left_out = columns.iter().filter(|column| !["name", "revenue", "workers"].contains(column));
        let left_out: Vec<String> = left_out.map(|column| format!("{column}=")).collect();
        import(&file, &["--map", &left_out.join(","), "--fill", "valid_from=2018-12-31"])
    })?;
    transitions("inc5000", &named(SMALL, moved), &learned);
    let compared = learned["patterns"].as_array().into_iter().flatten().filter(|pattern| {
        let text = pattern.to_string();
        text.contains("\"comparison\":{") || pattern["success_rate"].is_number()
    });
    line("inc5000", "nothing is claimed to have an effect", &compared.count().into(), |found| found == 0);
    line("inc5000", "all are winners", &learned["run"]["selected_for_growth"], |found| found == true);
    Ok(())
}

/// What is learned on servers of their own, once `import` has brought the rows in.
fn learned(
    binaries: &Path,
    tiers: Tiers,
    import: impl FnOnce(&dyn Fn(&Path, &[&str]) -> anyhow::Result<()>) -> anyhow::Result<()>,
) -> anyhow::Result<Value> {
    let stack = crate::stack()?;
    let folder = tempfile::tempdir()?;
    let tiers: Vec<String> = tiers.iter().map(|(code, from)| format!("{code}={from}")).collect();
    let bench = Bench { binaries, stack: &stack, folder: folder.path() };
    bench.leadfleet(&["migrate"])?;
    let run = |arguments: &[&str]| {
        let mut command = bench.command(arguments);
        let said = command.env("GROWTH_TIERS", tiers.join(",")).stdout(Stdio::piped()).output()?;
        anyhow::ensure!(said.status.success(), "leadfleet {} failed: {}", arguments.join(" "), said.status);
        anyhow::Ok(said.stdout)
    };
    import(&|file, more| {
        let file = file.to_str().context("a path that is no text")?;
        run(&[&["import", "revenue-history", file], more].concat()).map(drop)
    })?;
    Ok(serde_json::from_slice(&run(&["growth", "learn", "--json"])?)?)
}

fn tier(tiers: Tiers, millions: f64) -> usize {
    tiers.iter().rposition(|(_, from)| millions >= *from).unwrap_or_default()
}

/// As "36.9 Million" or "1.2 Billion".
fn millions(text: &str) -> anyhow::Result<f64> {
    let (number, unit) = text.split_once(' ').context("a revenue without a unit")?;
    let times = match unit {
        "Million" => 1.0,
        "Billion" => 1_000.0,
        _ => anyhow::bail!("{unit} is no unit of revenue"),
    };
    Ok(number.parse::<f64>()? * times)
}

fn named(tiers: Tiers, moved: impl IntoIterator<Item = ((usize, usize), usize)>) -> Moves {
    let name = |place: usize| tiers[place].0.to_owned();
    moved.into_iter().map(|((from, to), n)| ((name(from), name(to)), n as u64)).collect()
}

/// Those that were learned and those of too few.
fn transitions(list: &str, counted: &Moves, learned: &Value) {
    let run = &learned["run"];
    let all = [&run["eligible"], &run["insufficient_data"]].into_iter().filter_map(Value::as_array).flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let found: Moves = all
        .map(|one| {
            let way = (text(&one["from_revenue_tier"]), text(&one["to_revenue_tier"]));
            (way, one["n"].as_u64().unwrap_or_default())
        })
        .collect();
    let other: Vec<String> = counted
        .iter()
        .filter(|(way, n)| found.get(*way) != Some(n))
        .map(|((from, to), n)| format!("{from} to {to}: {n} counted"))
        .chain(
            found
                .iter()
                .filter(|(way, _)| !counted.contains_key(*way))
                .map(|((from, to), n)| format!("{from} to {to}: {n} found")),
        )
        .collect();
    let told = format!(
        "{} of {} {}",
        counted.len() - other.len().min(counted.len()),
        counted.len(),
        other.join("; ")
    );
    line(list, "transitions as counted without it", &told.trim().into(), |_| other.is_empty());
}

fn line(list: &str, asked: &str, found: &Value, met: impl Fn(&Value) -> bool) {
    let told = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
    println!("| {list} | {asked} | {told} | {} |", if met(found) { "yes" } else { "**no**" });
}
