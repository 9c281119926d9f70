//! What `patterns learn --file` finds in tables of real outreach, against what is known of them; and what it finds where
//! outcomes were shuffled, which is to be nothing.

use anyhow::Context as _;
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Of the shuffled runs at most this share may find anything.
const MOST_FALSE: f64 = 0.10;
/// Runs at once.
const AT_ONCE: usize = 2;

/// A table below the folder, and how it is read.
struct Table {
    name: &'static str,
    file: &'static str,
    arguments: &'static [&'static str],
}

/// Columns of `x_education` that sales filled in afterwards.
const LATER: [&str; 9] = [
    "Tags",
    "Lead Quality",
    "Lead Profile",
    "Asymmetrique Activity Index",
    "Asymmetrique Profile Index",
    "Asymmetrique Activity Score",
    "Asymmetrique Profile Score",
    "Last Activity",
    "Last Notable Activity",
];
const BANK: Table =
    Table { name: "bank_marketing", file: "bank_marketing/dev.csv.gz", arguments: &["--outcome", "y"] };
const EDUCATION: Table =
    Table { name: "x_education", file: "x_education/dev.csv.gz", arguments: &["--outcome", "Converted"] };
const HILLSTROM: Table =
    Table { name: "hillstrom", file: "hillstrom/hillstrom.csv.gz", arguments: &["--outcome", "visit"] };
const EMAILS: Table = Table {
    name: "email_subjects",
    file: "email_subjects/dev.csv",
    arguments: &["--outcome", "CTR", "--exclude", "OPENS", "CLICKS", "SPAMS", "UNSUBS", "CLICKS_TO_KICKS"],
};

/// Prints what is asked of each table and what came of it; of each, `seeds` shuffles.
pub(crate) fn measure(binaries: &Path, folder: &Path, seeds: u64) -> anyhow::Result<()> {
    let learner = Learner { binaries, folder };
    println!("| table | asked | found | met |");
    println!("|---|---|---|---|");
    let bank = learner.learn(&BANK, &[])?;
    line(&BANK, "AUC of random folds at least .76", &bank["auc"], number(&bank["auc"]) >= 0.76);
    line(&BANK, "AUC of the newest 30 % at least .67", &bank["auc_time"], number(&bank["auc_time"]) >= 0.67);
    leaks(&BANK, &["duration"], &bank);
    let later: Vec<&str> = ["--exclude"].into_iter().chain(LATER).collect();
    let first = learner.learn(&EDUCATION, &later)?;
    let asked = "AUC of random folds at least .86, by what is known at the first contact";
    line(&EDUCATION, asked, &first["auc"], number(&first["auc"]) >= 0.86);
    leaks(&EDUCATION, &["Tags"], &learner.learn(&EDUCATION, &[])?);
    let mails = learner.learn(&HILLSTROM, &[])?;
    let order = order(&mails, "segment");
    let met = order == "Mens E-Mail > Womens E-Mail > No E-Mail";
    line(&HILLSTROM, "mens before womens before none", &order.into(), met);
    let subjects = learner.learn(&EMAILS, &[])?;
    for (asked, word, expected) in [
        ("a colon is worse", "(:)", "worse"),
        ("\"closing soon\" is worse", "“closing soon”", "worse"),
        ("the ampersand is not better", "(&)", ""),
    ] {
        let found = verdict(&subjects, "SUBJECT", word);
        let met = if expected.is_empty() { found != "better" } else { found == expected };
        line(&EMAILS, asked, &found.into(), met);
    }
    let lengths = verdicts_of(&subjects, "subject_length");
    line(&EMAILS, "lengths say nothing", &lengths.join(", ").into(), lengths.is_empty());
    for table in [&BANK, &EDUCATION, &HILLSTROM, &EMAILS] {
        let found = learner.found_in_shuffled(table, seeds)?;
        let share = found as f64 / seeds as f64;
        let asked = format!("of {seeds} shuffles at most {:.0} % find anything", MOST_FALSE * 100.0);
        line(table, &asked, &format!("{found} of {seeds}").into(), share <= MOST_FALSE);
    }
    Ok(())
}

