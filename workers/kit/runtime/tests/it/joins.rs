//! The join: complete once, whoever notices, dead parts included, at a cost that grows with the parts and no faster.

use crate::fleet::{Broker, Probe, first, job, part, plan, run, tombstone};
use proto::{Message as _, Outbox, Stage, Subject, v1};

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_is_complete_when_its_last_part_is_there() {
    let broker = Broker::start().await;
    let runtime = broker.runtime().await;
    let (probe, _seen) = Probe::new(|request, _| {
        let id = request.request_id;
        let run = "r-1";
        Ok(match id.as_str() {
            "plan" => Outbox::none().with(plan(run, 3)),
            id => Outbox::none().with(part(run, id)),
        })
    });
    let worker = run(&runtime, probe);
    for id in ["p1", "p2", "plan"] {
        runtime.publish(&job(id)).await.unwrap();
    }
    first(&runtime, "RUN", "lf.v1.run.r-1.match.plan").await;
    first(&runtime, "RUN", "lf.v1.run.r-1.match.part.p2").await;
    let run = "r-1".parse().unwrap();
    assert!(!runtime.runs().has_complete(&run, Stage::Match, 0).await.unwrap());
    runtime.publish(&job("p3")).await.unwrap();
    let complete = first(&runtime, "RUN", "lf.v1.run.r-1.match.complete.0").await;
    assert_eq!(v1::Complete::decode(complete.payload).unwrap().parts, 3);
    runtime.stop();
    worker.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_part_counts_and_says_so() {
    let broker = Broker::start().await;
    let runtime = broker.runtime().await;
    let (probe, _seen) = Probe::new(|_, _| Err(runtime::Fault::reject("permanent", "no")));
    let worker = run(&runtime, probe);
    runtime.publish(&plan("r-2", 1)).await.unwrap();
    runtime.publish(&job("r-2")).await.unwrap();
    first(&runtime, "RUN", "lf.v1.run.r-2.match.complete.0").await;
    let run = "r-2".parse().unwrap();
    let dead = runtime.runs().part::<v1::Plan>(&run, Stage::Match, "0").await.unwrap().unwrap();
    assert_eq!(dead.body.unwrap_err().class, "permanent");
    runtime.stop();
    worker.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stage_said_in_an_earlier_generation_does_not_complete_a_later_one() {
    let broker = Broker::start().await;
    let runtime = broker.runtime().await;
    let (probe, mut seen) = Probe::new(|request, _| {
        let id = request.request_id;
        Ok(Outbox::none().with(part("r-4", id.split('-').next().unwrap())))
    });
    let worker = run(&runtime, probe);
    say(&runtime, plan("r-4", 3), 0).await;
    for id in ["a-0", "b-0", "c-0"] {
        say(&runtime, job(id), 0).await;
    }
    first(&runtime, "RUN", "lf.v1.run.r-4.match.complete.0").await;
    // Stored before the part is asked for, as whoever plans a stage does it.
    say(&runtime, plan("r-4", 2), 1).await;
    say(&runtime, job("a-1"), 1).await;
    for _ in 0..4 {
        seen.recv().await.unwrap();
    }
    // What is stored after them says that their joins have been looked at.
    runtime.stop();
    worker.await.unwrap();
    let run = "r-4".parse().unwrap();
    assert!(!runtime.runs().has_complete(&run, Stage::Match, 1).await.unwrap(), "b is still of generation 0");

    let again = broker.runtime().await;
    let (probe, _seen) = Probe::new(|_, _| Ok(Outbox::none().with(part("r-4", "b"))));
    let worker = crate::fleet::run(&again, probe);
    say(&again, job("b-1"), 1).await;
    let complete = first(&again, "RUN", "lf.v1.run.r-4.match.complete.1").await;
    assert_eq!(v1::Complete::decode(complete.payload).unwrap(), v1::Complete { parts: 2, generation: 1 });
    again.stop();
    worker.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_parts_from_two_processes_complete_once() {
    const PARTS: u32 = 10_000;
    let broker = Broker::start().await;
    let fleets = [broker.runtime().await, broker.runtime().await];
    let mut workers = Vec::new();
    for runtime in &fleets {
        let (probe, _) = Probe::new(|request, _| Ok(Outbox::none().with(part("r-3", &request.request_id))));
        workers.push(run(runtime, probe));
    }
    fleets[0].publish(&plan("r-3", PARTS)).await.unwrap();
    let publish = |id: u32| {
        let runtime = fleets[0].clone();
        async move { runtime.publish(&job(&format!("p{id}"))).await.unwrap() }
    };
    futures::StreamExt::for_each_concurrent(futures::stream::iter(0..PARTS), 64, publish).await;
    first(&fleets[0], "RUN", "lf.v1.run.r-3.match.complete.0").await;
    let run = "r-3".parse().unwrap();
    let runs = fleets[0].runs();
    assert_eq!(runs.count(&Subject::parts(&run, Stage::Match)).await.unwrap(), u64::from(PARTS));
    assert_eq!(runs.count(&Subject::completes(&run, Stage::Match)).await.unwrap(), 1);
    let mut parts = runs.parts::<v1::Plan>(&run, Stage::Match).await.unwrap();
    let mut read = 0;
    while parts.next().await.unwrap().is_some() {
        read += 1;
    }
    assert_eq!(read, PARTS);
    for (runtime, worker) in fleets.iter().zip(workers) {
        runtime.stop();
        worker.await.unwrap();
    }
}

/// Stores a message of a generation.
async fn say(runtime: &runtime::Runtime, message: proto::Outgoing, generation: u32) {
    let mut headers = async_nats::HeaderMap::new();
    headers.insert("Lf-Generation", generation.to_string());
    let subject = message.subject.to_string();
    let sent = runtime.jetstream().publish_with_headers(subject, headers, message.payload.into()).await;
    sent.unwrap().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_parts_with_dead_ones_doubles_and_disorder_complete_once_in_each_generation() {
    const PARTS: u32 = 1_000;
    const DEAD: [u32; 5] = [3, 99, 500, 501, 999];
    let broker = Broker::start().await;
    let runtime = broker.runtime().await;
    let (probe, _seen) = Probe::new(|request, delivery| {
        let id: u32 = request.request_id.parse().unwrap();
        if DEAD.contains(&id) && delivery.generation == 0 {
            return Ok(Outbox::none().with(tombstone("r-5", &id.to_string())));
        }
        Ok(Outbox::none().with(part("r-5", &id.to_string())))
    });
    let worker = run(&runtime, probe);
    runtime.publish(&plan("r-5", PARTS)).await.unwrap();
    // Out of order, and every third one twice.
    for id in (0..PARTS).map(|id| id * 389 % PARTS) {
        say(&runtime, job(&id.to_string()), 0).await;
        if id % 3 == 0 {
            say(&runtime, job(&id.to_string()), 0).await;
        }
    }
    first(&runtime, "RUN", "lf.v1.run.r-5.match.complete.0").await;
    let run = "r-5".parse().unwrap();
    let completes = Subject::completes(&run, Stage::Match);
    assert_eq!(runtime.runs().count(&completes).await.unwrap(), 1);
    // A replay takes the tombstones away and says the parts again, the last of them twice.
    let stream = runtime.jetstream().get_stream("RUN").await.unwrap();
    for id in DEAD {
        stream.purge().filter(format!("lf.v1.run.r-5.match.part.{id}")).await.unwrap();
    }
    for id in DEAD {
        assert!(!runtime.runs().has_complete(&run, Stage::Match, 1).await.unwrap(), "before {id}");
        say(&runtime, job(&id.to_string()), 1).await;
        first(&runtime, "RUN", &format!("lf.v1.run.r-5.match.part.{id}")).await;
        if id == 999 {
            first(&runtime, "RUN", "lf.v1.run.r-5.match.complete.1").await;
            break;
        }
    }
    say(&runtime, job("999"), 1).await;
    say(&runtime, job("0"), 1).await;
    runtime.stop();
    worker.await.unwrap();
    assert_eq!(runtime.runs().count(&completes).await.unwrap(), 2);
}
