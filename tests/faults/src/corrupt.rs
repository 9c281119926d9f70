//! Messages that nobody can handle, each on a subject of its own.

use proto::subject::{RunId, Stage, Subject, Token};
use proto::v1::{
    Alert, ClinicPart, Complete, MatchConfig, RunRequest, ScrapeDone, Segment, StoreRetry, Tick,
};
use proto::{Message, Name};
use rand::rngs::StdRng;
use rand::{RngCore as _, SeedableRng as _};

use crate::schedule::Damage;

/// A little less than the broker takes in one message: the dead letter needs room for its headers.
const OVERSIZED: usize = 1_048_576 - 20 * 1_024;
/// Whoever begins to handle a message with this in its subject dies.
pub(crate) const POISON: &str = "corrupt-poison-";
/// An enum value that no message knows.
const UNKNOWN: i32 = 77;

/// A message that must become one dead letter of each worker that reads its subject.
#[derive(Debug, Clone)]
pub(crate) struct Corrupt {
    pub(crate) subject: String,
    pub(crate) schema: String,
    pub(crate) payload: Vec<u8>,
    pub(crate) workers: &'static [&'static str],
    pub(crate) damage: Damage,
}

impl Corrupt {
    /// `number` tells it from all others.
    pub(crate) fn of(damage: Damage, target: usize, bytes: u64, number: usize) -> Self {
        let kind = if damage == Damage::Poison { POISON } else { "corrupt-" };
        let name = Token::squeezed(&format!("{kind}{number}"));
        let mut targets = match damage {
            Damage::UnknownEnum => unknown_enums(&name),
            Damage::Poison => vec![Corrupt::at(event("alert", &name), &["alerter"], &alert(&name))],
            _ => whole(&name),
        };
        let mut message = targets.swap_remove(target % targets.len());
        message.damage = damage;
        match damage {
            Damage::UnknownEnum | Damage::Poison => {}
            Damage::WrongSchema => message.schema = format!("{}.of.another", message.schema),
            // The last field of each is longer than a byte, so this cuts it.
            Damage::Truncated => drop(message.payload.pop()),
            Damage::RandomBytes => message.payload = random(bytes, 1 + (bytes % 300) as usize),
            Damage::Oversized => message.payload = random(bytes, OVERSIZED),
        }
        message
    }

    fn at<M: Message + Name>(subject: Subject, workers: &'static [&'static str], message: &M) -> Self {
        Self {
            subject: subject.to_string(),
            schema: M::full_name(),
            payload: message.encode_to_vec(),
            workers,
            damage: Damage::RandomBytes,
        }
    }
}

/// Bytes that are no protobuf: there is no field 0.
fn random(seed: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    StdRng::seed_from_u64(seed).fill_bytes(&mut bytes);
    if let Some(first) = bytes.first_mut() {
        *first = 7;
    }
    bytes
}

/// A message for every worker, whole as yet.
fn whole(name: &Token) -> Vec<Corrupt> {
    let text = name.to_string();
    let complete = Complete { parts: 300, generation: 300 };
    let tick = Tick { job: "match".into(), fire_time: String::new(), local_date: "2025-11-11".into() };
    let retry = StoreRetry { run_id: text.clone(), client_id: text.clone(), ..StoreRetry::default() };
    let segment = Segment { index: 0, name: text, ..Segment::default() };
    let clinics =
        ClinicPart { clinics: vec![proto::v1::Clinic { id: 1, name: "Abc".into(), ..Default::default() }] };
    vec![
        Corrupt::at(event("alert", name), &["alerter"], &alert(name)),
        Corrupt::at(event("scrape_done", name), &["scrape-collector"], &scrape_done()),
        Corrupt::at(event("tick", name), &["tick-trigger"], &tick),
        Corrupt::at(job("loader", name), &["loader"], &request(name)),
        Corrupt::at(job("storer-retry", name), &["storer-retry"], &retry),
        Corrupt::at(
            part(name, Stage::Load),
            &["matcher-business-type", "matcher-geographic", "matcher-pain-pattern"],
            &clinics,
        ),
        Corrupt::at(part(name, Stage::Segment), &["templater"], &segment),
        Corrupt::at(completed(name, Stage::Match), &["scorer"], &complete),
        Corrupt::at(completed(name, Stage::Template), &["exporter", "storer"], &complete),
        Corrupt::at(completed(name, Stage::Outcome), &["notifier"], &complete),
        Corrupt::at(completed(name, Stage::Scrape), &["scrape-trigger"], &complete),
    ]
}

fn unknown_enums(name: &Token) -> Vec<Corrupt> {
    let config = MatchConfig { strategies: vec![UNKNOWN], ..MatchConfig::default() };
    vec![
        Corrupt::at(event("alert", name), &["alerter"], &Alert { severity: UNKNOWN, ..alert(name) }),
        Corrupt::at(
            event("scrape_done", name),
            &["scrape-collector"],
            &ScrapeDone { source: UNKNOWN, ..scrape_done() },
        ),
        Corrupt::at(job("loader", name), &["loader"], &RunRequest { config: Some(config), ..request(name) }),
    ]
}

fn alert(name: &Token) -> Alert {
    // The full stop ends the number.
    Alert { kind: "corrupt".into(), key: name.to_string(), text: format!("{name}."), ..Alert::default() }
}

fn scrape_done() -> ScrapeDone {
    ScrapeDone { source: 1, date: "2024-01-01".into(), records: 1, event_id: "corrupt".into() }
}

fn request(name: &Token) -> RunRequest {
    RunRequest {
        request_id: name.to_string(),
        client_id: db::DEFAULT_CLIENT.to_string(),
        run_date: "2024-01-01".into(),
        as_of: "2024-01-01T00:00:00Z".into(),
        ..RunRequest::default()
    }
}

fn event(kind: &str, name: &Token) -> Subject {
    Subject::Event { kind: Token::squeezed(kind), key: name.clone() }
}

fn job(worker: &str, name: &Token) -> Subject {
    let client = Token::squeezed(&db::DEFAULT_CLIENT.to_string());
    Subject::Job { worker: Token::squeezed(worker), client, id: name.clone() }
}

fn part(run: &RunId, stage: Stage) -> Subject {
    Subject::Part { run: run.clone(), stage, part: Token::squeezed("0") }
}

fn completed(run: &RunId, stage: Stage) -> Subject {
    Subject::Complete { run: run.clone(), stage, generation: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_or_random_decodes_as_nothing() {
        let decodes = |corrupt: &Corrupt| {
            let payload = corrupt.payload.as_slice();
            match corrupt.workers[0] {
                "alerter" => Alert::decode(payload).is_ok(),
                "scrape-collector" => ScrapeDone::decode(payload).is_ok(),
                "tick-trigger" => Tick::decode(payload).is_ok(),
                "loader" => RunRequest::decode(payload).is_ok(),
                "storer-retry" => StoreRetry::decode(payload).is_ok(),
                "matcher-business-type" => ClinicPart::decode(payload).is_ok(),
                "templater" => Segment::decode(payload).is_ok(),
                _ => Complete::decode(payload).is_ok(),
            }
        };
        for target in 0..11 {
            for damage in [Damage::Truncated, Damage::RandomBytes, Damage::Oversized] {
                let corrupt = Corrupt::of(damage, target, 99, target);
                assert!(!decodes(&corrupt), "{corrupt:?}");
            }
            assert!(decodes(&Corrupt::of(Damage::WrongSchema, target, 99, target)));
        }
    }
}
