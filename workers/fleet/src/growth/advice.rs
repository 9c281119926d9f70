//! What a contractor is told: the patterns that fit, partners, content, and how long it may take.

use std::collections::HashMap;

use contractors::{BaseScore, Boosted};
use levels::content::ContentAdvice;
use levels::matching;
use levels::partners::PartnerAdvice;
use levels::timeline::{Interval, Timeline};
use levels::{Pattern, Verdict};
use serde_json::json;

use super::{Growth, OfContractor};
use crate::exit::Failure;
use crate::output::{columns, count};

#[derive(Debug, clap::Args)]
pub struct Match {
    #[command(flatten)]
    of: OfContractor,
    /// Link the contractor to this pattern, which they act on.
    #[arg(long, value_name = "PATTERN")]
    apply: Option<i32>,
}

#[derive(Debug, clap::Args)]
pub struct Partners {
    #[command(flatten)]
    of: OfContractor,
    /// Scores that partners have from elsewhere, 0 to 1, by their ids.
    #[arg(long, value_name = "ID=SCORE,…", value_delimiter = ',', value_parser = score)]
    scores: Vec<BaseScore>,
}

#[derive(Debug, clap::Args)]
pub struct Predict {
    #[command(flatten)]
    of: OfContractor,
    /// Until this tier [default: the next one that a pattern leads to].
    #[arg(long, value_name = "TIER")]
    to: Option<String>,
}

fn score(text: &str) -> Result<BaseScore, String> {
    let wrong = || format!("{text:?} is no score of a partner: write it as 5=0.6");
    let (id, score) = text.split_once('=').ok_or_else(wrong)?;
    let partner_id = id.trim().parse().map_err(|_number| wrong())?;
    Ok(BaseScore { partner_id, score: score.trim().parse().map_err(|_number| wrong())? })
}

#[derive(Debug, clap::Args)]
pub struct Erase {
    #[command(flatten)]
    of: OfContractor,
    /// Say what would be forgotten, and forget nothing.
    #[arg(long)]
    dry_run: bool,
    /// Do it: nothing brings them back.
    #[arg(long, required_unless_present = "dry_run", conflicts_with = "dry_run")]
    yes: bool,
}

pub(super) async fn erase(args: &Erase, growth: &Growth) -> Result<(), Failure> {
    let (client, contractor) = (args.of.of.client, args.of.contractor);
    let erased = growth.contractors.erase(client, contractor, !args.yes, growth.now).await?;
    let told = json!({"dry_run": args.dry_run, "erased": erased});
    growth.output.show(&told, |_| {
        let rows = count(erased.rows.unsigned_abs(), "row");
        let outcomes = count(erased.outcomes.unsigned_abs(), "outcome");
        match args.dry_run {
            true => {
                format!("{rows} would be forgotten; {outcomes} would count as nobody's. Nothing was changed.")
            }
            false => {
                format!("Contractor {contractor} is forgotten: {rows}; {outcomes} still count as nobody's.")
            }
        }
    })?;
    Ok(())
}

