//! `leadfleet campaign`: messages written by what conversions have proven, and the channels of prospects.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use prospects::{
    AllocateRequest, Allocated, AskCampaign, Campaign, CampaignStep, Error, Icp, Owner, Prospects,
};

use crate::exit::{Exit, Failure};
use crate::key::Client;
use crate::output::{Output, columns, count};
use crate::settings::Settings;
use crate::{outreach, reach};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Have the messages of a campaign written, by what conversions have proven.
    #[command(
        after_help = "The file is JSON, every key may be left out:\n  {\"industries\": [\"physical therapy\"], \"titles\": [\"Founder\"], \"sizes\": [\"11-50\"],\n   \"pains\": [\"charting takes all evening\"], \"offer\": \"a scheduling service\"}\n\nExamples:\n  leadfleet campaign generate --icp icp.json\n  leadfleet campaign generate --icp icp.json --segment stealth_founder --steps 4\n  echo '{\"offer\": \"a free audit\"}' | leadfleet campaign generate --icp - --json"
    )]
    Generate(Generate),
    /// List campaigns, the newest first.
    #[command(
        after_help = "Examples:\n  leadfleet campaign list\n  leadfleet campaign list --limit 5 --json"
    )]
    List(List),
    /// Show a campaign: its messages, when each goes out, and by which patterns they were written.
    #[command(after_help = "Example:\n  leadfleet campaign show 019ab3c4-5d6e-7f80-9123-456789abcdef")]
    Show(Show),
    /// Choose the channels of prospects and their order; with a campaign they are assigned, and stay.
    #[command(
        after_help = "Examples:\n  leadfleet campaign allocate prospect_1 prospect_2\n  leadfleet campaign allocate prospect_1 --campaign 019ab3c4-5d6e-7f80-9123-456789abcdef --dry-run\n  leadfleet campaign allocate prospect_1 --campaign 019ab3c4-5d6e-7f80-9123-456789abcdef --json"
    )]
    Allocate(Allocate),
}

#[derive(Debug, clap::Args)]
pub struct Generate {
    /// Whom the campaign is for and what is offered, as JSON; `-` reads it from standard input.
    #[arg(long, value_name = "FILE")]
    icp: Option<PathBuf>,
    /// In whose tone: `referral_network`, `thought_leadership` or `stealth_founder`.
    #[arg(long, value_name = "SEGMENT")]
    segment: Option<String>,
    /// How many messages.
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=8))]
    steps: u32,
    /// How long to wait until it is written; it is written all the same when nobody waits.
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    wait: u64,
    #[command(flatten)]
    client: Client,
}

#[derive(Debug, clap::Args)]
pub struct List {
    /// How many.
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    #[command(flatten)]
    client: Client,
}

#[derive(Debug, clap::Args)]
pub struct Show {
    /// Its id, as the list shows it.
    #[arg(value_name = "CAMPAIGN")]
    id: db::Uuid,
    #[command(flatten)]
    client: Client,
}

#[derive(Debug, clap::Args)]
pub struct Allocate {
    /// Their ids, such as `prospect_1`.
    #[arg(value_name = "PROSPECT_ID", required = true)]
    prospects: Vec<String>,
    /// Assign the channels in this campaign: whoever has some in it keeps them.
    #[arg(long, value_name = "CAMPAIGN")]
    campaign: Option<db::Uuid>,
    /// Show what would be assigned, and assign nothing.
    #[arg(long, requires = "campaign")]
    dry_run: bool,
    #[command(flatten)]
    client: Client,
}

/// How often it is looked whether a campaign is written.
const EVERY: Duration = Duration::from_millis(200);

pub async fn run(command: Command, settings: &Settings, output: Output) -> Result<Exit, Failure> {
    #[expect(clippy::disallowed_methods, reason = "a command reads the clock once and passes it on")]
    let now = Utc::now();
    match command {
        Command::Generate(args) => return generate(&args, settings, output, now).await,
        Command::List(args) => {
            let prospects = outreach::prospects(settings).await?;
            let campaigns = prospects.campaigns(owner(&args.client), args.limit).await?;
            output.show(&serde_json::json!({ "campaigns": campaigns }), |_| listed(&campaigns))?;
        }
        Command::Show(args) => {
            let prospects = outreach::prospects(settings).await?;
            let found = prospects.campaign(owner(&args.client), args.id).await?;
            let campaign = found.ok_or(Error::UnknownCampaign(args.id))?;
            output.show(&campaign, in_words)?;
        }
        Command::Allocate(args) => {
            let prospects = outreach::prospects(settings).await?;
            let owner = owner(&args.client);
            let asked = AllocateRequest { prospect_ids: args.prospects, dry_run: args.dry_run };
            let allocated = prospects.allocate(owner, &asked, args.campaign, now).await?;
            output.show(&serde_json::json!({ "prospects": allocated }), |_| chosen(&allocated))?;
        }
    }
    Ok(Exit::Ok)
}

