//! What outreach has brought, beside what it is to bring.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use prospects::{Best, Experiment, Measured, Metrics, MetricsRequest, Performance};

use super::{Outreach, counted, percent};
use crate::exit::Failure;
use crate::output::columns;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The first day, UTC [default: the very first].
    #[arg(long, value_name = "DATE", value_parser = crate::cli::date)]
    from: Option<NaiveDate>,
    /// The last day, UTC [default: today].
    #[arg(long, value_name = "DATE", value_parser = crate::cli::date)]
    to: Option<NaiveDate>,
    /// Only this segment.
    #[arg(long, value_name = "NAME")]
    segment: Option<String>,
    /// Only this type of sequence.
    #[arg(long = "type", value_name = "TYPE")]
    sequence_type: Option<String>,
}

pub(super) async fn run(args: Args, outreach: &Outreach) -> Result<(), Failure> {
    let Args { from, to, segment, sequence_type } = args;
    let request = MetricsRequest { user_id: outreach.user_id(), from, to, segment, sequence_type };
    let metrics = outreach.prospects.metrics(outreach.owner(), &request, outreach.now).await?;
    outreach.output.show(&metrics, in_words)?;
    Ok(())
}

fn in_words(metrics: &Metrics) -> String {
    let Metrics { from, to, totals, .. } = metrics;
    let mut text = format!("{from} to {to}: ");
    if totals.sends == 0 {
        text.push_str("nothing has gone out.");
        return text;
    }
    text.push_str(&format!(
        "{} to {}\n\n",
        counted(totals.sends, "touch", "touches"),
        counted(totals.people, "person", "people")
    ));
    let target = |[low, high]: [f64; 2]| format!("{low:.0} to {high:.0} %");
    let rows = [
        ("accepted", totals.acceptance_rate, String::new()),
        ("replied", totals.reply_rate, target(metrics.targets.reply_rate)),
        ("interested or booked", totals.positive_reply_rate, String::new()),
        ("met", totals.meeting_rate, target(metrics.targets.meeting_rate)),
        ("left or complained", totals.negative_rate, String::new()),
        ("replies per touch", totals.reply_rate_per_send, String::new()),
        ("meetings per touch", totals.meeting_rate_per_send, String::new()),
    ];
    let rows = rows.map(|(name, rate, target)| {
        let of = format!("{} of {}", rate.successes, rate.trials);
        [name.to_owned(), rate.rate.map_or_else(String::new, percent), range(rate), of, target]
    });
    text.push_str(&columns(["", "rate", "95 % between", "counted", "target"], rows));
    for (name, group) in [
        ("segment", &metrics.segments),
        ("sequence type", &metrics.sequence_types),
        ("step", &metrics.steps),
        ("week", &metrics.weeks),
    ] {
        text.push_str(&format!("\n\n{}", table(name, group)));
    }
    text.push_str(&format!("\n\n{}", variants(&metrics.variants)));
    text.push_str("\n\nBest performers:\n");
    for Best { dimension, name, explanation } in &metrics.best_performers {
        let name = name.as_deref().unwrap_or("none");
        text.push_str(&format!("  {}: {name} ({explanation})\n", dimension.replace('_', " ")));
    }
    text.push_str(&experiments(&metrics.experiments));
    if metrics.machine_events > 0 {
        text.push_str(&format!(
            "{} by machines, in no number above\n",
            counted(metrics.machine_events, "open or click", "opens and clicks")
        ));
    }
    text
}

fn table(name: &str, group: &[Performance]) -> String {
    let row = |performance: &Performance| {
        let Performance { name, sends, people, .. } = performance;
        let rates =
            [performance.reply_rate, performance.positive_reply_rate, performance.meeting_rate].map(short);
        let [reply, positive, meeting] = rates;
        [name.clone(), sends.to_string(), people.to_string(), reply, positive, meeting]
    };
    columns([name, "sends", "people", "replied", "positive", "met"], group.iter().map(row))
}

fn variants(variants: &[Performance]) -> String {
    let row = |performance: &Performance| {
        let Performance { name, people, reply_rate, .. } = performance;
        [name.clone(), people.to_string(), short(*reply_rate)]
    };
    columns(["variant", "people", "replied"], variants.iter().map(row))
}

/// Those of which the same is to be said in one line.
fn experiments(experiments: &[Experiment]) -> String {
    let mut alike: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for Experiment { name, verdict, explanation, .. } in experiments {
        alike.entry((verdict, explanation)).or_default().push(name);
    }
    let line = |((verdict, explanation), names): ((&str, &str), Vec<&str>)| {
        let which = match names.as_slice() {
            [name] => format!("Experiment {name}"),
            names => format!("{} experiments", names.len()),
        };
        format!("{which}: {} ({explanation})\n", verdict.replace('_', " "))
    };
    alike.into_iter().map(line).collect()
}

/// A rate with its interval, per cent.
fn short(rate: Measured) -> String {
    match rate.rate {
        Some(share) => {
            let (low, high) = (rate.ci_low * 100.0, rate.ci_high * 100.0);
            format!("{:.1} ({low:.0}–{high:.0})", share * 100.0)
        }
        None => "-".to_owned(),
    }
}

fn range(rate: Measured) -> String {
    match rate.rate {
        Some(_) => format!("{:.1} and {:.1} %", rate.ci_low * 100.0, rate.ci_high * 100.0),
        None => "-".to_owned(),
    }
}
