//! What the broker acknowledged and has lost, as after a restore from an older store, is noticed and said again.

use crate::provision::{ProvisionError, is_gone, provision};
use crate::publish::PublishError;
use crate::runs::text;
use crate::runtime::Runtime;
use crate::sent::{Held, Loss};
use crate::stored::ReadError;
use crate::trace::TraceContext;
use async_nats::jetstream::context::{GetStreamError, PublishErrorKind};
use async_nats::jetstream::stream::Info;
use proto::Outgoing;
use proto::subject::header;
use proto::v1::{Alert, Severity};
use std::time::Duration;
use tokio::sync::watch;

/// How long a broker that came back may take until its streams answer.
const PATIENCE: usize = 120;

/// After so many tries, of half a second each, the servers of a cluster have elected a leader if they can.
const ELECTED: usize = 40;

/// Why it is not known what the broker has kept.
#[derive(Debug, thiserror::Error)]
enum LossError {
    #[error(transparent)]
    Stream(#[from] GetStreamError),
    #[error(transparent)]
    Provision(#[from] ProvisionError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("who leads {0} has less than was acknowledged")]
    Behind(String),
}

/// Looks after every reconnect whether the broker still has what was acknowledged or delivered here.
pub(crate) fn watch(runtime: &Runtime, mut reconnects: watch::Receiver<u64>) {
    let runtime = runtime.downgrade();
    tokio::spawn(async move {
        let mut losses = Vec::new();
        while reconnects.changed().await.is_ok() {
            let Some(runtime) = runtime.upgrade() else { return };
            let mut tries = 0;
            while let Err(error) = repair(&runtime, &mut losses, tries).await {
                tries += 1;
                if tries > PATIENCE {
                    tracing::warn!(%error, "could not find out whether nats-server lost messages");
                    break;
                }
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
    });
}

/// Finds out what is lost, and says it again; what fails is owed, and is tried again.
async fn repair(runtime: &Runtime, losses: &mut Vec<Loss>, tries: usize) -> Result<(), LossError> {
    let known = runtime.outlet().sent().highest();
    for (stream, highest) in known {
        let last = match runtime.jetstream().get_stream(&stream).await {
            // A leader that was cut off does not have what came since, and steps down in a while.
            Ok(found) if is_behind(found.cached_info(), highest) && tries < ELECTED => {
                return Err(LossError::Behind(stream));
            }
            Ok(stream) => stream.cached_info().state.last_sequence,
            Err(error) if is_gone(&error) => {
                provision(runtime.jetstream(), runtime.config()).await?;
                0
            }
            Err(error) => return Err(error.into()),
        };
        let intact = intact(runtime, &stream, highest.min(last)).await?;
        losses.extend(runtime.outlet().sent().lost(&stream, intact, highest, last));
    }
    say_again(runtime).await?;
    for loss in losses.drain(..) {
        tell(runtime, loss).await;
    }
    Ok(())
}

/// Up to where, at most `last`, a stream has what it acknowledged here.
///
/// Others may have published before this process looks, so that sequences are taken by other messages.
async fn intact(runtime: &Runtime, stream: &str, last: u64) -> Result<u64, LossError> {
    let ids = runtime.outlet().sent().ids(stream);
    let mut replaced = None;
    for (sequence, id) in ids.into_iter().filter(|(sequence, _)| *sequence <= last) {
        match runtime.runs().at(stream, sequence).await? {
            Some(stored) if text(&stored.headers, header::MESSAGE_ID) == Some(&id) => {
                return Ok(if replaced.is_some() { sequence } else { last });
            }
            Some(_) => replaced = Some(sequence),
            // Overwritten or expired: that says nothing.
            None => {}
        }
    }
    Ok(replaced.map_or(last, |oldest| oldest - 1))
}

/// Whether one of several servers has less than is known to be stored.
fn is_behind(info: &Info, highest: u64) -> bool {
    info.config.num_replicas > 1 && info.state.last_sequence < highest
}

/// Publishes what is owed, under the same ids.
async fn say_again(runtime: &Runtime) -> Result<(), LossError> {
    loop {
        let Some(Held { subject, headers, payload, .. }) = runtime.outlet().sent().owed() else {
            return Ok(());
        };
        let sending = runtime.outlet().send(subject, headers, payload).await?;
        match runtime.outlet().acknowledged(sending).await {
            Ok(_) => {}
            // Somebody else has said it in the meantime.
            Err(PublishError::Broker { source, .. })
                if source.kind() == PublishErrorKind::WrongLastSequence => {}
            Err(error) => return Err(error.into()),
        }
        runtime.outlet().sent().paid();
    }
}

/// Tells what was lost, and what of it nobody here can say again.
async fn tell(runtime: &Runtime, loss: Loss) {
    let Loss { stream, first, last, ours } = loss;
    let missing = (last - first + 1).saturating_sub(ours);
    tracing::error!(
        stream,
        first,
        last,
        again = ours,
        missing,
        "nats-server lost messages that it had acknowledged"
    );
    let alert = Alert {
        kind: "broker-loss".to_owned(),
        key: format!("{stream}-{first}-{last}-{:x}", rand::random::<u64>()),
        severity: Severity::Error.into(),
        text: format!(
            "nats-server has lost messages {first} to {last} of {stream}: {ours} came from this process, which has published them again; {missing} came from elsewhere"
        ),
        hint: match missing {
            0 => "nothing is missing".to_owned(),
            _ => "other workers say again what was theirs; have scrapers and tools publish again what they published since then".to_owned(),
        },
        run_id: String::new(),
    };
    runtime.publish_quietly(&Outgoing::alert(alert), &TraceContext::root()).await;
}
