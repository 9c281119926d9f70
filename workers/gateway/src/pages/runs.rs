//! Runs: which there are, how each came about, and asking for one.

use super::ask::{Ask, View};
use super::dead::known;
use super::form::Sent;
use super::layout::{badge, command, csrf, empty};
use super::table::{numbers, table, words as column};
use super::words::{count, counted, duration, moment, number};
use crate::events::say;
use crate::input::Id;
use crate::problem::{Kind, Problem};
use crate::sign_in::Role;
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::{DateTime, Datelike as _, NaiveDate, SecondsFormat, Utc};
use db::Uuid;
use dead::Verb;
use maud::{Markup, html};
use overview::list::{Entry, Scrapes, Sort};
use overview::run::RunStatus;
use overview::runs::{self, Known};
use overview::{Broker, Error, StageProgress, Timeline, list};
use proto::subject::stream;
use proto::v1::{RunRequest, Trigger};
use proto::{Outgoing, Token};
use serde::Serialize;

/// Runs that are listed.
const ROWS: usize = 50;

/// What the broker knows of the client's own runs.
pub(super) fn broker(ask: &Ask) -> Broker {
    Broker::new(ask.app.runtime.jetstream().clone()).of_client(ask.viewer.client)
}

/// The same of the runs that whoever looks may see: those who operate the fleet see all clients'.
pub(super) fn all_seen(ask: &Ask) -> Broker {
    if ask.viewer.operates() { Broker::new(ask.app.runtime.jetstream().clone()) } else { broker(ask) }
}

/// The runs, and the scrapers of each day.
#[derive(Serialize)]
struct Runs {
    runs: Vec<Entry>,
    /// How many there are, on whatever part of the page.
    total: usize,
    scrapes: Vec<Scrapes>,
}

pub(super) async fn all(ask: Ask) -> Result<Response, Problem> {
    let broker = all_seen(&ask);
    let mut scrapes = list::scrapes(&broker).await?;
    scrapes.truncate(14);
    let (sort, turned) = ask.address.sorting(&Sort::ALL.map(|sort| (sort.as_str(), sort)), Sort::Begun)?;
    let wanted = list::Wanted { sort, turned, offset: ask.address.offset()?, most: ROWS };
    let (runs, total) = list::page(&broker, wanted, ask.app.now()).await?;
    Ok(ask.show(&Runs { runs, total, scrapes }))
}

pub(super) async fn one(ask: Ask, Id(name): Id) -> Result<Response, Problem> {
    let broker = all_seen(&ask);
    let known = match runs::find(&broker, &name).await {
        // A request is a run as soon as a loader has taken it.
        Err(Error::UnknownRun { .. }) if name.starts_with(REQUEST) => match waiting(&ask, &name).await {
            Some(waiting) => return Ok(ask.show(&waiting)),
            None => runs::find(&broker, &name).await?,
        },
        known => known?,
    };
    let timeline = ask.app.timelines.timeline(&broker, &known, ask.app.now()).await?;
    let is_own =
        known.header.request.is_some_and(|request| request.client_id == ask.viewer.client.to_string());
    Ok(ask.show(&Run {
        another: name.starts_with(REQUEST) && timeline.status.request_id != name,
        is_own,
        timeline,
    }))
}

/// What has become of a request that is no run; none when nobody has it, or no longer.
async fn waiting(ask: &Ask, name: &str) -> Option<Waiting> {
    let client = Token::squeezed(&ask.viewer.client.to_string());
    let subject =
        Outgoing::job(LOADER, client, name.parse().ok()?, &RunRequest::default()).subject.to_string();
    let died = known(&ask.app).await.ok()?.read(|letters| {
        letters.values().rev().find(|letter| letter.subject == subject).map(|letter| letter.sequence)
    });
    let jobs = ask.app.runtime.jetstream().get_stream_no_info(stream::JOBS).await.ok()?;
    let waits = died.is_some() || jobs.get_last_raw_message_by_subject(&subject).await.is_ok();
    waits.then(|| Waiting { request_id: name.to_owned(), died })
}

