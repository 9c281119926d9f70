//! One contractor: goals with what is done of them, the patterns that fit, partners, content, and how long it may take.

use super::super::ask::{Ask, Asked, View};
use super::super::layout::{badge, command, empty, none, tabs};
use super::super::table::{numbers, table, words as column};
use super::super::words::{counted, moment, moment_or_none, percent};
use super::{TABS, said, stayed, tier, verdict};
use crate::input::Numbers;
use crate::problem::Problem;
use crate::routes::contractors::{AppliedPattern, ContractorPatterns};
use axum::response::Response;
use contractors::{BaseScore, Boosted, Error, Goal};
use levels::content::ContentAdvice;
use levels::matching::Match;
use levels::partners::PartnerAdvice;
use levels::timeline::{Interval, Timeline, TimelineStep};
use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is asked of a contractor's page.
#[derive(Deserialize)]
pub(in super::super) struct Wanted {
    /// The tier to reach; the next one that a pattern leads to, if none is named.
    to: Option<String>,
    /// A partner with a score from elsewhere.
    partner: Option<i32>,
    score: Option<f64>,
}

/// A contractor, each part as its endpoint of the API tells it.
#[derive(Serialize)]
struct Contractor {
    contractor_id: i32,
    #[serde(flatten)]
    patterns: ContractorPatterns,
    goals: Vec<Goal>,
    partners: Vec<PartnerAdvice>,
    /// A score that was given, raised.
    scores: Vec<Boosted>,
    content: Vec<ContentAdvice>,
    timeline: Option<Timeline>,
    /// Why there is none.
    no_timeline: Option<String>,
    #[serde(skip)]
    names: BTreeMap<i32, String>,
    /// Codes of the tiers, from the lowest.
    #[serde(skip)]
    tiers: Vec<String>,
}

pub(in super::super) async fn contractor(
    ask: Ask,
    Numbers(contractor_id): Numbers<i32>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    let (known, client, now) = (&ask.app.contractors, ask.viewer.client, ask.app.now());
    let scores = wanted.partner.zip(wanted.score).map(|(partner_id, score)| BaseScore { partner_id, score });
    let patterns = ContractorPatterns::of(&ask.app, client, contractor_id).await?;
    let goals = known.goals(client, contractor_id).await?;
    let advice = known.partners(client, contractor_id, scores.as_slice(), now).await?;
    let content = known.content(client, contractor_id, now).await?;
    let (timeline, no_timeline) = match known.timeline(client, contractor_id, wanted.to.as_deref(), now).await
    {
        Ok(timeline) => (Some(timeline), None),
        // That nothing can be said of the time is an answer.
        Err(why @ (Error::Unknown(_) | Error::Wrong { .. })) => (None, Some(why.to_string())),
        Err(error) => return Err(error.into()),
    };
    let names = known.patterns(client, now).await?;
    let names = names.into_iter().map(|pattern| (pattern.id, pattern.pattern_name)).collect();
    let tiers = known.rules().ladder().tiers().iter().map(|tier| tier.code.clone()).collect();
    Ok(ask.show(&Contractor {
        contractor_id,
        patterns,
        goals,
        partners: advice.partners,
        scores: advice.scores,
        content,
        timeline,
        no_timeline,
        names,
        tiers,
    }))
}

impl View for Contractor {
    fn title(&self) -> String {
        format!("Contractor {}", self.contractor_id)
    }

    fn body(&self, ask: &Ask) -> Markup {
        html! {
            (tabs(ask.address.path(), &TABS))
            h2 { "Goals" }
            (self.goals())
            div.cards { @for goal in &self.goals { (told(ask, goal)) } }
            h2 { "How long it may take" }
            (self.time(ask))
            h2 { "Patterns that fit" }
            (self.fits(ask))
            h2 { "Partners" }
            (self.partners(ask))
            h2 { "Books, podcasts and events" }
            (self.content(ask))
        }
    }
}

impl Contractor {
    fn goals(&self) -> Markup {
        if self.goals.is_empty() {
            return empty(
                "There are no goals yet",
                &html! { p { "They are made of the patterns that fit, or of the profile alone:" } (command(&format!("leadfleet growth goals {}", self.contractor_id))) },
            );
        }
        html! { p.muted { "Open ones and the most urgent first. An item is ticked by " code { "leadfleet growth done ITEM" } " or the API." } }
    }

