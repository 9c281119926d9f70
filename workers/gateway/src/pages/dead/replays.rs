//! What a replay would do, replays that are and were, and letters that are given up.

use super::super::ask::{Ask, View};
use super::super::form::Sent;
use super::super::layout::{badge, csrf, empty};
use super::super::table::{numbers, table, words as column};
use super::super::words::{count, moment};
use super::{chosen, known};
use crate::input::Id;
use crate::problem::{Kind, Problem};
use crate::sign_in::Role;
use axum::response::{IntoResponse as _, Redirect, Response};
use dead::{DryRun, Filter, Order, Pace, Phase, Replay, Request, Standing};
use maud::{Markup, html};
use serde::Serialize;

/// What a replay would do.
#[derive(Serialize)]
struct Dry {
    #[serde(flatten)]
    dry_run: DryRun,
    filter: Filter,
    /// Whether those go too that were given up or have died in three replays.
    force: bool,
}

pub(crate) async fn plan(ask: Ask) -> Result<Response, Problem> {
    let filter = chosen::filter(|name| ask.address.get(name), &[], ask.app.now())?;
    let force = ask.address.get("force").is_some();
    let letters = known(&ask.app).await?.read(|letters| letters.values().cloned().collect());
    let plan = ask.app.dead.plan_among(letters, &filter, force).await?;
    Ok(ask.show(&Dry { dry_run: plan.dry_run, filter, force }))
}

/// Begins a replay of the letters that are meant, in this process.
pub(crate) async fn replay(sent: Sent) -> Result<Response, Problem> {
    let by = sent.by()?;
    let filter = chosen::of_form(&sent, &[])?;
    let (dead, force) = (&sent.ask.app.dead, sent.field("force").is_some());
    let plan = dead.plan(&filter, force).await?;
    if plan.dry_run.letters == 0 {
        return Err(Problem::new(
            Kind::Conflict,
            "none of these letters would be replayed; nothing was done",
        ));
    }
    let pace = Pace {
        rate: number(&sent, "rate", 50.0, 0.01..=1e6)?,
        in_flight: number(&sent, "in_flight", 100.0, 1.0..=10_000.0)? as u64,
    };
    let engine = dead.begin(plan, Request { by, filter, force, pace }).await?;
    let id = engine.progress().borrow().id.clone();
    carry_out(&sent.ask, engine);
    Ok(Redirect::to(&format!("/dead/replays#r{id}")).into_response())
}

fn number(
    sent: &Sent,
    name: &str,
    default: f64,
    range: std::ops::RangeInclusive<f64>,
) -> Result<f64, Problem> {
    let Some(text) = sent.field(name) else { return Ok(default) };
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| {
        Problem::wrong(name, format!("use a number from {} to {}", range.start(), range.end()))
    })
}

/// It is paused when this process stops, and can be resumed from anywhere.
fn carry_out(ask: &Ask, engine: dead::Engine) {
    let mut stop = ask.app.runtime.stop_signal();
    tokio::spawn(async move {
        let stopped = async move { drop(stop.wait_for(|stop| *stop).await) };
        if let Err(error) = engine.run(stopped).await {
            tracing::error!(%error, "a replay broke off; it can be resumed");
        }
    });
}

#[derive(Serialize)]
#[serde(transparent)]
struct Replays(Vec<Replay>);

pub(crate) async fn replays(ask: Ask) -> Result<Response, Problem> {
    Ok(ask.show(&Replays(ask.app.dead.replays().await?)))
}

/// Pauses, resumes or ends a replay.
pub(crate) async fn order(Id(id): Id, sent: Sent) -> Result<Response, Problem> {
    let by = sent.by()?;
    let dead = &sent.ask.app.dead;
    let order = match sent.field("order") {
        Some("pause") => Order::Pause,
        Some("resume") => Order::Run,
        Some("cancel") => Order::Cancel,
        _ => return Err(Problem::wrong("order", "use pause, resume or cancel")),
    };
    dead.order(&id, order, &by).await?;
    // Its process heeds the wish; where there is none, this one does.
    if order != Order::Pause && !dead.is_attended(&id).await? {
        carry_out(&sent.ask, dead.take_over(&id).await?);
    }
    Ok(Redirect::to(&format!("/dead/replays#r{id}")).into_response())
}

/// Gives letters up, after their number was typed where they are more than a few.
pub(crate) async fn discard(sent: Sent) -> Result<Response, Problem> {
    let by = sent.by()?;
    let filter = chosen::of_form(&sent, &[Standing::Open])?;
    let letters = sent.ask.app.dead.list(&filter).await?;
    if letters.is_empty() {
        return Err(Problem::new(Kind::Conflict, "none of these letters is open; nothing was done"));
    }
    let found = letters.len();
    if found as u64 > dead::FEW && sent.field("count") != Some(&found.to_string()) {
        return Err(Problem::wrong("count", format!("{found} letters would be given up: type their number")));
    }
    sent.ask.app.dead.discard(&letters, &filter, &by).await?;
    let next = if let [letter] = letters.as_slice() {
        format!("/dead/{}", letter.sequence)
    } else {
        "/dead".to_owned()
    };
    Ok(Redirect::to(&next).into_response())
}

