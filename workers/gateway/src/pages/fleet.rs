//! What the fleet is doing: the overview, and its workers with their gates.

use super::ask::{Ask, View};
use super::form::Sent;
use super::layout::{badge, command, csrf, empty, none};
use super::runs::{all_seen, broker, entries};
use super::table::{numbers, table, words as column};
use super::throughput::Point;
use super::words::{bytes, count, counted, duration, moment, moment_or_none, number, on_the_clock};
use crate::input::Id;
use crate::problem::{Kind, Problem};
use crate::sign_in::Role;
use axum::response::{IntoResponse as _, Redirect, Response};
use charts::{Frame, Lines, Over, Series, Unit, lines};
use chrono::TimeDelta;
use dead::{Event, Verb};
use maud::{Markup, html};
use overview::list::Entry;
use overview::status::{self, Postgres, Status, Stream, Worker};
use proto::subject::stream::ADVISORIES;
use runtime::{Announced, PauseError, Process};
use serde::Serialize;

/// What is going on, and what needs somebody.
#[derive(Serialize)]
struct Overview {
    #[serde(flatten)]
    status: Status,
    /// Messages settled a second, over the last hour.
    throughput: Vec<Point>,
    /// Open dead letters.
    open_letters: usize,
}

async fn now(ask: &Ask) -> Result<Overview, Problem> {
    let alive = ask.app.db.ping().await;
    let postgres = Postgres {
        reachable: alive.is_ok(),
        problem: alive.err().map(|error| error.to_string()),
        ..Postgres::default()
    };
    let url = ask.app.runtime.client().server_info().host.clone();
    let status = status::of(&all_seen(ask), &url, postgres, ask.app.now()).await?;
    let open_letters = ask
        .app
        .letters
        .read(|letters| letters.values().filter(|letter| letter.state == dead::Standing::Open).count());
    Ok(Overview { status, throughput: ask.app.throughput.points(), open_letters })
}

/// What somebody sees who does not operate the fleet: the runs of his client.
#[derive(Serialize)]
struct Home {
    runs: Vec<Entry>,
}

pub(super) async fn overview(ask: Ask) -> Result<Response, Problem> {
    if !ask.viewer.operates() {
        let runs = overview::list::newest(&broker(&ask), 5, ask.app.now()).await?;
        return Ok(ask.show(&Home { runs }));
    }
    Ok(ask.show(&now(&ask).await?))
}

impl View for Home {
    fn title(&self) -> String {
        "Overview".to_owned()
    }

    fn body(&self, ask: &Ask) -> Markup {
        html! {
            section #fleet data-live { (last_runs(ask, &self.runs)) }
        }
    }
}

fn last_runs(ask: &Ask, runs: &[Entry]) -> Markup {
    html! {
        h2 { "The last runs" }
        @if runs.is_empty() {
            (empty("No run yet", &html! { p { a href="/runs" { "Start one" } ", or:" } (command("leadfleet match start --watch")) }))
        } @else { (entries(ask, runs)) p { a href="/runs" { "All runs" } } }
    }
}

impl View for Overview {
    fn title(&self) -> String {
        "Overview".to_owned()
    }

    fn body(&self, ask: &Ask) -> Markup {
        let status = &self.status;
        let waiting: u64 = status.workers.iter().map(|worker| worker.pending).sum();
        let oldest = status.workers.iter().filter_map(|worker| worker.oldest_seconds).max();
        let waits_for_gate =
            |worker: &Worker| status.closed_gates.iter().any(|gate| gate.worker == worker.worker);
        let left_alone = |worker: &&Worker| worker.is_left_alone() && !waits_for_gate(worker);
        let nobody: Vec<&Worker> = status.workers.iter().filter(left_alone).collect();
        let paused = |worker: &&Worker| worker.paused_until.is_some() && worker.pending > 0;
        let paused: Vec<&Worker> = status.workers.iter().filter(paused).collect();
        let rate = self.throughput.last().map_or(0.0, |point| point.per_second);
        let running =
            status.runs.iter().filter(|run| ["running", "loading"].contains(&run.state.as_str())).count();
        html! {
            section #fleet data-live {
                ul.tiles {
                    li.tile { a href="/runs" { b { (running) } span { "running now" } } }
                    li.tile.bad[self.open_letters > 0] { a href="/dead" { b { (number(self.open_letters as i128)) } span { "open dead letters" } } }
                    li.tile { a href="/workers" { b { (number(waiting)) } span { "messages wait" } } }
                    li.tile.warn[oldest.is_some_and(|age| age > 600)] { a href="/workers" { b { (oldest.map_or_else(|| "–".to_owned(), |age| duration(age as f64))) } span { "the oldest waits" } } }
                    li.tile.warn[!status.closed_gates.is_empty()] { a href="/workers" { b { (status.closed_gates.len()) } span { "closed gates" } } }
                    li.tile { b { (format!("{rate:.1}")) } span { "settled a second" } }
                }
                h2 { "What needs a person" }
                @if self.open_letters == 0 && status.closed_gates.is_empty() && nobody.is_empty() && paused.is_empty() && status.postgres.reachable {
                    p { (badge("good", "nothing")) " The fleet works by itself." }
                } @else {
                    ul {
                        @if !status.postgres.reachable { li { (badge("bad", "Postgres")) " does not answer: " (status.postgres.problem.as_deref().unwrap_or_default()) } }
                        @if self.open_letters > 0 { li { (badge("bad", "dead letters")) " " a href="/dead" { (count(self.open_letters as u64, "message")) " failed for good" } " and can be corrected and replayed." } }
                        @for gate in &status.closed_gates { li { (badge("warn", "gate")) " " (gate.worker) " waits for " (gate.gate) ": " bdi { (gate.reason) } } }
                        @for worker in &paused { li { (badge("warn", "paused")) " " a href="/workers" { (worker.worker) } " has " (count(worker.pending, "message")) " waiting until " (moment_or_none(ask, worker.paused_until)) } }
                        @for worker in &nobody { li { (badge("warn", "nobody runs")) " " (worker.worker) " has " (count(worker.pending, "message")) " waiting: " code { "leadfleet run " (worker.worker) } } }
                    }
                }
                (last_runs(ask, &status.runs))
                h2 { "Throughput" }
                (curve(ask, &self.throughput))
                h2 { "Streams" }
                (streams(ask, &status.streams))
                p.muted { "nats-server " (status.server.version) @if !status.server.name.is_empty() { ", " (status.server.name) } }
            }
        }
    }
}

