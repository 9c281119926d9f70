//! Outreach: what it has brought, what goes out in a week, and what sequences say.

mod week;

pub(super) use week::week;

use super::ask::{Ask, Asked, View};
use super::layout::{badge, command, empty, tabs};
use super::table::{choice, filter, numbers, table, words as column};
use super::words::{counted, moment, moment_or_none, number, percent};
use crate::problem::Problem;
use audience::AudienceSegment;
use axum::response::Response;
use cadence::SequenceType;
use charts::{Bar, Bars, Frame, Lines, Over, Reference, Series, Unit, bars, lines};
use chrono::{Days, NaiveDate};
use maud::{Markup, html};
use prospects::{Experiment, Measured, Metrics, MetricsRequest, Owner, Performance, WordsVersion};
use serde::{Deserialize, Serialize};

const TABS: [(&str, &str); 3] =
    [("/outreach", "What it brought"), ("/outreach/week", "The week"), ("/outreach/sequences", "Sequences")];

/// What is asked of the numbers.
#[derive(Deserialize)]
pub(super) struct Span {
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    segment: Option<String>,
    sequence_type: Option<String>,
}

fn everybody(ask: &Ask) -> Owner<'static> {
    Owner { client: ask.viewer.client, user: None }
}

/// A day before anything went out.
const EVER: NaiveDate = match NaiveDate::from_ymd_opt(2000, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};
/// What is shown unless the address says from when on: of years of outreach it takes long to count everything.
const SHOWN: Days = Days::new(90);

pub(super) async fn metrics(ask: Ask, Asked(span): Asked<Span>) -> Result<Response, Problem> {
    let Span { from, to, segment, sequence_type } = span;
    let from = from.or_else(|| to.unwrap_or(ask.app.now().date_naive()).checked_sub_days(SHOWN));
    let request = MetricsRequest { user_id: String::new(), from, to, segment, sequence_type };
    let metrics = ask.app.prospects.metrics(everybody(&ask), &request, ask.app.now()).await?;
    Ok(ask.show(&metrics))
}

impl View for Metrics {
    fn title(&self) -> String {
        "Outreach".to_owned()
    }

    fn body(&self, ask: &Ask) -> Markup {
        let segments = AudienceSegment::ALL.map(|segment| (segment.name(), segment.name()));
        let types = SequenceType::ALL.map(|kind| (kind.name(), kind.name()));
        let day = |name: &str, label: &str, date: NaiveDate| {
            html! { label { (label) " " input type="date" name=(name) value=(date); } }
        };
        let fields = html! {
            (day("from", "From", self.from)) (day("to", "To", self.to))
            (choice(&ask.address, "segment", "Segment", &segments))
            (choice(&ask.address, "sequence_type", "Sequence", &types))
        };
        html! {
            (tabs(ask.address.path(), &TABS))
            (filter(&ask.address, &["from", "to", "segment", "sequence_type"], &fields))
            @if self.totals.sends == 0 { (self.nothing_sent(ask)) } @else { (self.told(ask)) }
        }
    }
}

trait Told {
    fn all_of_it(&self, ask: &Ask, without: &[&str]) -> Option<Markup>;
    fn nothing_sent(&self, ask: &Ask) -> Markup;
    fn told(&self, ask: &Ask) -> Markup;
}

impl Told for Metrics {
    /// The way to all of the past without these words of the address, unless all of it is shown.
    fn all_of_it(&self, ask: &Ask, without: &[&str]) -> Option<Markup> {
        let is_shown = self.from <= EVER && without.iter().all(|name| ask.address.get(name).is_none());
        let whole = ask.address.without(without).with("from", EVER);
        (!is_shown).then(|| html! { a href=(whole.href()) { "Look at all of the past" } })
    }

    fn nothing_sent(&self, ask: &Ask) -> Markup {
        empty(
            &format!("Nothing went out from {} to {}", self.from, self.to),
            &html! {
                @if let Some(way) = self.all_of_it(ask, &["to", "segment", "sequence_type"]) { p { (way) } }
                p { "Plan a week; tools fetch what is due and report what became of it:" }
                (command("leadfleet outreach cadence --requests 40 --followups 30"))
            },
        )
    }

