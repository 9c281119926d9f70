//! What the broker acknowledged and has lost, as after a restore from an older store, is noticed and said again.

use crate::provision::{ProvisionError, provision};
use crate::publish::PublishError;
use crate::runtime::Runtime;
use crate::sent::{Held, Loss};
use crate::trace::TraceContext;
use async_nats::jetstream::context::{GetStreamError, GetStreamErrorKind};
use async_nats::jetstream::{ErrorCode, context::PublishErrorKind};
use backon::{ConstantBuilder, Retryable as _};
use proto::Outgoing;
use proto::v1::{Alert, Severity};
use std::time::Duration;
use tokio::sync::watch;

/// How long a broker that came back may take until its streams answer.
const PATIENCE: usize = 120;

/// Why it is not known what the broker has kept.
#[derive(Debug, thiserror::Error)]
enum LossError {
    #[error(transparent)]
    Stream(#[from] GetStreamError),
    #[error(transparent)]
    Provision(#[from] ProvisionError),
    #[error(transparent)]
    Publish(#[from] PublishError),
}

/// Looks after every reconnect whether the broker still has what was acknowledged or delivered here.
pub(crate) fn watch(runtime: &Runtime, mut reconnects: watch::Receiver<u64>) {
    let runtime = runtime.downgrade();
    tokio::spawn(async move {
        while reconnects.changed().await.is_ok() {
            let Some(runtime) = runtime.upgrade() else { return };
            let outcome = (|| repair(&runtime))
                .retry(
                    ConstantBuilder::default()
                        .with_delay(Duration::from_millis(500))
                        .with_max_times(PATIENCE),
                )
                .await;
            if let Err(error) = outcome {
                tracing::warn!(%error, "could not find out whether nats-server lost messages");
            }
        }
    });
}

async fn repair(runtime: &Runtime) -> Result<(), LossError> {
    let known = runtime.outlet().sent().highest();
    for (stream, highest) in known {
        let last_sequence = match runtime.jetstream().get_stream(&stream).await {
            Ok(stream) => stream.cached_info().state.last_sequence,
            Err(error) if is_gone(&error) => {
                provision(runtime.jetstream(), runtime.config().replicas).await?;
                0
            }
            Err(error) => return Err(error.into()),
        };
        let loss = runtime.outlet().sent().loss(&stream, highest, last_sequence);
        if let Some((loss, held)) = loss {
            say_again(runtime, &loss, held).await?;
        }
    }
    Ok(())
}

fn is_gone(error: &GetStreamError) -> bool {
    matches!(error.kind(), GetStreamErrorKind::JetStream(error) if error.error_code() == ErrorCode::STREAM_NOT_FOUND)
}

/// Publishes what is held once more, under the same ids, and tells what is not.
async fn say_again(runtime: &Runtime, loss: &Loss, held: Vec<Held>) -> Result<(), LossError> {
    let again = held.len() as u64;
    for Held { subject, message, bytes, .. } in held {
        let sending = runtime.outlet().send(subject, message, bytes).await?;
        match runtime.outlet().acknowledged(sending).await {
            Ok(_) => {}
            // Somebody else has said it in the meantime.
            Err(PublishError::Broker { source, .. })
                if source.kind() == PublishErrorKind::WrongLastSequence => {}
            Err(error) => return Err(error.into()),
        }
    }
    let Loss { stream, first, last } = loss;
    let missing = (last - first + 1).saturating_sub(again);
    tracing::error!(
        stream,
        first,
        last,
        again,
        missing,
        "nats-server lost messages that it had acknowledged"
    );
    let alert = Alert {
        kind: "broker-loss".to_owned(),
        key: format!("{stream}-{first}-{last}-{:x}", rand::random::<u64>()),
        severity: Severity::Error.into(),
        text: format!(
            "nats-server has lost messages {first} to {last} of {stream}: {again} came from this process, which has published them again; {missing} came from elsewhere"
        ),
        hint: match missing {
            0 => "nothing is missing".to_owned(),
            _ => "other workers say again what was theirs; have scrapers and tools publish again what they published since then".to_owned(),
        },
        run_id: String::new(),
    };
    runtime.publish_quietly(&Outgoing::alert(alert), &TraceContext::root()).await;
    Ok(())
}
