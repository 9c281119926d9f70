//! What storing tells the others: the outcome part, the retry, and the alerts of TC7.

use chrono::{DateTime, SecondsFormat, Utc};
use db::segments::{Method, Replaced};
use proto::subject::{Stage, Token};
use proto::v1::{Alert, Severity, StoreOutcome, StoreRetry, StoreStatus};
use proto::{Outbox, Outgoing, RunId};

/// Name of the outcome part.
pub(crate) const PART: &str = "store";
/// Storing and exporting: the notifier waits for both.
const PARTS: u32 = 2;

/// The outcome of a run that is in the database.
pub(crate) fn stored(replaced: Replaced) -> StoreOutcome {
    let behind = match replaced.method {
        Method::Swap | Method::Delete => None,
        Method::Unchanged => Some("it was stored before, nothing was written".to_owned()),
        Method::Archive => Some("a newer run is current, this one went to the archive".to_owned()),
    };
    let gone = match replaced.gone {
        0 => None,
        1 => Some("1 clinic was deleted meanwhile and left out".to_owned()),
        gone => Some(format!("{gone} clinics were deleted meanwhile and left out")),
    };
    let notes: Vec<String> = behind.into_iter().chain(gone).collect();
    StoreOutcome {
        status: StoreStatus::Stored.into(),
        rows: u32::try_from(replaced.rows).unwrap_or(u32::MAX),
        segments: u32::try_from(replaced.segments).unwrap_or(u32::MAX),
        renamed: replaced.renamed.into_iter().map(|(from, to)| format!("{from} -> {to}")).collect(),
        note: notes.join("; "),
        ..StoreOutcome::default()
    }
}

/// The outcome of a run that waits in a backup file, or in the stream alone if no file could be written.
pub(crate) fn backed_up(retry: &StoreRetry) -> StoreOutcome {
    let note = if retry.backup_file.is_empty() {
        "no backup file could be written: the run waits in the stream"
    } else {
        ""
    };
    StoreOutcome {
        status: StoreStatus::BackedUp.into(),
        backup_file: retry.backup_file.clone(),
        retry_at: retry.not_before.clone(),
        note: note.to_owned(),
        ..StoreOutcome::default()
    }
}

/// Says how storing ended. The plan is the same whether the exporter or the storer says it first.
pub(crate) fn announce(run: &RunId, outcome: &StoreOutcome) -> Outbox {
    Outbox::none().with(Outgoing::plan(run, Stage::Outcome, PARTS)).with(Outgoing::part(
        run,
        Stage::Outcome,
        Token::squeezed(PART),
        outcome,
    ))
}

/// Says that nobody will say how storing ended.
pub(crate) fn tombstone(run: &RunId, class: &'static str) -> Outbox {
    Outbox::none().with(Outgoing::plan(run, Stage::Outcome, PARTS)).with(Outgoing::tombstone(
        run,
        Stage::Outcome,
        Token::squeezed(PART),
        class,
    ))
}

/// Asks for another try. Each try is a job of its own, so that waiting for a long time ages no message out of its stream.
pub(crate) fn retry(retry: &StoreRetry) -> Outgoing {
    let id = match retry.tries {
        0 => retry.run_id.clone(),
        tries => format!("{}-{tries}", retry.run_id),
    };
    Outgoing::job(crate::RETRIER, Token::squeezed(&retry.client_id), Token::squeezed(&id), retry)
}

/// Written so that it can be read back as a time.
pub(crate) fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Postgres is down: what was kept, and when it is tried again (PT-161).
pub(crate) fn down(retry: &StoreRetry, cause: &str) -> Alert {
    let (text, kept) = if retry.backup_file.is_empty() {
        (
            "Database down, segments could not be saved to a backup file",
            "the run is kept in the stream".to_owned(),
        )
    } else {
        ("Database down, segments saved to backup file", format!("the run is in {}", retry.backup_file))
    };
    Alert {
        kind: "database-down".to_owned(),
        key: retry.run_id.clone(),
        severity: Severity::Error.into(),
        text: text.to_owned(),
        hint: format!(
            "{cause}; {kept} and is stored by itself, next try at {}; exports are written all the same",
            retry.not_before
        ),
        run_id: retry.run_id.clone(),
    }
}

