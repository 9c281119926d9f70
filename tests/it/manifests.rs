//! What the chart gives the controllers of NATS makes what `leadfleet provision` makes.

use std::collections::BTreeMap;
use std::path::Path;

use async_nats::jetstream::consumer::Info;
use futures::TryStreamExt as _;
use serde_json::{Map, Value, json};
use tests::TestFleet;

/// Streams and consumers by their names, as the server tells them.
async fn told(fleet: &TestFleet) -> BTreeMap<String, Value> {
    let mut told = BTreeMap::new();
    let mut streams = fleet.broker.jetstream.streams();
    while let Some(info) = streams.try_next().await.unwrap() {
        let name = info.config.name.clone();
        let stream = fleet.broker.jetstream.get_stream(&name).await.unwrap();
        let consumers: Vec<Info> = stream.consumers().try_collect().await.unwrap();
        for consumer in consumers.into_iter().filter(|consumer| consumer.config.durable_name.is_some()) {
            let key = format!("{name} {}", consumer.name);
            told.insert(key, serde_json::to_value(consumer.config).unwrap());
        }
        told.insert(name, serde_json::to_value(info.config).unwrap());
    }
    told
}

/// A field of a resource as JetStream calls it.
fn field(name: &str) -> String {
    match name {
        "replicas" => "num_replicas".to_owned(),
        "allowRollup" => "allow_rollup_hdrs".to_owned(),
        other => other
            .chars()
            .flat_map(|sign| sign.is_uppercase().then_some('_').into_iter().chain(sign.to_lowercase()))
            .collect(),
    }
}

/// Does what the controllers do with a resource.
async fn apply(fleet: &TestFleet, resource: &Value) {
    let mut config = Map::new();
    for (name, value) in resource["spec"].as_object().unwrap() {
        let seconds = value.as_str().and_then(|text| text.strip_suffix('s')?.parse::<u64>().ok());
        let value = seconds.map_or_else(|| value.clone(), |seconds| json!(seconds * 1_000_000_000));
        config.insert(field(name), value);
    }
    assert_eq!(config.remove("prevent_delete"), Some(true.into()));
    assert_eq!(config.remove("prevent_update"), Some(true.into()));
    let (subject, request) = match resource["kind"].as_str().unwrap() {
        "Stream" => (format!("STREAM.CREATE.{}", config["name"].as_str().unwrap()), json!(config)),
        "Consumer" => {
            let stream = config.remove("stream_name").unwrap();
            let (of, name) = (stream.as_str().unwrap(), config["durable_name"].as_str().unwrap());
            let subject = format!("CONSUMER.DURABLE.CREATE.{of}.{name}");
            (subject, json!({ "stream_name": stream, "config": config }))
        }
        other => panic!("nobody makes a {other}"),
    };
    let answer =
        fleet.broker.client.request(format!("$JS.API.{subject}"), request.to_string().into()).await.unwrap();
    let answer: Value = serde_json::from_slice(&answer.payload).unwrap();
    assert!(answer.get("error").is_none(), "{resource}: {answer}");
}

#[tokio::test]
async fn the_chart_has_the_streams_and_consumers_of_provision() {
    let fleet = TestFleet::start().await.without("LEADFLEET_LEASE");
    let printed = fleet.said(&["provision", "--manifests", "--json"]).await;
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/helm/leadfleet/files/jetstream.json");
    let kept: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(kept, printed, "`leadfleet provision --manifests` prints what is to be in {}", file.display());

    fleet.said(&["provision", "--json"]).await;
    let made = told(&fleet).await;
    for name in made.keys().filter(|name| !name.contains(' ')) {
        fleet.broker.jetstream.delete_stream(name).await.unwrap();
    }
    for resource in kept["items"].as_array().unwrap() {
        apply(&fleet, resource).await;
    }
    assert_eq!(told(&fleet).await, made);
    fleet.said(&["provision", "--json"]).await;
    assert_eq!(told(&fleet).await, made, "nothing is changed that is as it should be");
}

#[tokio::test]
async fn copies_and_tags_are_in_the_manifests() {
    let fleet =
        TestFleet::start().await.with("LEADFLEET_REPLICAS", "3").with("LEADFLEET_PLACEMENT_TAGS", "ssd,east");
    let printed = fleet.said(&["provision", "--manifests", "--json"]).await;
    let resources = printed["items"].as_array().unwrap();
    assert!(resources.len() > 30, "{resources:?}");
    for resource in resources {
        let spec = &resource["spec"];
        assert_eq!(spec["replicas"], 3, "{resource}");
        if resource["kind"] == "Stream" {
            assert_eq!(spec["allowDirect"], false, "{resource}");
            assert_eq!(spec["placement"], json!({ "tags": ["ssd", "east"] }), "{resource}");
        }
    }
}
