//! Patterns as they are kept: in force, before, and back to the leads behind them.

use ::patterns::PatternType;
use als::{Tier, Weights};
use conversion::{Behind, ChannelWhatIf, WeightsWhatIf};
use db::conversion::Pattern;
use prospects::OutreachChannel;
use serde_json::{Value, json};

use super::{OfClient, Patterns, documents};
use crate::exit::{Exit, Failure};
use crate::output::{columns, count};

#[derive(Debug, clap::Args)]
pub struct Show {
    /// Who, what, when or how [default: all].
    #[arg(value_name = "TYPE")]
    kind: Option<PatternType>,
    #[command(flatten)]
    of: OfClient,
}

#[derive(Debug, clap::Args)]
pub struct History {
    /// Who, what, when or how [default: all].
    #[arg(value_name = "TYPE")]
    kind: Option<PatternType>,
    /// Documents at most.
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=1000))]
    limit: i64,
    #[command(flatten)]
    of: OfClient,
}

#[derive(Debug, clap::Args)]
pub struct Evidence {
    /// What the figure is about, as `who.title=Founder`, or its evidence id.
    #[arg(value_name = "FIGURE")]
    figure: String,
    #[command(flatten)]
    of: OfClient,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false, args = ["weights", "first_channel"])]
pub struct WhatIf {
    /// Weights as `authority=0.25,timing=0.3`; those left out are 0.
    #[arg(long, value_name = "WEIGHTS", value_parser = weights)]
    weights: Option<Weights>,
    /// Had all leads been contacted by this channel first: email, linkedin, sms or voice.
    #[arg(long, value_name = "CHANNEL")]
    first_channel: Option<OutreachChannel>,
    /// Only leads of this tier: hot, warm, cool, cold or dead.
    #[arg(long, conflicts_with = "weights")]
    tier: Option<Tier>,
    #[command(flatten)]
    of: OfClient,
}

fn weights(text: &str) -> Result<Weights, String> {
    let mut weights = Weights { data_quality: 0.0, authority: 0.0, company_fit: 0.0, timing: 0.0 };
    for part in text.split(',') {
        let (name, weight) = part.split_once('=').ok_or("write them as authority=0.25,timing=0.3")?;
        let weight: f64 = weight.trim().parse().map_err(|_error| format!("{weight:?} is no number"))?;
        match name.trim() {
            "data_quality" => weights.data_quality = weight,
            "authority" => weights.authority = weight,
            "company_fit" => weights.company_fit = weight,
            "timing" => weights.timing = weight,
            other => {
                return Err(format!(
                    "{other:?} is no weight: data_quality, authority, company_fit and timing are"
                ));
            }
        }
    }
    if weights.are_sound() {
        Ok(weights)
    } else {
        Err("each lies between 0 and 1, and one of them counts".into())
    }
}

pub(super) async fn show(args: &Show, patterns: &Patterns) -> Result<(), Failure> {
    let found = patterns.conversion.patterns(args.of.client, args.kind).await?;
    let next = conversion::schedule::next_learning(args.of.client, patterns.now);
    let documents: Vec<&Value> = found.iter().map(|pattern| &pattern.patterns).collect();
    patterns.output.show(&json!({"patterns": documents, "next_learning": next}), |_| {
        if found.is_empty() {
            return format!(
                "Nothing was learned yet. `leadfleet patterns learn` learns now; by itself it is done on {}.",
                next.format("%Y-%m-%d at %H:%M UTC")
            );
        }
        let texts: Vec<String> =
            found.iter().map(|pattern| documents::in_words(pattern, patterns.now)).collect();
        texts.join("\n\n")
    })?;
    Ok(())
}

pub(super) async fn history(args: &History, patterns: &Patterns) -> Result<(), Failure> {
    let found = patterns.conversion.history(args.of.client, args.kind, args.limit).await?;
    let documents: Vec<&Value> = found.iter().map(|pattern| &pattern.patterns).collect();
    patterns.output.show(&json!({"history": documents}), |_| {
        if found.is_empty() {
            return "Nothing was learned yet.".to_owned();
        }
        let row = |pattern: &Pattern| {
            let quality = &pattern.patterns["quality"];
            [
                pattern.computed_at.format("%Y-%m-%d %H:%M").to_string(),
                pattern.pattern_type.clone(),
                pattern.sample_size.to_string(),
                format!("{:.2}", pattern.confidence),
                format!("{} ({} by chance)", quality["found"], quality["found_in_shuffled"]),
                pattern.patterns["weights_source"].as_str().unwrap_or_default().to_owned(),
            ]
        };
        columns(
            ["as of", "type", "sample", "confidence", "better or worse", "weights"],
            found.iter().map(row),
        )
    })?;
    Ok(())
}

