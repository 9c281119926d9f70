//! One letter: why it died, what it says, against a good one, and in an editor.

use super::super::ask::{Ask, View};
use super::super::form::Sent;
use super::super::layout::{badge, csrf, none};
use super::super::table::{table, words as column};
use super::super::words::{bytes, count, moment};
use super::{known, standing};
use crate::input::Numbers;
use crate::problem::Problem;
use crate::sign_in::Role;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use dead::{Among, Event, Message, Shown, Standing, Verb, Wish, blank, correction};
use maud::{Markup, html};
use serde::Serialize;

/// Changes of it that are shown.
const DONE: usize = 50;

/// A letter with what is good of its kind, and what was done to it.
#[derive(Serialize)]
struct Letter {
    #[serde(flatten)]
    shown: Shown,
    comparison: Option<dead::Comparison>,
    history: Vec<Event>,
    /// What the editor holds.
    #[serde(skip)]
    draft: Draft,
}

/// A correction as far as it is written.
struct Draft {
    schema: String,
    body: String,
    reason: String,
    /// Why it cannot be filed.
    wrong: Option<String>,
}

impl Draft {
    /// What the letter says, else what it is made of, else a message of its kind that says nothing.
    fn of(message: &Message, shown: &Shown, comparison: Option<&dead::Comparison>) -> Self {
        let text = || String::from_utf8(message.payload.to_vec()).ok().filter(|text| !text.is_empty());
        let blank = || blank(&shown.letter.schema).map(|blank| format!("{blank:#}"));
        let body = shown.body.as_ref().map(|body| format!("{body:#}")).or_else(text).or_else(blank);
        let good = comparison.map(|comparison| comparison.good.schema.clone());
        let schema = Some(shown.letter.schema.clone()).filter(|schema| !schema.is_empty()).or(good);
        Self {
            schema: schema.unwrap_or_default(),
            body: visible(&body.unwrap_or_default()),
            reason: String::new(),
            wrong: None,
        }
    }
}

