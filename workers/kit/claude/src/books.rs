//! What was asked of Claude and what it cost, added up from the answers that are kept.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use async_nats::jetstream;
use async_nats::jetstream::kv::{Entry, Operation};
use chrono::{DateTime, NaiveDate, Utc};
use futures::StreamExt as _;
use serde::Serialize;

use crate::answers::{BUCKET, Record, failed};
use crate::budget::{self, Spent};
use crate::{Error, Usage};

/// Every question of the last 90 days in a line; cheap to clone.
#[derive(Clone, Default)]
pub struct Books {
    lines: Arc<RwLock<BTreeMap<String, Line>>>,
    held: Arc<RwLock<BTreeMap<String, DateTime<Utc>>>>,
    /// By client, of the newest day on which it used something.
    spent: Arc<RwLock<BTreeMap<String, (NaiveDate, Spent)>>>,
}

/// A question, as far as it counts.
struct Line {
    day: NaiveDate,
    model: String,
    state: State,
    calls: u32,
    usage: Usage,
    cost: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Asking,
    Answered,
    Refused,
}

/// What the books say.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Account {
    /// Questions that are being asked, or whose asker died.
    pub asking: u64,
    pub total: Sum,
    /// The newest first.
    pub days: Vec<Day>,
    pub models: Vec<Model>,
    /// Models that must wait, and until when.
    pub held: BTreeMap<String, DateTime<Utc>>,
    /// Of clients that used something today (UTC) while a bound was set.
    pub budgets: Vec<Budget>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Budget {
    pub client: String,
    #[serde(flatten)]
    pub spent: Spent,
    pub is_used_up: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Sum {
    pub answers: u64,
    pub refused: u64,
    /// Requests that it took, repairs included.
    pub calls: u64,
    pub prompt_tokens: u64,
    /// Of those, read from Claude's cache.
    pub cached_tokens: u64,
    pub output_tokens: u64,
    pub micro_dollars: u64,
    /// Answers of models whose price is not known.
    pub without_price: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Day {
    pub day: NaiveDate,
    #[serde(flatten)]
    pub sum: Sum,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Model {
    pub model: String,
    #[serde(flatten)]
    pub sum: Sum,
}

impl Sum {
    fn add(&mut self, line: &Line) {
        match line.state {
            State::Asking => return,
            State::Refused => self.refused += 1,
            State::Answered => {
                self.answers += 1;
                self.without_price += u64::from(line.cost.is_none());
            }
        }
        self.calls += u64::from(line.calls);
        self.prompt_tokens = self.prompt_tokens.saturating_add(line.usage.prompt_tokens());
        self.cached_tokens = self.cached_tokens.saturating_add(line.usage.cache_read_tokens);
        self.output_tokens = self.output_tokens.saturating_add(line.usage.output_tokens);
        self.micro_dollars = self.micro_dollars.saturating_add(line.cost.unwrap_or_default());
    }
}

impl Books {
    /// Adds up what is known.
    pub fn account(&self, now: DateTime<Utc>) -> Account {
        let lines = self.lines.read().unwrap_or_else(PoisonError::into_inner);
        let (mut days, mut models) = (BTreeMap::<_, Sum>::new(), BTreeMap::<_, Sum>::new());
        let mut account = Account::default();
        for line in lines.values() {
            account.asking += u64::from(line.state == State::Asking);
            account.total.add(line);
            days.entry(line.day).or_default().add(line);
            if line.state == State::Answered {
                models.entry(line.model.as_str()).or_default().add(line);
            }
        }
        account.days = days.into_iter().rev().map(|(day, sum)| Day { day, sum }).collect();
        account.models =
            models.into_iter().map(|(model, sum)| Model { model: model.to_owned(), sum }).collect();
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        account.held = held
            .iter()
            .filter(|(_, until)| **until > now)
            .map(|(model, until)| (model.clone(), *until))
            .collect();
        let spent = self.spent.read().unwrap_or_else(PoisonError::into_inner);
        let today = spent.iter().filter(|(_, (day, _))| *day == now.date_naive());
        account.budgets = today
            .map(|(client, (_, spent))| Budget {
                client: client.clone(),
                spent: *spent,
                is_used_up: spent.is_used_up(),
            })
            .collect();
        account
    }

    /// Keeps the books as the bucket is, as long as the broker is there.
    pub async fn keep(&self, jetstream: &jetstream::Context) -> Result<(), Error> {
        // Nobody has asked anything yet.
        let Ok(store) = jetstream.get_key_value(BUCKET).await else { return Ok(()) };
        let mut entries = store.watch_with_history(">").await.map_err(failed("follow the answers"))?;
        while let Some(entry) = entries.next().await {
            self.note(&entry.map_err(failed("follow the answers"))?);
        }
        Ok(())
    }

    fn note(&self, entry: &Entry) {
        if let Some(model) = entry.key.strip_prefix("pace.") {
            let until = serde_json::from_slice(&entry.value).unwrap_or_default();
            self.held.write().unwrap_or_else(PoisonError::into_inner).insert(model.to_owned(), until);
        }
        if let Some((client, day)) = budget::of_key(&entry.key) {
            let mut spent = self.spent.write().unwrap_or_else(PoisonError::into_inner);
            let is_newest = spent.get(client).is_none_or(|(newest, _)| *newest <= day);
            if let (true, Ok(of_day)) = (is_newest, serde_json::from_slice(&entry.value)) {
                spent.insert(client.to_owned(), (day, of_day));
            }
        }
        if !entry.key.starts_with("answer.") {
            return;
        }
        let mut lines = self.lines.write().unwrap_or_else(PoisonError::into_inner);
        match line(entry) {
            Some(line) => drop(lines.insert(entry.key.clone(), line)),
            None => drop(lines.remove(&entry.key)),
        }
    }
}

fn line(entry: &Entry) -> Option<Line> {
    let record =
        (entry.operation == Operation::Put).then(|| serde_json::from_slice(&entry.value).ok()).flatten()?;
    let day = DateTime::from_timestamp(entry.created.unix_timestamp(), 0)?.date_naive();
    let bare =
        |state| Line { day, model: String::new(), state, calls: 0, usage: Usage::default(), cost: None };
    Some(match record {
        Record::Started { .. } => bare(State::Asking),
        Record::Refused { .. } => bare(State::Refused),
        Record::Done { answer } => Line {
            model: answer.model,
            state: State::Answered,
            calls: answer.calls,
            usage: answer.usage,
            cost: answer.cost,
            ..bare(State::Answered)
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: &str, json: &str) -> Entry {
        Entry {
            bucket: BUCKET.to_owned(),
            key: key.to_owned(),
            value: json.to_owned().into(),
            revision: 1,
            delta: 0,
            created: "2026-11-21T08:00:00Z".parse::<DateTime<Utc>>().map_or_else(
                |_| unreachable!(),
                |at| async_nats::datetime::parse_rfc3339(&at.to_rfc3339()).expect("a time"),
            ),
            operation: Operation::Put,
            seen_current: true,
        }
    }

    #[test]
    fn answers_are_added_up_by_day_and_model_and_a_question_counts_once() {
        let books = Books::default();
        let answer = r#"{"state":"done","answer":{"value":1,"model":"claude-haiku-5-5","request_id":null,
            "usage":{"input_tokens":10,"output_tokens":5,"cache_read_input_tokens":90},"cost":7,"calls":2}}"#;
        books.note(&entry("answer.a.1", r#"{"state":"started","until":"2026-11-21T08:00:00Z"}"#));
        assert_eq!(books.account(DateTime::UNIX_EPOCH).asking, 1);
        books.note(&entry("answer.a.1", answer));
        books.note(&entry("answer.a.1", answer));
        books.note(&entry("answer.a.2", r#"{"state":"refused","category":null}"#));
        let account = books.account(DateTime::UNIX_EPOCH);
        let sum = &account.total;
        assert_eq!((account.asking, sum.answers, sum.refused, sum.calls), (0, 1, 1, 2));
        assert_eq!(
            (sum.prompt_tokens, sum.cached_tokens, sum.output_tokens, sum.micro_dollars),
            (100, 90, 5, 7)
        );
        assert_eq!((account.days.len(), account.models.len()), (1, 1));
    }

    #[test]
    fn a_model_is_held_until_its_time_has_come() {
        let books = Books::default();
        books.note(&entry("pace.claude-haiku-5-5", r#""2026-11-21T09:00:00Z""#));
        let at = |text: &str| books.account(text.parse().unwrap()).held.len();
        assert_eq!((at("2026-11-21T08:59:59Z"), at("2026-11-21T09:00:00Z")), (1, 0));
    }

    #[test]
    fn a_budget_is_of_its_day() {
        let books = Books::default();
        let spent = |tokens: u64| format!(r#"{{"tokens":{tokens},"answers":1,"daily_tokens":100}}"#);
        books.note(&entry("spent.acme.20261121", &spent(100)));
        books.note(&entry("spent.acme.20261120", &spent(7)));
        let at = |text: &str| books.account(text.parse().unwrap()).budgets;
        let today = at("2026-11-21T23:59:59Z");
        assert_eq!((today.len(), today[0].client.as_str(), today[0].is_used_up), (1, "acme", true));
        assert!(at("2026-11-22T00:00:00Z").is_empty());
    }
}