pub(super) async fn evidence(args: &Evidence, patterns: &Patterns) -> Result<(), Failure> {
    let found = patterns.conversion.evidence(args.of.client, &args.figure).await?;
    let Some(found) = found else {
        return Err(Failure {
            exit: Exit::Failure,
            error: anyhow::anyhow!("no pattern in force has a figure of {:?}", args.figure),
            hint: Some(
                "`leadfleet patterns show --json` has the query and the id of each under evidence".to_owned(),
            ),
        });
    };
    patterns.output.show(&found, behind)?;
    Ok(())
}

fn behind(found: &Behind) -> String {
    let rate = found.card["conversion_rate"].as_f64().unwrap_or_default() * 100.0;
    let mut text = format!(
        "{}: {} of {} ({rate:.1} %), learned by {}\n{} counted in it now",
        found.query,
        found.card["converted"],
        found.card["sample"],
        found.run_id,
        count(found.total, "lead")
    );
    if !found.as_learned {
        text.push_str("; they are not the same as when it was learned");
    }
    let rows = found
        .leads
        .iter()
        .map(|lead| [lead.id.to_string(), if lead.booked { "yes" } else { "no" }.to_owned()]);
    text + "\n\n" + &columns(["lead", "booked"], rows)
}

pub(super) async fn what_if(args: &WhatIf, patterns: &Patterns) -> Result<(), Failure> {
    let (client, now) = (args.of.client, patterns.now);
    if let Some(weights) = args.weights {
        patterns.output.show(&patterns.conversion.what_if(client, weights, now).await?, would_be)?;
    }
    if let Some(channel) = args.first_channel {
        let tier = args.tier.map(Tier::name);
        let found = patterns.conversion.what_if_channel(client, channel.name(), tier, now).await?;
        patterns.output.show(&found, would_begin)?;
    }
    Ok(())
}

fn would_begin(found: &ChannelWhatIf) -> String {
    let percent = |share: Option<f64>| format!("{:.1} %", share.unwrap_or_default() * 100.0);
    let ChannelWhatIf { first_channel, n, not_drawn, assigned_so, booked_so, ess, .. } = found;
    let leads = found.tier.as_ref().map_or("lead".to_owned(), |tier| format!("{tier} lead"));
    let mut text = format!("{} with a first channel drawn by chance", count(*n as u64, &leads));
    if *not_drawn > 0 {
        text.push_str(&format!("; of {not_drawn} more it was settled, they say nothing"));
    }
    if *assigned_so > 0 {
        text.push_str(&format!(
            "\n{booked_so} of {assigned_so} that began with {first_channel} booked within 28 days: {} ({} to {}), {} of all",
            percent(found.rate),
            percent(found.rate_low),
            percent(found.rate_high),
            percent(found.rate_of_all)
        ));
    }
    match &found.refused {
        Some(why) => text.push_str(&format!("\nrefused: {why}")),
        None => text.push_str(&format!(
            "\nHad all begun with {first_channel}: {} (SNIPS), {} (IPS), from evidence of {ess:.1} people",
            percent(found.snips),
            percent(found.ips)
        )),
    }
    text
}

fn would_be(found: &WeightsWhatIf) -> String {
    let mut text = format!(
        "{}{} with a score; of the best fifth {:.0} % would be the same",
        if found.older_leads > 0 { "The newest " } else { "" },
        count(found.leads as u64, "lead"),
        found.same_top_fifth * 100.0
    );
    if let Some(ranking) = &found.ranking {
        let rows = [
            ["AUC".to_owned(), format!("{:.3}", ranking.auc_in_force), format!("{:.3}", ranking.auc_what_if)],
            [
                "best fifth booked".to_owned(),
                format!("{:.1} %", ranking.top_fifth_in_force * 100.0),
                format!("{:.1} %", ranking.top_fifth_what_if * 100.0),
            ],
        ];
        text.push_str(&format!("\n\n{}", columns(["", "in force", "what if"], rows)));
        text.push_str(&format!(
            "\n\nThe AUC changes by {:+.3} to {:+.3} (95 %), over {}.",
            ranking.difference_low,
            ranking.difference_high,
            count(found.outcomes as u64, "known outcome")
        ));
    }
    format!("{text}\n{}", found.caution)
}
