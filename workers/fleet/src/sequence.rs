//! `leadfleet sequence`: the words that sequences are made of, and taking those that Claude wrote out of use.

use chrono::Utc;
use prospects::{Owner, WordsVersion};

use crate::exit::{Exit, Failure};
use crate::key::Client;
use crate::output::{Output, count};
use crate::outreach;
use crate::settings::Settings;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Show the versions of sequences: who wrote them, what they say, and which are in use.
    #[command(
        after_help = "Examples:\n  leadfleet sequence show\n  leadfleet sequence show referral_network --type 3-step\n  leadfleet sequence show --in-use --json"
    )]
    Show(Show),
    /// Take words that Claude wrote out of use; whoever is enrolled stays on them.
    #[command(
        after_help = "Example:\n  leadfleet sequence retire referral_network 3-step 2 --reason 'too pushy'"
    )]
    Retire(Retire),
}

#[derive(Debug, clap::Args)]
pub struct Show {
    /// `referral_network`, `thought_leadership` or `stealth_founder`; all of them, when none is given.
    #[arg(value_name = "SEGMENT")]
    segment: Option<String>,
    /// `3-step`, `5-step`, `7-step`, `soft_nudge` or `direct_cta`.
    #[arg(long = "type", value_name = "TYPE")]
    sequence_type: Option<String>,
    /// Only what whoever is enrolled next gets.
    #[arg(long)]
    in_use: bool,
    #[command(flatten)]
    client: Client,
}

#[derive(Debug, clap::Args)]
pub struct Retire {
    #[arg(value_name = "SEGMENT")]
    segment: String,
    #[arg(value_name = "TYPE")]
    sequence_type: String,
    /// Its number, as `leadfleet sequence show` tells it.
    #[arg(value_name = "VERSION")]
    version: i32,
    /// Why; it is kept with the version.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    client: Client,
}

pub async fn run(command: Command, settings: &Settings, output: Output) -> Result<Exit, Failure> {
    let prospects = outreach::prospects(settings).await?;
    match command {
        Command::Show(args) => {
            let owner = Owner { client: args.client.client, user: None };
            let (segment, kind) = (args.segment.as_deref(), args.sequence_type.as_deref());
            let mut versions = prospects.versions(owner, segment, kind).await?;
            versions.retain(|version| !args.in_use || version.standing == "in_use");
            output.show(&serde_json::json!({ "versions": versions }), |_versions| {
                match versions.as_slice() {
                    [] => "Nobody was enrolled in such a sequence yet: its first version is kept then."
                        .to_owned(),
                    versions => versions.iter().map(in_words).collect::<Vec<_>>().join("\n\n"),
                }
            })?;
        }
        Command::Retire(args) => {
            let owner = Owner { client: args.client.client, user: None };
            let Retire { segment, sequence_type, version, .. } = &args;
            let reason = args.reason.trim();
            if reason.is_empty() {
                return Err(Failure {
                    exit: Exit::Usage,
                    error: anyhow::anyhow!("this needs a reason; nothing was changed"),
                    hint: Some("say why with --reason 'TEXT': it is kept with the version".to_owned()),
                });
            }
            #[expect(clippy::disallowed_methods, reason = "a version is taken out of use now")]
            let now = Utc::now();
            let retired = prospects.retire(owner, segment, sequence_type, *version, reason, now).await?;
            let Some(retired) = retired else {
                return Err(Failure {
                    exit: Exit::NotFound,
                    error: anyhow::anyhow!("{segment} {sequence_type} has no version {version}"),
                    hint: Some(format!(
                        "`leadfleet sequence show {segment} --type {sequence_type}` lists them"
                    )),
                });
            };
            output.show(&retired, |retired| {
                format!(
                    "Version {version} of {segment} {sequence_type} is out of use; {} in it stay in it.",
                    count(retired.running.unsigned_abs(), "prospect")
                )
            })?;
        }
    }
    Ok(Exit::Ok)
}

fn in_words(version: &WordsVersion) -> String {
    let WordsVersion { segment, sequence_type, version: number, source, standing, note, .. } = version;
    let standing = match (*standing, version.retired_at) {
        ("retired", Some(at)) => format!("out of use since {}: {note}", at.date_naive()),
        ("in_use", _) => "in use".to_owned(),
        _ => "older".to_owned(),
    };
    let running = count(version.running.unsigned_abs(), "prospect");
    let kept = version.created_at.date_naive();
    let mut text = format!(
        "{segment} {sequence_type}, version {number} by {source}, kept {kept}: {standing}; {running} in it\n"
    );
    for step in &version.steps {
        text.push_str(&format!("\n  {}\n", step.kind));
        for way in &step.ways {
            let short = way.variant.rsplit('.').next().unwrap_or(&way.variant);
            text.push_str(&format!("    {short}: {}\n", way.text));
        }
    }
    text.trim_end().to_owned()
}
