//! `leadfleet dead edit`: a letter in the editor, checked before it is filed.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::Context as _;
use dead::{Among, Dead, EditError, Edited, Message, blank, correction, unified};
use serde::Serialize;

use super::Who;
use crate::exit::{Exit, Failure};
use crate::output::Output;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Sequence of the letter.
    #[arg(value_name = "SEQ")]
    sequence: u64,
    /// The corrected JSON, instead of an editor; `-` reads it from standard input.
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// The message it is meant to be, such as leadfleet.v1.ScrapeDone; default: what its header says.
    #[arg(long, value_name = "NAME")]
    schema: Option<String>,
    #[command(flatten)]
    who: Who,
}

#[derive(Debug, Serialize)]
struct Filed {
    #[serde(flatten)]
    edited: Edited,
    /// What was changed.
    diff: String,
}

pub(super) async fn run(args: &Args, dead: &Dead, output: Output) -> Result<Exit, Failure> {
    let by = args.who.by()?;
    let message = dead.open(args.sequence).await?;
    let schema = match &args.schema {
        Some(schema) => schema.clone(),
        None if !message.letter.schema.is_empty() => message.letter.schema.clone(),
        // What others on subjects of this shape are.
        None => dead.good(&message, Among::All).await?.map(|good| good.schema).unwrap_or_default(),
    };
    let before = text(&message, &schema).ok_or_else(|| refused(&EditError::NoSchema))?;
    let after = match &args.from {
        Some(path) => read(path)?,
        None => edited(&before)?,
    };
    if after.trim() == before.trim() && message.body_as(&schema).is_ok() {
        return Err(Failure {
            exit: Exit::Refused,
            error: anyhow::anyhow!("nothing was changed, so nothing was filed"),
            hint: Some(format!("to try it as it is: `leadfleet dead replay {}`", args.sequence)),
        });
    }
    let correction = correction(&schema, after.as_bytes()).map_err(|error| {
        let kept = args.from.is_none().then(|| keep(&after)).flatten();
        let refusal = refused(&error);
        match kept {
            Some(path) => Failure {
                hint: Some(format!(
                    "your text is kept: mend it, then `leadfleet dead edit {} --from {}`",
                    args.sequence,
                    path.display()
                )),
                ..refusal
            },
            None => refusal,
        }
    })?;
    let edited = dead.edit(&message, &correction, &by).await?;
    let diff = unified(&before, &after, ["before", "after"]);
    output.show(&Filed { edited, diff }, |result| {
        let Edited { letter, copy, .. } = result.edited;
        format!(
            "{}\nLetter {letter} is kept; its corrected copy is {copy}.\nTry it: leadfleet dead replay {copy}",
            result.diff
        )
    })?;
    Ok(Exit::Ok)
}

/// What is put before the operator: the payload, or an empty message when it cannot be read.
fn text(message: &Message, schema: &str) -> Option<String> {
    let body = message.body_as(schema).ok().or_else(|| blank(schema))?;
    Some(format!("{body:#}\n"))
}

fn read(path: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    if path.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut text).context("could not read standard input")?;
    } else {
        text = fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()))?;
    }
    Ok(text)
}

fn edited(before: &str) -> Result<String, Failure> {
    let editor =
        ["VISUAL", "EDITOR"].iter().find_map(|name| env::var_os(name).filter(|editor| !editor.is_empty()));
    let editor = editor.ok_or_else(|| Failure {
        exit: Exit::Usage,
        error: anyhow::anyhow!("no editor is known"),
        hint: Some("set EDITOR, or give the corrected JSON with --from FILE".to_owned()),
    })?;
    let file = tempfile::Builder::new().suffix(".json").tempfile()?;
    fs::write(file.path(), before)?;
    // An editor may come with flags: `code --wait`.
    let status = Command::new("sh")
        .args(["-c", "eval \"$LEADFLEET_EDITOR \\\"\\$1\\\"\"", "sh"])
        .arg(file.path())
        .env("LEADFLEET_EDITOR", &editor)
        .status()
        .with_context(|| format!("could not start {}", editor.display()))?;
    if !status.success() {
        return Err(Failure {
            exit: Exit::Refused,
            error: anyhow::anyhow!("the editor ended with {status}; nothing was filed"),
            hint: None,
        });
    }
    Ok(read(file.path())?)
}

/// Saves what was written and cannot be filed.
fn keep(text: &str) -> Option<PathBuf> {
    let file = tempfile::Builder::new().prefix("leadfleet-edit-").suffix(".json").tempfile().ok()?;
    fs::write(file.path(), text).ok()?;
    file.keep().ok().map(|(_, path)| path)
}

fn refused(error: &EditError) -> Failure {
    let hint = match error {
        EditError::NoSchema => "name it with --schema, such as --schema leadfleet.v1.ScrapeDone",
        EditError::Json(_) => "nothing was filed; the names of fields are those of `leadfleet dead show`",
        EditError::TooLarge(_) => "nothing was filed",
    };
    Failure { exit: Exit::Usage, error: anyhow::anyhow!("{error}"), hint: Some(hint.to_owned()) }
}