/// The jobs of the loader.
const LOADER: &str = "loader";
/// What requests of this page are called.
const REQUEST: &str = "web-";

/// Asks for a run.
pub(super) async fn start(sent: Sent) -> Result<Response, Problem> {
    sent.needs(Role::Operator)?;
    let (app, viewer) = (&sent.ask.app, &sent.ask.viewer);
    let date = sent.field("date").map(str::parse::<NaiveDate>).transpose();
    let date = date.map_err(|error| Problem::wrong("date", error.to_string()))?;
    if date.is_some_and(|date| !(2000..2100).contains(&date.year())) {
        return Err(Problem::wrong("date", "is too far away"));
    }
    let date = date.unwrap_or_else(|| app.now().with_timezone(&sent.ask.zone).date_naive());
    let id = format!("{REQUEST}{}", Uuid::now_v7().simple());
    let request = RunRequest {
        request_id: id.clone(),
        client_id: viewer.client.to_string(),
        run_date: date.to_string(),
        trigger: Trigger::Manual.into(),
        as_of: app.now().to_rfc3339_opts(SecondsFormat::Micros, true),
        again: sent.field("again").is_some(),
        ..RunRequest::default()
    };
    sent.record(Verb::StartRun, &id).await?;
    let client = Token::squeezed(&request.client_id);
    say(app, &Outgoing::job(LOADER, client, Token::squeezed(&id), &request)).await?;
    Ok(Redirect::to(&format!("/runs/{id}")).into_response())
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let said = error.to_string();
        match error {
            Error::SeveralClinics { .. } => Self::new(Kind::Conflict, said),
            error if error.is_unknown() => Self::new(Kind::NotFound, said),
            error => Self::away("NATS", error),
        }
    }
}

impl View for Runs {
    fn title(&self) -> String {
        "Runs".to_owned()
    }

    fn body(&self, ask: &Ask) -> Markup {
        html! {
            p.muted { "A run matches pain points to clinics, ranks the segments, writes templates, stores and exports. It begins when the third scraper of a day is done, at 03:00, or when somebody asks." }
            section #runs data-live {
                @if self.runs.is_empty() {
                    (empty("No run yet", &html! { p { "Start one below, or:" } (command("leadfleet match start --watch")) }))
                } @else { (entries(ask, &self.runs)) (ask.address.parts(self.total, ROWS)) }
            }
            @if ask.viewer.may(Role::Operator) { (start_form(ask)) }
            h2 { "Scrapers" }
            @if self.scrapes.is_empty() { p { "No scraper was done in the last days." } } @else {
                (table("Scrapers by day", &ask.address, &[
                    column("Day", &|day: &Scrapes| html! { (day.date) }),
                    numbers("Done", &|day| html! { (day.done.len()) " of 3" }),
                    column("When", &|day| html! { @for done in &day.done { (done.source) " " (at(ask, &done.at)) " " } }),
                ], &self.scrapes))
            }
        }
    }
}

fn start_form(ask: &Ask) -> Markup {
    html! {
        h2 { "Start a run" }
        form.filter method="post" action="/runs/start" {
            (csrf(ask))
            label { "Date " input type="date" name="date"; }
            label { input type="checkbox" name="again" value="1"; " again, though the same input was matched before" }
            button.main { "Start" }
        }
    }
}

