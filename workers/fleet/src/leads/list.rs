//! Leads with their scores as they are stored.

use als::Tier;
use prospects::{LeadOrder, LeadPage, LeadStatus, LeadsQuery, ListedLead};

use super::{Leads, OfClient, OfLead};
use crate::exit::Failure;
use crate::output::columns;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only this tier: hot, warm, cool, cold or dead.
    #[arg(long)]
    tier: Option<Tier>,
    /// Only leads with this status, as new, replied or converted.
    #[arg(long)]
    status: Option<LeadStatus>,
    /// Only leads with words in name, company or title that begin so, as "ann clin".
    #[arg(long, value_name = "WORDS")]
    search: Option<String>,
    /// In which order: score (the best first), -score, name or -name.
    #[arg(long, value_name = "ORDER", default_value = "score", allow_hyphen_values = true)]
    sort: LeadOrder,
    /// How many.
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    /// Where the page before ended, as its JSON says.
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
    #[command(flatten)]
    of: OfClient,
}

pub(super) async fn run(args: Args, leads: &Leads) -> Result<(), Failure> {
    let Args { tier, status, search: q, sort, limit, cursor, of } = args;
    let query = LeadsQuery { tier, status, q, sort, limit, cursor };
    let page = leads.scores.list(of.client, &query).await?;
    leads.output.show(&page, table)?;
    Ok(())
}

fn table(page: &LeadPage) -> String {
    if page.leads.is_empty() {
        return "There are no such leads: `leadfleet import leads` brings some.".to_owned();
    }
    let row = |lead: &ListedLead| {
        [
            score(lead),
            lead.tier.clone().unwrap_or_default(),
            lead.prospect_id.clone(),
            lead.name.clone(),
            lead.title.clone(),
            lead.company.clone(),
            lead.status.clone(),
        ]
    };
    let header = ["score", "tier", "lead", "name", "title", "company", "status"];
    let mut table = columns(header, page.leads.iter().map(row));
    if page.next.is_some() {
        table.push_str("\nand more: `--limit` lists more");
    }
    table
}

fn score(lead: &ListedLead) -> String {
    lead.score.map_or_else(|| "-".to_owned(), |score| score.to_string())
}

pub(super) async fn show(args: &OfLead, leads: &Leads) -> Result<(), Failure> {
    let lead = leads.scores.show(args.of.client, &args.prospect).await?;
    leads.output.show(&lead, in_words)?;
    Ok(())
}

/// A lead and its score in a few lines.
pub(super) fn in_words(lead: &ListedLead) -> String {
    let ListedLead { prospect_id, name, title, company, status, .. } = lead;
    let who: Vec<&str> =
        [name, title, company].into_iter().map(String::as_str).filter(|s| !s.is_empty()).collect();
    let mut text = format!("{prospect_id}: {}, {status}\n", who.join(", "));
    match (lead.score, &lead.tier, &lead.weights_source) {
        (Some(score), Some(tier), Some(source)) => {
            text.push_str(&format!("Score {score}, {tier}, with {source} weights"));
        }
        _ => text.push_str("Not scored yet"),
    }
    if let Some(shadow) = lead.shadow_score {
        text.push_str(&format!(" (by the weights that were not adopted: {shadow})"));
    }
    text.push_str(&match lead.scored_at {
        Some(at) => format!(", scored {}", at.format("%Y-%m-%d %H:%M UTC")),
        None => ": waits for the scorer".to_owned(),
    });
    if let Some(touch) = &lead.first_touch {
        text.push_str(&format!("\nContacted first on {}", touch.at.format("%Y-%m-%d")));
        let before = touch.score.as_ref().and_then(|score| score.get("score")?.as_i64());
        text.push_str(&before.map_or_else(String::new, |score| format!(", when its score was {score}")));
    }
    text
}
