//! A report on a table as a person reads it.

use ::patterns::Verdict;
use detector::table::judged::Said;
use detector::table::leaks::Certainty;
use detector::table::quality::{Drift, Quality};
use detector::table::report::{OutcomeKind, Report, TableCard};

use crate::output::{columns, count};

/// Of either kind; the rest is in the JSON.
const MOST_CARDS: usize = 12;
const MOST_DRIVERS: usize = 8;
const WIDEST: usize = 30;

pub(super) fn report(report: &Report) -> String {
    let parts = [
        heading(report),
        model(report),
        leaks(report),
        cards(report, Verdict::Better, "Better than the rest:"),
        cards(report, Verdict::Worse, "Worse than the rest:"),
        chance(report),
        orders(report),
        drivers(report),
        lists(report),
        excluded(report),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n\n")
}

fn heading(report: &Report) -> String {
    let outcome = &report.outcome;
    let what = match (&outcome.positive, &outcome.trials) {
        (Some(positive), _) => format!("{} = {positive}", outcome.column),
        (None, Some(trials)) => format!("{} by {trials}", outcome.column),
        (None, None) => outcome.column.clone(),
    };
    let (low, high) = (report.base_rate_ci.low, report.base_rate_ci.high);
    let rate = match outcome.kind {
        OutcomeKind::Number => format!("{} ({low} to {high})", report.base_rate),
        OutcomeKind::YesNo | OutcomeKind::Share => {
            format!("{} ({} to {})", percent(report.base_rate), percent(low), percent(high))
        }
    };
    let mut text = format!("{}, {what}: {rate}", count(report.rows as u64, "row"));
    if let Some(seed) = report.shuffled {
        text.push_str(&format!(
            "\nThe outcomes were given to other rows (seed {seed}): what is found is chance."
        ));
    }
    if report.rows_left_out > 0 {
        let few = match report.rows_with_few_trials {
            0 => String::new(),
            few => format!(", {few} of them for too few trials"),
        };
        text.push_str(&format!("\n{} left out{few}", count(report.rows_left_out as u64, "row")));
    }
    if report.confidence == 0.0 {
        text.push_str("\nToo little data: nothing is concluded.");
    }
    text
}

fn model(report: &Report) -> String {
    let row = |name: &str, quality: &Quality| {
        let calibration = &quality.calibration;
        [
            name.to_owned(),
            format!("{:.3}", quality.auc),
            format!("{:.3} to {:.3}", quality.auc_ci.low, quality.auc_ci.high),
            format!("{:.2}", quality.lift_at_20),
            format!("{:.4}", calibration.brier),
            format!("{:.3}", calibration.ece),
            format!("{:.2}", calibration.observed_to_expected),
        ]
    };
    let mut rows = Vec::new();
    rows.extend(report.random_folds.as_ref().map(|folds| row("rows drawn at random", &folds.quality)));
    rows.extend(report.time_split.as_ref().map(|split| row("newest 30 %", &split.quality)));
    if rows.is_empty() {
        return report.no_model.map(|why| format!("No model: {why}.")).unwrap_or_default();
    }
    let header = ["foretold", "AUC", "95 %", "lift, best fifth", "Brier", "ECE", "came / expected"];
    let mut text = columns(header, rows);
    if let Some(split) = &report.time_split {
        let drift = match split.drift {
            Drift::None => "the rows are alike",
            Drift::Watch => "the rows have moved",
            Drift::Act => "the rows have moved far: do not trust old patterns",
        };
        text.push_str(&format!(
            "\nOlder rows {}, newest {}; PSI of the scores {:.3}: {drift}",
            percent(split.base_rate_old),
            percent(split.base_rate_new),
            split.psi_scores,
        ));
    }
    text
}

fn leaks(report: &Report) -> String {
    if report.leaks.is_empty() {
        return String::new();
    }
    let what = if report.leaks_kept {
        "used all the same, as asked"
    } else {
        "leaks are not used; --keep-leaks uses them"
    };
    let mut text = format!("Not to be believed ({what}):");
    for leak in &report.leaks {
        let suspect = if leak.certainty == Certainty::Suspect { ", a suspicion: it is used" } else { "" };
        text.push_str(&format!("\n  {}: {}{suspect}\n    {}", leak.column, leak.reason, leak.why));
    }
    text
}

fn cards(report: &Report, verdict: Verdict, title: &str) -> String {
    let mut found: Vec<&TableCard> =
        report.cards.iter().filter(|card| card.said.verdict() == verdict).collect();
    if found.is_empty() {
        return String::new();
    }
    let distance = |card: &TableCard| figures(card).1.unwrap_or(1.0).max(1e-9).ln().abs();
    found.sort_by(|one, other| distance(other).total_cmp(&distance(one)));
    let is_number = report.outcome.kind == OutcomeKind::Number;
    let row = |card: &&TableCard| {
        let (rate, lift, sample, (low, high), q) = figures(card);
        let shown = |value: f64| if is_number { value.to_string() } else { format!("{:.1}", value * 100.0) };
        [
            short(&card.column),
            short(&card.value),
            sample.to_string(),
            shown(rate),
            format!("{} to {}", shown(low), shown(high)),
            lift.map(|lift| format!("{lift:.2}")).unwrap_or_default(),
            p_value(q),
        ]
    };
    let rate = if is_number { "mean" } else { "%" };
    let table = columns(
        ["column", "value", "rows", rate, "95 %", "lift", "q"],
        found.iter().take(MOST_CARDS).map(row),
    );
    let more = match found.len().saturating_sub(MOST_CARDS) {
        0 => String::new(),
        more => format!("\n  and {more} more, all with --json"),
    };
    format!("{title}\n{table}{more}")
}

/// Rate, lift once shrunk, rows, interval, q.
fn figures(card: &TableCard) -> (f64, Option<f64>, u64, (f64, f64), f64) {
    match &card.said {
        Said::Rate(card) => {
            (card.conversion_rate, Some(card.lift_shrunk), card.sample, (card.ci_low, card.ci_high), card.q)
        }
        Said::Mean(card) => {
            (card.conversion_rate, card.lift_shrunk, card.sample, (card.ci_low, card.ci_high), card.q)
        }
    }
}

fn chance(report: &Report) -> String {
    let Some(null) = &report.null_control else { return String::new() };
    let found = match null.found {
        0 => "Nothing stands out".to_owned(),
        1 => "1 group stands out".to_owned(),
        found => format!("{found} groups stand out"),
    };
    if null.shuffles == 0 {
        return format!("{found}.");
    }
    format!(
        "{found}; with the outcomes shuffled {} times, {:.2} on average, and any in {}.",
        null.shuffles,
        null.mean_verdicts,
        count(u64::from(null.shuffles_with_any), "shuffle")
    )
}

/// `segment: Mens E-Mail > Womens E-Mail > No E-Mail`.
fn orders(report: &Report) -> String {
    let mut text = String::new();
    for column in report.columns.iter().filter(|column| column.selected) {
        let Some(order @ [first, rest @ ..]) = column.order.as_deref() else { continue };
        if !order.iter().any(|step| step.differs) {
            continue;
        }
        let sign = |differs: bool| if differs { ">" } else { "~" };
        let mut line = format!("{} {} {}", first.higher, sign(first.differs), first.lower);
        rest.iter().for_each(|step| line.push_str(&format!(" {} {}", sign(step.differs), step.lower)));
        text.push_str(&format!("\n  {}: {line}", column.column));
    }
    if text.is_empty() {
        text
    } else {
        format!("From the best to the worst (~: these two do not differ):{text}")
    }
}

fn drivers(report: &Report) -> String {
    if report.drivers.is_empty() {
        return String::new();
    }
    let times = |side: &Option<(String, f64)>| {
        side.as_ref().map(|(value, times)| format!("{} x{times:.2}", short(value))).unwrap_or_default()
    };
    let rows = report.drivers.iter().take(MOST_DRIVERS).map(|driver| {
        [short(&driver.column), format!("{:.2}", driver.weight), times(&driver.raises), times(&driver.lowers)]
    });
    let table = columns(["column", "weight", "raises the odds most", "lowers them most"], rows);
    format!("What the model goes by, all else being equal:\n{table}")
}

fn lists(report: &Report) -> String {
    let rows = report.columns.iter().map(|list| {
        let part = format!("{:?}", list.part).to_lowercase();
        let drift = match list.drift {
            Drift::None => "",
            Drift::Watch => "watch",
            Drift::Act => "act",
        };
        [
            short(&list.column),
            part,
            list.groups.to_string(),
            list.missing_rows.to_string(),
            p_value(list.p),
            p_value(list.q),
            if list.selected { "yes" } else { "" }.to_owned(),
            format!("{:.3} {drift}", list.psi),
        ]
    });
    columns(["column", "by", "groups", "missing", "p", "q", "stands out", "PSI"], rows)
}

fn excluded(report: &Report) -> String {
    if report.excluded.is_empty() {
        return String::new();
    }
    let lines = report.excluded.iter().map(|excluded| format!("\n  {}: {}", excluded.column, excluded.why));
    format!("Not used:{}", lines.collect::<String>())
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn p_value(p: f64) -> String {
    if p < 0.001 { "<.001".to_owned() } else { format!("{p:.3}") }
}

fn short(text: &str) -> String {
    if text.chars().count() <= WIDEST {
        return text.to_owned();
    }
    let cut: String = text.chars().take(WIDEST - 1).collect();
    format!("{}…", cut.trim_end())
}
