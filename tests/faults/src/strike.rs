//! Does what the schedule says: one small function for each kind of fault.

use std::sync::Arc;
use std::time::Duration;

use async_nats::HeaderMap;
use proto::subject::{header, stream};
use runtime::Stored;
use standins::{Fault as Wire, SlackStep, Step, Twist};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::asked::Outside;
use crate::corrupt::Corrupt;
use crate::fleet::{Fleet, Relief};
use crate::kinds::SERVERS;
use crate::schedule::{ClaudeTrouble, Fault, How, Server, SlackTrouble, Whom};
use crate::world::World;

/// An answer that is lost may have been asked for so long before, and its record tried for so long after.
const CALL: Duration = Duration::from_secs(8);
/// How many messages change places.
const SHUFFLED: usize = 8;

/// What harm from outside needs.
pub(crate) struct Others {
    pub(crate) outside: Outside,
    pub(crate) world: Arc<World>,
    /// What will be done once the server it needs is back.
    pub(crate) pending: JoinSet<()>,
}

/// Does it; whether it could be done.
pub(crate) async fn strike(
    fleet: &mut Fleet,
    others: &mut Others,
    fault: Fault,
    number: usize,
) -> anyhow::Result<bool> {
    let Others { outside, world, pending } = others;
    Ok(match fault {
        Fault::Kill { process } => kill(fleet, process),
        Fault::Trip { process, point, nth } => trip(fleet, process, point, nth),
        Fault::Pause { process, time } => pause(fleet, process, time),
        Fault::Stop { process } => stop(fleet, process),
        Fault::KillNats { down } => kill_nats(fleet, down),
        Fault::KillServers { first, many, down } => kill_servers(fleet, first, many, down),
        Fault::CutOff { server, time } => cut_off(fleet, server, time),
        Fault::Roll { each } => roll(fleet, each),
        Fault::KillPostgres { down } => kill_postgres(fleet, down),
        Fault::Network { whom, server, how } => network(fleet, whom, server, how),
        Fault::FillDisk { time } => return fill_disk(fleet, time).await,
        Fault::Duplicate { stream, place } => say_again(outside, stream, place, 1, number).await,
        Fault::Reorder { stream, place } => say_again(outside, stream, place, SHUFFLED, number).await,
        Fault::Corrupt { damage, target, bytes } => {
            let outside = outside.clone();
            pending.spawn(async move {
                outside.corrupt(number, Corrupt::of(damage, target, bytes, number)).await;
            });
            true
        }
        Fault::Import { tenant } => {
            let (world, url) = (Arc::clone(world), fleet.stack.postgres_url());
            pending.spawn(async move { world.change(&url, tenant, number).await });
            true
        }
        Fault::Claude { trouble, times } => {
            fleet.claude.script(std::iter::repeat_with(|| claude_step(trouble)).take(times));
            true
        }
        Fault::Slack { trouble, times } => {
            fleet.slack.script(std::iter::repeat_with(|| slack_step(trouble)).take(times));
            true
        }
    })
}

fn kill(fleet: &mut Fleet, process: usize) -> bool {
    fleet.may_lose_answers(Some(process), Duration::ZERO);
    let killed = fleet.places.get_mut(process).is_some_and(|place| place.kill());
    if killed {
        fleet.later(Duration::from_millis(300), Relief::Start(process));
    }
    killed
}

fn trip(fleet: &mut Fleet, process: usize, point: &str, nth: u32) -> bool {
    fleet.may_lose_answers(Some(process), Duration::ZERO);
    let killed = fleet.places.get_mut(process).is_some_and(|place| place.kill());
    if killed {
        fleet.run(process, Some(format!("{point}:{nth}")));
    }
    killed
}

fn pause(fleet: &mut Fleet, process: usize, time: Duration) -> bool {
    fleet.may_lose_answers(Some(process), time);
    let frozen = fleet.places.get(process).is_some_and(|place| place.freeze());
    fleet.later(time, Relief::Thaw(process));
    frozen
}

fn stop(fleet: &mut Fleet, process: usize) -> bool {
    fleet.may_lose_answers(Some(process), CALL);
    fleet.places.get_mut(process).is_some_and(|place| place.ask_to_end())
}

fn kill_nats(fleet: &mut Fleet, down: Duration) -> bool {
    if fleet.stack.nats_pid().is_none() || fleet.routes.is_some() && !fleet.unsettles(down) {
        return false;
    }
    fleet.may_lose_answers(None, down);
    fleet.stack.kill_nats();
    fleet.later(down, Relief::StartNats);
    true
}

fn kill_servers(fleet: &mut Fleet, first: usize, many: usize, down: Duration) -> bool {
    if !fleet.unsettles(down) {
        return false;
    }
    for server in (first..first + many).map(|server| server % SERVERS) {
        fleet.stack.kill_nats_server(server);
        fleet.later(down, Relief::StartServer(server));
    }
    true
}

fn cut_off(fleet: &mut Fleet, server: usize, time: Duration) -> bool {
    if !fleet.unsettles(time) {
        return false;
    }
    if let Some(routes) = &fleet.routes {
        routes.cut_off(server);
    }
    fleet.later(time, Relief::Reconnect(server));
    true
}

fn roll(fleet: &mut Fleet, each: Duration) -> bool {
    if !fleet.unsettles(each * SERVERS as u32) {
        return false;
    }
    for server in 0..SERVERS {
        let begin = each * server as u32;
        fleet.later(begin, Relief::StopServer(server));
        fleet.later(begin + Duration::from_millis(500), Relief::StartServer(server));
    }
    true
}

