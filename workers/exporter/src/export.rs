//! Writes all files of a run: each to a temporary name first, renamed together at the end.

use crate::error::Error;
use crate::run::Run;
use crate::{csv, draft, json, manifest, report, xlsx};
use backon::{ExponentialBuilder, Retryable};
use proto::v1::{CsvLayout, ExportOutcome, ExportStatus, ExportedFile, OutputFormat};
use proto::{RunId, Token};
use runtime::Runs;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::NamedTempFile;

/// The client whose files lie in the output folder itself; every other client has a folder of its own in it.
const DEFAULT_CLIENT: &str = "00000000-0000-7000-8000-000000000001";

const ALL: [OutputFormat; 4] =
    [OutputFormat::Csv, OutputFormat::Json, OutputFormat::Markdown, OutputFormat::Xlsx];

/// Where to write, and what to write differently than the run asked for.
#[derive(Debug, Clone)]
pub struct Options {
    pub directory: PathBuf,
    /// Empty: what the run asked for; all formats if it asked for none.
    pub formats: Vec<OutputFormat>,
    /// None: what the run asked for.
    pub csv_layout: Option<CsvLayout>,
}

/// Reads a run from the stream and writes its files, with three more tries when the disk refuses (PT-117).
///
/// `advance` is called now and then while it gets on.
pub async fn export_run(
    runs: &Runs,
    id: &RunId,
    options: &Options,
    advance: &(dyn Fn() + Sync),
) -> Result<ExportOutcome, Error> {
    let tries = ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(500))
        .with_max_times(3)
        .with_jitter();
    (|| attempt(runs, id, options, advance))
        .retry(tries)
        .when(|error| matches!(error, Error::Write { .. }))
        .await
}

async fn attempt(
    runs: &Runs,
    id: &RunId,
    options: &Options,
    advance: &(dyn Fn() + Sync),
) -> Result<ExportOutcome, Error> {
    let directory = &options.directory;
    fs::create_dir_all(directory).map_err(|source| Error::write(directory, source))?;
    let run = Arc::new(Run::gather(runs, id, directory).await?);
    let options = Arc::new(options.clone());
    let mut files = Vec::new();
    let folder = folder(&run, &options)?;
    for format in formats(&run, &options) {
        let (run, options, folder) = (Arc::clone(&run), Arc::clone(&options), folder.clone());
        files.push(blocking(advance, move || Draft::write(&run, format, &options, &folder)).await?);
    }
    blocking(advance, move || publish(&run, files, &folder)).await
}

/// Runs file work where it may block; a panic of a writer counts as a failed write.
async fn blocking<T: Send + 'static>(
    advance: &(dyn Fn() + Sync),
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let mut working = tokio::task::spawn_blocking(work);
    loop {
        tokio::select! {
            ended = &mut working => {
                return ended.unwrap_or_else(|panic| {
                    Err(Error::write(Path::new("the files"), io::Error::other(panic)))
                });
            }
            // The deadline of the worker bounds a write that never ends.
            () = tokio::time::sleep(Duration::from_secs(5)) => advance(),
        }
    }
}

/// A file that is written and not yet shown.
pub(crate) struct Draft {
    file: NamedTempFile,
    path: PathBuf,
    rows: u64,
    format: &'static str,
}

impl Draft {
    pub(crate) fn write(
        run: &Run,
        format: OutputFormat,
        options: &Options,
        folder: &Path,
    ) -> Result<Self, Error> {
        let date = run.date();
        let (name, format_name) = match format {
            OutputFormat::Json => (format!("segments-{date}.json"), "json"),
            OutputFormat::Markdown => (format!("SEGMENT-REPORT-{date}.md"), "markdown"),
            OutputFormat::Xlsx => (format!("segments-{date}.xlsx"), "xlsx"),
            OutputFormat::Csv | OutputFormat::Unspecified => (format!("segments-{date}.csv"), "csv"),
        };
        let path = folder.join(name);
        Self::fill(path, format_name, folder, |out| match format {
            OutputFormat::Json => json::write(run, out),
            OutputFormat::Markdown => report::write(run, out),
            OutputFormat::Xlsx => xlsx::write(run, out.get_mut(), folder).map_err(io::Error::other),
            OutputFormat::Csv | OutputFormat::Unspecified => csv::write(run, layout(run, options), out),
        })
    }

