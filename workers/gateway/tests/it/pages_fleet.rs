//! The pages of what the fleet is doing, and of what was tried again in a run.

use crate::rig::Rig;
use async_nats::HeaderMap;
use async_nats::jetstream::consumer::pull::Config;
use proto::v1::{Matches, RunHeader, RunRequest};
use proto::{Outgoing, Stage, Token};
use runtime::PROCESSES;
use serde_json::json;

/// Two processes run the loader, one of them an older version, which has a name that hurts.
async fn with_processes(rig: &Rig) {
    let jetstream = rig.runtime.jetstream();
    let durable = |name: &str| Config { durable_name: Some(name.to_owned()), ..Config::default() };
    let jobs = jetstream.get_stream("JOBS").await.unwrap();
    jobs.create_consumer(durable("loader-v1")).await.unwrap();
    jobs.create_consumer(durable("scorer-v1")).await.unwrap();
    let bucket = jetstream.get_key_value(PROCESSES).await.unwrap();
    for (key, host, version, workers) in
        [("a", "<b>old", "0.0.9", json!(["loader"])), ("b", "new", "0.1.0", json!(["loader", "scorer"]))]
    {
        let said = json!({"host": host, "pid": 7, "version": version, "since": "2025-11-11T09:30:00Z",
            "workers": workers, "of": "a later version"});
        bucket.put(key, said.to_string().into()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_are_shown_with_each_worker_and_differing_versions_are_a_warning() {
    let rig = Rig::start(&["--open"]).await;
    let page = rig.page("/workers").await;
    assert!(!page.contains("different versions") && !page.contains("processes work"), "{page}");
    with_processes(&rig).await;
    let old = json!({"host": "<b>old", "pid": 7, "version": "0.0.9", "since": "2025-11-11T09:30:00Z"});
    let new = json!({"host": "new", "pid": 7, "version": "0.1.0", "since": "2025-11-11T09:30:00Z"});
    for path in ["/index.json", "/workers.json"] {
        let told = rig.value(path).await;
        assert_eq!(told["processes"].as_array().unwrap().len(), 2, "{path}");
        let workers = &told["workers"];
        assert_eq!((&workers[0]["worker"], &workers[0]["processes"]), (&json!("loader"), &json!([old, new])));
        assert_eq!((&workers[1]["worker"], &workers[1]["processes"]), (&json!("scorer"), &json!([new])));
    }
    let page = rig.page("/workers").await;
    for part in [
        "2 processes work.",
        "<span class=\"badge warn\">different versions</span> <bdi>0.0.9, 0.1.0</bdi>",
        "<summary>2</summary>",
        "<summary>1</summary>",
        "<bdi>&lt;b&gt;old</bdi>, pid 7, version <bdi>0.0.9</bdi>, since <time datetime=\"2025-11-11T09:30:00Z\"",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_says_how_often_its_stages_were_tried_again() {
    let rig = Rig::start(&["--open"]).await;
    let run: Token = "20251111-0a1b2c3d4e5f".parse().unwrap();
    let request = RunRequest {
        client_id: db::DEFAULT_CLIENT.to_string(),
        run_date: "2025-11-11".to_owned(),
        ..RunRequest::default()
    };
    let header = RunHeader { run_id: run.to_string(), request: Some(request), ..RunHeader::default() };
    rig.runtime
        .publish(&Outgoing::part(&run, Stage::Profile, "run".parse().unwrap(), &header))
        .await
        .unwrap();
    for (part, tried) in
        [("geographic-0", "matcher-geographic 3"), ("pain_pattern-0", "matcher-pain-pattern 2")]
    {
        let part = Outgoing::part(&run, Stage::Match, part.parse().unwrap(), &Matches::default());
        let mut headers = HeaderMap::new();
        headers.insert("Lf-Try", tried);
        let (subject, payload) = (part.subject.to_string(), part.payload.into());
        let said = rig.runtime.jetstream().publish_with_headers(subject, headers, payload).await.unwrap();
        said.await.unwrap();
    }
    let told = rig.value(&format!("/runs/{run}.json")).await;
    let stages = told["status"]["stages"].as_array().unwrap();
    let retried = Vec::from_iter(stages.iter().filter(|stage| stage["retries"] != 0));
    assert_eq!(
        (retried.len(), &retried[0]["stage"], &retried[0]["retries"]),
        (1, &json!("match"), &json!(3))
    );
    let page = rig.page(&format!("/runs/{run}")).await;
    assert!(page.contains("2 parts <span class=\"muted\">3 retries</span>"), "{page}");
    assert_eq!(page.matches("retr").count(), 1, "only where there were any: {page}");
}