pub(super) async fn matches(args: &Match, growth: &Growth) -> Result<(), Failure> {
    let (client, contractor) = (args.of.of.client, args.of.contractor);
    let matches = match args.apply {
        Some(pattern) => {
            vec![growth.contractors.apply_pattern(client, contractor, pattern, growth.now).await?]
        }
        None => growth.contractors.matches(client, contractor, growth.now).await?,
    };
    let applied = growth.contractors.applied(client, contractor).await?;
    let patterns = growth.contractors.patterns(client, growth.now).await?;
    let patterns: HashMap<i32, &Pattern> = patterns.iter().map(|pattern| (pattern.id, pattern)).collect();
    let named = |id: i32| patterns.get(&id).map_or_else(String::new, |pattern| pattern.pattern_name.clone());
    growth.output.show(&json!({"matches": matches, "applied": applied}), |_| {
        if matches.is_empty() {
            return match patterns.is_empty() {
                true => "No patterns yet: `leadfleet growth learn` learns now.".to_owned(),
                false => format!(
                    "No pattern fits contractor {contractor}: `leadfleet growth goals {contractor}` makes \
                                  goals of the profile alone."
                ),
            };
        }
        let row = |one: &matching::Match| {
            let parts = one.parts;
            [
                one.pattern_id.to_string(),
                named(one.pattern_id),
                format!("{:.2}", one.match_score),
                one.match_reason.clone(),
                format!("{:.2}", parts.revenue_tier),
                format!("{:.2}", parts.focus_areas),
                format!("{:.2}", parts.team_size),
                format!("{:.2}", parts.current_stage),
            ]
        };
        let header = ["id", "pattern", "score", "why", "tier", "focus", "team", "stage"];
        let mut text = columns(header, matches.iter().map(row));
        for one in &applied {
            text.push_str(&format!(
                "\nApplied on {}: pattern {}, {} ({})",
                one.pattern_applied_at.format("%Y-%m-%d"),
                one.pattern_id,
                named(one.pattern_id),
                one.pattern_result.replace('_', " ")
            ));
        }
        text
    })?;
    Ok(())
}

pub(super) async fn partners(args: &Partners, growth: &Growth) -> Result<(), Failure> {
    let (client, contractor) = (args.of.of.client, args.of.contractor);
    let advice = growth.contractors.partners(client, contractor, &args.scores, growth.now).await?;
    growth.output.show(&advice, |advice| {
        let line = |partner: &PartnerAdvice| format!("{}{}", partner.text, beyond(partner.verdict));
        let mut lines: Vec<String> = advice.partners.iter().map(line).collect();
        if lines.is_empty() {
            lines.push(nothing("partner", contractor));
        }
        if !advice.scores.is_empty() {
            let row = |one: &Boosted| {
                [one.partner_id.to_string(), format!("{:.2}", one.score), format!("{:.2}", one.boosted_score)]
            };
            lines.push(String::new());
            lines.push(columns(["partner", "score", "raised to"], advice.scores.iter().map(row)));
        }
        lines.join("\n")
    })?;
    Ok(())
}

pub(super) async fn content(args: &OfContractor, growth: &Growth) -> Result<(), Failure> {
    let advice = growth.contractors.content(args.of.client, args.contractor, growth.now).await?;
    growth.output.show(&json!({"content": advice}), |_| {
        let line = |one: &ContentAdvice| format!("{}{}", one.text, beyond(one.verdict));
        let lines: Vec<String> = advice.iter().map(line).collect();
        if lines.is_empty() { nothing("book, podcast or event", args.contractor) } else { lines.join("\n") }
    })?;
    Ok(())
}

fn beyond(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::CommonAmong => "",
        Verdict::MoreCommon => "; more common than among those who stayed",
    }
}

fn nothing(what: &str, contractor: i32) -> String {
    format!(
        "No {what} is common among those of the patterns that fit: `leadfleet growth match {contractor}` shows these."
    )
}

pub(super) async fn predict(args: &Predict, growth: &Growth) -> Result<(), Failure> {
    let (client, contractor) = (args.of.of.client, args.of.contractor);
    let timeline = growth.contractors.timeline(client, contractor, args.to.as_deref(), growth.now).await?;
    growth.output.show(&timeline, in_words)?;
    Ok(())
}

fn in_words(timeline: &Timeline) -> String {
    let part = match timeline.interval {
        Interval::Conformal => "Four of five",
        Interval::Quartiles => "Half of them",
    };
    let mut text = format!(
        "{}\n{part} lie between {} and {} months",
        timeline.text, timeline.interval_low_months, timeline.interval_high_months
    );
    for step in &timeline.steps {
        text.push_str(&format!(
            "\n  {} to {}: median {}, {}",
            step.from_revenue_tier,
            step.to_revenue_tier,
            count(step.median_months.into(), "month"),
            count(step.sample_size, "contractor")
        ));
    }
    text
}
