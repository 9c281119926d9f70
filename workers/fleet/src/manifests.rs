//! Streams and consumers as resources of Kubernetes, for the controllers of NATS (NACK).

use async_nats::jetstream::stream;
use runtime::{Config, Consumer};
use serde_json::{Map, Value, json};
use std::time::Duration;

use crate::role;

const API: &str = "jetstream.nats.io/v1beta2";
/// What a nats-server takes when its configuration does not say otherwise, in bytes.
const MAX_PAYLOAD: usize = 1024 * 1024;

/// All of them in one list, with what `leadfleet provision` would ask for of a nats-server that knows none.
pub(crate) fn list(config: &Config) -> Value {
    let copies = config.replicas.unwrap_or(1);
    let streams = runtime::table(MAX_PAYLOAD, copies, &config.placement_tags, role::buckets());
    let streams = streams.iter().map(of_stream);
    let consumers = role::consumers(config.lease).into_iter().map(|consumer| of_consumer(&consumer, copies));
    json!({ "apiVersion": "v1", "kind": "List", "items": streams.chain(consumers).collect::<Vec<Value>>() })
}

fn of_stream(config: &stream::Config) -> Value {
    let spec = json!({
        "name": config.name,
        "subjects": config.subjects,
        "retention": config.retention,
        "discard": config.discard,
        "storage": config.storage,
        "maxAge": duration(config.max_age),
        "maxBytes": config.max_bytes,
        "maxMsgSize": Some(config.max_message_size).filter(|&size| size > 0),
        "maxMsgsPerSubject": Some(config.max_messages_per_subject).filter(|&count| count > 0),
        "duplicateWindow": Some(config.duplicate_window).filter(|window| !window.is_zero()).map(duration),
        "allowDirect": config.allow_direct,
        "allowRollup": config.allow_rollup,
        "denyDelete": config.deny_delete,
        "replicas": config.num_replicas,
        "placement": config.placement.as_ref().map(|placement| json!({ "tags": placement.tags })),
        // What was accepted outlives the resource, and what has changed since stays: streams that were made larger.
        "preventDelete": true,
        "preventUpdate": true,
    });
    resource("Stream", &config.name, spec)
}

fn of_consumer(consumer: &Consumer, copies: usize) -> Value {
    let Consumer { stream, config, .. } = consumer;
    let spec = json!({
        "streamName": stream,
        "durableName": config.durable_name,
        "filterSubject": config.filter_subject,
        "deliverPolicy": "all",
        "ackPolicy": config.ack_policy,
        "ackWait": duration(config.ack_wait),
        "maxDeliver": config.max_deliver,
        "maxAckPending": config.max_ack_pending,
        "replicas": copies,
        "preventDelete": true,
        // A worker that is paused stays so.
        "preventUpdate": true,
    });
    resource("Consumer", config.durable_name.as_deref().unwrap_or_default(), spec)
}

/// What is not set is left out. Names of resources have neither capitals nor underscores.
fn resource(kind: &str, name: &str, spec: Value) -> Value {
    let name = name.to_lowercase().replace('_', "-");
    let spec: Map<String, Value> = match spec {
        Value::Object(spec) => spec.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        _ => Map::new(),
    };
    json!({ "apiVersion": API, "kind": kind, "metadata": { "name": name }, "spec": spec })
}

/// As Go writes it.
fn duration(duration: Duration) -> String {
    format!("{}s", duration.as_secs())
}
