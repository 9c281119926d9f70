//! `leadfleet dead replays`: how replays are, and what is wished of them, from any terminal.

use dead::{Dead, Order, Replay};

use super::replay::{ended, follow, progress};
use super::{Who, minute, shortened};
use crate::exit::{Exit, Failure};
use crate::output::{Output, columns};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List replays, the newest first.
    #[command(after_help = "Example:\n  leadfleet dead replays list --json")]
    List,
    /// Show how far a replay is.
    #[command(after_help = "Example:\n  leadfleet dead replays show 019aa2f0c3c67d0e8f6f5d1b2a3c4d5e")]
    Show(Args),
    /// Stop publishing for a while; what was published goes on.
    #[command(after_help = "Example:\n  leadfleet dead replays pause 019aa2f0c3c67d0e8f6f5d1b2a3c4d5e")]
    Pause(Args),
    /// Go on with a replay: where it runs, or here when its process is gone.
    #[command(after_help = "Example:\n  leadfleet dead replays resume 019aa2f0c3c67d0e8f6f5d1b2a3c4d5e")]
    Resume(Args),
    /// End a replay; what was not published stays open.
    #[command(after_help = "Example:\n  leadfleet dead replays cancel 019aa2f0c3c67d0e8f6f5d1b2a3c4d5e")]
    Cancel(Args),
}

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Id of the replay; `latest` is the newest.
    #[arg(value_name = "ID", default_value = LATEST)]
    id: String,
    #[command(flatten)]
    who: Who,
}

const LATEST: &str = "latest";

pub(super) async fn run(command: Command, dead: &Dead, output: Output) -> Result<Exit, Failure> {
    match command {
        Command::List => {
            output.show(&dead.replays().await?, |replays| table(replays))?;
            Ok(Exit::Ok)
        }
        Command::Show(args) => {
            output.show(&find(&args.id, dead).await?, told)?;
            Ok(Exit::Ok)
        }
        Command::Pause(args) => order(&args, Order::Pause, dead, output).await,
        Command::Resume(args) => order(&args, Order::Run, dead, output).await,
        Command::Cancel(args) => order(&args, Order::Cancel, dead, output).await,
    }
}

async fn find(id: &str, dead: &Dead) -> Result<Replay, Failure> {
    if id != LATEST {
        return Ok(dead.replay(id).await?);
    }
    let newest = dead.replays().await?.into_iter().next();
    newest.ok_or_else(|| Failure {
        exit: Exit::NotFound,
        error: anyhow::anyhow!("nothing was replayed yet"),
        hint: Some("`leadfleet dead replay` shows what could be".to_owned()),
    })
}

async fn order(args: &Args, order: Order, dead: &Dead, output: Output) -> Result<Exit, Failure> {
    let id = find(&args.id, dead).await?.id;
    let by = args.who.by_or("");
    let replay = dead.order(&id, order, &by).await?;
    // Its process heeds the wish; where there is none, this one does.
    let attended = dead.is_attended(&id).await?;
    if !attended && order != Order::Pause {
        return follow(dead.take_over(&id).await?, output).await;
    }
    let replay = if attended { dead.replay(&id).await? } else { replay };
    output.show(&replay, told)?;
    Ok(Exit::Ok)
}

fn told(replay: &Replay) -> String {
    let by = &replay.by;
    let runs = if replay.runs > 0 { format!(", {} runs re-opened", replay.runs) } else { String::new() };
    format!("{}\nBegun {} by {}: {}{runs}.", ended(replay), minute(by.at), by.operator, by.reason)
}

fn table(replays: &[Replay]) -> String {
    if replays.is_empty() {
        return "Nothing was replayed yet.".to_owned();
    }
    let row = |replay: &Replay| {
        [
            replay.id.clone(),
            minute(replay.by.at),
            replay.by.operator.clone(),
            replay.phase.as_str().to_owned(),
            progress(replay),
            shortened(&replay.by.reason, 40),
        ]
    };
    columns(["replay", "begun", "operator", "is", "", "reason"], replays.iter().map(row))
}
