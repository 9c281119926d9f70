//! `leadfleet places`: which US places each line names, as JSON, line by line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use places::{Gazetteer, Hints, Mention};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::exit::{Exit, Failure};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Lines of plain text, or JSON objects with a "text"; - is stdin.
    #[arg(default_value = "-")]
    file: PathBuf,
}

/// What one line names.
#[derive(Debug, Serialize)]
struct Found<'a> {
    mentions: Vec<Span<'a>>,
    /// Codes, in the order in which they are first named.
    states: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct Span<'a> {
    text: &'a str,
    #[serde(flatten)]
    mention: Mention,
}

#[derive(Deserialize)]
struct Said {
    text: String,
}

/// Bytes of lines that are searched at a time, on all cores.
const CHUNK: usize = 1 << 20;

pub fn run(args: &Args) -> Result<Exit, Failure> {
    let source: Box<dyn io::Read> = if args.file == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(&args.file).map_err(|error| Failure::of_file(&args.file, error))?)
    };
    match search(BufReader::with_capacity(1 << 16, source), io::stdout().lock()) {
        Err(error) if is_closed_pipe(&error) => Ok(Exit::Ok),
        ended => Ok(ended.map(|()| Exit::Ok)?),
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn search(mut source: impl BufRead, mut out: impl Write) -> anyhow::Result<()> {
    let mut number = 0;
    loop {
        let mut lines: Vec<Vec<u8>> = Vec::new();
        let mut bytes = 0;
        while bytes < CHUNK {
            let mut line = Vec::new();
            if source.read_until(b'\n', &mut line).context("could not read the lines")? == 0 {
                break;
            }
            bytes += line.len();
            lines.push(line);
        }
        if lines.is_empty() {
            return Ok(());
        }
        let answers: Vec<anyhow::Result<Vec<u8>>> = lines.par_iter().map(|line| answer(line)).collect();
        for found in answers {
            number += 1;
            out.write_all(&found.with_context(|| format!("line {number} cannot be read"))?)?;
        }
        out.flush()?;
    }
}

fn answer(line: &[u8]) -> anyhow::Result<Vec<u8>> {
    let line = str::from_utf8(line).context("it is not UTF-8")?.trim_end_matches(['\n', '\r']);
    let said: Option<Said> =
        line.trim_start().starts_with('{').then(|| serde_json::from_str(line).ok()).flatten();
    let mut json = serde_json::to_vec(&found(said.as_ref().map_or(line, |said| said.text.as_str())))?;
    json.push(b'\n');
    Ok(json)
}

fn found(text: &str) -> Found<'_> {
    let mentions = Gazetteer::us().mentions(text, &Hints::default());
    let mut states = Vec::new();
    for state in mentions.iter().filter_map(|mention| mention.state) {
        if !states.contains(&state) {
            states.push(state);
        }
    }
    let span = |mention: Mention| Span { text: &text[mention.start..mention.end], mention };
    Found { mentions: mentions.into_iter().map(span).collect(), states }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn answers(lines: &str) -> Vec<Value> {
        let mut out = Vec::new();
        search(lines.as_bytes(), &mut out).unwrap();
        String::from_utf8(out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn plain_lines_and_json_are_answered_line_by_line() {
        let found = answers("We moved to Phoenix, AZ.\r\n\n{\"text\": \"Tr\u{e8}s cher in Texas\"}");
        assert_eq!(found.len(), 3);
        assert_eq!(found[0]["states"], serde_json::json!(["AZ"]));
        assert_eq!(found[1]["mentions"], serde_json::json!([]));
        let mention = &found[2]["mentions"][0];
        assert_eq!((mention["text"].as_str(), mention["name"].as_str()), (Some("Texas"), Some("Texas")));
        assert_eq!((mention["start"].as_u64(), mention["byte_start"].as_u64()), (Some(13), Some(14)));
    }

    #[test]
    fn a_brace_that_is_no_json_is_text() {
        assert_eq!(answers("{Ohio\n")[0]["states"], serde_json::json!(["OH"]));
    }

    #[test]
    fn a_line_that_is_not_utf_8_is_named() {
        let mut out = Vec::new();
        let error = search(&b"Ohio\n\xff\n"[..], &mut out).unwrap_err();
        assert!(format!("{error:#}").contains("line 2"), "{error:#}");
    }
}