    fn pattern(&self, id: i32) -> Markup {
        match self.names.get(&id) {
            Some(name) => html! { a href={ "/growth/patterns/" (id) } { (name) } },
            None => html! { span.muted { "pattern " (id) ", served no more" } },
        }
    }

    fn time(&self, ask: &Ask) -> Markup {
        html! {
            form.filter method="get" action=(ask.address.path()) {
                label { "To reach " select name="to" {
                    option value="" { "the next tier" }
                    @for code in &self.tiers { option value=(code) selected[ask.address.get("to") == Some(code)] { (tier(ask, code)) } }
                } }
                button { "Show" }
            }
            @if let Some(why) = &self.no_timeline { p { "Nothing can be said: " (why) "." } }
            @if let Some(timeline) = &self.timeline { (ahead(ask, timeline, |id| self.pattern(id))) }
        }
    }

    fn fits(&self, ask: &Ask) -> Markup {
        let part = |share: f64| html! { (format!("{share:.2}")) };
        html! {
            p.muted { "Patterns of those who went the same way: tier counts 30 %, focus areas 40 %, team 15 %, stage 15 %." }
            @if self.patterns.matches.is_empty() { p { "No pattern fits: goals are made of the profile alone." } } @else {
                (table("Patterns that fit", &ask.address, &[
                    column("Pattern", &|one: &Match| self.pattern(one.pattern_id)),
                    numbers("Fits", &|one| html! { b { (format!("{:.2}", one.match_score)) } }),
                    column("Why", &|one| html! { (one.match_reason) }),
                    numbers("Tier", &|one| part(one.parts.revenue_tier)),
                    numbers("Focus", &|one| part(one.parts.focus_areas)),
                    numbers("Team", &|one| part(one.parts.team_size)),
                    numbers("Stage", &|one| part(one.parts.current_stage)),
                ], &self.patterns.matches))
            }
            @if !self.patterns.applied.is_empty() {
                h3 { "Acted on" }
                (table("Patterns acted on", &ask.address, &[
                    column("Pattern", &|one: &AppliedPattern| self.pattern(one.pattern_id)),
                    column("Since", &|one| moment(ask, one.pattern_applied_at)),
                    numbers("Goals", &|one| html! { (one.goals_generated) }),
                    column("Result", &|one| badge(match one.pattern_result.as_str() { "successful" => "good", "unsuccessful" => "bad", _ => "accent" }, &said(&one.pattern_result))),
                ], &self.patterns.applied))
            }
        }
    }

    fn partners(&self, ask: &Ask) -> Markup {
        html! {
            p.muted { "Partners that those who made it used, of the patterns that fit; who used them more often than those who stayed says so." }
            @if self.partners.is_empty() { p { "None is common among those of the patterns that fit." } } @else {
                (table("Partners", &ask.address, &[
                    column("Partner", &|one: &PartnerAdvice| html! { bdi { (one.name) } }),
                    numbers("Used it", &|one| html! { b { (percent(one.usage_rate)) } " " span.muted { "of " (one.sample_size) } }),
                    numbers("Stayed", &|one| stayed(one.comparison.as_ref())),
                    numbers("Satisfaction", &|one| one.avg_satisfaction.map_or_else(none, |avg| html! { (format!("{avg:.1}")) " of 5" })),
                    column("Verdict", &|one| verdict(one.verdict)),
                    column("Tell them", &|one| html! { bdi { (one.like_you) } }),
                ], &self.partners))
                (self.boost(ask))
            }
        }
    }

    /// What it adds to a score that a partner has from elsewhere.
    fn boost(&self, ask: &Ask) -> Markup {
        let chosen = ask.address.get("partner");
        let named = |id: i32| self.partners.iter().find(|one| one.partner_id == id);
        html! {
            form.filter method="get" action=(ask.address.path()) {
                label { "A score from elsewhere, of " select name="partner" {
                    @for one in &self.partners { option value=(one.partner_id) selected[chosen == Some(one.partner_id.to_string().as_str())] { (one.name) } }
                } }
                label { "0 to 1 " input type="number" name="score" min="0" max="1" step="0.01" required value=(ask.address.get("score").unwrap_or_default()); }
                button { "Raise it" }
            }
            @for one in &self.scores {
                p.notice { "The score " (format!("{:.2}", one.score)) " of " bdi { @match named(one.partner_id) { Some(partner) => (partner.name), None => { "partner " (one.partner_id) } } } " becomes " b { (format!("{:.2}", one.boosted_score)) } ": by 15 % where 89 % used it, and not at all where fewer than half did." }
            }
        }
    }

