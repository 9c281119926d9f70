//! One try to put a run into the database, and what its failure means.

use crate::rows::{self, Run};
use crate::stream;
use chrono::{DateTime, Utc};
use db::segments::{Replaced, SegmentRow};
use db::{BoxError, Db};
use futures::Stream;
use runtime::{Fault, OrFault as _};

/// Why a run is not in the database.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Postgres cannot take it now: keep the run and try later.
    Down(db::Error),
    /// The clinics could not be read from where they were to come from.
    Unread(BoxError),
    /// Postgres has nothing to do with it, or refuses this run for good.
    Fault(Fault),
}

/// Stores the run: as the current one, or in the archive if a newer one is stored already.
pub(crate) async fn store(
    db: &Db,
    run: &Run,
    rows: impl Stream<Item = Result<SegmentRow, BoxError>> + Send,
    ready_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Replaced, Failure> {
    let client = run.client().or_reject().map_err(Failure::Fault)?;
    let stored = run.stored(ready_at, now).or_reject().map_err(Failure::Fault)?;
    let replaced = db::segments::replace_run(db, client, &stored, rows).await.map_err(Failure::of)?;
    runtime::trip::pass("stored", &run.run_id);
    Ok(replaced)
}

impl Failure {
    pub(crate) fn of(error: db::Error) -> Self {
        match error {
            db::Error::Rows(cause) if cause.is::<rows::Error>() => {
                Self::Fault(Fault::Reject { class: "permanent", cause })
            }
            db::Error::Rows(cause) => match stream::fault(cause) {
                Fault::Retry { cause, .. } => Self::Unread(cause),
                fault => Self::Fault(fault),
            },
            error if error.is_permanent() => {
                Self::Fault(Fault::Reject { class: "permanent", cause: error.into() })
            }
            error => Self::Down(error),
        }
    }

    pub(crate) fn is_down(&self) -> bool {
        matches!(self, Self::Down(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::Stage;

    fn name(error: db::Error) -> &'static str {
        match Failure::of(error) {
            Failure::Down(_) => "down",
            Failure::Unread(_) => "unread",
            Failure::Fault(Fault::Reject { class, .. }) => class,
            Failure::Fault(_) => "another fault",
        }
    }

    #[test]
    fn a_row_that_no_table_can_hold_is_never_stored() {
        assert_eq!(name(db::Error::Rows(rows::Error::Clinic(1 << 40).into())), "permanent");
        assert_eq!(name(db::Error::UnknownSegment { row: 1, segment: 9 }), "permanent");
    }

    #[test]
    fn a_part_that_died_is_missing_for_good() {
        let missing = stream::Error::Missing { stage: Stage::Score, part: "7".into(), why: "dead".into() };
        assert_eq!(name(db::Error::Rows(missing.into())), "missing_input");
    }

    #[test]
    fn a_broker_that_does_not_answer_says_nothing_about_postgres() {
        let timeout = runtime::ReadError::Timeout("lf.v1.run.r.score.part.7".into());
        assert_eq!(name(db::Error::Rows(stream::Error::from(timeout).into())), "unread");
    }

    #[test]
    fn a_lost_connection_is_worth_a_backup() {
        let lost = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        assert_eq!(name(db::Error::Sql(lost.into())), "down");
    }
}