async fn generate(
    args: &Generate,
    settings: &Settings,
    output: Output,
    now: DateTime<Utc>,
) -> Result<Exit, Failure> {
    let asked = AskCampaign {
        // Who asks is decided by the owner.
        user_id: String::new(),
        icp: args.icp.as_deref().map(icp).transpose()?.unwrap_or_default(),
        segment: args.segment.clone(),
        steps: args.steps,
    };
    let (prospects, jetstream) = (outreach::prospects(settings).await?, reach::nats(settings).await?);
    let owner = owner(&args.client);
    let asked = prospects.ask_campaign(owner, &asked, now).await?;
    reach::say(&jetstream, &asked.job()).await?;
    let id = asked.commit().await?;
    let campaign = written(&prospects, owner, id, Duration::from_secs(args.wait)).await?;
    output.show(&campaign, in_words)?;
    Ok(Exit::Ok)
}

/// The campaign when it is written, or as it is when nobody waits any longer.
async fn written(
    prospects: &Prospects,
    owner: Owner<'_>,
    id: db::Uuid,
    patience: Duration,
) -> Result<Campaign, Failure> {
    let deadline = tokio::time::Instant::now() + patience;
    loop {
        let campaign = prospects.campaign(owner, id).await?.ok_or(Error::UnknownCampaign(id))?;
        if campaign.written_at.is_some() || tokio::time::Instant::now() >= deadline {
            return Ok(campaign);
        }
        tokio::time::sleep(EVERY).await;
    }
}

fn owner(client: &Client) -> Owner<'static> {
    Owner { client: client.client, user: None }
}

fn icp(path: &Path) -> Result<Icp, Failure> {
    let wrong = |error: anyhow::Error| Failure {
        exit: Exit::Usage,
        error: error.context(format!("could not read {}", path.display())),
        hint: Some("`leadfleet campaign generate --help` shows what stands in it".to_owned()),
    };
    let read = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_bytes| text)
    } else {
        std::fs::read_to_string(path)
    };
    serde_json::from_str(&read.map_err(|error| wrong(error.into()))?).map_err(|error| wrong(error.into()))
}

fn listed(campaigns: &[Campaign]) -> String {
    if campaigns.is_empty() {
        return "There are no campaigns: `leadfleet campaign generate` has one written.".to_owned();
    }
    let row = |campaign: &Campaign| {
        let Campaign { campaign_id, state, source, segment, steps, created_at, .. } = campaign;
        [
            campaign_id.to_string(),
            created_at.format("%Y-%m-%d %H:%M").to_string(),
            state.clone(),
            source.clone().unwrap_or_default(),
            segment.clone().unwrap_or_default(),
            steps.to_string(),
        ]
    };
    columns(["campaign", "asked for", "state", "words", "segment", "steps"], campaigns.iter().map(row))
}

fn in_words(campaign: &Campaign) -> String {
    let id = campaign.campaign_id;
    if campaign.written_at.is_none() {
        return format!(
            "Campaign {id} waits for a writer and a keeper: `leadfleet run templater outreach` starts them, nothing is \
             lost; then `leadfleet campaign show {id}`."
        );
    }
    let steps = count(campaign.sequence.len() as u64, "step");
    let words = if campaign.note.is_empty() { "Claude's words" } else { &campaign.note };
    let mut text = format!("Campaign {id}, {steps}: {words}\n");
    if !campaign.days.is_empty() {
        text.push_str(&format!("Best sent on {}\n", campaign.days.join(", ")));
    }
    if !campaign.context.is_empty() {
        text.push_str(&format!("\nWhat conversions have shown:\n{}\n", campaign.context));
    }
    for step in &campaign.sequence {
        let CampaignStep { step, channel, after_days, hour, subject, body, .. } = step;
        text.push_str(&format!(
            "\n{step}. {channel}, after {}, at {hour}:00\n",
            count((*after_days).into(), "day")
        ));
        if !subject.is_empty() {
            text.push_str(&format!("Subject: {subject}\n"));
        }
        text.push_str(&format!("{body}\n"));
    }
    let row = |used: &prospects::PatternUsed| {
        let rate = |rate: Option<f64>| rate.map(|rate| format!("{:.1} %", rate * 100.0)).unwrap_or_default();
        let interval = match (used.ci_low, used.ci_high) {
            (Some(low), Some(high)) => format!("{:.1} to {:.1} %", low * 100.0, high * 100.0),
            _ => String::new(),
        };
        let sample = used.sample.map(|sample| sample.to_string()).unwrap_or_default();
        let [pattern, name, verdict] = [&used.pattern, &used.name, &used.verdict].map(Clone::clone);
        [pattern, name, verdict, rate(used.conversion_rate), interval, sample]
    };
    if campaign.patterns_used.is_empty() {
        text.push_str("\nNothing is proven of conversions yet: order, times and lengths are the usual ones.");
    } else {
        let header = ["pattern", "name", "verdict", "rate", "95 % interval", "of"];
        text.push_str(&format!("\n{}", columns(header, campaign.patterns_used.iter().map(row))));
    }
    text
}

fn chosen(allocated: &[Allocated]) -> String {
    let row = |one: &Allocated| {
        let shares = one.allocation.shares.iter();
        let shares = shares.map(|(channel, share)| format!("{channel} {:.0} %", share * 100.0));
        let suppressed = one.suppressed.iter().map(|(channel, why)| format!("; not {channel}: {why}"));
        [
            one.prospect_id.clone(),
            one.tier.clone().unwrap_or_default(),
            one.allocation.channels.join(", "),
            shares.collect::<Vec<_>>().join(", "),
            format!("{}{}", one.allocation.reason, suppressed.collect::<String>()),
        ]
    };
    columns(["prospect", "tier", "channels", "chance to be first", "why"], allocated.iter().map(row))
}
