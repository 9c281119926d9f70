//! Every decoder of what comes from outside, fed with what nobody would send: no panic, and what is said holds.

mod mutate;
mod targets;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use mutate::Mutator;
pub use targets::{TARGETS, Target};

/// An input that a target could not take.
#[derive(Debug)]
pub struct Finding {
    pub target: &'static str,
    pub input: Vec<u8>,
    pub panic: String,
}

/// Where the inputs lie that a target starts from.
pub fn corpus_folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target)
}

/// The inputs of a target, by name.
pub fn corpus(target: &str) -> anyhow::Result<Vec<Vec<u8>>> {
    let folder = corpus_folder(target);
    let entries = std::fs::read_dir(&folder).with_context(|| format!("no corpus in {}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    paths.sort();
    Ok(paths.iter().map(std::fs::read).collect::<Result<_, _>>()?)
}

/// Feeds a target with its corpus and then with changed inputs for as long as `more` says.
pub fn feed(
    target: &Target,
    seed: u64,
    mut more: impl FnMut(u64) -> bool,
) -> anyhow::Result<Option<Finding>> {
    let corpus = corpus(target.name)?;
    let mut inputs = corpus.clone().into_iter();
    let mut mutator = Mutator::new(seed, corpus);
    let mut fed = 0;
    while more(fed) {
        let input = inputs.next().unwrap_or_else(|| mutator.next());
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (target.take)(&input))) {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            return Ok(Some(Finding { target: target.name, input, panic: text.unwrap_or_default() }));
        }
        fed += 1;
    }
    Ok(None)
}
