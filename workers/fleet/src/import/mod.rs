//! `leadfleet import`: rows from a CSV file into a table, all of them or none.

mod activities;
mod clinics;
pub(crate) mod columns;
mod contractors;
pub(crate) mod file;
mod leads;
mod people;
mod prospects;
mod row;
mod tables;

use std::path::{Path, PathBuf};

use ::prospects::{Prospects, TakenIn};
use chrono::{DateTime, Utc};
use db::contractors::ContractorName;
use db::imports::{self, Counts};
use db::{Db, Tx, Uuid, history};
use serde::Serialize;

use crate::announce;
use crate::exit::{Exit, Failure};
use crate::key::no_client;
use crate::output::{Output, columns as in_columns, count};
use crate::reach;
use crate::settings::Settings;

pub use columns::{Filling, Renaming};
pub use row::Problem;
pub use tables::{Table, columns_help};

use columns::{Layout, WrongHeader};
use file::{NOT_UTF8, Reader};
use tables::{Batch, Known};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// What the rows are.
    #[arg(value_enum)]
    table: Table,
    /// CSV file, UTF-8, with a header row; - reads from stdin.
    file: PathBuf,
    /// Check everything, write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Call a column of the file by its name here; `notes=` leaves the column notes out.
    #[arg(long, value_name = "THEIRS=OURS", value_delimiter = ',')]
    map: Vec<Renaming>,
    /// What every row holds in a column that the file does not have, such as `valid_from=1994-12-31`.
    #[arg(long, value_name = "COLUMN=VALUE")]
    fill: Vec<Filling>,
    /// Leave out the rows that are wrong, say so, and import the others.
    #[arg(long)]
    skip: bool,
    /// Id of the client.
    #[arg(long, default_value_t = db::DEFAULT_CLIENT, value_name = "UUID")]
    client: db::Uuid,
    #[command(flatten)]
    growth: ::contractors::Config,
}

/// What became of a file.
#[derive(Debug, Serialize)]
struct Imported {
    table: Table,
    file: PathBuf,
    dry_run: bool,
    rows: u64,
    /// None where only taking them in would tell.
    #[serde(flatten)]
    counts: Option<Counts>,
    /// How many there are; the first of them follow.
    problem_count: u64,
    problems: Vec<Problem>,
}

impl Imported {
    fn add(&mut self, problems: Vec<Problem>) {
        self.problem_count += problems.len() as u64;
        let room = SHOWN - self.problems.len();
        self.problems.extend(problems.into_iter().take(room));
    }
}

/// A file that is wrong throughout need not be listed throughout.
const SHOWN: usize = 50;

pub async fn run(args: Args, settings: Settings, output: Output) -> Result<Exit, Failure> {
    let mut reader = Reader::open(&args.file)?;
    let header = reader.header()?;
    let header = header.iter().map(String::as_str);
    let layout = columns::mapped(header, args.table.columns(), &args.map, &args.fill)
        .map_err(|wrong| wrong_header(&args, &wrong))?;
    let (imported, taken) = import(&args, &mut reader, &layout, &settings).await?;
    announce::leads(args.client, &taken, &settings, output).await;
    if imported.problem_count == 0 || args.skip {
        output.show(&imported, in_words)?;
        return Ok(Exit::Ok);
    }
    if output.json {
        output.show(&imported, in_words)?;
        return Ok(Exit::Failure);
    }
    Err(bad_rows(&imported))
}

