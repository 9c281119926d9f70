//! Re-opens a run for a replay, and closes it again when the replay ends before its time.

use crate::letter::{self, Letter};
use crate::plan::Facts;
use crate::{Dead, Error, broker};
use async_nats::HeaderMap;
use async_nats::jetstream::context::PublishErrorKind;
use async_nats::jetstream::message::PublishMessage;
use proto::subject::{RunId, Stage, Subject, Token, header, stream};
use proto::{Kind, Message as _, Name as _, Outgoing, v1};
use runtime::Runs;
use std::collections::BTreeSet;

const CLAIMING: &str = "claim a generation of a run";
const CLEARING: &str = "take tombstones away";
const CLOSING: &str = "close a run again";

impl Dead {
    /// Claims the next generation of a run; a replay that comes back finds its own.
    pub(crate) async fn claim(&self, run: &RunId, facts: &Facts, replay: &str) -> Result<u32, Error> {
        if let Some(ours) = facts.ours {
            return Ok(ours);
        }
        let body = serde_json::json!({ "replay": replay }).to_string();
        let mut generation = facts.highest;
        loop {
            generation += 1;
            let part = Token::squeezed(&generation.to_string());
            let subject = Subject::Part { run: run.clone(), stage: Stage::Reopen, part }.to_string();
            let claim = PublishMessage::build()
                .payload(body.clone().into())
                .header(header::REPLAY, replay)
                .header(header::CONTENT_TYPE, "application/json")
                .expected_last_subject_sequence(0);
            let sent = self.jetstream.send_publish(subject, claim).await.map_err(broker(CLAIMING))?;
            match sent.await {
                Ok(_) => return Ok(generation),
                Err(error) if error.kind() == PublishErrorKind::WrongLastSequence => {}
                Err(error) => return Err(broker(CLAIMING)(error)),
            }
        }
    }

    /// Takes away the tombstones of earlier generations, so that the stage waits for what takes their place.
    pub(crate) async fn clear(&self, letters: &[&Letter], generation: u32) -> Result<(), Error> {
        let source = self.jetstream.get_stream_no_info(stream::RUN).await.map_err(broker(CLEARING))?;
        let runs = Runs::new(self.jetstream.clone());
        for subject in tombstones(letters) {
            let Some(found) = runs.last(subject).await.map_err(broker(CLEARING))? else { continue };
            let dead = letter::text(&found.headers, header::TOMBSTONE).is_some();
            if dead && generation_of(&found.headers) < generation {
                // Only up to the one that was seen: a newer one is the answer of a worker.
                let purge = source.purge().filter(subject).sequence(found.sequence + 1);
                purge.await.map_err(broker(CLEARING))?;
            }
        }
        Ok(())
    }

    /// Puts tombstones back for letters that were not replayed after all, and completes stages that only wait for them.
    pub(crate) async fn close(&self, letters: &[&Letter], generation: u32) -> Result<(), Error> {
        let mut stages: BTreeSet<(String, Stage)> = BTreeSet::new();
        for letter in letters {
            for subject in &letter.tombstones {
                let message = PublishMessage::build()
                    .message_id(format!("{subject}:{generation}:dead:{}", letter.class))
                    .header(header::TOMBSTONE, letter.class.as_str())
                    .header(header::GENERATION, generation.to_string())
                    .expected_last_subject_sequence(0);
                let sent = self.jetstream.send_publish(subject.clone(), message).await;
                match sent.map_err(broker(CLOSING))?.await {
                    Ok(_) => {}
                    // A part is there.
                    Err(error) if error.kind() == PublishErrorKind::WrongLastSequence => {}
                    Err(error) => return Err(broker(CLOSING)(error)),
                }
                if let Ok(Subject::Part { run, stage, .. }) = subject.parse()
                    && stage.joins()
                {
                    stages.insert((run.to_string(), stage));
                }
            }
        }
        for (run, stage) in stages {
            if let Ok(run) = run.parse() {
                self.join(&run, stage, generation).await?;
            }
        }
        Ok(())
    }

    /// Completes a stage whose parts are all there, as the runtime does after a part.
    async fn join(&self, run: &RunId, stage: Stage, generation: u32) -> Result<(), Error> {
        let there = Runs::new(self.jetstream.clone()).all_there(run, stage).await;
        let Some(parts) = there.map_err(broker(CLOSING))? else { return Ok(()) };
        let complete = Outgoing {
            subject: Subject::Complete { run: run.clone(), stage, generation },
            payload: v1::Complete { parts, generation }.encode_to_vec(),
            schema: v1::Complete::full_name(),
            kind: Kind::Content,
        };
        let message = PublishMessage::build()
            .message_id(complete.id(generation))
            .header(header::SCHEMA, complete.schema.as_str())
            .header(header::GENERATION, generation.to_string())
            .payload(complete.payload.into())
            .expected_last_subject_sequence(0);
        let sent = self.jetstream.send_publish(complete.subject.to_string(), message).await;
        match sent.map_err(broker(CLOSING))?.await {
            Ok(_) => Ok(()),
            // Somebody has noticed before.
            Err(error) if error.kind() == PublishErrorKind::WrongLastSequence => Ok(()),
            Err(error) => Err(broker(CLOSING)(error)),
        }
    }
}

fn tombstones<'a>(letters: &[&'a Letter]) -> BTreeSet<&'a str> {
    letters.iter().flat_map(|letter| letter.tombstones.iter().map(String::as_str)).collect()
}

fn generation_of(headers: &HeaderMap) -> u32 {
    letter::number(headers, header::GENERATION).unwrap_or_default()
}