fn kill_postgres(fleet: &mut Fleet, down: Duration) -> bool {
    if fleet.stack.postgres_pid().is_none() {
        return false;
    }
    fleet.stack.kill_postgres();
    fleet.later(down, Relief::StartPostgres);
    true
}

fn network(fleet: &mut Fleet, whom: Whom, server: Server, how: How) -> bool {
    let (whom, all) = match whom {
        Whom::One(process) => (process..process + 1, Some(process)),
        Whom::All => (0..fleet.places.len(), None),
    };
    let mut time = Duration::ZERO;
    for process in whom {
        let Some(place) = fleet.places.get(process) else { return false };
        for proxy in place.proxies(server) {
            match how {
                How::Cut => proxy.cut(),
                How::Stall(stalled) => {
                    proxy.stall();
                    time = stalled;
                }
                How::Slow { each, time: slow } => {
                    proxy.slow_down(each);
                    time = slow;
                }
            }
        }
        fleet.later(time, Relief::ClearUp(process, server));
    }
    fleet.may_lose_answers(all, time);
    true
}

async fn fill_disk(fleet: &mut Fleet, time: Duration) -> anyhow::Result<bool> {
    if !fleet.disk.is_small() {
        return Ok(false);
    }
    fleet.disk.fill().await?;
    fleet.later(time, Relief::FreeDisk);
    Ok(true)
}

/// Says stored messages again under new ids, the last first; what was said on a subject meanwhile is not undone.
async fn say_again(outside: &Outside, name: &'static str, place: f64, many: usize, number: usize) -> bool {
    let found = timeout(Duration::from_secs(2), stored(outside, name, place, many)).await;
    let Ok(Some(messages)) = found else { return false };
    let is_any = !messages.is_empty();
    for message in messages.into_iter().rev() {
        let mut headers = kept(&message.headers);
        headers.insert(header::MESSAGE_ID, format!("again-{number}-{}", message.sequence));
        if name == stream::RUN {
            headers.insert("Nats-Expected-Last-Subject-Sequence", message.sequence.to_string());
        }
        let publish = async {
            let sent = outside.jetstream.publish_with_headers(
                message.subject.clone(),
                headers,
                message.payload.clone(),
            );
            sent.await.ok()?.await.ok()
        };
        // Nothing is promised about it, so nothing is lost if the broker is away.
        let _said = timeout(Duration::from_secs(2), publish).await;
    }
    is_any
}

async fn stored(outside: &Outside, name: &str, place: f64, many: usize) -> Option<Vec<Stored>> {
    let stream = outside.jetstream.get_stream(name).await.ok()?;
    let last = stream.cached_info().state.last_sequence;
    let mut sequence = ((last as f64 * place) as u64).max(1);
    let runs = runtime::Runs::new(outside.jetstream.clone());
    let mut found = Vec::new();
    while found.len() < many && sequence <= last {
        if let Ok(Some(message)) = runs.at(name, sequence).await {
            // A corrupt message again would be a second one.
            if !message.subject.contains("corrupt-") {
                found.push(message);
            }
        }
        sequence += 1;
    }
    Some(found)
}

/// The headers that the sender wrote.
fn kept(headers: &HeaderMap) -> HeaderMap {
    let mut kept = HeaderMap::new();
    for (name, values) in headers.iter() {
        if !name.to_string().starts_with("Nats-") {
            values.iter().for_each(|value| kept.append(name.clone(), value.clone()));
        }
    }
    kept
}

fn claude_step(trouble: ClaudeTrouble) -> Step {
    match trouble {
        ClaudeTrouble::RateLimit => Step::error(429, "rate_limit_error", None).with("retry-after", "1"),
        ClaudeTrouble::Overloaded => Step::error(529, "overloaded_error", None),
        ClaudeTrouble::ServerError => Step::error(500, "api_error", None),
        ClaudeTrouble::ProxyPage => Step::html(502),
        ClaudeTrouble::WrongKey => Step::error(401, "authentication_error", None),
        ClaudeTrouble::HalfBody => Step::Network(Wire::CloseMidBody),
        ClaudeTrouble::Hang => Step::Network(Wire::Hang),
        ClaudeTrouble::Reset => Step::Network(Wire::Reset),
        ClaudeTrouble::Redirect => Step::redirect("http://127.0.0.1:9/v1/messages"),
        ClaudeTrouble::Refusal => Step::Answer(Twist::Refusal { category: None, partial: false }),
        ClaudeTrouble::NoJson => Step::Answer(Twist::Text("no {json".to_owned())),
        ClaudeTrouble::CutShort => Step::Answer(Twist::Cut),
        ClaudeTrouble::Empty => Step::Answer(Twist::Empty),
    }
}

fn slack_step(trouble: SlackTrouble) -> SlackStep {
    match trouble {
        SlackTrouble::RateLimit => SlackStep::Limit { retry_after: 1 },
        SlackTrouble::ServerError => SlackStep::Refuse(500, "rollup_error"),
        SlackTrouble::Hang => SlackStep::Network(Wire::Hang),
        SlackTrouble::NoAnswer => SlackStep::Network(Wire::CloseBeforeHeaders),
        SlackTrouble::Redirect => SlackStep::Redirect("http://127.0.0.1:9/".to_owned()),
    }
}