/// Reads and checks a file as an import does, without a database, for fuzzing: rows, and their first problems.
///
/// There is one clinic, Desert PT in Phoenix, AZ, one lead, `prospect_1`, one contractor, 56, called Desert Roofs, and it
/// is 2026.
///
/// # Errors
/// Like an import, when the file or its header cannot be read.
#[doc(hidden)]
pub fn checked(table: Table, file: &Path) -> Result<(u64, Vec<Problem>), Failure> {
    let mut reader = Reader::open(file)?;
    let header = reader.header()?;
    let layout = columns::mapped(header.iter().map(String::as_str), table.columns(), &[], &[])
        .map_err(|wrong| anyhow::anyhow!("{wrong}"))?;
    let (city, state) = (Some("Phoenix".to_owned()), Some("AZ".to_owned()));
    let clinic = imports::ClinicName { id: 1, clinic_name: "Desert PT".to_owned(), city, state };
    let lead = history::LeadName { prospect_id: "prospect_1".to_owned(), id: Uuid::nil() };
    let company_name = Some("Desert Roofs".to_owned());
    let contractor = ContractorName { id: 56, company_name, erased: false, forgotten: None };
    let rules = levels::Rules::defaults().map_err(anyhow::Error::from)?;
    let growth = contractors::Known { contractors: vec![contractor], partners: vec![], rules };
    let mut batch = table.batch(Known { clinics: vec![clinic], leads: vec![lead], growth });
    let now = DateTime::from_timestamp(1_767_225_600, 0).unwrap_or_default();
    let (mut rows, mut problems) = (0, Vec::new());
    while let Some(found) = reader.row(table.columns(), &layout, |row| batch.push(row, now))? {
        rows += 1;
        problems.extend(found.into_iter().take(SHOWN - problems.len()));
    }
    Ok((rows, problems))
}

#[expect(clippy::disallowed_methods, reason = "a command reads the clock once and passes it on")]
async fn import(
    args: &Args,
    reader: &mut Reader,
    layout: &Layout,
    settings: &Settings,
) -> Result<(Imported, Vec<TakenIn>), Failure> {
    let mut writer = Writer {
        settings,
        client: args.client,
        now: Utc::now(),
        dry_run: args.dry_run,
        open: None,
        prospects: None,
        taken: Vec::new(),
        problems: Vec::new(),
    };
    if args.client != db::DEFAULT_CLIENT && !history::is_client(writer.tx().await?).await? {
        return Err(no_client(args.client));
    }
    let rules = args.growth.rules().map_err(anyhow::Error::from)?;
    let growth = contractors::Known { contractors: vec![], partners: vec![], rules };
    let mut known = Known { clinics: vec![], leads: vec![], growth };
    match args.table {
        Table::ClinicPatterns => known.clinics = imports::clinic_names(writer.tx().await?).await?,
        Table::Activities => known.leads = history::lead_names(writer.tx().await?).await?,
        Table::Contractors
        | Table::RevenueHistory
        | Table::PartnerUsage
        | Table::Milestones
        | Table::Content => {
            known.growth.contractors = db::contractors::names(writer.tx().await?).await?;
            known.growth.partners = db::contractors::partners(writer.tx().await?).await?;
        }
        Table::PainPoints | Table::Clinics | Table::DecisionMakers | Table::Prospects | Table::Leads => {}
    }
    let mut batch = args.table.batch(known);
    let (table, file, dry_run) = (args.table, args.file.clone(), args.dry_run);
    let mut imported = Imported {
        table,
        file,
        dry_run,
        rows: 0,
        counts: Some(Counts::default()),
        problem_count: 0,
        problems: vec![],
    };
    while let Some(problems) = reader.row(args.table.columns(), layout, |row| batch.push(row, writer.now))? {
        imported.rows += 1;
        imported.add(problems);
        if batch.len() >= args.table.at_once() {
            writer.write(&mut batch, &mut imported, args.skip).await?;
        }
    }
    writer.write(&mut batch, &mut imported, args.skip).await?;
    let good = imported.problem_count == 0 || args.skip;
    let taken = writer.end(!args.dry_run && good).await?;
    if !good {
        imported.counts = Some(Counts::default());
    }
    Ok((imported, taken))
}

/// The one transaction of an import, begun at the first batch.
struct Writer<'a> {
    settings: &'a Settings,
    client: Uuid,
    now: DateTime<Utc>,
    dry_run: bool,
    open: Option<(Db, Tx)>,
    prospects: Option<Prospects>,
    /// The people of all batches.
    taken: Vec<TakenIn>,
    /// What only writing a row shows to be wrong with it.
    problems: Vec<Problem>,
}