/// JSON in which no sign turns the words around it: such signs as JSON writes them.
fn visible(json: &str) -> String {
    let turns = |sign: char| matches!(sign, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut text = String::with_capacity(json.len());
    for sign in json.chars() {
        if turns(sign) {
            text.push_str(&format!("\\u{:04x}", u32::from(sign)));
        } else {
            text.push(sign);
        }
    }
    text
}

pub(crate) async fn one(ask: Ask, Numbers(sequence): Numbers<u64>) -> Result<Response, Problem> {
    show(&ask, sequence, None).await
}

async fn show(ask: &Ask, sequence: u64, draft: Option<Draft>) -> Result<Response, Problem> {
    let message = ask.app.dead.open(sequence).await?;
    // While the letters are being read it is shown all the same.
    let comparison = match known(&ask.app).await {
        Ok(known) => ask.app.dead.compare(&message, Among::Newest(known)).await?,
        Err(_) => None,
    };
    let wish = Wish { letter: Some(sequence), ..Wish::default() };
    let shown = message.shown();
    let draft = draft.unwrap_or_else(|| Draft::of(&message, &shown, comparison.as_ref()));
    let recent = ask.app.dead.recent(&wish, None, DONE).await?;
    Ok(ask.show(&Letter { shown, comparison, history: recent.events, draft }))
}

/// Files a corrected copy.
pub(crate) async fn edit(Numbers(sequence): Numbers<u64>, sent: Sent) -> Result<Response, Problem> {
    let by = sent.by()?;
    let message = sent.ask.app.dead.open(sequence).await?;
    let schema = sent.field("schema").unwrap_or(&message.letter.schema);
    let correction = match correction(schema, sent.whole("body").as_bytes()) {
        Ok(correction) => correction,
        // What was typed is not lost.
        Err(error) => {
            let draft = Draft {
                schema: schema.to_owned(),
                body: sent.whole("body").to_owned(),
                reason: by.reason,
                wrong: Some(error.to_string()),
            };
            let page = show(&sent.ask, sequence, Some(draft)).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let edited = sent.ask.app.dead.edit(&message, &correction, &by).await?;
    Ok(Redirect::to(&format!("/dead/{}", edited.copy)).into_response())
}

impl View for Letter {
    fn title(&self) -> String {
        format!("Dead letter {}", self.shown.letter.sequence)
    }

    fn body(&self, ask: &Ask) -> Markup {
        let letter = &self.shown.letter;
        let header = |name: &str| self.shown.headers.get(name).map(|values| values.join(" "));
        html! {
            section #letter data-live {
                p { (standing(letter.state)) " " (badge("", &letter.class)) " "
                    @if let Some(record) = &letter.record {
                        @if !record.state.replay.is_empty() { " in " a href={ "/dead/replays#r" (record.state.replay) } { "a replay" } }
                        @if let Some(next) = record.state.next { " · now " a href={ "/dead/" (next) } { "letter " (next) } }
                    }
                    @if let Some(before) = letter.died_before_as { " · was " a href={ "/dead/" (before) } { "letter " (before) } " before its replay" }
                    @if let Some(original) = letter.patched_from { " · a corrected copy of " a href={ "/dead/" (original) } { "letter " (original) } }
                }
                pre.text { bdi { (letter.error) } }
                dl.facts {
                    dt { "Worker" } dd { (letter.worker) }
                    @if !letter.code.is_empty() { dt { "Code" } dd { (letter.code) } }
                    dt { "Died" } dd { (moment(ask, letter.dead_at)) }
                    dt { "Tried" } dd { (count(letter.attempts.into(), "attempt")) ", " (letter.deliveries) " deliveries, " (letter.crashes) " crashes, build " (letter.build) }
                    @if letter.tries() > 0 { dt { "Replays before" } dd { (letter.round) ", generation " (letter.generation) } }
                    dt { "Subject" } dd.mono { (letter.subject) }
                    @if let Some(run) = &letter.run { dt { "Run" } dd { a href={ "/runs/" (run) } { (run) } } }
                    dt { "Alike" } dd { a href={ "/dead?each=1&fingerprint=" (letter.fingerprint) } { "letters of this error" } }
                    @if let Some(id) = header("Dl-Message-Id") { dt { "Message id" } dd.mono { bdi { (id) } } }
                    @if let Some(trace) = header("traceparent") { dt { "Trace" } dd.mono { (trace) } }
                }
            }
            h2 { "What it says" }
            p.muted { @if !letter.schema.is_empty() { (letter.schema) ", " } (bytes(letter.bytes)) }
            @match (&self.shown.body, &self.shown.unreadable) {
                (Some(body), _) => pre.text { (format!("{body:#}")) },
                (None, why) => {
                    p role="alert" { "It cannot be read: " (why.as_deref().unwrap_or_default()) }
                    @if let Some(hex) = &self.shown.hex { pre { (hex) } }
                }
            }
            h2 { "Against a good one" }
            @match &self.comparison {
                Some(comparison) => {
                    p.muted { "The newest of its kind that went well: " (comparison.good.stream) " " (comparison.good.sequence) ". Lines with − are the good one's, with + this letter's." }
                    (difference(&comparison.diff))
                }
                None => p { "None of its kind went well lately." },
            }
            @if ask.viewer.may(Role::Operator) { (self.changes(ask)) }
            h2 { "What was done to it" }
            @if self.history.is_empty() { p { "Nothing yet." } } @else { (history(ask, &self.history)) }
            h2 { "Its headers" }
            dl.facts { @for (name, values) in &self.shown.headers { dt { bdi { (name) } } dd.mono { bdi { (values.join(", ")) } } } }
        }
    }
}

impl Letter {
    /// What an operator can do about it.
    fn changes(&self, ask: &Ask) -> Markup {
        let letter = &self.shown.letter;
        html! {
            h2 { "Replay it" }
            p { a href={ "/dead/replay?sequences=" (letter.sequence) } { "What would a replay do?" } }
            @if letter.state == Standing::Open {
                h2 { "Correct it" }
                p.muted { "The corrected copy becomes a new dead letter that can be replayed; this one is kept." }
                form.stack method="post" action={ "/dead/" (letter.sequence) "/edit" } {
                    (csrf(ask))
                    @if let Some(wrong) = &self.draft.wrong { p role="alert" { "Nothing was filed: " bdi { (wrong) } } }
                    label { "Schema, as leadfleet.v1.ScrapeDone" input name="schema" value=(self.draft.schema) required; }
                    label { "Message as JSON"
                        textarea name="body" spellcheck="false" required { (self.draft.body) }
                    }
                    label { "Why" input name="reason" value=(self.draft.reason) required maxlength="500"; }
                    div { button.main { "File the corrected copy" } }
                }
                h2 { "Give it up" }
                form.stack method="post" action="/dead/discard" {
                    (csrf(ask))
                    input type="hidden" name="sequences" value=(letter.sequence);
                    label { "Why" input name="reason" required maxlength="500"; }
                    div { button.danger { "Give it up" } }
                }
            }
        }
    }
}

pub(crate) fn history(ask: &Ask, events: &[Event]) -> Markup {
    table(
        "What was done",
        &ask.address,
        &[
            column("When", &|event: &Event| moment(ask, event.by.at)),
            column("Who", &|event| html! { bdi { (event.by.operator) } }),
            column("What", &|event| html! { (event.verb.as_str().replace('_', " ")) }),
            column("Of what", &|event| of_what(event)),
            column("Why", &|event| html! { bdi { (event.by.reason) } }),
            column(
                "Letters",
                &|event| html! { @if let Some(letters) = event.counts.get("letters") { (letters) } @else { "–" } },
            ),
            column("Note", &|event| html! { bdi { (event.note) } }),
        ],
        events,
    )
}

/// What was changed, with a link where there is a page of it.
fn of_what(event: &Event) -> Markup {
    use Verb::{Cancel, Pause, PauseWorker, Replay, ReplayEnded, Resume, ResumeWorker, StartRun};
    match event.verb {
        Replay | ReplayEnded | Pause | Resume | Cancel => {
            html! { a href={ "/dead/replays#r" (event.id) } { "a replay" } }
        }
        PauseWorker | ResumeWorker => html! { a href="/workers" { (event.id) } },
        StartRun => html! { a href={ "/runs/" (event.id) } { "a run" } },
        _ if event.letters.count() == 1 => {
            html! { a href={ "/dead/" (event.letters) } { "letter " (event.letters) } }
        }
        _ if event.verb.is_of_people() => {
            html! { span.mono title="a person, or a part of the hash of an address" { bdi { (event.id) } } }
        }
        _ => none(),
    }
}

/// A unified difference, with the lines that come and go told apart.
fn difference(text: &str) -> Markup {
    html! {
        pre { @for line in text.lines() {
            @if line.starts_with('+') && !line.starts_with("+++") { ins { (line) } }
            @else if line.starts_with('-') && !line.starts_with("---") { del { (line) } }
            @else { (line) }
            "\n"
        } }
    }
}