    fn fill(
        path: PathBuf,
        format: &'static str,
        folder: &Path,
        write: impl FnOnce(&mut BufWriter<&mut File>) -> io::Result<u64>,
    ) -> Result<Self, Error> {
        let fail = |source: io::Error| Error::write(&path, source);
        let mut file = draft::create(folder).map_err(fail)?;
        let mut out = BufWriter::with_capacity(1 << 16, file.as_file_mut());
        let rows = write(&mut out).map_err(fail)?;
        out.flush().map_err(fail)?;
        drop(out);
        file.as_file().sync_all().map_err(fail)?;
        Ok(Self { file, path, rows, format })
    }

    /// What is to be said of the file.
    fn describe(&self) -> Result<ExportedFile, Error> {
        let (bytes, sha256) = digest(self.file.path()).map_err(|source| Error::write(&self.path, source))?;
        Ok(ExportedFile {
            path: self.path.display().to_string(),
            bytes,
            rows: self.rows,
            sha256,
            format: self.format.to_owned(),
        })
    }
}

/// Shows the files and, last, the manifest that describes them; the files of a newer run of the date stay.
pub(crate) fn publish(run: &Run, drafts: Vec<Draft>, folder: &Path) -> Result<ExportOutcome, Error> {
    let mut files = drafts.iter().map(Draft::describe).collect::<Result<Vec<_>, _>>()?;
    let path = folder.join(format!("manifest-{}.json", run.date()));
    let manifest =
        Draft::fill(path, "manifest", folder, |out| manifest::write(run, &files, out).map(|()| 0))?;
    files.push(manifest.describe()?);
    draft::sweep(folder, manifest.file.as_file());
    let opened = File::open(folder).map_err(|source| Error::write(folder, source))?;
    // The files of two runs must not mix. Where a folder cannot be locked, the last one wins, as before.
    let _unlocked = opened.lock();
    if let Some(newer) = manifest::newer(run, &manifest.path) {
        return Err(Error::Behind { date: run.date().to_owned(), newer });
    }
    for draft in drafts.into_iter().chain([manifest]) {
        draft.file.persist(&draft.path).map_err(|failed| Error::write(&draft.path, failed.error))?;
    }
    opened.sync_all().map_err(|source| Error::write(folder, source))?;
    Ok(ExportOutcome { status: ExportStatus::Written.into(), files, note: String::new() })
}

/// The folder of the run's client.
fn folder(run: &Run, options: &Options) -> Result<PathBuf, Error> {
    let client = run.header.request.as_ref().map_or("", |request| request.client_id.as_str());
    // `./outputs/x` is shown as `outputs/x`, as in the source document.
    let directory = options.directory.strip_prefix(".").unwrap_or(&options.directory);
    if client.is_empty() || client == DEFAULT_CLIENT {
        return Ok(directory.to_owned());
    }
    let client: Token = client.parse().map_err(|_bad| Error::Client(client.chars().take(80).collect()))?;
    let folder = directory.join(client.as_str());
    fs::create_dir_all(&folder).map_err(|source| Error::write(&folder, source))?;
    Ok(folder)
}

fn formats(run: &Run, options: &Options) -> Vec<OutputFormat> {
    let asked: Vec<OutputFormat> = match run.header.request.as_ref() {
        Some(request) if options.formats.is_empty() => {
            request.config.iter().flat_map(proto::v1::MatchConfig::output_formats).collect()
        }
        _ => options.formats.clone(),
    };
    ALL.into_iter().filter(|format| asked.is_empty() || asked.contains(format)).collect()
}

fn layout(run: &Run, options: &Options) -> CsvLayout {
    let of_run = || {
        let config = run.header.request.as_ref()?.config.as_ref()?;
        Some(config.csv_layout())
    };
    options.csv_layout.or_else(of_run).unwrap_or(CsvLayout::Sample)
}

fn digest(path: &Path) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 16]);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hash.update(buffer.get(..read).unwrap_or_default());
        bytes += read as u64;
    }
    let hex = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((bytes, hex))
}