struct Learner<'a> {
    binaries: &'a Path,
    folder: &'a Path,
}

impl Learner<'_> {
    fn learn(&self, table: &Table, more: &[&str]) -> anyhow::Result<Value> {
        let mut command = Command::new(self.binaries.join("leadfleet"));
        command.args(["patterns", "learn", "--json", "--file"]).arg(self.folder.join(table.file));
        let output = command.args(table.arguments).args(more).output().context("leadfleet")?;
        let said = String::from_utf8_lossy(&output.stderr);
        anyhow::ensure!(output.status.success(), "{}: {said}", table.name);
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// In how many of so many shuffles anything is called better or worse.
    fn found_in_shuffled(&self, table: &Table, seeds: u64) -> anyhow::Result<u64> {
        let (next, found, failed) = (AtomicU64::new(0), AtomicU64::new(0), Mutex::new(None));
        std::thread::scope(|threads| {
            for _ in 0..AT_ONCE {
                threads.spawn(|| {
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= seeds {
                            return;
                        }
                        match self.learn(table, &["--shuffle", &seed.to_string(), "--nulls", "0"]) {
                            Ok(report) => {
                                let any = number(&report["verdicts"]["better"])
                                    + number(&report["verdicts"]["worse"]);
                                found.fetch_add(u64::from(any > 0.0), Ordering::Relaxed);
                            }
                            Err(error) => {
                                *failed.lock().unwrap_or_else(|lock| lock.into_inner()) = Some(error)
                            }
                        }
                    }
                });
            }
        });
        match failed.into_inner().unwrap_or_else(|lock| lock.into_inner()) {
            Some(error) => Err(error),
            None => Ok(found.into_inner()),
        }
    }
}

fn line(table: &Table, asked: &str, found: &Value, met: bool) {
    let found = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
    println!("| {} | {asked} | {found} | {} |", table.name, if met { "yes" } else { "**no**" });
}

fn leaks(table: &Table, columns: &[&str], report: &Value) {
    let found: Vec<&str> =
        report["leaks"].as_array().into_iter().flatten().filter_map(|leak| leak["column"].as_str()).collect();
    let met = columns.iter().all(|column| found.contains(column));
    line(table, &format!("not to be believed: {}", columns.join(", ")), &found.join(", ").into(), met);
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_default()
}

/// From the best to the worst; `~` between two that do not differ.
fn order(report: &Value, column: &str) -> String {
    let mut columns = report["columns"].as_array().into_iter().flatten();
    let steps = columns.find(|one| one["column"] == column && !one["order"].is_null());
    let mut text = String::new();
    for step in steps.and_then(|one| one["order"].as_array()).into_iter().flatten() {
        if text.is_empty() {
            text.push_str(step["higher"].as_str().unwrap_or_default());
        }
        let sign = if step["differs"] == true { ">" } else { "~" };
        text.push_str(&format!(" {sign} {}", step["lower"].as_str().unwrap_or_default()));
    }
    text
}

/// What is said of rows whose text has a sign or a phrase.
fn verdict(report: &Value, column: &str, word: &str) -> String {
    let mut cards = report["cards"].as_array().into_iter().flatten();
    let card = cards.find(|card| {
        card["column"] == column && card["value"].as_str().is_some_and(|value| value.contains(word))
    });
    card.and_then(|card| card["verdict"].as_str()).unwrap_or("nothing").to_owned()
}

fn verdicts_of(report: &Value, column: &str) -> Vec<String> {
    let cards = report["cards"].as_array().into_iter().flatten();
    let own = cards.filter(|card| {
        card["column"] == column && matches!(card["verdict"].as_str(), Some("better" | "worse"))
    });
    own.map(|card| format!("{} {}", card["value"], card["verdict"])).collect()
}