/// Runs in rows. Their heads sort the page of all runs, wherever these are shown.
pub(super) fn entries(ask: &Ask, runs: &[Entry]) -> Markup {
    let or_none =
        |number: Option<u32>| html! { @match number { Some(count) => (self::number(count)), None => "–" } };
    table(
        "Runs",
        &ask.address.at("/runs").or("sort", Sort::Begun.as_str()),
        &[
            column("Run", &|run: &Entry| html! { a.id href={ "/runs/" (run.run_id) } { (run.run_id) } }),
            column("Date", &|run: &Entry| html! { (run.run_date) }).latest_by(Sort::Date.as_str()),
            column(
                "State",
                &|run| html! { (state(&run.state)) @if run.missing > 0 { " " (badge("warn", &format!("{} missing", run.missing))) } },
            ),
            column("Begun by", &|run| html! { (run.trigger) }),
            column("Begun", &|run: &Entry| at(ask, &run.begun_at)).latest_by(Sort::Begun.as_str()),
            numbers("Pain points", &|run: &Entry| html! { (number(run.pain_points)) })
                .by(Sort::PainPoints.as_str()),
            numbers("Clinics", &|run: &Entry| html! { (number(run.clinics)) }).by(Sort::Clinics.as_str()),
            numbers("Segments", &|run| or_none(run.segments)),
            numbers("Matched", &|run| or_none(run.clinics_matched)),
        ],
        runs,
    )
}

/// A time that the read model has as text.
fn at(ask: &Ask, text: &str) -> Markup {
    text.parse::<DateTime<Utc>>().map_or_else(|_| html! { (text) }, |time| moment(ask, time))
}

pub(super) fn state(word: &str) -> Markup {
    let kind = match word {
        "complete" => "good",
        "running" | "loading" => "accent",
        "failed" | "abandoned" => "bad",
        _ => "",
    };
    badge(kind, word)
}

/// A request that no loader has taken yet, or that died.
#[derive(Serialize)]
struct Waiting {
    request_id: String,
    /// Its dead letter.
    died: Option<u64>,
}

impl View for Waiting {
    fn title(&self) -> String {
        "A run that was asked for".to_owned()
    }

    fn body(&self, _ask: &Ask) -> Markup {
        html! {
            section #run data-live {
                @match self.died {
                    Some(letter) => (empty("It died", &html! { p { "Why, and what can be done: " a href={ "/dead/" (letter) } { "dead letter " (letter) } } })),
                    None => (empty("It waits for a loader", &html! {
                        p { "Nothing is lost: it begins as soon as one runs." }
                        (command("leadfleet run loader"))
                    })),
                }
                p.muted { (self.request_id) }
            }
        }
    }
}

/// A run, and how it was asked for.
#[derive(Serialize)]
struct Run {
    #[serde(flatten)]
    timeline: Timeline,
    /// Whether it was there when it was asked for again.
    #[serde(skip)]
    another: bool,
    /// Whether its rows are the client's own.
    #[serde(skip)]
    is_own: bool,
}

impl View for Run {
    fn title(&self) -> String {
        format!("Run {}", self.timeline.status.run_id)
    }

    fn body(&self, ask: &Ask) -> Markup {
        let Timeline { status, alerts, before } = &self.timeline;
        html! {
            section #run data-live {
                @if self.another { p.notice role="status" { "Nothing has changed since this run: it is the answer. To match the same input again, tick “again” when starting." } }
                p { (state(&status.state)) " for " (status.run_date) ", begun " (moment(ask, status.begun_at)) " by " (status.trigger) ", " (duration(status.seconds)) }
                @if let Some(announced) = &status.announced_by { p { "Announced by " (announced) "." } }
                @for missing in &status.missing { p.notice.warn { "Missing: " bdi { (missing) } } }
                @for warning in &status.warnings { p.notice { bdi { (warning) } } }
                h2 { "Stages" }
                (stages(ask, status, before.as_ref()))
                @let dead: Vec<_> = status.stages.iter().flat_map(|stage| stage.dead.iter().map(move |part| (stage.stage, part))).collect();
                @if !dead.is_empty() {
                    h2 { "Parts whose maker died" }
                    p { a href={ "/dead?each=1&state=all&run=" (status.run_id) } { "Their dead letters" } }
                    ul { @for (stage, part) in dead { li { (stage) " " bdi { (part.part) } ": " (part.class) } } }
                }
            @if !alerts.is_empty() {
                h2 { "What people were told" }
                (table("Alerts", &ask.address, &[
                    column("When", &|alert: &overview::Alerted| moment(ask, alert.at)),
                    column("How bad", &|alert| badge(if alert.severity == "error" { "bad" } else { "" }, alert.severity)),
                    column("What", &|alert| html! { bdi { (alert.text) } @if !alert.hint.is_empty() { br; span.muted { bdi { (alert.hint) } } } }),
                ], alerts))
            }
            h2 { "What came out" }
            @if self.is_own { p { a href={ "/segments?run=" (status.run_id) } { "Its segments" } " · " a href={ "/unmatched?run=" (status.run_id) } { "Clinics in no segment" } } }
            @if let Some(store) = &status.store { p { "Stored: " bdi { (store) } } }
            @if let Some(export) = &status.export { p { "Exported: " bdi { (export) } } }
            @if status.files.is_empty() { p.muted { "No files were written" @if status.announced_by.is_none() { " yet" } "." } } @else {
                ul { @for file in &status.files { li.mono { bdi { (file) } } } }
            }
            @if let Some(before) = before {
                p { "The run before: " a href={ "/runs/" (before.run_id) } { (before.run_id) } ", " (state(&before.state)) ", " (duration(before.seconds)) }
            }
            }
        }
    }
}

