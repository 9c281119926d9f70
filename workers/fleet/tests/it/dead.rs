//! `leadfleet dead` from outside: looked at, corrected, replayed, killed, given up, remembered.

use std::collections::HashMap;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proto::v1::RunRequest;
use proto::{Outbox, Outgoing, Token};
use runtime::{Config, Delivery, Fault, Runtime, Source, Worker};
use serde_json::Value;
use tokio::sync::watch;

use crate::{Servers, check_fails, json, text};

/// Consumes the jobs `counter`; dies of them while it is broken, else counts each id.
#[derive(Clone)]
struct Counter {
    broken: Arc<AtomicBool>,
    effects: Arc<Mutex<HashMap<String, u32>>>,
    done: Arc<watch::Sender<usize>>,
}

impl Worker for Counter {
    const NAME: &'static str = "counter";
    const SOURCE: Source = Source::Jobs("counter");
    type Input = RunRequest;

    async fn handle(&self, input: RunRequest, _delivery: &Delivery) -> Result<Outbox, Fault> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(Fault::reject("permanent", format!("could not count {}", input.request_id)));
        }
        let mut effects = self.effects.lock().unwrap();
        *effects.entry(input.request_id).or_default() += 1;
        self.done.send_replace(effects.len());
        Ok(Outbox::none())
    }
}

/// A broker with dead letters, and the worker that they died in, mended.
struct Scene {
    servers: Servers,
    runtime: Runtime,
    counter: Counter,
}

impl Scene {
    async fn with_dead(letters: usize) -> Self {
        let servers = tokio::task::spawn_blocking(Servers::start).await.unwrap();
        let nats_url = servers.nats_url();
        let config = Config { lease: Some(Duration::from_secs(5)), ..Config::of(nats_url) };
        let runtime = Runtime::start(config).await.unwrap();
        let counter = Counter {
            broken: Arc::new(AtomicBool::new(true)),
            effects: Arc::default(),
            done: Arc::new(watch::Sender::new(0)),
        };
        let (running, worker) = (runtime.clone(), counter.clone());
        tokio::spawn(async move { running.run(worker).await.unwrap() });
        let dead = dead::Dead::new(runtime.jetstream().clone());
        let mut follow = dead.follow(&dead::Filter::default()).await.unwrap();
        for number in 0..letters {
            let id = format!("j{number}");
            let request = RunRequest { request_id: id.clone(), ..RunRequest::default() };
            let client = Token::squeezed("c");
            runtime.publish(&Outgoing::job("counter", client, Token::squeezed(&id), &request)).await.unwrap();
        }
        for _ in 0..letters {
            follow.next().await.unwrap();
        }
        counter.broken.store(false, Ordering::SeqCst);
        Self { servers, runtime, counter }
    }

    /// `leadfleet dead …`, to its end.
    async fn dead(&self, arguments: &[&str]) -> std::process::Output {
        let mut command = self.servers.leadfleet(&[&["dead"], arguments].concat());
        command.env("USER", "ann");
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    }

    /// `leadfleet dead … --json`, which ends well.
    async fn told(&self, arguments: &[&str]) -> Value {
        let output = self.dead(&[arguments, &["--json"]].concat()).await;
        assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
        json(&output)
    }

