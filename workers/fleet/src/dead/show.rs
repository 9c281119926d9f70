//! `leadfleet dead show`: one letter, whole.

use dead::{Dead, Letter, Shown};

use super::minute;
use crate::exit::{Exit, Failure};
use crate::output::{self, Output, count};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Sequence of the letter.
    #[arg(value_name = "SEQ")]
    sequence: u64,
    /// Print the payload as JSON and nothing else.
    #[arg(long)]
    body: bool,
}

pub(super) async fn run(args: &Args, dead: &Dead, output: Output) -> Result<Exit, Failure> {
    let message = dead.open(args.sequence).await?;
    if !args.body {
        output.show(&message.shown(), in_words)?;
        return Ok(Exit::Ok);
    }
    let body = message.body().map_err(|reason| Failure {
        exit: Exit::Failure,
        error: anyhow::anyhow!("the payload of {} cannot be read: {reason}", args.sequence),
        hint: Some(format!("`leadfleet dead show {}` shows its bytes", args.sequence)),
    })?;
    output::print(&format!("{body:#}\n"))?;
    Ok(Exit::Ok)
}

fn in_words(shown: &Shown) -> String {
    let letter = &shown.letter;
    let mut lines = vec![format!("Dead letter {}: {}", letter.sequence, standing(letter)), String::new()];
    let mut say = |name: &str, text: String| {
        if !text.is_empty() {
            lines.push(format!("{name:<12} {text}"));
        }
    };
    say("worker", letter.worker.clone());
    say("class", [letter.class.as_str(), letter.code.as_str()].join(" ").trim().to_owned());
    say("error", letter.error.clone());
    say("fingerprint", letter.fingerprint.clone());
    say("died", minute(letter.dead_at));
    let crashes = match letter.crashes {
        0 => String::new(),
        crashes => format!(", {}", count(crashes.into(), "crash")),
    };
    let attempts = count(letter.attempts.into(), "attempt");
    let deliveries = match letter.deliveries {
        1 => "1 delivery".to_owned(),
        deliveries => format!("{deliveries} deliveries"),
    };
    say("tried", format!("{attempts}, {deliveries}{crashes}, build {}", letter.build));
    say("subject", letter.subject.clone());
    say("run", letter.run.clone().unwrap_or_default());
    if letter.tries() > 0 {
        say("replays", format!("{} before, generation {}", letter.round, letter.generation));
    }
    let header = |name: &str| shown.headers.get(name).map(|values| values.join(" ")).unwrap_or_default();
    say("message id", header("Dl-Message-Id"));
    say("trace", header("traceparent"));
    say("last trace", header("Dl-Trace-Last"));
    say("raw headers", header("Dl-Raw-Headers"));
    say("tombstones", letter.tombstones.join(" "));
    lines.push(String::new());
    lines.push("Headers of the message:".to_owned());
    let own = shown.headers.iter().filter(|(name, _)| !name.starts_with("Dl-") && !name.starts_with("Nats-"));
    lines.extend(own.map(|(name, values)| format!("  {name}: {}", values.join(", "))));
    lines.push(String::new());
    match (&shown.body, &shown.unreadable) {
        (Some(body), _) => lines.push(format!("{} ({} bytes):\n{body:#}", letter.schema, letter.bytes)),
        (None, reason) => {
            let reason = reason.as_deref().unwrap_or_default();
            lines.push(format!("The payload ({} bytes) cannot be read: {reason}", letter.bytes));
            lines.push(shown.hex.clone().unwrap_or_default());
        }
    }
    lines.join("\n")
}

fn standing(letter: &Letter) -> String {
    let mut text = letter.state.to_string().replace('_', " ");
    if let Some(record) = &letter.record {
        let state = &record.state;
        if !state.replay.is_empty() {
            text.push_str(&format!(" by replay {}", state.replay));
        }
        if let Some(next) = state.next {
            text.push_str(&format!(", now letter {next}"));
        }
        text.push_str(&format!(" ({})", state.at));
    }
    if let Some(before) = letter.died_before_as {
        text.push_str(&format!("; it was letter {before} before its replay"));
    }
    if let Some(original) = letter.patched_from {
        text.push_str(&format!("; a corrected copy of letter {original}"));
    }
    text
}
