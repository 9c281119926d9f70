//! Tests of the backup file on a real disk.

use super::*;
use futures::TryStreamExt as _;
use proto::v1::{ScoreSummary, Segment, Template};
use std::os::unix::fs::PermissionsExt as _;

type NoError = std::io::Error;

fn now() -> DateTime<Utc> {
    "2025-11-11T08:09:10Z".parse().unwrap()
}

fn run() -> Run {
    let segment = |index| Segment { index, name: format!("segment-{index}"), ..Segment::default() };
    let template = Template { segment: 1, note: "no Claude key".into(), ..Template::default() };
    Run {
        run_id: "20251111-0123456789ab".into(),
        client_id: db::DEFAULT_CLIENT.to_string(),
        generation: 1,
        summary: ScoreSummary { segments: 2, ..ScoreSummary::default() },
        segments: vec![segment(0), segment(1)],
        templates: [(1, template)].into(),
    }
}

fn clinics(count: i64) -> Vec<Assignment> {
    let clinic = |clinic_id| Assignment { clinic_id, segment: Some(0), ..Assignment::default() };
    (1..=count).map(clinic).collect()
}

async fn saved(directory: &Path, clinics: Vec<Assignment>) -> PathBuf {
    let clinics = stream::iter(clinics.into_iter().map(Ok::<_, NoError>));
    save(directory, &run(), clinics, now()).await.unwrap()
}

async fn read(path: &Path) -> Result<(Run, Vec<Assignment>), Error> {
    let (run, clinics) = open(path).await?.clinics();
    Ok((run, clinics.try_collect().await?))
}

/// What reading says after the text of a backup was changed.
async fn read_changed(change: impl Fn(String) -> String) -> String {
    let directory = tempfile::tempdir().unwrap();
    let path = saved(directory.path(), clinics(2)).await;
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, change(text)).unwrap();
    read(&path).await.unwrap_err().to_string()
}

fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn what_was_saved_is_read_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = saved(directory.path(), clinics(1000)).await;
    assert_eq!(read(&path).await.unwrap(), (run(), clinics(1000)));
    assert_eq!(names(directory.path()), ["segments-backup-20251111T080910Z.json"]);
}

#[tokio::test]
async fn a_run_without_clinics_is_saved_too() {
    let directory = tempfile::tempdir().unwrap();
    let path = saved(directory.path(), vec![]).await;
    assert_eq!(read(&path).await.unwrap(), (run(), vec![]));
}

#[tokio::test]
async fn only_its_owner_reads_a_backup() {
    let directory = tempfile::tempdir().unwrap();
    let path = saved(directory.path(), clinics(1)).await;
    assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_second_backup_of_the_same_second_overwrites_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let first = saved(directory.path(), clinics(1)).await;
    let second = saved(directory.path(), clinics(2)).await;
    assert_eq!(second.file_name().unwrap(), "segments-backup-20251111T080910Z-2.json");
    assert_eq!(read(&first).await.unwrap().1.len(), 1);
    assert_eq!(read(&second).await.unwrap().1.len(), 2);
}

#[tokio::test]
async fn a_backup_that_fails_leaves_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    let broken = stream::iter([Ok(Assignment::default()), Err(NoError::other("the stream is gone"))]);
    let error = save(directory.path(), &run(), broken, now()).await.unwrap_err();
    assert!(matches!(error, Error::Clinics(_)), "{error}");
    assert_eq!(names(directory.path()), [""; 0]);
}

#[tokio::test]
async fn a_directory_that_is_not_there_is_named() {
    let nothing = stream::iter([] as [Result<Assignment, NoError>; 0]);
    let error = save(Path::new("/nonexistent/backups"), &run(), nothing, now()).await.unwrap_err();
    assert!(error.to_string().contains("could not create /nonexistent/backups/"), "{error}");
}

#[tokio::test]
async fn a_file_that_was_cut_is_not_taken_for_whole() {
    let without_end = read_changed(|text| {
        text.lines().filter(|line| !line.contains("\"end\"")).collect::<Vec<_>>().join("\n")
    });
    assert!(without_end.await.ends_with("is not whole"));
    let without_a_clinic = read_changed(|text| {
        let one = text.lines().position(|line| line.contains("\"assignment\"")).unwrap();
        text.lines()
            .enumerate()
            .filter(|(i, _)| *i != one)
            .map(|(_, line)| line)
            .collect::<Vec<_>>()
            .join("\n")
    });
    assert!(without_a_clinic.await.ends_with("is not whole"));
    assert!(read_changed(|_| String::new()).await.ends_with("is not whole"));
}

#[tokio::test]
async fn a_file_that_is_no_backup_is_refused() {
    let error = read_changed(|text| text.replace("\"backup\"", "\"Backup\"")).await;
    assert!(error.ends_with("cannot be used"), "{error}");
}
