//! Why the score of a lead is what it is, line by line.

use als::{Ledger, Milli, PartLine, RuleLine};
use prospects::{Explanation, Reckoned};

use super::{Leads, OfLead, list};
use crate::exit::Failure;
use crate::output::columns;

pub(super) async fn run(args: &OfLead, leads: &Leads) -> Result<(), Failure> {
    let told = leads.scores.explain(args.of.client, &args.prospect, leads.now).await?;
    leads.output.show(&told, in_words)?;
    Ok(())
}

fn in_words(told: &Explanation) -> String {
    let Explanation { lead, now } = told;
    let mut text = list::in_words(lead);
    if lead.score.is_some_and(|stored| stored != i16::from(now.score)) {
        text.push_str(&format!("\nIt would be {} now: `leadfleet leads rescore` tells of all", now.score));
    }
    text.push_str(&format!("\n\n{}\n\n", ledger(&now.ledger)));
    text.push_str(&format!("{}, {}", tier(now), weights(now)));
    if !now.what_if.is_empty() {
        let row = |one: &als::WhatIf| {
            [one.score.to_string(), format!("+{}", one.gain), one.tier.name().to_owned(), one.says.clone()]
        };
        let open = columns(["score", "gain", "tier", "if it"], now.what_if.iter().map(row));
        text.push_str(&format!("\n\nWhat is not known yet:\n\n{open}"));
    }
    text
}

fn tier(now: &Reckoned) -> String {
    match &now.excluded_by {
        Some(rule) => format!("Tier dead, whatever the score: {rule}"),
        None => format!("Tier {}", now.tier.name()),
    }
}

fn weights(now: &Reckoned) -> String {
    let mut text = format!("with {}; the best score there is: {}", now.weights_reason, now.ledger.max_score);
    if let Some(likelihood) = now.likelihood {
        text.push_str(&format!("\nOf such leads {:.1} % have booked", likelihood * 100.0));
    }
    text
}

/// The lines of the score and their sum.
fn ledger(ledger: &Ledger) -> String {
    let mut rows: Vec<[String; 4]> = Vec::new();
    for part in &ledger.parts {
        rows.push([name(part), of_most(part), weight(part), points(part.contributes)]);
        rows.extend(part.rules.iter().map(rule));
    }
    rows.push([ledger.cut.says.clone(), String::new(), String::new(), points(ledger.cut.contributes)]);
    rows.push(["score".to_owned(), String::new(), String::new(), format!("{}.000", ledger.score)]);
    columns(["part", "points", "weight", "of the score"], rows)
}

fn name(part: &PartLine) -> String {
    part.part.name().replace('_', " ")
}

fn of_most(part: &PartLine) -> String {
    format!("{} of {}", part.points, part.most)
}

fn weight(part: &PartLine) -> String {
    part.weight.map_or_else(|| "taken off".to_owned(), |weight| weight.to_string())
}

fn rule(rule: &RuleLine) -> [String; 4] {
    [
        format!("- {}", rule.says),
        rule.points.to_string(),
        String::new(),
        format!("({})", points(rule.contributes)),
    ]
}

fn points(milli: Milli) -> String {
    format!("{:.3}", milli.points())
}