    fn start(&self, arguments: &[&str], trip: &str) -> Child {
        let mut command = self.servers.leadfleet(arguments);
        command.env("LEADFLEET_TRIP", trip).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    async fn until(&self, effects: usize) {
        self.counter.done.subscribe().wait_for(|done| *done >= effects).await.unwrap();
    }

    fn effects(&self) -> (usize, u32) {
        let effects = self.counter.effects.lock().unwrap();
        (effects.len(), effects.values().copied().max().unwrap_or_default())
    }
}

const REPLAY: [&str; 9] =
    ["dead", "replay", "--all", "--apply", "--reason", "mended", "--rate", "200", "--json"];

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_whose_process_is_killed_three_times_does_each_effect_once() {
    let scene = Scene::with_dead(300).await;
    assert_eq!(scene.told(&["replay"]).await["letters"], 300);

    // Between mark and publish, between publish and acknowledgement, and anywhere.
    let mut first = scene.start(&REPLAY, "replaying:40");
    assert_eq!(tokio::task::spawn_blocking(move || first.wait()).await.unwrap().unwrap().signal(), Some(6));
    let resume = ["dead", "replays", "resume", "--json"];
    let mut second = scene.start(&resume, "replayed:40");
    assert_eq!(tokio::task::spawn_blocking(move || second.wait()).await.unwrap().unwrap().signal(), Some(6));
    let mut third = scene.start(&resume, "");
    scene.until(150).await;
    third.kill().unwrap();
    third.wait().unwrap();

    let replay = scene.told(&["replays", "resume"]).await;
    assert_eq!((&replay["phase"], &replay["letters"]), (&"finished".into(), &300.into()));
    assert_eq!((&replay["published"], &replay["resolved"]), (&300.into(), &300.into()));
    assert_eq!(scene.effects(), (300, 1));
    let again = scene.told(&["replay"]).await;
    assert_eq!((&again["letters"], &again["effects_done"]), (&0.into(), &300.into()));
    scene.runtime.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_looks_corrects_gives_up_carries_and_replays() {
    let scene = Scene::with_dead(30).await;

    let listing = scene.told(&["list"]).await;
    assert_eq!((&listing["letters"], &listing["groups"][0]["count"]), (&30.into(), &30.into()));
    let listing = text(&scene.dead(&["list", "3-5", "--each"]).await.stdout);
    assert!(listing.contains("3 dead letters") && listing.contains("could not count"), "{listing}");
    let shown = scene.told(&["show", "1"]).await;
    assert_eq!((&shown["worker"], &shown["state"]), (&"counter".into(), &"open".into()));
    check_fails(&scene.dead(&["show", "99"]).await, 3, &["no dead letter 99", "dead list"]);
    check_fails(&scene.dead(&["diff", "1"]).await, 3, &["no good message"]);

    // Corrected, from a file.
    let mut body = shown["body"].clone();
    body["request_id"] = "corrected".into();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("1.json");
    let path = file.to_str().unwrap();
    std::fs::write(&file, r#"{"request_ids": "typo"}"#).unwrap();
    let edit = ["edit", "1", "--from", path, "--reason", "typo"];
    check_fails(&scene.dead(&edit).await, 2, &["request_ids", "nothing was filed"]);
    std::fs::write(&file, body.to_string()).unwrap();
    assert_eq!(scene.told(&edit).await["copy"], 31);
    check_fails(&scene.dead(&edit).await, 7, &["dead letter 1 is edited"]);

    // Given up, only with a reason and the right number.
    check_fails(&scene.dead(&["discard", "2"]).await, 2, &["needs a reason"]);
    let discard = ["discard", "2-13", "--reason", "test data"];
    check_fails(&scene.dead(&discard).await, 7, &["12 letters would be given up", "--yes-discard 12"]);
    check_fails(&scene.dead(&["discard", "--reason", "x"]).await, 7, &["every open letter"]);
    let discarded = scene.told(&[&discard[..], &["--yes-discard", "12"]].concat()).await;
    assert_eq!(discarded["discarded"], 12);

    // Carried out and in: nothing is there twice.
    let file = directory.path().join("dead.jsonl");
    let path = file.to_str().unwrap();
    assert!(scene.dead(&["export", "--output", path]).await.status.success());
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 18);
    let import = scene.dead(&["import", path, "--reason", "back", "--json"]).await;
    assert_eq!((import.status.code(), &json(&import)["there_already"]), (Some(7), &18.into()));

    // Replayed: never all of them by accident.
    let apply = ["--apply", "--reason", "mended"];
    check_fails(&scene.dead(&[&["replay"], &apply[..]].concat()).await, 7, &["every open letter", "--all"]);
    let dry_run = text(&scene.dead(&["replay", "--all"]).await.stdout);
    assert!(dry_run.contains("18 letters would be replayed") && dry_run.contains("--apply"), "{dry_run}");
    let replay = scene.told(&[&["replay", "--all"], &apply[..]].concat()).await;
    assert_eq!((&replay["resolved"], &replay["died_again"]), (&18.into(), &0.into()));
    assert_eq!(scene.effects(), (18, 1));
    assert_eq!(scene.counter.effects.lock().unwrap().get("corrected"), Some(&1));
    check_fails_with_data(&scene.dead(&[&["replay", "--all"], &apply[..]].concat()).await, 3);

    let history = scene.told(&["history"]).await;
    let verbs: Vec<&str> =
        history.as_array().unwrap().iter().filter_map(|event| event["verb"].as_str()).collect();
    assert_eq!(verbs, ["edit", "discard", "import", "replay", "replay_ended"]);
    assert_eq!((&history[1]["operator"], &history[1]["reason"]), (&"ann".into(), &"test data".into()));
    scene.runtime.stop();
}

/// It ends with this code after it has printed what it found.
#[track_caller]
fn check_fails_with_data(output: &std::process::Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "{}{}", text(&output.stdout), text(&output.stderr));
    assert!(!output.stdout.is_empty());
}
