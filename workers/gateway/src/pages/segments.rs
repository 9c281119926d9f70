//! Segments as they are stored, one with its clinics, its template and its evidence.

use super::ask::{Ask, View};
use super::layout::{badge, command, empty, none};
use super::runs::broker;
use super::table::{choice, filter, numbers, onward, search, table, words as column};
use super::words::{count, number};
use crate::problem::Problem;
use axum::extract::Path;
use axum::response::Response;
use db::segments::{self, Choices, Listed, Member, Segment, Sort, Wanted};
use maud::{Markup, html};
use overview::{decided, explain, runs};
use serde::Serialize;
use serde_json::Value;

/// Rows of a page.
const ROWS: u32 = 50;

/// A page of the segments of a run.
#[derive(Serialize)]
struct Segments {
    run_id: Option<String>,
    choices: Choices,
    #[serde(flatten)]
    page: segments::Page,
}

/// The run that the address names, else the one that is stored.
async fn run_of(ask: &Ask, tx: &mut db::Tx) -> Result<Option<String>, Problem> {
    if let Some(run) = ask.address.get("run") {
        return Ok(Some(run.to_owned()));
    }
    Ok(db::runs::current(tx).await?.map(|run| run.run_id))
}

pub(super) async fn list(ask: Ask) -> Result<Response, Problem> {
    let word = |name: &str| ask.address.get(name).map(str::to_owned);
    let ways =
        [Sort::Priority, Sort::Clinics, Sort::Confidence, Sort::Name].map(|sort| (sort.as_str(), sort));
    let (sort, turned) = ask.address.sorting(&ways, Sort::Priority)?;
    let wanted = Wanted {
        text: word("q"),
        strategy: word("strategy"),
        category: word("category"),
        sort,
        turned,
        limit: ROWS,
        offset: u32::try_from(ask.address.offset()?).unwrap_or(u32::MAX),
    };
    let mut tx = ask.app.db.begin(ask.viewer.client).await?;
    let run_id = run_of(&ask, &mut tx).await?;
    let (page, choices) = match &run_id {
        Some(run) => (segments::page(&mut tx, run, &wanted).await?, segments::choices(&mut tx, run).await?),
        None => Default::default(),
    };
    tx.rollback().await?;
    Ok(ask.show(&Segments { run_id, choices, page }))
}

impl View for Segments {
    fn title(&self) -> String {
        "Segments".to_owned()
    }

    fn body(&self, ask: &Ask) -> Markup {
        let Some(run) = &self.run_id else {
            return empty(
                "No segments are stored yet",
                &html! { p { "A run stores them:" } (command("leadfleet match start --watch")) },
            );
        };
        let pairs = |names: &[String]| {
            names.iter().map(|name| (name.clone(), name.replace('_', " "))).collect::<Vec<_>>()
        };
        let (categories, strategies) = (pairs(&self.choices.categories), pairs(&self.choices.strategies));
        let named = |pairs: &[(String, String)], name, label| {
            let pairs: Vec<(&str, &str)> =
                pairs.iter().map(|(value, word)| (value.as_str(), word.as_str())).collect();
            choice(&ask.address, name, label, &pairs)
        };
        let fields = html! {
            (search(&ask.address, "q", "Name"))
            (named(&categories, "category", "Category"))
            (named(&strategies, "strategy", "Matched by"))
        };
        html! {
            p.muted { "Clinics with the same problem, matched the same way. Of run " a href={ "/runs/" (run) } { (run) } "." }
            (filter(&ask.address, &["q", "category", "strategy"], &fields))
            @if self.page.segments.is_empty() {
                (empty("No segment is like that", &html! { p { a href="/segments" { "Show all" } " · " a href="/unmatched" { "Clinics in no segment" } } }))
            } @else {
                (table("Segments", &ask.address.or("sort", "priority"), &[
                    numbers("", &|segment: &Listed| html! { (number(segment.position + 1)) }),
                    column("Segment", &|segment: &Listed| html! { a href=(self.link(segment)) { bdi { (segment.segment_name) } } }).by("name"),
                    column("Category", &|segment| html! { (segment.pain_category.replace('_', " ")) }),
                    numbers("Priority", &|segment: &Listed| html! { b { (format!("{:.1}", segment.priority_score)) } }).by("priority"),
                    numbers("Clinics", &|segment: &Listed| html! { (number(segment.clinics)) }).by("clinics"),
                    numbers("Confidence", &|segment: &Listed| html! { (format!("{:.1}", segment.mean_confidence)) }).by("confidence"),
                    numbers("Decision makers", &|segment| html! { (number(segment.with_decision_maker)) }),
                    column("Subject", &|segment| html! { @match &segment.subject { Some(subject) => bdi { (subject) }, None => (badge("warn", "write by hand")) } }),
                ], &self.page.segments))
                (ask.address.parts(usize::try_from(self.page.total).unwrap_or_default(), ROWS as usize))
            }
        }
    }
}

