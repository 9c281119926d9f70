//! Every kind of fault, and how its details are drawn.

use std::time::Duration;

use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;

use crate::schedule::{ClaudeTrouble, Damage, Fault, How, ROLES, Server, SlackTrouble, Whom};

/// Points of a process at which it can be made to die, and the roles that pass them.
const POINTS: [(&str, &[&str]); 7] = [
    ("begun", &[]),
    ("handled", &[]),
    ("before_publish", &[]),
    ("published", &[]),
    ("acked", &[]),
    ("answered", &["scorer", "templater"]),
    ("stored", &["storer"]),
];

/// Of a cluster.
pub(crate) const SERVERS: usize = 3;

/// How a kind of fault is drawn.
type Draw = fn(&mut StdRng) -> Fault;

/// A kind of fault: its name, how often it is drawn, and how.
pub(crate) type Kind = (&'static str, u32, Draw);

/// Every kind of fault, of a fleet on `servers` nats-servers.
pub(crate) fn kinds(servers: usize) -> Vec<Kind> {
    let of_a_cluster: &[Kind] = if servers > 1 { &KINDS_OF_A_CLUSTER } else { &[] };
    [&KINDS, of_a_cluster].concat()
}

const KINDS_OF_A_CLUSTER: [Kind; 4] = [
    ("kill -9 of one nats-server of three", 9, kill_one_nats),
    ("kill -9 of two nats-servers of three", 3, kill_two_nats),
    ("one nats-server cut off from the others", 6, cut_off_nats),
    ("rolling restart of the nats-servers", 2, roll_nats),
];

const KINDS: [Kind; 21] = [
    ("kill -9 of a worker", 10, kill),
    ("kill -9 at a named point", 16, trip),
    ("pause of a worker beyond its lease", 6, pause),
    ("SIGTERM of a worker", 6, stop),
    ("kill -9 of nats-server", 4, kill_nats),
    ("kill -9 of Postgres", 4, kill_postgres),
    ("one worker's connections cut", 7, cut_one),
    ("all connections to a server cut", 3, cut_all),
    ("one worker's connections stalled", 5, stall_one),
    ("all connections to a server stalled", 2, stall_all),
    ("slow network", 2, slow),
    ("disk full", 3, fill_disk),
    ("rows change under a run", 5, import),
    ("duplicate message", 10, duplicate),
    ("messages out of order", 5, reorder),
    ("corrupt message", 12, corrupt),
    ("message that kills who handles it", 3, poison),
    ("Claude out of order", 14, claude),
    ("Claude 429 storm", 3, claude_storm),
    ("Slack out of order", 7, slack),
    ("Slack 429 storm", 2, slack_storm),
];

fn kill(dice: &mut StdRng) -> Fault {
    Fault::Kill { process: any(dice) }
}

fn trip(dice: &mut StdRng) -> Fault {
    let (point, roles) = POINTS[dice.random_range(0..POINTS.len())];
    let process = if roles.is_empty() { any(dice) } else { of_roles(dice, roles) };
    Fault::Trip { process, point, nth: dice.random_range(1..=2) }
}

fn pause(dice: &mut StdRng) -> Fault {
    Fault::Pause { process: any(dice), time: millis(dice, 2_500, 6_000) }
}

fn stop(dice: &mut StdRng) -> Fault {
    Fault::Stop { process: any(dice) }
}

fn kill_nats(dice: &mut StdRng) -> Fault {
    Fault::KillNats { down: millis(dice, 0, 4_000) }
}

fn kill_one_nats(dice: &mut StdRng) -> Fault {
    Fault::KillServers { first: dice.random_range(0..SERVERS), many: 1, down: millis(dice, 0, 12_000) }
}

fn kill_two_nats(dice: &mut StdRng) -> Fault {
    Fault::KillServers { first: dice.random_range(0..SERVERS), many: 2, down: millis(dice, 0, 8_000) }
}

fn cut_off_nats(dice: &mut StdRng) -> Fault {
    Fault::CutOff { server: dice.random_range(0..SERVERS), time: millis(dice, 1_000, 15_000) }
}

fn roll_nats(dice: &mut StdRng) -> Fault {
    Fault::Roll { each: millis(dice, 4_000, 8_000) }
}

fn kill_postgres(dice: &mut StdRng) -> Fault {
    Fault::KillPostgres { down: millis(dice, 0, 6_000) }
}

fn cut_one(dice: &mut StdRng) -> Fault {
    let (process, server) = connection(dice);
    Fault::Network { whom: Whom::One(process), server, how: How::Cut }
}

fn cut_all(dice: &mut StdRng) -> Fault {
    let (_, server) = connection(dice);
    Fault::Network { whom: Whom::All, server, how: How::Cut }
}

fn stall_one(dice: &mut StdRng) -> Fault {
    let (process, server) = connection(dice);
    Fault::Network { whom: Whom::One(process), server, how: How::Stall(millis(dice, 500, 8_000)) }
}

fn stall_all(dice: &mut StdRng) -> Fault {
    let (_, server) = connection(dice);
    Fault::Network { whom: Whom::All, server, how: How::Stall(millis(dice, 500, 5_000)) }
}

fn slow(dice: &mut StdRng) -> Fault {
    let (_, server) = connection(dice);
    let how = How::Slow { each: millis(dice, 5, 60), time: millis(dice, 1_000, 6_000) };
    Fault::Network { whom: Whom::All, server, how }
}

fn fill_disk(dice: &mut StdRng) -> Fault {
    Fault::FillDisk { time: millis(dice, 1_000, 6_000) }
}

fn import(dice: &mut StdRng) -> Fault {
    // The scrapers' tenant has the most runs.
    Fault::Import { tenant: dice.random_bool(0.5).then(|| dice.random_range(0..1_000)) }
}

fn duplicate(dice: &mut StdRng) -> Fault {
    Fault::Duplicate { stream: stream(dice), place: dice.random() }
}

fn reorder(dice: &mut StdRng) -> Fault {
    Fault::Reorder { stream: stream(dice), place: dice.random() }
}

fn corrupt(dice: &mut StdRng) -> Fault {
    let damages =
        [Damage::RandomBytes, Damage::Truncated, Damage::UnknownEnum, Damage::WrongSchema, Damage::Oversized];
    Fault::Corrupt {
        damage: *pick(dice, &damages, &Damage::RandomBytes),
        target: dice.random_range(0..64),
        bytes: dice.random(),
    }
}

fn poison(_dice: &mut StdRng) -> Fault {
    Fault::Corrupt { damage: Damage::Poison, target: 0, bytes: 0 }
}

fn claude(dice: &mut StdRng) -> Fault {
    use ClaudeTrouble as T;
    let troubles = [
        T::Overloaded,
        T::ServerError,
        T::ProxyPage,
        T::WrongKey,
        T::HalfBody,
        T::Hang,
        T::Reset,
        T::Redirect,
        T::Refusal,
        T::NoJson,
        T::CutShort,
        T::Empty,
    ];
    Fault::Claude { trouble: *pick(dice, &troubles, &T::Hang), times: dice.random_range(1..=4) }
}

fn claude_storm(dice: &mut StdRng) -> Fault {
    Fault::Claude { trouble: ClaudeTrouble::RateLimit, times: dice.random_range(5..=20) }
}

fn slack(dice: &mut StdRng) -> Fault {
    use SlackTrouble as T;
    let troubles = [T::ServerError, T::Hang, T::NoAnswer, T::Redirect];
    Fault::Slack { trouble: *pick(dice, &troubles, &T::NoAnswer), times: dice.random_range(1..=2) }
}

fn slack_storm(dice: &mut StdRng) -> Fault {
    Fault::Slack { trouble: SlackTrouble::RateLimit, times: dice.random_range(3..=8) }
}

fn any(dice: &mut StdRng) -> usize {
    dice.random_range(0..ROLES.len())
}

fn of_roles(dice: &mut StdRng, roles: &[&str]) -> usize {
    let places: Vec<usize> = (0..ROLES.len()).filter(|place| roles.contains(&ROLES[*place])).collect();
    *pick(dice, &places, &0)
}

/// A process and a server that it talks to.
fn connection(dice: &mut StdRng) -> (usize, Server) {
    if dice.random_bool(0.6) {
        (any(dice), Server::Nats)
    } else {
        (of_roles(dice, &["loader", "storer"]), Server::Postgres)
    }
}

fn stream(dice: &mut StdRng) -> &'static str {
    use proto::subject::stream::{EVENTS, JOBS, RUN};
    [RUN, RUN, RUN, EVENTS, JOBS].choose(dice).copied().unwrap_or(RUN)
}

pub(crate) fn millis(dice: &mut StdRng, least: u64, most: u64) -> Duration {
    Duration::from_millis(dice.random_range(least..=most))
}

fn pick<'a, T>(dice: &mut StdRng, all: &'a [T], otherwise: &'a T) -> &'a T {
    all.choose(dice).unwrap_or(otherwise)
}