impl Writer<'_> {
    async fn tx(&mut self) -> Result<&mut Tx, Failure> {
        if self.open.is_none() {
            let db = reach::postgres(self.settings).await?;
            let tx = db.begin(self.client).await?;
            self.open = Some((db, tx));
        }
        match &mut self.open {
            Some((_, tx)) => Ok(tx),
            None => Err(anyhow::anyhow!("no transaction was begun").into()),
        }
    }

    /// Rows after a bad one that is not left out are checked, but need not be written.
    async fn write(&mut self, batch: &mut Batch, imported: &mut Imported, skip: bool) -> Result<(), Failure> {
        if (imported.problem_count == 0 || skip) && batch.len() > 0 {
            let written = batch.write(self).await?;
            imported.counts = imported.counts.zip(written).map(|(sum, written)| Counts {
                inserted: sum.inserted + written.inserted,
                updated: sum.updated + written.updated,
                unchanged: sum.unchanged + written.unchanged,
                erased: sum.erased + written.erased,
            });
            imported.add(std::mem::take(&mut self.problems));
        }
        batch.clear();
        Ok(())
    }

    /// Those who were taken in, if it is so.
    async fn end(self, commit: bool) -> Result<Vec<TakenIn>, Failure> {
        match self.open {
            Some((_, tx)) if commit => tx.commit().await?,
            Some((_, tx)) => tx.rollback().await?,
            None => {}
        }
        Ok(if commit { self.taken } else { Vec::new() })
    }
}

fn in_words(imported: &Imported) -> String {
    let Imported { rows, counts, .. } = imported;
    let file = shown(&imported.file);
    let rows = count(*rows, "row");
    let Some(Counts { inserted, updated, unchanged, erased }) = counts else {
        return format!("{rows} of {file} can be imported (dry run: nothing was written)");
    };
    let mut words =
        format!("{rows} of {file}: {inserted} inserted, {updated} updated, {unchanged} unchanged");
    if *erased > 0 {
        words.push_str(&format!(", {erased} left out: erased on request"));
    }
    if imported.dry_run {
        words.push_str(" (dry run: nothing was written)");
    }
    if imported.problem_count > 0 {
        let problems = count(imported.problem_count, "problem");
        words.push_str(&format!("\n{problems}, whose rows were left out\n{}", listed(imported)));
    }
    words
}

/// The first problems.
fn listed(imported: &Imported) -> String {
    let row = |problem: &Problem| {
        [problem.row.to_string(), problem.line.to_string(), problem.column.clone(), problem.problem.clone()]
    };
    let table = in_columns(["row", "line", "column", "problem"], imported.problems.iter().map(row));
    match imported.problem_count - imported.problems.len() as u64 {
        0 => table,
        more => format!("{table}\nand {more} more"),
    }
}

/// A file as people call it.
fn shown(file: &Path) -> String {
    if file == Path::new("-") { "standard input".to_owned() } else { file.display().to_string() }
}

fn wrong_header(args: &Args, wrong: &WrongHeader) -> Failure {
    let known: Vec<&str> = args.table.columns().iter().map(|column| column.name).collect();
    Failure {
        exit: Exit::Failure,
        error: anyhow::anyhow!("the header of {} does not fit: {wrong}", shown(&args.file)),
        hint: Some(format!(
            "nothing was imported; the columns are {}; --map theirs=ours renames one, --map theirs= leaves it out, \
             --fill column=value gives one that is missing",
            known.join(", ")
        )),
    }
}

fn bad_rows(imported: &Imported) -> Failure {
    let encoding = imported.problems.iter().any(|problem| problem.problem.ends_with(NOT_UTF8));
    let hint = match encoding {
        true => format!("nothing was imported: {}", file::as_utf8(&imported.file)),
        false => "nothing was imported: put the rows right and import the file again, or leave them out with --skip"
            .to_owned(),
    };
    let (problems, file) = (count(imported.problem_count, "problem"), shown(&imported.file));
    Failure {
        exit: Exit::Failure,
        error: anyhow::anyhow!("{problems} in {file}\n{}", listed(imported)),
        hint: Some(hint),
    }
}
