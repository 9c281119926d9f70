//! A message on which processes died is handled alone, in a process of its own, so that it takes nobody along.

use crate::consumers::consumer_name;
use crate::fault::Fault;
use crate::handle::{Envelope, Handler, cut_off, settle_with};
use crate::hands::{Hands, Limits};
use crate::progress::Progress;
use crate::runtime::{Runtime, RuntimeError};
use crate::settle::{History, MAX_CRASHES, QUARANTINE_AFTER};
use crate::trip;
use crate::worker::Worker;
use async_nats::jetstream::{self, AckKind};
use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::process::Command;
use tokio::sync::Semaphore;

/// The class of dead letters on which processes died.
pub(crate) const CRASH_POISON: &str = "crash_poison";

/// Signals by which a process is told to stop: hang-up, interrupt, terminate.
const STOPPING: [i32; 3] = [1, 2, 15];

/// How a process is started that handles one message; its last argument will be the message's reply subject.
#[derive(Debug, Clone)]
pub struct Quarantine {
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
    /// What the program reads beside this process's own environment.
    pub environment: Vec<(String, String)>,
}

/// The room for one message at a time.
pub(crate) struct Cell {
    pub(crate) quarantine: Quarantine,
    pub(crate) turn: Semaphore,
}

impl Runtime {
    /// Whether so many crashes call for a process of its own.
    pub(crate) fn has_to_be_alone(&self, crashes: u32) -> bool {
        crashes >= QUARANTINE_AFTER && self.alone().is_none()
    }
}

impl<W: Worker> Handler<W> {
    /// Has the message handled and settled by a process of its own; the fault is that it died too, or could not be started.
    pub(crate) async fn quarantine(
        &self,
        message: &jetstream::Message,
        envelope: &Envelope,
        history: History,
        progress: &Progress,
    ) -> Result<(), Fault> {
        let crashes = history.crashes(envelope.delivered);
        if crashes >= MAX_CRASHES {
            return Err(Fault::reject(CRASH_POISON, format!("the process died on it {crashes} times")));
        }
        let (Some(cell), Some(reply)) = (self.runtime.cell(), &message.reply) else {
            return Err(Fault::reject(CRASH_POISON, format!("the process died on it {crashes} times")));
        };
        let wait = |cause: String| Fault::Wait { after: Duration::from_secs(5), cause: cause.into() };
        let Ok(_turn) = cell.turn.try_acquire() else {
            return Err(wait("another message is being handled alone".to_owned()));
        };
        tracing::warn!(worker = W::NAME, subject = %message.subject, crashes, "handled alone");
        let ended = async {
            let Quarantine { program, arguments, environment } = &cell.quarantine;
            let mut command = Command::new(program);
            if trip::is_of_the_process() {
                command.env_remove(trip::VARIABLE);
            }
            command
                .args(arguments)
                .arg(reply.as_str())
                .envs(environment.iter().map(|(name, value)| (name, value)))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .kill_on_drop(true)
                .status()
                .await
        };
        tokio::pin!(ended);
        let mut waiting = tokio::time::interval(Duration::from_secs(5));
        let ended = loop {
            tokio::select! {
                ended = &mut ended => break ended,
                // To wait for the child is to get on; the deadline bounds it.
                _ = waiting.tick() => progress.advance(),
                cut = progress.is_cut() => return Err(cut_off::<W>(cut)),
            }
        };
        match ended {
            Ok(status) if status.success() => Ok(()),
            Ok(status) if status.signal().is_some_and(|signal| STOPPING.contains(&signal)) => {
                Err(wait("the process that was to handle it alone was told to stop".to_owned()))
            }
            Ok(status) if status.signal().is_some() => {
                let text = format!(
                    "processes died on it {} times, the last one with nothing else in hand",
                    crashes + 1
                );
                Err(Fault::reject(CRASH_POISON, text))
            }
            Ok(status) => {
                let cause = format!("the process that was to handle it alone ended with {status}");
                Err(Fault::Retry { after: None, cause: cause.into() })
            }
            Err(error) => Err(wait(format!("no process could be started to handle it alone: {error}"))),
        }
    }
}

/// Handles the one message that this process was started for, if it is this worker's.
pub(crate) async fn handle_alone<W: Worker>(
    runtime: &Runtime,
    worker: W,
    reply: &str,
) -> Result<(), RuntimeError> {
    let consumer = consumer_name(W::NAME);
    let empty = async_nats::Message {
        subject: "".into(),
        reply: Some(reply.into()),
        payload: bytes::Bytes::new(),
        headers: None,
        status: None,
        description: None,
        length: 0,
    };
    let mut message = jetstream::Message { message: empty, context: runtime.jetstream().clone() };
    let Ok((stream, sequence, of)) =
        message.info().map(|info| (info.stream.to_owned(), info.stream_sequence, info.consumer.to_owned()))
    else {
        return Err(RuntimeError::Alone(format!("{reply} is no delivery")));
    };
    if of != consumer {
        return Ok(());
    }
    let lost = |error: String| {
        RuntimeError::Alone(format!("could not read message {sequence} of {stream}: {error}"))
    };
    let stream = runtime.jetstream().get_stream(&stream).await.map_err(|error| lost(error.to_string()))?;
    match stream.get_raw_message(sequence).await {
        Ok(raw) => {
            message.message.subject = raw.subject;
            message.message.headers = Some(raw.headers);
            message.message.payload = raw.payload;
            let handler = Handler::new(runtime, Arc::new(worker), consumer);
            let limits = Limits { lease: runtime.lease::<W>(), deadline: W::RETRY.deadline };
            let mut hands = Hands::new(1, limits);
            let (_, progress) = hands.take(reply.into());
            let mut beat = tokio::time::interval(hands.beat());
            let handled = handler.process(message, progress);
            tokio::pin!(handled);
            loop {
                tokio::select! {
                    _ = &mut handled => break,
                    _ = beat.tick() => hands.look_after(&runtime.client()).await,
                }
            }
        }
        // Overwritten or expired in the meantime: nothing is left to do.
        Err(error) if error.kind() == jetstream::stream::RawMessageErrorKind::NoMessageFound => {
            settle_with(&message, AckKind::Ack).await;
        }
        Err(error) => return Err(lost(error.to_string())),
    }
    Ok(())
}
