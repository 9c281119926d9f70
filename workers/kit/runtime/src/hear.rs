//! Hears events as they pass, for what a process only remembers and can read again.

use crate::handle::decode;
use crate::runtime::Runtime;
use futures::StreamExt as _;
use proto::{Message, Name, Subject};
use std::time::Duration;

/// What was heard.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard<M> {
    Event(M),
    /// Anything may have passed that was not heard: at first, and after the connection was lost.
    Missed,
}

/// How long it waits to listen again.
const AGAIN: Duration = Duration::from_secs(5);

/// Hears the events of a kind until a stop is asked for. Every process hears every event; nothing is kept for those who
/// do not listen.
pub async fn hear<M: Message + Name + Default>(runtime: &Runtime, kind: &str, heard: impl Fn(Heard<M>)) {
    if runtime.is_alone() {
        return;
    }
    let (mut stop, mut reconnects) = (runtime.stop_signal(), runtime.reconnects());
    while !*stop.borrow() {
        let mut passing = match runtime.client().subscribe(Subject::events(kind)).await {
            Ok(passing) => passing,
            Err(error) => {
                tracing::warn!(kind, %error, "could not listen to events");
                tokio::select! {
                    () = tokio::time::sleep(AGAIN) => continue,
                    _ = stop.changed() => return,
                }
            }
        };
        loop {
            // The broker has what was subscribed before once it has answered.
            let _ = runtime.jetstream().query_account().await;
            heard(Heard::Missed);
            let ended = loop {
                tokio::select! {
                    message = passing.next() => match message {
                        Some(message) => heard(
                            decode(message.headers.as_ref(), &message.payload)
                                .map_or(Heard::Missed, Heard::Event),
                        ),
                        None => break true,
                    },
                    Ok(()) = reconnects.changed() => break false,
                    _ = stop.changed() => return,
                }
            };
            if ended {
                break;
            }
        }
    }
}
