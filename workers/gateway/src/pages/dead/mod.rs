//! Dead letters: by error, one by one, corrected, replayed, given up.

mod chosen;
mod list;
mod one;
mod replays;

pub(super) use list::list;
pub(super) use one::{edit, history, one};
pub(super) use replays::{discard, order, plan, replay, replays};

use super::layout::badge;
use crate::app::App;
use crate::problem::{Kind, Problem};
use dead::{Error, Standing};
use maud::Markup;
use std::time::Duration;

/// How long somebody waits for letters that are still being read.
const PATIENCE: Duration = Duration::from_secs(10);

/// The letters, once they are known.
pub(super) async fn known(app: &App) -> Result<&dead::Known, Problem> {
    match tokio::time::timeout(PATIENCE, app.letters.ready()).await {
        Ok(()) => Ok(&app.letters),
        Err(elapsed) => Err(Problem::away("NATS", elapsed)),
    }
}

/// Follows the letters until a stop is asked for.
pub(crate) async fn follow(app: App) {
    let mut stop = app.runtime.stop_signal();
    loop {
        tokio::select! {
            kept = app.dead.keep(&app.letters) => if let Err(error) = kept {
                tracing::warn!(%error, "could not follow the dead letters");
                tokio::time::sleep(AGAIN).await;
            },
            () = async { drop(stop.wait_for(|stop| *stop).await) } => return,
        }
    }
}

const AGAIN: Duration = Duration::from_secs(2);

fn standing(state: Standing) -> Markup {
    let kind = match state {
        Standing::Open => "bad",
        Standing::Replaying => "accent",
        Standing::Resolved => "good",
        Standing::DiedAgain => "warn",
        Standing::Superseded | Standing::Edited | Standing::Discarded => "",
    };
    badge(kind, &state.as_str().replace('_', " "))
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let said = error.to_string();
        match error {
            Error::NoLetter(_) | Error::NoReplay(_) => Self::new(Kind::NotFound, said),
            Error::NotOpen { .. } | Error::Over { .. } | Error::Attended(_) | Error::TooScattered => {
                Self::new(Kind::Conflict, said)
            }
            Error::Broker { .. } => Self::away("NATS", error),
        }
    }
}
