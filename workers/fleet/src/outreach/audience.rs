//! Who is in which segment and who comes first, with the words and points that decided.

use prospects::{Point, PrioritizeRequest, Prioritized, RankedProspect, Segmentation, Segmented};

use super::Outreach;
use crate::exit::Failure;
use crate::output::{columns, count};

#[derive(Debug, clap::Args)]
pub(super) struct SegmentArgs {
    /// Their ids; all prospects, when none is given.
    #[arg(value_name = "PROSPECT")]
    prospects: Vec<String>,
    /// How many to list.
    #[arg(long, default_value_t = 20, value_name = "N")]
    limit: usize,
}

#[derive(Debug, clap::Args)]
pub(super) struct PrioritizeArgs {
    /// Only those with this fit or more, of 100.
    #[arg(long, default_value_t = 0.0, value_name = "POINTS")]
    min_fit: f64,
    /// Only those with this referral capacity or more, of 100.
    #[arg(long, default_value_t = 0.0, value_name = "POINTS")]
    min_referral: f64,
    /// Only those with this signal strength or more, of 100.
    #[arg(long, default_value_t = 0.0, value_name = "POINTS")]
    min_signal: f64,
    /// Only this segment: `referral_network`, `thought_leadership` or `stealth_founder`.
    #[arg(long, value_name = "NAME")]
    segment: Option<String>,
    /// How many to list.
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: u32,
    /// Say what each score is made of.
    #[arg(long)]
    why: bool,
}

/// Words that decided, of each prospect: a row is to stay one line.
const WORDS: usize = 2;

pub(super) async fn segment(args: SegmentArgs, outreach: &Outreach) -> Result<(), Failure> {
    let names = (!args.prospects.is_empty()).then_some(args.prospects);
    let segmentation = outreach.prospects.segment(outreach.owner(), names).await?;
    outreach.output.show(&segmentation, |segmentation| segments_table(segmentation, args.limit))?;
    Ok(())
}

fn segments_table(segmentation: &Segmentation, limit: usize) -> String {
    let Segmentation { total, changed, segments, prospects } = segmentation;
    if *total == 0 {
        return "No prospects yet: `leadfleet import prospects FILE.csv` brings some.".to_owned();
    }
    let shares = segments.iter().map(|share| {
        [
            share.segment.to_owned(),
            share.prospects.to_string(),
            format!("{:.1} %", share.share),
            format!("{:.1} %", share.weekly_share),
        ]
    });
    let shares = columns(["segment", "prospects", "share", "share of a week"], shares);
    let listed = columns(
        ["prospect", "segment", "role", "decided by"],
        prospects.iter().take(limit).map(|prospect| {
            let Segmented { prospect_id, segment, tags, .. } = prospect;
            [prospect_id.clone(), segment.clone(), tags.role.clone(), decided_by(prospect)]
        }),
    );
    let more = match total.saturating_sub(limit as u64) {
        0 => String::new(),
        more => format!("\nand {more} more: `--limit` lists more, --json up to a thousand"),
    };
    format!("{}, {changed} placed anew\n\n{shares}\n\n{listed}{more}", count(*total, "prospect"))
}

fn decided_by(prospect: &Segmented) -> String {
    if prospect.low_confidence {
        return "no word: it is not known well".to_owned();
    }
    let words = prospect.words.iter().take(WORDS).map(|word| format!("{} ({})", word.word, word.field));
    let more = if prospect.words.len() > WORDS { ", …" } else { "" };
    words.collect::<Vec<_>>().join(", ") + more
}

pub(super) async fn prioritize(args: PrioritizeArgs, outreach: &Outreach) -> Result<(), Failure> {
    let request = PrioritizeRequest {
        user_id: outreach.user_id(),
        min_fit_score: args.min_fit,
        min_referral_capacity: args.min_referral,
        min_signal_strength: args.min_signal,
        limit: args.limit,
        segment: args.segment,
    };
    let found = outreach.prospects.prioritize(outreach.owner(), &request).await?;
    outreach.output.show(&found, |found| if args.why { with_reasons(found) } else { ranks_table(found) })?;
    Ok(())
}

fn ranks_table(found: &Prioritized) -> String {
    if found.prospects.is_empty() {
        return nobody(found);
    }
    let row = |prospect: &RankedProspect| {
        [
            prospect.prospect_id.clone(),
            prospect.name.clone(),
            prospect.segment.clone(),
            format!("{:.2}", prospect.priority_score),
            prospect.fit_score.to_string(),
            prospect.referral_capacity.to_string(),
            prospect.signal_strength.to_string(),
        ]
    };
    let header = ["prospect", "name", "segment", "score", "fit", "referral", "signal"];
    let table = columns(header, found.prospects.iter().map(row));
    format!("{table}\n\n{}; --why says what each score is made of", shown(found))
}

fn with_reasons(found: &Prioritized) -> String {
    if found.prospects.is_empty() {
        return nobody(found);
    }
    let block = |prospect: &RankedProspect| {
        let RankedProspect { fit_score, referral_capacity, signal_strength, .. } = prospect;
        let who = [&prospect.name, &prospect.title, &prospect.company].map(String::as_str);
        let who: Vec<&str> = who.into_iter().filter(|text| !text.is_empty()).collect();
        let mut text = format!("{}  {}\n", prospect.prospect_id, who.join(", "));
        text.push_str(&format!(
            "  {}: {:.2} = 0.40 × {fit_score} + 0.35 × {referral_capacity} + 0.25 × {signal_strength}\n",
            prospect.segment, prospect.priority_score
        ));
        for (name, value, key) in [
            ("fit", fit_score, "fit"),
            ("referral capacity", referral_capacity, "referral_capacity"),
            ("signal strength", signal_strength, "signal_strength"),
        ] {
            text.push_str(&format!("  {name} {value}\n"));
            let points = prospect.reasons.get(key).into_iter().flatten();
            for Point { points, reason } in points {
                text.push_str(&format!("    {points:>3} {reason}\n"));
            }
        }
        text
    };
    let blocks: Vec<String> = found.prospects.iter().map(block).collect();
    format!("{}\n{}", blocks.join("\n"), shown(found))
}

fn shown(found: &Prioritized) -> String {
    format!("{} of {}", found.prospects.len(), count(found.considered, "prospect"))
}

fn nobody(found: &Prioritized) -> String {
    match found.considered {
        0 => "No prospects yet: `leadfleet import prospects FILE.csv` brings some.".to_owned(),
        considered => format!("None of {} has that many points.", count(considered, "prospect")),
    }
}