impl Segments {
    fn link(&self, segment: &Listed) -> String {
        let run = self.run_id.as_deref().unwrap_or_default();
        format!("/segments/{}?run={run}", path_part(&segment.segment_name))
    }
}

/// A name as a part of a path.
fn path_part(name: &str) -> String {
    form_urlencoded::byte_serialize(name.as_bytes()).collect::<String>().replace('+', "%20")
}

/// A segment with a page of its clinics.
#[derive(Serialize)]
struct One {
    run_id: String,
    segment: Segment,
    members: Vec<Member>,
    /// The cursor of the next page, if there is one.
    next: Option<i32>,
    /// What the run said of it, while the run is kept.
    explained: Option<explain::SegmentExplained>,
}

pub(super) async fn one(ask: Ask, Path(name): Path<String>) -> Result<Response, Problem> {
    let after = ask.address.get("cursor").map(str::parse::<i32>).transpose();
    let after = after.map_err(|error| Problem::wrong("cursor", error.to_string()))?.unwrap_or_default();
    let mut tx = ask.app.db.begin(ask.viewer.client).await?;
    let run_id = run_of(&ask, &mut tx).await?.ok_or_else(Problem::not_found)?;
    let (position, segment) = segments::get(&mut tx, &run_id, &name).await?.ok_or_else(Problem::not_found)?;
    let mut members = segments::members(&mut tx, &run_id, &name, after, ROWS + 1).await?;
    tx.rollback().await?;
    let more = members.len() > ROWS as usize;
    members.truncate(ROWS as usize);
    let next = members.last().filter(|_| more).map(|member| member.clinic_id);
    let explained = explained(&ask, &run_id, position).await?;
    Ok(ask.show(&One { run_id, segment, members, next, explained }))
}

