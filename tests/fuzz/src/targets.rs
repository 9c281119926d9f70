//! The decoders, each with what must hold of any input.
#![expect(clippy::expect_used, reason = "what must hold and does not is a finding")]

use std::cell::OnceCell;
use std::io::Write as _;
use std::sync::LazyLock;

use chrono::DateTime;
use fleet::import::Table;
use prost_reflect::prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage};
use proto::subject::{Subject, Token};
use proto::v1::{Alert, RunRequest, ScrapeDone};
use runtime::TraceContext;

/// A decoder under a name.
pub struct Target {
    pub name: &'static str,
    pub take: fn(&[u8]),
}

pub const TARGETS: &[Target] = &[
    Target { name: "subject", take: subject },
    Target { name: "traceparent", take: traceparent },
    Target { name: "protobuf", take: protobuf },
    Target { name: "json", take: json },
    Target { name: "claude_reply", take: claude_reply },
    Target { name: "claude_error", take: claude_error },
    Target { name: "retry_after", take: retry_after },
    Target { name: "import_pain_points", take: |input| import(Table::PainPoints, input) },
    Target { name: "import_clinics", take: |input| import(Table::Clinics, input) },
    Target { name: "import_decision_makers", take: |input| import(Table::DecisionMakers, input) },
    Target { name: "import_clinic_patterns", take: |input| import(Table::ClinicPatterns, input) },
    Target { name: "dead_letter", take: dead_letter },
    Target { name: "places", take: places_of },
    Target { name: "cells", take: cells },
    Target { name: "redaction", take: redaction },
];

/// What is understood is written as it was read, and nothing can widen a filter.
fn subject(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    if let Ok(subject) = text.parse::<Subject>() {
        assert_eq!(subject.to_string(), text);
        assert!(!text.contains(['*', '>', ' ']), "{text}");
    }
    let token = Token::squeezed(&text);
    assert_eq!(token.as_str().parse::<Token>().expect("what was squeezed fits"), token);
}

fn traceparent(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    if let Some(trace) = TraceContext::parse(&text) {
        let again = TraceContext::parse(&trace.traceparent()).expect("what was written is read");
        assert_eq!(again, trace);
    }
}

static POOL: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(proto::DESCRIPTORS).expect("our own descriptors"));

/// The first byte picks the message. What decodes is written the same from then on, and shown as JSON or refused.
fn protobuf(input: &[u8]) {
    let Some((pick, bytes)) = input.split_first() else { return };
    let kinds: Vec<_> = POOL.all_messages().filter(|kind| !kind.is_map_entry()).collect();
    let kind = kinds[usize::from(*pick) % kinds.len()].clone();
    if let Ok(message) = DynamicMessage::decode(kind.clone(), bytes) {
        let once = message.encode_to_vec();
        let twice = DynamicMessage::decode(kind.clone(), once.as_slice()).expect("what was written is read");
        assert_eq!(twice.encode_to_vec(), once);
    }
    if let Ok(json) = proto::to_json(kind.full_name(), bytes) {
        let text = serde_json::to_vec(&json).expect("JSON is written");
        let _ = proto::encode_json(kind.full_name(), &text);
    }
    let _ = ScrapeDone::decode(bytes);
    let _ = RunRequest::decode(bytes);
}

fn json(input: &[u8]) {
    let errors = [
        proto::from_json::<ScrapeDone>(input).err().map(|error| error.to_string()),
        proto::from_json::<RunRequest>(input).err().map(|error| error.to_string()),
        proto::from_json::<Alert>(input).err().map(|error| error.to_string()),
    ];
    for error in errors.into_iter().flatten() {
        assert!(!error.is_empty());
    }
}

fn claude_reply(input: &[u8]) {
    claude::fuzz::reply(input);
}

/// The first two bytes are the status.
fn claude_error(input: &[u8]) {
    let Some((status, body)) = input.split_first_chunk() else { return };
    let text = claude::fuzz::error_body(u16::from_be_bytes(*status) % 500 + 100, body);
    assert!(text.chars().count() < 5_000 + body.len(), "{}", text.len());
}

fn retry_after(input: &[u8]) {
    let now = DateTime::from_timestamp(1_793_000_000, 0).expect("a valid time");
    if let Some(seconds) = claude::fuzz::retry_after(input, now) {
        assert!(seconds > 0.0 && seconds <= 3_600.0, "{seconds}");
    }
}

thread_local! {
    static FILE: OnceCell<tempfile::NamedTempFile> = const { OnceCell::new() };
}

/// Every row is taken or has a problem.
fn import(table: Table, input: &[u8]) {
    FILE.with(|file| {
        let file = file.get_or_init(|| tempfile::NamedTempFile::new().expect("a temporary file"));
        let mut handle = file.reopen().expect("the file opens");
        handle.set_len(0).and_then(|()| handle.write_all(input)).expect("the file is written");
        if let Ok((rows, _problems)) = fleet::import::checked(table, file.path()) {
            let lines = input.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count();
            assert!(rows <= lines + 1, "{rows} rows of {lines} lines");
        }
    });
}

fn dead_letter(input: &[u8]) {
    let _ = dead::Line::parse(&String::from_utf8_lossy(input));
}

/// Spans lie in the text.
fn places_of(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let gazetteer = places::Gazetteer::us();
    for mention in gazetteer.mentions(&text, &places::Hints::default()) {
        assert!(text.get(mention.start..mention.end).is_some(), "{}..{}", mention.start, mention.end);
    }
    let _ = gazetteer.in_url(&text, &places::Hints::default());
    let _ = link::normalise(&text);
}

/// No cell computes anything, and Slack hears no command.
fn cells(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let cell = exporter::guarded(&text);
    let phone = cell.chars().all(|c| c.is_ascii_digit() || "+()-. ".contains(c));
    assert!(phone || !cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{cell:?}");
    let shown = notifier::escaped(&text, 150);
    assert!(!shown.contains(['<', '>']) && shown.chars().count() <= 150, "{shown:?}");
    let line = notifier::one_line(&text);
    assert!(!line.contains(['\r', '\n']), "{line:?}");
}

/// Whatever an error says, a header can carry it and no key is in it.
fn redaction(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let clean = runtime::redact(&format!("{text} sk-ant-api03-secret jane.doe@clinic.example"));
    assert!(!clean.contains("sk-ant-") && !clean.contains("jane.doe@"), "{clean}");
    assert!(!clean.contains(['\r', '\n']), "{clean:?}");
    assert_eq!(runtime::fingerprint("decode", "", &clean).len(), 16);
}
