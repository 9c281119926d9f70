//! A run is one trace, whatever processes it goes through, told to a collector.

use std::collections::{BTreeMap, BTreeSet};

use async_nats::HeaderMap;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::Span;
use proto::subject::header;
use proto::v1::MatchConfig;
use proto::{Message as _, Outgoing, Token};
use standins::CollectorStandIn;
use tests::{DATE, Rows, TestFleet, clinic, numbered, pain, request};

/// The trace of whoever asked, and their own span.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn attributes(of: &[KeyValue]) -> BTreeMap<&str, &str> {
    of.iter().filter_map(|each| Some((each.key.as_str(), text(each.value.as_ref()?)?))).collect()
}

fn text(value: &AnyValue) -> Option<&str> {
    match value.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

// The collector answers while this waits for the end of a process.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_through_two_processes_is_one_trace() {
    let collector = CollectorStandIn::start().await;
    let fleet = TestFleet::start()
        .await
        .with("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url())
        .with("LEADFLEET_LOG_FORMAT", "json")
        .with("RUST_LOG", "runtime=debug");
    let rows = Rows {
        pain_points: vec![pain("emr", "The EMR of a PT in Phoenix, Arizona", 6.0, 2)],
        clinics: numbered(5, clinic("Physical Therapy", "Phoenix", "AZ")),
        ..Rows::default()
    };
    fleet.insert(&rows).await;
    let first = fleet.run(&["loader", "geographic", "business_type", "pain_pattern", "scorer"]);
    let second = fleet.run(&["templater", "storer", "exporter", "notifier"]);
    let asked = request("traced", DATE, MatchConfig::default());
    let job = Outgoing::job("loader", Token::squeezed(&asked.client_id), Token::squeezed("traced"), &asked);
    let mut headers = HeaderMap::new();
    headers.insert(header::TRACEPARENT, format!("00-{TRACE}-{PARENT}-01"));
    headers.insert(header::SCHEMA, job.schema.as_str());
    fleet.broker.publish(&job.subject.to_string(), headers, job.payload.clone()).await;
    fleet.broker.finished("traced").await;
    fleet.broker.settled().await;
    let logs = [first.log(), second.log()];
    // What is left is told at the end.
    assert!(first.stop().success() && second.stop().success());

    let requests = collector.requests().into_iter();
    let requests = requests.map(|body| ExportTraceServiceRequest::decode(body.as_slice()).unwrap());
    let resources: Vec<_> = requests.flat_map(|request| request.resource_spans).collect();
    for resource in &resources {
        let of = attributes(&resource.resource.as_ref().unwrap().attributes);
        assert_eq!(of["service.name"], "leadfleet");
    }
    let spans = resources.iter().flat_map(|resource| &resource.scope_spans).flat_map(|scope| &scope.spans);
    let spans: Vec<&Span> = spans.filter(|span| hex(&span.trace_id) == TRACE).collect();
    let names: BTreeSet<_> = spans.iter().map(|span| span.name.as_str()).collect();
    let expected = [
        "process alerter",
        "process exporter",
        "process loader",
        "process matcher-business-type",
        "process matcher-geographic",
        "process matcher-pain-pattern",
        "process notifier",
        "process scorer",
        "process storer",
        "process templater",
    ];
    assert_eq!(names, BTreeSet::from(expected));
    let known: BTreeSet<_> = spans.iter().map(|span| hex(&span.span_id)).chain([PARENT.to_owned()]).collect();
    for span in &spans {
        assert!(known.contains(&hex(&span.parent_span_id)), "{} comes from nowhere", span.name);
        let of = attributes(&span.attributes);
        assert_eq!((of["messaging.system"], of["messaging.operation.type"]), ("nats", "process"));
        let stream = match span.name.as_str() {
            "process loader" => "JOBS",
            "process alerter" => "EVENTS",
            _ => "RUN",
        };
        assert_eq!(of["messaging.destination.name"], stream, "{}", span.name);
        assert!(of["messaging.consumer.group.name"].ends_with("-v1"), "{of:?}");
        // What a message says is nobody's business there.
        assert!(!of.values().any(|value| value.contains("Phoenix")), "{of:?}");
    }
    for log in logs {
        let lines = log.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let handled: Vec<_> = lines.filter(|line| line["message"] == "handled").collect();
        assert!(handled.iter().any(|line| line["trace_id"] == TRACE), "{log}");
    }
}