fn curve(ask: &Ask, points: &[Point]) -> Markup {
    let over = Over::Time(points.iter().map(|point| on_the_clock(ask, point.at)).collect());
    let series = vec![Series {
        name: "Settled".to_owned(),
        values: points.iter().map(|point| Some(point.per_second)).collect(),
    }];
    let data = Lines { over, over_name: "Time", value_name: "Messages a second", unit: Unit::Number, series };
    let frame = Frame {
        id: "throughput",
        title: "Messages settled a second, in the last hour",
        about: "How many messages all workers together have settled each second.",
        empty: "Not looked at for long enough yet: a point comes every ten seconds.",
    };
    lines(&frame, &data)
}

fn streams(ask: &Ask, streams: &[Stream]) -> Markup {
    table(
        "Streams",
        &ask.address,
        &[
            column("Stream", &|stream: &Stream| html! { (stream.name) }),
            numbers("Messages", &|stream| html! { (number(stream.messages)) }),
            numbers("Size", &|stream| html! { (bytes(stream.bytes)) }),
            column(
                "Full",
                &|stream| html! { progress max="100" value=(format!("{:.1}", stream.percent)) aria-label={ (stream.name) " is full by" } {} " " (format!("{:.1} %", stream.percent)) },
            ),
        ],
        streams,
    )
}

/// The workers, the processes that run them, and their gates.
#[derive(Serialize)]
struct Workers {
    workers: Vec<Worker>,
    processes: Vec<Announced>,
    closed_gates: Vec<runtime::Closed>,
}

pub(super) async fn workers(ask: Ask) -> Result<Response, Problem> {
    let Overview { status, .. } = now(&ask).await?;
    let Status { workers, processes, closed_gates, .. } = status;
    Ok(ask.show(&Workers { workers, processes, closed_gates }))
}

/// Pauses a worker for some minutes, or lets it go on.
pub(super) async fn order(Id(worker): Id, sent: Sent) -> Result<Response, Problem> {
    let by = sent.by()?;
    let app = &sent.ask.app;
    let minutes = sent.field("minutes").map(str::parse::<u32>).transpose().ok().flatten();
    let (verb, note, done) = match sent.field("order") {
        Some("pause") => {
            let minutes = minutes.filter(|minutes| (1..=10_080).contains(minutes));
            let minutes = minutes.ok_or_else(|| Problem::wrong("minutes", "use a number from 1 to 10080"))?;
            let until = by.at + TimeDelta::minutes(minutes.into());
            let note = format!("until {}", until.to_rfc3339());
            (Verb::PauseWorker, note, runtime::pause(app.runtime.jetstream(), &worker, until).await)
        }
        Some("resume") => {
            (Verb::ResumeWorker, String::new(), runtime::resume(app.runtime.jetstream(), &worker).await)
        }
        _ => return Err(Problem::wrong("order", "use pause or resume")),
    };
    done.map_err(|error| match error {
        PauseError::Unknown(_) => Problem::new(Kind::NotFound, error.to_string()),
        PauseError::Broker(_) => Problem::away("NATS", error),
    })?;
    app.dead.record(&Event::new(verb, &worker, &by).noting(note)).await?;
    Ok(Redirect::to("/workers").into_response())
}

