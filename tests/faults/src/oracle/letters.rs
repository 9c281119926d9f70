//! Dead letters: one for each corrupt message and reader, none twice, and those of sound messages noted.

use std::collections::HashMap;

use async_nats::HeaderMap;
use proto::Subject;
use proto::subject::stream;
use runtime::{ReadError, Runs};

use super::Verdict;
use crate::asked::Asked;
use crate::schedule::Damage;

#[derive(Debug)]
pub(crate) struct Letter {
    pub(crate) worker: String,
    pub(crate) class: String,
    pub(crate) subject: String,
    /// Id of the message that died.
    pub(crate) message: String,
    pub(crate) run: String,
    pub(crate) error: String,
    /// Stream, sequence and consumer: what of, and whose.
    source: [String; 3],
}

pub(crate) async fn read(runs: &Runs) -> Result<Vec<Letter>, ReadError> {
    let mut messages = runs.messages(stream::DEAD, Subject::dead("*", "*")).await?;
    let mut letters = Vec::new();
    while let Some(message) = messages.next().await? {
        let text = |name: &str| text(&message.headers, name);
        letters.push(Letter {
            worker: text("Dl-Worker"),
            class: text("Dl-Class"),
            subject: text("Dl-Subject"),
            message: text("Dl-Message-Id"),
            run: text("Dl-Run"),
            error: text("Dl-Error"),
            source: [text("Dl-Stream"), text("Dl-Stream-Seq"), text("Dl-Consumer")],
        });
    }
    Ok(letters)
}

fn text(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).map(|value| value.as_str().to_owned()).unwrap_or_default()
}

pub(crate) fn check(letters: &[Letter], asked: &Asked, verdict: &mut Verdict) {
    let mut sources: HashMap<&[String; 3], usize> = HashMap::new();
    for letter in letters {
        *sources.entry(&letter.source).or_default() += 1;
    }
    for (source, count) in sources.into_iter().filter(|(_, count)| *count > 1) {
        verdict.doubled.push(format!("{count} dead letters of {}", source.join(" ")));
    }
    for (id, corrupt) in asked.corrupt.iter().filter(|(_, corrupt)| corrupt.damage != Damage::Poison) {
        let mut workers: Vec<&str> = letters
            .iter()
            .filter(|letter| letter.message == *id)
            .map(|letter| letter.worker.as_str())
            .collect();
        workers.sort_unstable();
        if workers == corrupt.workers {
            continue;
        }
        let what = format!(
            "{id} ({:?}) on {}: dead letters of {workers:?}, expected of {:?}",
            corrupt.damage, corrupt.subject, corrupt.workers
        );
        match workers.len() < corrupt.workers.len() {
            true => verdict.lost.push(what),
            false => verdict.doubled.push(what),
        }
    }
    for letter in letters.iter().filter(|letter| !letter.subject.contains("corrupt-")) {
        let Letter { worker, class, error, .. } = letter;
        verdict.note(format!("dead letter of a sound message: {worker} {class}: {error}"));
    }
}
