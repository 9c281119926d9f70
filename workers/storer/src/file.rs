//! The backup file on disk: whole or not there, for the eyes of its owner only.

use crate::backup::{self, End, Head, Record};
use crate::rows::Run;
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt as _, stream};
use proto::v1::Assignment;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::pin;
use tokio::fs::{self, File, OpenOptions};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, BufWriter, Lines};

/// It tells which clinics have which troubles.
const MODE: u32 = 0o600;
/// Runs that one directory may see saved in the same second.
const SAME_SECOND: u32 = 100;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("could not {action} {}", path.display())]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    #[error("the backup {} cannot be used", path.display())]
    Format { path: PathBuf, source: backup::Error },
    #[error("the backup {} is not whole", path.display())]
    Cut { path: PathBuf },
    #[error("the clinics to back up could not be read")]
    Clinics(#[source] db::BoxError),
}

/// Saves a run and its clinics; what has the returned name is complete and on the disk.
pub async fn save<E: Into<db::BoxError>>(
    directory: &Path,
    run: &Run,
    clinics: impl Stream<Item = Result<Assignment, E>>,
    now: DateTime<Utc>,
) -> Result<PathBuf, Error> {
    let path = reserve(directory, &backup::file_name(now)).await?;
    let part = path.with_extension("json.part");
    let saved = async {
        write(&part, run, clinics, now).await?;
        fs::rename(&part, &path).await.map_err(io("rename", &part))?;
        let directory = File::open(directory).await.map_err(io("open", directory))?;
        directory.sync_all().await.map_err(io("sync", &path))
    };
    if let Err(error) = saved.await {
        // What is left of it is no backup; that it cannot be removed changes nothing about the failure.
        let _ = fs::remove_file(&part).await;
        let _ = fs::remove_file(&path).await;
        return Err(error);
    }
    Ok(path)
}

/// Takes a name that nobody has, so that the rename at the end overwrites nothing.
async fn reserve(directory: &Path, name: &str) -> Result<PathBuf, Error> {
    let stem = name.trim_end_matches(".json");
    let others = (2..=SAME_SECOND).map(|i| format!("{stem}-{i}.json"));
    let mut path = directory.join(name);
    for other in others {
        match create(&path).await {
            Ok(_) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => path = directory.join(other),
            Err(source) => return Err(io("create", &path)(source)),
        }
    }
    Err(io("create", &path)(io::ErrorKind::AlreadyExists.into()))
}

async fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(MODE).open(path).await
}

async fn write<E: Into<db::BoxError>>(
    path: &Path,
    run: &Run,
    clinics: impl Stream<Item = Result<Assignment, E>>,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let failed = |source| io("write", path)(source);
    let mut file = BufWriter::new(create(path).await.map_err(io("create", path))?);
    let head = Head {
        version: backup::VERSION,
        run_id: run.run_id.clone(),
        client_id: run.client_id.clone(),
        generation: run.generation,
        saved_at: now,
    };
    let before = [Record::Head(head), Record::Summary(run.summary.clone())];
    let segments = run.segments.iter().cloned().map(Record::Segment);
    let templates = run.templates.values().cloned().map(Record::Template);
    file.write_all(backup::OPEN.as_bytes()).await.map_err(failed)?;
    for record in before.into_iter().chain(segments).chain(templates) {
        append(&mut file, path, &record).await?;
    }
    let mut end =
        End { segments: run.segments.len() as u64, templates: run.templates.len() as u64, assignments: 0 };
    let mut clinics = pin!(clinics);
    while let Some(clinic) = clinics.next().await {
        let clinic = clinic.map_err(|error| Error::Clinics(error.into()))?;
        append(&mut file, path, &Record::Assignment(clinic)).await?;
        end.assignments += 1;
    }
    file.write_all(line(path, &Record::End(end))?.as_bytes()).await.map_err(failed)?;
    file.write_all(backup::CLOSE.as_bytes()).await.map_err(failed)?;
    file.flush().await.map_err(failed)?;
    file.get_ref().sync_all().await.map_err(io("sync", path))
}

async fn append(file: &mut BufWriter<File>, path: &Path, record: &Record) -> Result<(), Error> {
    let line = line(path, record)? + backup::NEXT;
    file.write_all(line.as_bytes()).await.map_err(io("write", path))
}

fn line(path: &Path, record: &Record) -> Result<String, Error> {
    backup::write(record).map_err(|source| Error::Format { path: path.to_owned(), source })
}

/// A backup that was opened: the run is in memory, its clinics are not.
pub struct Opened {
    pub run: Run,
    clinics: Records,
    next: Option<Record>,
    end: End,
}

struct Records {
    path: PathBuf,
    lines: Lines<BufReader<File>>,
}

/// Opens a backup and reads all but its clinics.
pub async fn open(path: &Path) -> Result<Opened, Error> {
    let file = File::open(path).await.map_err(io("open", path))?;
    let mut records = Records { path: path.to_owned(), lines: BufReader::new(file).lines() };
    let (Some(Record::Head(head)), Some(Record::Summary(summary))) =
        (records.next().await?, records.next().await?)
    else {
        return Err(records.cut());
    };
    let mut run = Run {
        run_id: head.run_id,
        client_id: head.client_id,
        generation: head.generation,
        summary,
        segments: Vec::new(),
        templates: Default::default(),
    };
    let next = loop {
        match records.next().await? {
            Some(Record::Segment(segment)) => run.segments.push(segment),
            Some(Record::Template(template)) => drop(run.templates.insert(template.segment, template)),
            other => break other,
        }
    };
    let end =
        End { segments: run.segments.len() as u64, templates: run.templates.len() as u64, assignments: 0 };
    Ok(Opened { run, clinics: records, next, end })
}

impl Opened {
    /// The clinics, to the end: a file that was cut ends with an error.
    pub fn clinics(self) -> (Run, impl Stream<Item = Result<Assignment, Error>> + Send) {
        let Self { run, clinics, next, end } = self;
        let clinics =
            stream::try_unfold((clinics, next, end), async |(mut records, next, mut end)| match next {
                Some(Record::Assignment(clinic)) => {
                    end.assignments += 1;
                    let next = records.next().await?;
                    Ok(Some((clinic, (records, next, end))))
                }
                Some(Record::End(said)) if said == end => Ok(None),
                _ => Err(records.cut()),
            });
        (run, clinics)
    }
}

impl Records {
    async fn next(&mut self) -> Result<Option<Record>, Error> {
        while let Some(line) = self.lines.next_line().await.map_err(io("read", &self.path))? {
            match backup::read(&line) {
                Ok(None) => {}
                Ok(Some(record)) => return Ok(Some(record)),
                Err(source) => return Err(Error::Format { path: self.path.clone(), source }),
            }
        }
        Ok(None)
    }

    fn cut(&self) -> Error {
        Error::Cut { path: self.path.clone() }
    }
}

fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { action, path, source }
}

#[cfg(test)]
mod tests;