    fn told(&self, ask: &Ask) -> Markup {
        let totals = &self.totals;
        let target = |[low, high]: [f64; 2]| format!("{low:.0} to {high:.0} % are aimed at");
        html! {
            p.muted { "From " (self.from) " to " (self.to) ". People are counted once; rates have 95 % intervals; machines do not count."
                @if let Some(way) = self.all_of_it(ask, &["to"]) { " " (way) } }
            ul.tiles {
                li.tile { b { (number(totals.sends)) } span { "touches to " (counted(totals.people, "person", "people")) } }
                (tile(totals.acceptance_rate, "accepted", ""))
                (tile(totals.reply_rate, "replied", &target(self.targets.reply_rate)))
                (tile(totals.positive_reply_rate, "interested or booked", ""))
                (tile(totals.meeting_rate, "met", &target(self.targets.meeting_rate)))
                (tile(totals.negative_rate, "left or complained", ""))
            }
            div.cards {
                (rates("segments", "Replies by segment", "segment", &self.segments, totals))
                (rates("types", "Replies by sequence", "sequence", &self.sequence_types, totals))
                (rates("steps", "Replies by step", "step", &self.steps, totals))
                (weeks(&self.weeks))
            }
            h2 { "Best performers" }
            dl.facts { @for best in &self.best_performers {
                dt { (best.dimension.replace('_', " ")) }
                dd { b { (best.name.as_deref().unwrap_or("none yet")) } " · " span.muted { (best.explanation) } }
            } }
            h2 { "Ways to say a step" }
            @if self.experiments.is_empty() {
                p { "No comparison has begun: it does with the first enrolment in a step that can be said in several ways." }
            } @else { (experiments(ask, &self.experiments)) }
            h2 { "Numbers" }
            @for (name, group) in [("Segment", &self.segments), ("Sequence", &self.sequence_types), ("Step", &self.steps), ("Variant", &self.variants)] {
                (numbers_of(ask, name, group))
            }
            @if self.machine_events > 0 { p.muted { (counted(self.machine_events, "open or click", "opens and clicks")) " by machines, in no number above." } }
        }
    }
}

fn tile(rate: Measured, name: &str, target: &str) -> Markup {
    html! {
        li.tile {
            b { @match rate.rate { Some(share) => (percent(share)), None => "–" } }
            span { (name) @if rate.rate.is_some() { ", " (percent(rate.ci_low)) " to " (percent(rate.ci_high)) } }
            @if !target.is_empty() { br; span { (target) } }
        }
    }
}

fn rates(id: &str, title: &str, what: &str, group: &[Performance], totals: &Performance) -> Markup {
    let row = |one: &Performance| {
        let rate = one.reply_rate;
        Bar {
            label: one.name.replace('_', " "),
            value: rate.rate.unwrap_or(f64::NAN),
            interval: rate.rate.map(|_| (rate.ci_low, rate.ci_high)),
            n: Some(one.people),
            verdict: None,
        }
    };
    let reference = totals.reply_rate.rate.map(|value| Reference { label: "all".to_owned(), value });
    let data = Bars {
        label_name: what,
        value_name: "Replied",
        unit: Unit::Share,
        reference,
        rows: group.iter().map(row).collect(),
    };
    let frame = Frame {
        id,
        title,
        about: "The share of people who replied, with 95 % intervals.",
        empty: "Of those who were written to, nobody is in any.",
    };
    html! { div.card { (bars(&frame, &data)) } }
}

