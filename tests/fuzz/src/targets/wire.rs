//! Messages as they travel: subjects, headers, protobuf, JSON, and the lines of a backup.

use std::sync::LazyLock;

use async_nats::{HeaderMap, HeaderName, HeaderValue};
use chrono::DateTime;
use prost_reflect::{DescriptorPool, DynamicMessage};
use proto::subject::{Subject, Token};
use proto::v1::{
    Alert, Assignments, Campaign, CampaignRequest, ClinicPart, Complete, ContractorOutcome, Engagement,
    ExportOutcome, GrowthPatternsRecalculated, LeadChanged, LearnRequest, MatchConfig, Matches, PainPart,
    PatternsChanged, PlaceHints, Plan, RunHeader, RunRequest, RunSummary, ScoreSummary, ScrapeDone,
    ScrapeSource, Segment, SequenceRequest, SequenceWords, StoreOutcome, StoreRetry, Strategy, Template,
    Tick, TouchDue, Trigger,
};
use proto::{Message, Name};
use runtime::{Stored, TraceContext};
use serde_json::Value;
use storer::backup;

use super::{Take, brief};

/// What is understood is written as it was read, and nothing can widen a filter.
pub(super) fn subject(input: &[u8]) -> bool {
    let text = String::from_utf8_lossy(input);
    let token = Token::squeezed(&text);
    assert_eq!(token.as_str().parse::<Token>().expect("what was squeezed fits"), token);
    match text.parse::<Subject>() {
        Ok(subject) => {
            assert_eq!(subject.to_string(), text);
            assert!(!text.contains(['*', '>']) && !text.contains(char::is_whitespace), "{text}");
            true
        }
        Err(error) => {
            brief(error);
            false
        }
    }
}

/// As with subjects: two spellings of one trace would be two traces elsewhere.
pub(super) fn traceparent(input: &[u8]) -> bool {
    let text = String::from_utf8_lossy(input);
    let Some(trace) = TraceContext::parse(&text) else { return false };
    // Flags that nobody has given a meaning yet are not passed on.
    assert_eq!(trace.traceparent()[..53], text[..53]);
    assert_eq!(TraceContext::parse(&trace.traceparent()).expect("what was written is read"), trace);
    true
}

/// Headers, an empty line, and a payload: as a worker, a reader of runs and the list of dead letters take them.
pub(super) fn envelope(input: &[u8]) -> bool {
    let end = input.windows(2).position(|pair| pair == b"\n\n").unwrap_or(input.len());
    let payload = input.get(end + 2..).unwrap_or_default();
    let mut headers = HeaderMap::new();
    for line in String::from_utf8_lossy(&input[..end]).lines() {
        let Some((name, value)) = line.split_once(':') else { continue };
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.trim().parse::<HeaderValue>()) {
            headers.append(name, value);
        }
    }
    let read = runtime::fuzz::input::<RunRequest>(&headers, payload);
    if let Err(fault) = &read {
        brief(runtime::redact(&fault.chain()).chars().take(400).collect::<String>());
        brief(fault.cause());
    }
    let stored = Stored {
        subject: headers.get("Dl-Subject").map(ToString::to_string).unwrap_or_default(),
        sequence: 1,
        published_at: chrono::DateTime::UNIX_EPOCH,
        headers: headers.clone(),
        payload: payload.to_vec().into(),
    };
    let part = runtime::fuzz::part::<Segment>(stored);
    let letter = dead::Letter::of(1, 0, DateTime::UNIX_EPOCH, &headers);
    serde_json::to_value(&letter).expect("a letter is JSON");
    let payload = payload.to_vec().into();
    let message = dead::Message { letter, filed_under: String::new(), headers, payload };
    let shown = message.shown();
    assert!(shown.body.is_some() != shown.hex.is_some());
    shown.unreadable.iter().for_each(brief);
    read.is_ok() || part.is_ok_and(|part| part.body.is_err())
}

static POOL: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(proto::DESCRIPTORS).expect("our own descriptors"));