/// Postgres is back: what became of the run, and of its backup file.
pub(crate) fn stored_late(run_id: &str, outcome: &StoreOutcome) -> Alert {
    let kept = match outcome.backup_file.as_str() {
        "" => String::new(),
        path => format!("; {path} is no longer needed"),
    };
    let text = match outcome.note.as_str() {
        "" => format!("Segments of run {run_id} stored after retry"),
        note => format!("Segments of run {run_id} after retry: {note}"),
    };
    Alert {
        kind: "stored-after-retry".to_owned(),
        key: run_id.to_owned(),
        severity: Severity::Info.into(),
        text,
        hint: format!("{} clinics in {} segments{kept}", outcome.rows, outcome.segments),
        run_id: run_id.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::{Kind, Subject};

    fn retry_of(tries: u32, backup_file: &str) -> StoreRetry {
        StoreRetry {
            run_id: "20251111-0123456789ab".into(),
            client_id: db::DEFAULT_CLIENT.to_string(),
            backup_file: backup_file.into(),
            not_before: time("2025-11-11T09:09:10Z".parse().unwrap()),
            tries,
            ready_at: time("2025-11-11T08:09:10Z".parse().unwrap()),
        }
    }

    fn replaced(method: Method) -> Replaced {
        let renamed = vec![("emr-arizona".to_owned(), "emr-arizona-20251111080910".to_owned())];
        Replaced { method, rows: 452, gone: 0, segments: 18, ids: Some(1..=452), renamed }
    }

    #[track_caller]
    fn check_note(method: Method, expected: &str) {
        let outcome = stored(replaced(method));
        assert_eq!(outcome.status(), StoreStatus::Stored);
        assert!(
            outcome.note.contains(expected) && outcome.note.is_empty() == expected.is_empty(),
            "{}",
            outcome.note
        );
    }

    #[test]
    fn a_stored_run_says_its_rows_and_new_names() {
        let outcome = stored(replaced(Method::Swap));
        assert_eq!((outcome.rows, outcome.segments), (452, 18));
        assert_eq!(outcome.renamed, ["emr-arizona -> emr-arizona-20251111080910"]);
    }

    #[test]
    fn a_run_behind_a_newer_one_says_so() {
        check_note(Method::Swap, "");
        check_note(Method::Delete, "");
        check_note(Method::Unchanged, "nothing was written");
        check_note(Method::Archive, "a newer run is current");
    }

    #[test]
    fn clinics_that_were_left_out_are_told() {
        let note = |gone, method| stored(Replaced { gone, ..replaced(method) }).note;
        assert_eq!(note(1, Method::Swap), "1 clinic was deleted meanwhile and left out");
        assert_eq!(
            note(2, Method::Archive),
            "a newer run is current, this one went to the archive; 2 clinics were deleted meanwhile and left out"
        );
    }

    #[test]
    fn a_database_that_is_down_is_announced_in_the_source_documents_words() {
        let alert = down(&retry_of(0, "/tmp/segments-backup-20251111T080910Z.json"), "refused");
        assert_eq!(alert.text, "Database down, segments saved to backup file");
        assert_eq!((alert.kind.as_str(), alert.key.as_str()), ("database-down", "20251111-0123456789ab"));
        assert!(alert.hint.contains("/tmp/segments-backup-20251111T080910Z.json"), "{}", alert.hint);
        assert!(alert.hint.contains("2025-11-11T09:09:10Z"), "{}", alert.hint);
    }

    #[test]
    fn a_backup_that_could_not_be_written_is_not_claimed() {
        let retry = retry_of(0, "");
        assert_eq!(
            down(&retry, "refused").text,
            "Database down, segments could not be saved to a backup file"
        );
        assert!(backed_up(&retry).note.contains("stream"));
        assert_eq!(backed_up(&retry_of(0, "/tmp/x")).note, "");
    }

    #[track_caller]
    fn check_job(tries: u32, expected: &str) {
        let job = retry(&retry_of(tries, ""));
        let Subject::Job { worker, client, id } = &job.subject else { panic!("{}", job.subject) };
        assert_eq!((worker.as_str(), id.as_str()), ("storer-retry", expected));
        assert_eq!(client.as_str(), db::DEFAULT_CLIENT.to_string());
    }

    #[test]
    fn each_try_is_a_job_of_its_own() {
        check_job(0, "20251111-0123456789ab");
        check_job(3, "20251111-0123456789ab-3");
    }

    #[test]
    fn an_outcome_comes_with_the_plan_of_its_stage() {
        let run = "20251111-0123456789ab".parse().unwrap();
        for outbox in [announce(&run, &stored(replaced(Method::Swap))), tombstone(&run, "permanent")] {
            let subjects: Vec<_> =
                outbox.messages.iter().map(|message| message.subject.to_string()).collect();
            assert_eq!(
                subjects,
                [
                    "lf.v1.run.20251111-0123456789ab.outcome.plan",
                    "lf.v1.run.20251111-0123456789ab.outcome.part.store"
                ]
            );
        }
        assert_eq!(tombstone(&run, "permanent").messages[1].kind, Kind::Tombstone("permanent"));
    }

    #[test]
    fn what_was_stored_late_names_the_file_that_may_go() {
        let outcome = StoreOutcome { backup_file: "/tmp/x.json".into(), ..stored(replaced(Method::Archive)) };
        let alert = stored_late("r", &outcome);
        assert_eq!(
            alert.text,
            "Segments of run r after retry: a newer run is current, this one went to the archive"
        );
        assert!(alert.hint.ends_with("; /tmp/x.json is no longer needed"), "{}", alert.hint);
    }
}