/// What the run says of a segment; none when the broker has forgotten it.
async fn explained(
    ask: &Ask,
    run: &str,
    position: i32,
) -> Result<Option<explain::SegmentExplained>, Problem> {
    let broker = broker(ask);
    let told = async {
        let known = runs::find(&broker, run).await?;
        let segment = decided::segment_at(&broker, &known, position.unsigned_abs()).await?;
        explain::segment(&broker, &known, &segment).await
    };
    match told.await {
        Ok(told) => Ok(Some(told)),
        Err(error) if error.is_unknown() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

impl View for One {
    fn title(&self) -> String {
        self.segment.segment_name.clone()
    }

    fn body(&self, ask: &Ask) -> Markup {
        let segment = &self.segment;
        html! {
            p { bdi { (segment.match_reason) } }
            ul.tiles {
                li.tile { b { (format!("{:.1}", segment.priority_score)) } span { "priority, of 10" } }
                li.tile { b { (number(segment.clinics)) } span { "clinics" } }
                li.tile { b { (number(segment.with_decision_maker)) } span { "with a decision maker" } }
                li.tile { b { (number(segment.with_email)) } span { "with an e-mail address" } }
                li.tile { b { (format!("{:.1}", segment.mean_confidence)) } span { "mean confidence, of 10" } }
            }
            h2 { "Why this priority" }
            (self.priority())
            h2 { "Template" }
            (template(segment))
            @if let Some(explained) = &self.explained {
                h2 { "Evidence" }
                @for evidence in &explained.evidence {
                    h3 { (evidence.strategy.replace('_', " ")) ": " bdi { (evidence.label) } " " span.muted { (count(evidence.pain_points as u64, "pain point")) } }
                    ul { @for text in &evidence.texts { li { q { bdi { (text) } } } } }
                }
            }
            h2 { "Clinics" }
            @if self.members.is_empty() { p { "None here: only the run that is stored last has its clinics." } } @else { (self.clinics(ask)) }
            (onward(&ask.address, self.next.map(|next| next.to_string()).as_deref()))
        }
    }
}

impl One {
    fn priority(&self) -> Markup {
        let segment = &self.segment;
        html! {
            dl.facts {
                dt { "Confidence" } dd { (format!("{:.2}", segment.mean_confidence)) }
                dt { "Severity" } dd { "× " (format!("{:.2}", segment.mean_severity)) }
                dt { "Mentions" } dd { "× " (format!("{:.2}", segment.mean_mentions)) " / 10, " (number(segment.total_mentions)) " in all" }
                @if let Some(told) = &self.explained {
                    dt { "Decision makers" } dd { "× " (format!("{:.2}", told.priority.decision_maker_factor)) }
                    dt { "E-mails" } dd { "× " (format!("{:.2}", told.priority.email_factor)) }
                }
                dt { "Before scaling" } dd { (format!("{:.4}", segment.priority_raw)) }
                @if segment.ai_adjustment != 0.0 {
                    dt { "Claude" } dd { (format!("{:+.1}", segment.ai_adjustment)) " " bdi { (segment.ai_reason.as_deref().unwrap_or_default()) } }
                }
                dt { "Priority" } dd { b { (format!("{:.1}", segment.priority_score)) } " on the scale of 1 to 10" }
                dt { "Opportunity index" } dd { (format!("{:.1}", segment.opportunity_index)) }
            }
        }
    }

    fn clinics(&self, ask: &Ask) -> Markup {
        let text =
            |text: &Option<String>| html! { @match text { Some(text) => bdi { (text) }, None => (none()) } };
        table(
            "Clinics of the segment",
            &ask.address,
            &[
                column(
                    "Clinic",
                    &|clinic: &Member| html! { a href={ "/clinics/" (clinic.clinic_id) "?run=" (self.run_id) } { bdi { (clinic.clinic_name) } } @if clinic.hot_lead { " " (badge("bad", "hot")) } },
                ),
                column(
                    "Place",
                    &|clinic| html! { bdi { (clinic.city.as_deref().unwrap_or_default()) } " " (clinic.state.as_deref().unwrap_or_default()) },
                ),
                numbers("Confidence", &|clinic| html! { (format!("{:.1}", clinic.confidence_score)) }),
                column("Why", &|clinic| text(&clinic.match_reason)),
                column("Phone", &|clinic| text(&clinic.phone)),
                column("E-mail", &|clinic| text(&clinic.email)),
            ],
            &self.members,
        )
    }
}

fn template(segment: &Segment) -> Markup {
    let Some(template) = &segment.outreach_template else {
        return html! { p.notice.warn { "None yet: a person must write it." } };
    };
    let part =
        |name: &str| template[name].as_str().or(template["outreach"][name].as_str()).unwrap_or_default();
    html! {
        p.muted { "Source: " (segment.template_source.replace('_', " ")) }
        dl.facts {
            @for (name, label) in [("subject", "Subject"), ("opening", "Opening"), ("cta", "Call to action")] {
                dt { (label) } dd { bdi { (part(name)) } }
            }
        }
        @if let Some(note) = template["note"].as_str().filter(|note| !note.is_empty()) { p.muted { bdi { (note) } } }
        @if *template == Value::Null { p { "Empty." } }
    }
}