impl View for Dry {
    fn title(&self) -> String {
        "What a replay would do".to_owned()
    }

    fn body(&self, ask: &Ask) -> Markup {
        let dry = &self.dry_run;
        html! {
            p { b { (count(dry.letters, "letter")) } " would be replayed"
                @if dry.superseded > 0 { ", " (count(dry.superseded, "letter")) " superseded because an earlier stage of their run is done again" }
                "." }
            @if !dry.kinds.is_empty() {
                (table("Letters that would go", &ask.address, &[
                    numbers("Letters", &|kind: &dead::Kind| html! { (kind.letters) }),
                    column("Worker", &|kind| html! { (kind.worker) }),
                    column("Class", &|kind| badge("", &kind.class)),
                ], &dry.kinds))
            }
            @if !dry.runs.is_empty() {
                h2 { "Runs that would re-open" }
                (table("Runs that would re-open", &ask.address, &[
                    column("Run", &|run: &dead::Reopened| html! { a href={ "/runs/" (run.run) } { (run.run) } }),
                    column("From stage", &|run| html! { (run.stage) }),
                    numbers("Letters", &|run| html! { (run.letters) }),
                    numbers("Superseded", &|run| html! { (run.superseded) }),
                ], dry.runs.get(..20).unwrap_or(&dry.runs)))
                @if dry.runs.len() > 20 { p.muted { "and " (dry.runs.len() - 20) " more runs" } }
            }
            @for skipped in &dry.skipped {
                p { (count(skipped.letters, "letter")) " not replayed, such as " a href={ "/dead/" (skipped.such_as) } { (skipped.such_as) } ": " (skipped.why) "." }
            }
            @if dry.effects_done > 0 { p { "Effects that are done already: " (dry.effects_done) "." } }
            @if dry.claude_calls > 0 { p { "Claude: at most " (count(dry.claude_calls, "question")) "; what was asked before costs nothing." } }
            p.muted { "Nothing was changed. The first letter goes alone, then ten, then the rest at the pace below; it stops by itself when they die again." }
            @if dry.letters > 0 && ask.viewer.may(Role::Operator) {
                form.stack method="post" action="/dead/replay" {
                    (csrf(ask))
                    (chosen::hidden(&ask.address))
                    @if self.force { input type="hidden" name="force" value="1"; }
                    @if !self.filter.narrows() { label { span { input type="checkbox" name="all" value="1" required; " all open letters are meant" } } }
                    label { "Letters a second" input name="rate" type="number" min="0.01" max="1000000" step="any" value="50"; }
                    label { "Letters whose end is not known, at most" input name="in_flight" type="number" min="1" max="10000" value="100"; }
                    label { "Why" input name="reason" required maxlength="500"; }
                    div { button.main { "Replay " (count(dry.letters, "letter")) } }
                }
            } @else if !self.force && dry.skipped_letters() > 0 {
                p { a href=(ask.address.with("force", 1).href()) { "Insist" } " on those that were given up or have died in three replays." }
            }
        }
    }
}

impl View for Replays {
    fn title(&self) -> String {
        "Replays".to_owned()
    }

    fn body(&self, ask: &Ask) -> Markup {
        html! {
            section #replays data-live {
                @if self.0.is_empty() {
                    (empty("Nothing was replayed yet", &html! { p { a href="/dead" { "The dead letters" } } }))
                }
                @for replay in &self.0 { (told(ask, replay)) }
            }
        }
    }
}

fn told(ask: &Ask, replay: &Replay) -> Markup {
    let kind = match replay.phase {
        Phase::Running => "accent",
        Phase::Finished => "good",
        Phase::Stopped => "bad",
        Phase::Paused => "warn",
        Phase::Cancelled => "",
    };
    let (tally, done) = (&replay.tally, replay.tally.ended());
    html! {
        article.card id={ "r" (replay.id) } {
            h2 { (badge(kind, replay.phase.as_str())) " " bdi { (replay.by.reason) } }
            p { progress max=(replay.letters) value=(done) aria-label="letters that have ended" {} " "
                (done) " of " (replay.letters) " ended: " (tally.resolved) " resolved, " (tally.died_again) " died again, " (tally.skipped) " skipped"
                @if replay.runs > 0 { ", " (replay.runs) " runs re-opened" } }
            @if !replay.why.is_empty() { p role="alert" { "It stopped by itself: " (replay.why) } }
            p.muted { "Begun " (moment(ask, replay.by.at)) " by " bdi { (replay.by.operator) } }
            @if !replay.phase.is_over() && ask.viewer.may(Role::Operator) {
                form.inline method="post" action={ "/dead/replays/" (replay.id) } {
                    (csrf(ask))
                    label { "Why " input name="reason" required maxlength="500"; }
                    @if replay.phase == Phase::Running { button name="order" value="pause" { "Pause" } }
                    @else { button name="order" value="resume" { "Resume" } }
                    button.danger name="order" value="cancel" { "Cancel" }
                }
            }
        }
    }
}
