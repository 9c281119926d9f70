//! The pages of what the fleet is doing.

use crate::rig::Rig;
use async_nats::jetstream::consumer::pull::Config;
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