/// The form that pauses a worker, or lets it go on.
fn orders(ask: &Ask, worker: &Worker) -> Markup {
    html! {
        details {
            summary { @if worker.paused_until.is_some() { "Go on" } @else { "Pause" } }
            form.stack method="post" action={ "/workers/" (worker.worker) } {
                (csrf(ask))
                @if worker.paused_until.is_none() {
                    label { "Minutes" input name="minutes" type="number" min="1" max="10080" value="60"; }
                }
                label { "Why" input name="reason" required maxlength="500"; }
                @if worker.paused_until.is_some() { button name="order" value="resume" { "Let " (worker.worker) " go on" } }
                @else { button name="order" value="pause" { "Pause " (worker.worker) } }
            }
        }
    }
}

impl View for Workers {
    fn title(&self) -> String {
        "Workers".to_owned()
    }

    fn body(&self, ask: &Ask) -> Markup {
        html! {
            p.muted { "Each row is a consumer: any number of processes may share it. A gate closes by itself when what a worker needs does not answer, and opens when it does. Waiting: not fetched yet. In hand: fetched and not done. Again: delivered more than once. Pulls: requests for messages that wait for some." }
            section #workers data-live {
                (running(&self.processes))
                @if self.workers.is_empty() {
                    (empty("No worker ever ran on this server", &html! { (command("leadfleet run --help")) }))
                } @else {
                    @let (sweeps, workers): (Vec<&Worker>, Vec<&Worker>) =
                        self.workers.iter().partition(|worker| worker.stream == ADVISORIES);
                    (self.rows(ask, "Workers", &workers))
                    details {
                        summary { (count(sweeps.len() as u64, "sweep")) }
                        p.muted { "Each worker has one: it buries what the broker has given up." }
                        (self.rows(ask, "Sweeps", &sweeps))
                    }
                }
                h2 { "Closed gates" }
                @if self.closed_gates.is_empty() { p { (badge("good", "none")) } }
                @for gate in &self.closed_gates {
                    p.notice.warn { b { (gate.worker) } " waits for " b { (gate.gate) } " since " (gate.since) ": " bdi { (gate.reason) } }
                }
            }
        }
    }
}

/// How many processes work, with a warning when they are not of one version.
fn running(processes: &[Announced]) -> Markup {
    let versions = status::versions(processes);
    html! {
        @if !processes.is_empty() {
            p {
                (counted(processes.len() as u64, "process works", "processes work")) "."
                @if versions.len() > 1 {
                    " " (badge("warn", "different versions")) " " bdi { (Vec::from_iter(versions).join(", ")) } " run at once."
                }
            }
        }
    }
}

/// How many processes run a worker, and which.
fn processes(ask: &Ask, processes: &[Process]) -> Markup {
    html! {
        @if processes.is_empty() { (none()) } @else {
            details {
                summary { (processes.len()) }
                ul {
                    @for process in processes {
                        li { bdi { (process.host) } ", pid " (process.pid) ", version " bdi { (process.version) } ", since " (moment(ask, process.since)) }
                    }
                }
            }
        }
    }
}

impl Workers {
    fn rows(&self, ask: &Ask, caption: &str, workers: &[&Worker]) -> Markup {
        let gate = |worker: &Worker| self.closed_gates.iter().find(|gate| gate.worker == worker.worker);
        table(
            caption,
            &ask.address,
            &[
                column("Worker", &|worker: &&Worker| html! { (worker.worker) }),
                column("State", &|worker| match (gate(worker), worker.waiting) {
                    _ if worker.paused_until.is_some() => {
                        html! { (badge("warn", "paused")) " until " (moment_or_none(ask, worker.paused_until)) }
                    }
                    (Some(_), _) => badge("warn", "gate closed"),
                    (None, 0) if worker.in_flight == 0 => {
                        badge(if worker.pending > 0 { "bad" } else { "" }, "nobody runs")
                    }
                    (None, _) => badge("good", "runs"),
                }),
                numbers("Waiting", &|worker| html! { (number(worker.pending)) }),
                numbers("In hand", &|worker| html! { (number(worker.in_flight as i128)) }),
                numbers(
                    "Oldest",
                    &|worker| html! { @match worker.oldest_seconds { Some(age) => (duration(age as f64)), None => "–" } },
                ),
                numbers("Again", &|worker| html! { (number(worker.redelivered as i128)) }),
                column("Processes", &|worker| processes(ask, &worker.processes)),
                numbers("Pulls", &|worker| html! { (worker.waiting) }),
                column("Reads", &|worker| html! { (worker.stream) }),
                column(
                    "",
                    &|worker| html! { @if ask.viewer.may(Role::Operator) && worker.stream != ADVISORIES { (orders(ask, worker)) } },
                ),
            ],
            workers,
        )
    }
}