    fn content(&self, ask: &Ask) -> Markup {
        html! {
            p.muted { "What those who made it read, heard and attended, of the patterns that fit." }
            @if self.content.is_empty() { p { "Nothing is common among those of the patterns that fit." } } @else {
                (table("Books, podcasts and events", &ask.address, &[
                    column("What", &|one: &ContentAdvice| html! { bdi { (one.title) } @if !one.author.is_empty() { " " span.muted { "by " bdi { (one.author) } } } }),
                    column("Kind", &|one| html! { (one.kind.name()) }),
                    numbers("Had it", &|one| html! { b { (percent(one.usage_rate)) } " " span.muted { "of " (one.sample_size) } }),
                    numbers("Stayed", &|one| stayed(one.comparison.as_ref())),
                    column("Verdict", &|one| verdict(one.verdict)),
                ], &self.content))
            }
        }
    }
}

fn told(ask: &Ask, goal: &Goal) -> Markup {
    let done = goal.checklist.iter().filter(|item| item.done_at.is_some()).count();
    let kind = match goal.status.as_str() {
        "open" => "accent",
        "completed" => "good",
        _ => "",
    };
    html! {
        article.card id={ "goal-" (goal.id) } {
            h3 { (goal.goal_description) " " (badge(kind, &goal.status)) }
            p.muted { (said(&goal.goal_type)) ", priority " (goal.priority_score) " of 10; goal " (goal.id) ", made " (moment(ask, goal.created_at))
                @if goal.completed_at.is_some() { ", ended " (moment_or_none(ask, goal.completed_at)) } }
            p { "Target: " (goal.target_milestone) }
            @if !goal.checklist.is_empty() {
                p { progress max=(goal.checklist.len()) value=(done) aria-label="items that are done" {} " " (done) " of " (counted(goal.checklist.len() as u64, "item", "items")) " done" }
                ul.checklist { @for item in &goal.checklist {
                    li class=[item.done_at.is_some().then_some("done")] {
                        span aria-label=(if item.done_at.is_some() { "done" } else { "open" }) { (if item.done_at.is_some() { "✓" } else { "○" }) } " "
                        bdi { (item.item) } " " span.muted { "item " (item.id) @if item.done_at.is_some() { ", " (moment_or_none(ask, item.done_at)) } }
                    }
                } }
            }
            @if let Some(source) = &goal.pattern_source { p { (source) @if let Some(confidence) = goal.pattern_confidence { span.muted { " · confidence " (format!("{confidence:.2}")) } } } }
            @if let Some(timeline) = &goal.timeline { p { (timeline) } }
            @if !goal.data_gaps.is_empty() { p.muted { "Not known yet: " (said(&goal.data_gaps.join(", "))) } }
            @if let Some(question) = goal.question.as_ref().filter(|_| goal.status == "open") { p.muted { "Ask when it has ended: " (question) } }
        }
    }
}

fn ahead(ask: &Ask, timeline: &Timeline, pattern: impl Fn(i32) -> Markup) -> Markup {
    let part = match timeline.interval {
        Interval::Conformal => "four of five lie between",
        Interval::Quartiles => "half of them lie between",
    };
    html! {
        p { b { (timeline.text) } }
        p.muted { "From the " (tier(ask, &timeline.from_revenue_tier)) " to the " (tier(ask, &timeline.to_revenue_tier)) ": " (part) " " (timeline.interval_low_months) " and " (timeline.interval_high_months) " months, of " (timeline.sample_size) " who did it." }
        (table("Steps on the way", &ask.address, &[
            column("From", &|one: &TimelineStep| html! { (tier(ask, &one.from_revenue_tier)) }),
            column("To", &|one| html! { (tier(ask, &one.to_revenue_tier)) }),
            numbers("Months", &|one| html! { (one.median_months) }),
            numbers("Contractors", &|one| html! { (one.sample_size) }),
            column("Pattern", &|one| pattern(one.pattern_id)),
        ], &timeline.steps))
    }
}
