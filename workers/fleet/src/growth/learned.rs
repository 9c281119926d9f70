//! Growth patterns: learned now, and as they are released.

use chrono::{DateTime, SubsecRound as _, Utc};
use contractors::{Coverage, schedule};
use levels::Pattern;
use serde_json::{Value, json};

use super::{Growth, OfClient, in_words};
use crate::announce;
use crate::exit::{Exit, Failure};
use crate::output::{columns, count};
use crate::settings::Settings;

#[derive(Debug, clap::Args)]
pub struct Learn {
    /// As of when: what came later does not count [default: now].
    #[arg(long, value_name = "TIME")]
    moment: Option<DateTime<Utc>>,
    /// Store nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    of: OfClient,
}

#[derive(Debug, clap::Args)]
pub struct Patterns {
    /// Show this one with its figures [default: a line for each].
    #[arg(value_name = "PATTERN")]
    pattern: Option<i32>,
    #[command(flatten)]
    of: OfClient,
}

pub(super) async fn learn(args: &Learn, growth: &Growth, settings: &Settings) -> Result<(), Failure> {
    let client = args.of.client;
    let moment = args.moment.unwrap_or(growth.now).trunc_subsecs(0);
    if let Some(why) = runtime::learning::too_late(moment, growth.now) {
        let hint = Some("leave --moment out to learn as of now".to_owned());
        return Err(Failure { exit: Exit::Usage, error: anyhow::anyhow!("{why}"), hint });
    }
    let learned = if args.dry_run {
        growth.contractors.preview(client, moment).await?
    } else {
        growth.contractors.learn(client, moment, || {}).await?
    };
    let mut coverage = None;
    if !args.dry_run {
        announce::growth(client, &learned, settings, growth.output).await;
        // What was learned is stored, whatever becomes of this.
        match growth.contractors.coverage(client, growth.now).await {
            Ok(found) => coverage = Some(found),
            Err(error) => {
                growth.output.say("Unknown", &format!("how many contractors a pattern fits: {error}"))
            }
        }
    }
    // What a dry run tells is not remembered, so its figures could be compared with later ones: it has none.
    let patterns =
        if args.dry_run { learned.patterns.iter().map(name).collect() } else { json!(learned.patterns) };
    let told = json!({
        "moment": moment, "stored": !args.dry_run, "repeated": learned.repeated, "run": learned.run,
        "patterns": patterns, "coverage": coverage,
    });
    growth.output.show(&told, |_| {
        let run = &learned.run;
        let mut text = format!(
            "{} read as of {}, {} of them with a revenue history\n",
            count(run.contractors, "contractor"),
            moment.format("%Y-%m-%d %H:%M UTC"),
            run.with_history
        );
        text.push_str(&in_words::run(run));
        if let Some(Coverage { contractors, matched }) = coverage.filter(|found| found.contractors > 0) {
            text.push_str(&format!(
                "A pattern fits {matched} of {contractors} below a tier that one leads to\n"
            ));
        }
        let served: Vec<&Pattern> =
            learned.patterns.iter().filter(|pattern| pattern.status.is_served()).collect();
        let listed = if args.dry_run { count(served.len() as u64, "pattern") } else { list(&served) };
        text.push_str(&format!("\n{listed}"));
        text.push_str(match (args.dry_run, learned.repeated) {
            (true, _) => " would be served. Nothing was stored; figures are told once they are released.",
            (false, true) => "\n\nThis moment was learned from before: nothing has changed.",
            (false, false) => "\n\n`leadfleet growth patterns 1` shows the figures of a pattern.",
        });
        text
    })?;
    Ok(())
}

pub(super) async fn patterns(args: &Patterns, growth: &Growth) -> Result<(), Failure> {
    let client = args.of.client;
    let found = growth.contractors.patterns(client, growth.now).await?;
    if let Some(id) = args.pattern {
        let one = found.into_iter().find(|pattern| pattern.id == id);
        let one = one.ok_or(contractors::Error::UnknownPattern(id))?;
        let names = growth.contractors.partner_names(client).await?;
        growth.output.show(&one, |pattern| in_words::pattern(pattern, &names))?;
        return Ok(());
    }
    let run = growth.contractors.last_run(client).await?;
    let next = schedule::next_learning(client, growth.now);
    let told = json!({"patterns": found, "last_run": run, "next_learning": next});
    growth.output.show(&told, |_| {
        let next = next.format("%Y-%m-%d at %H:%M UTC");
        let Some(run) = &run else {
            return format!(
                "No patterns yet: `leadfleet growth learn` learns now; by itself it is done on {next}, once there is a \
                 revenue history (`leadfleet import revenue-history`)."
            );
        };
        let shown: Vec<&Pattern> = found.iter().collect();
        format!(
            "As of {}; learned again on {next}\n{}\n{}",
            run.as_of.format("%Y-%m-%d %H:%M UTC"),
            in_words::run(run),
            list(&shown)
        )
    })?;
    Ok(())
}

/// What a pattern is of, without any figure.
fn name(pattern: &Pattern) -> Value {
    let (from_revenue_tier, to_revenue_tier, pattern_type) = pattern.key();
    json!({
        "from_revenue_tier": from_revenue_tier, "to_revenue_tier": to_revenue_tier, "pattern_type": pattern_type,
        "status": pattern.status,
    })
}

fn list(patterns: &[&Pattern]) -> String {
    if patterns.is_empty() {
        return "No patterns: five contractors or more must have gone from one tier to the next.".to_owned();
    }
    let row = |pattern: &&Pattern| {
        let modal = pattern.modal.as_ref();
        let modal =
            modal.map_or_else(String::new, |modal| format!("{} {}", modal.figure.percent(), modal.phrase));
        [
            pattern.id.to_string(),
            pattern.from_revenue_tier.clone(),
            pattern.to_revenue_tier.clone(),
            modal,
            pattern.sample_size.to_string(),
            format!("{:.2}", pattern.confidence_score),
            // Nobody knows how long it took those whose entry was not seen.
            match pattern.months_stats.n {
                0 => String::new(),
                _ => pattern.median_time_to_level_up_months.to_string(),
            },
            in_words::standing(pattern),
        ]
    };
    columns(["id", "from", "to", "what they did", "n", "confidence", "months", ""], patterns.iter().map(row))
}