/// Each stage as a row, with its place in time and the run before.
fn stages(ask: &Ask, status: &RunStatus, before: Option<&RunStatus>) -> Markup {
    let earlier = |stage: &str| {
        let found = before?.stages.iter().find(|one| one.stage == stage)?;
        found.seconds
    };
    let begun = status.begun_at;
    let end = status.stages.iter().filter_map(|stage| stage.last_at).max().unwrap_or(begun);
    let whole = ((end - begun).num_milliseconds() as f64).max(1.0);
    let share =
        |at: DateTime<Utc>| ((at - begun).num_milliseconds() as f64 / whole * 100.0).clamp(0.0, 100.0);
    table(
        "Stages",
        &ask.address,
        &[
            column("Stage", &|stage: &StageProgress| html! { (stage.stage) }),
            column("Parts", &|stage| parts(stage)),
            column("When", &|stage| {
                html! {
                    @if let (Some(first), Some(last)) = (stage.first_at, stage.last_at) {
                        svg.when viewBox="0 0 100 10" role="img" aria-label={ "from " (duration((first - begun).num_milliseconds() as f64 / 1e3)) " to " (duration((last - begun).num_milliseconds() as f64 / 1e3)) } preserveAspectRatio="none" {
                            rect.when-all x="0" y="4" width="100" height="2" {}
                            @let wide = (share(last) - share(first)).max(1.0);
                            rect.when-part x=(share(first).min(100.0 - wide)) y="1" width=(wide) height="8" {}
                        }
                    }
                }
            }),
            numbers(
                "First after",
                &|stage| html! { @match stage.first_at { Some(first) => (duration((first - begun).num_milliseconds() as f64 / 1e3)), None => "–" } },
            ),
            numbers(
                "Took",
                &|stage| html! { @match stage.seconds { Some(seconds) => (duration(seconds)), None => "–" } },
            ),
            numbers(
                "Before",
                &|stage| html! { @match earlier(stage.stage) { Some(seconds) => (duration(seconds)), None => "–" } },
            ),
        ],
        &status.stages,
    )
}

fn parts(stage: &StageProgress) -> Markup {
    let done = stage.done as u64;
    html! {
        @match stage.planned {
            Some(planned) if planned > 0 => {
                progress max=(planned) value=(done.min(planned.into())) aria-label={ (stage.stage) " parts" } {} " "
                (number(done)) " of " (number(planned))
            }
            _ => (count(done, "part")),
        }
        @if !stage.dead.is_empty() { " " (badge("bad", &format!("{} dead", stage.dead.len()))) }
        @if stage.retries > 0 { " " span.muted { (counted(stage.retries, "retry", "retries")) } }
    }
}

/// The run that an address names, else the newest.
pub(super) async fn named(ask: &Ask, broker: &Broker) -> Result<Known, Error> {
    runs::find(broker, ask.address.get("run").unwrap_or("latest")).await
}