fn weeks(weeks: &[Performance]) -> Markup {
    let days = weeks.iter().filter_map(|week| week.name.parse::<NaiveDate>().ok());
    let over = Over::Time(days.map(|day| day.and_time(chrono::NaiveTime::MIN)).collect());
    let series = |name: &str, of: fn(&Performance) -> Measured| Series {
        name: name.to_owned(),
        values: weeks.iter().map(|week| of(week).rate).collect(),
    };
    let series = vec![series("Replied", |week| week.reply_rate), series("Met", |week| week.meeting_rate)];
    let data = Lines { over, over_name: "Week", value_name: "Share of people", unit: Unit::Share, series };
    let frame = Frame {
        id: "weeks",
        title: "Week by week",
        about: "Shares of people who replied and who met, by the week in which the touch went out.",
        empty: "Nothing went out.",
    };
    html! { div.card { (lines(&frame, &data)) } }
}

fn experiments(ask: &Ask, experiments: &[Experiment]) -> Markup {
    table(
        "Ways to say a step",
        &ask.address,
        &[
            column("Step", &|one: &Experiment| html! { (one.name) }),
            column("Since", &|one| html! { time { (one.started_on) } }),
            column("Verdict", &|one| {
                let kind = match one.verdict.as_str() {
                    "better" => "good",
                    "split_is_off" => "bad",
                    _ => "",
                };
                badge(kind, &one.verdict.replace('_', " "))
            }),
            column("Why", &|one| html! { (one.explanation) }),
            column(
                "Next shares",
                &|one| html! { @for (arm, share) in &one.next_shares { (arm) " " (percent(*share)) " " } },
            ),
        ],
        experiments,
    )
}

fn numbers_of(ask: &Ask, name: &'static str, group: &[Performance]) -> Markup {
    let rate = |rate: Measured| {
        html! { @match rate.rate {
            Some(share) => { (percent(share)) " " span.muted { "(" (percent(rate.ci_low)) " to " (percent(rate.ci_high)) ")" } },
            None => "–",
        } }
    };
    table(
        name,
        &ask.address,
        &[
            column(name, &|one: &Performance| html! { (one.name.replace('_', " ")) }),
            numbers("Touches", &|one| html! { (number(one.sends)) }),
            numbers("People", &|one| html! { (number(one.people)) }),
            numbers("Replied", &|one| rate(one.reply_rate)),
            numbers("Positive", &|one| rate(one.positive_reply_rate)),
            numbers("Met", &|one| rate(one.meeting_rate)),
        ],
        group,
    )
}

/// The versions of sequences.
#[derive(Serialize)]
#[serde(transparent)]
struct Sequences(Vec<WordsVersion>);

pub(super) async fn sequences(ask: Ask) -> Result<Response, Problem> {
    let (segment, kind) = (ask.address.get("segment"), ask.address.get("sequence_type"));
    let versions = ask.app.prospects.versions(everybody(&ask), segment, kind).await?;
    Ok(ask.show(&Sequences(versions)))
}

impl View for Sequences {
    fn title(&self) -> String {
        "Sequences".to_owned()
    }

    fn body(&self, ask: &Ask) -> Markup {
        html! {
            (tabs(ask.address.path(), &TABS))
            @if self.0.is_empty() {
                (empty("No sequence is in use yet", &html! {
                    p { "One is kept when the first prospect is enrolled in it:" }
                    (command("leadfleet outreach generate --help"))
                }))
            }
            @for version in &self.0 {
                details.card open[version.standing == "in_use"] {
                    summary { b { (version.segment.replace('_', " ")) ", " (version.sequence_type.replace('_', " ")) } " · version " (version.version) " "
                        (badge(if version.standing == "in_use" { "good" } else { "" }, &version.standing.replace('_', " "))) }
                    p.muted { "Written by " (version.source) ", " (moment(ask, version.created_at)) "; " (number(version.running)) " in it"
                        @if version.retired_at.is_some() { "; retired " (moment_or_none(ask, version.retired_at)) } "." }
                    @if !version.note.is_empty() { p { bdi { (version.note) } } }
                    @for step in &version.steps {
                        h3 { (step.kind.replace('_', " ")) }
                        @for way in &step.ways {
                            @if step.ways.len() > 1 { p.muted { "Variant " (way.variant) } }
                            pre.text { bdi { (way.text) } }
                        }
                    }
                }
            }
        }
    }
}