/// Every message that anybody takes, with who reads it here.
pub(super) const MESSAGES: [(&str, Take); 30] = [
    (Alert::NAME, message::<Alert>),
    (Assignments::NAME, message::<Assignments>),
    (ClinicPart::NAME, message::<ClinicPart>),
    (Complete::NAME, message::<Complete>),
    (ExportOutcome::NAME, message::<ExportOutcome>),
    (Matches::NAME, message::<Matches>),
    (PainPart::NAME, message::<PainPart>),
    (PlaceHints::NAME, message::<PlaceHints>),
    (Plan::NAME, message::<Plan>),
    (RunHeader::NAME, message::<RunHeader>),
    (RunRequest::NAME, message::<RunRequest>),
    (RunSummary::NAME, message::<RunSummary>),
    (ScoreSummary::NAME, message::<ScoreSummary>),
    (ScrapeDone::NAME, message::<ScrapeDone>),
    (Segment::NAME, message::<Segment>),
    (StoreOutcome::NAME, message::<StoreOutcome>),
    (StoreRetry::NAME, message::<StoreRetry>),
    (Engagement::NAME, message::<Engagement>),
    (TouchDue::NAME, message::<TouchDue>),
    (SequenceRequest::NAME, message::<SequenceRequest>),
    (SequenceWords::NAME, message::<SequenceWords>),
    (CampaignRequest::NAME, message::<CampaignRequest>),
    (Campaign::NAME, message::<Campaign>),
    (LeadChanged::NAME, message::<LeadChanged>),
    (LearnRequest::NAME, message::<LearnRequest>),
    (PatternsChanged::NAME, message::<PatternsChanged>),
    (ContractorOutcome::NAME, message::<ContractorOutcome>),
    (GrowthPatternsRecalculated::NAME, message::<GrowthPatternsRecalculated>),
    (Template::NAME, message::<Template>),
    (Tick::NAME, message::<Tick>),
];

/// The same bytes for each of them.
pub(super) fn protobuf(input: &[u8]) -> bool {
    MESSAGES.iter().filter(|(_, read)| read(input)).count() > 0
}

/// What decodes is written the same from then on, as protobuf and as JSON; who knows only the schema agrees.
fn message<M: Message + Name + Default>(bytes: &[u8]) -> bool {
    let kind = POOL.get_message_by_name(&M::full_name()).expect("our own schema");
    let dynamic = DynamicMessage::decode(kind, bytes);
    let message = match M::decode(bytes) {
        Ok(message) => message,
        Err(error) => {
            brief(error);
            assert!(dynamic.is_err(), "only the schema reads it as {}", M::NAME);
            return false;
        }
    };
    assert!(dynamic.is_ok(), "only the code reads it as {}", M::NAME);
    let once = message.encode_to_vec();
    let again = M::decode(once.as_slice()).expect("what was written is read");
    assert!(again.encode_to_vec() == once, "{} changed on its way", M::NAME);
    let json = proto::to_json(&M::full_name(), &once).expect("what was read is shown").to_string();
    let back = proto::from_json::<M>(json.as_bytes()).expect("what was shown is read");
    assert!(back.encode_to_vec() == once, "{} changed in JSON: {json:.300}", M::NAME);
    true
}

/// What a scraper, an operator or another system says in JSON.
pub(super) fn json(input: &[u8]) -> bool {
    let done = from_json::<ScrapeDone>(input);
    let request = from_json::<RunRequest>(input);
    let value: Value = serde_json::from_slice(input).unwrap_or_default();
    if let Some(done) = &done {
        if let Some(name) = value["source"].as_str() {
            assert!(ScrapeSource::from_str_name(name).is_some(), "took the source {name}");
        }
        match loader::fuzz::scrape_done(done) {
            Ok(_) => assert!(ScrapeSource::try_from(done.source).is_ok_and(|source| source as i32 != 0)),
            Err(error) => brief(error),
        }
    }
    let resolved = request.as_ref().map(|request| loader::fuzz::request(request.clone()));
    if let (Some(request), Some(Ok(run))) = (&request, &resolved) {
        run.parse::<Token>().expect("a run has a name");
        assert!(Trigger::try_from(request.trigger).is_ok(), "took the trigger {}", request.trigger);
        let strategies = request.config.iter().flat_map(|config| &config.strategies);
        assert!(
            strategies.into_iter().all(|&strategy| Strategy::try_from(strategy).is_ok_and(|s| s as i32 != 0))
        );
    }
    if let Some(Err(error)) = &resolved {
        brief(error);
    }
    let others = from_json::<Alert>(input).is_some() | from_json::<MatchConfig>(input).is_some();
    done.is_some() || others || resolved.is_some_and(|resolved| resolved.is_ok())
}

fn from_json<M: Message + Name + Default>(input: &[u8]) -> Option<M> {
    proto::from_json::<M>(input).map_err(brief).ok()
}

/// What is read of a backup is written as it was read.
pub(super) fn backup(input: &[u8]) -> bool {
    let text = String::from_utf8_lossy(input);
    let record = match backup::read(&text) {
        Ok(Some(record)) => record,
        Ok(None) => return true,
        Err(error) => {
            brief(error);
            return false;
        }
    };
    let line = backup::write(&record).expect("what was read is written");
    let again = backup::read(&line).expect("what was written is read").expect("it is a record");
    assert_eq!(backup::write(&again).expect("what was read is written"), line);
    true
}
