//! Every decoder of what comes from outside, fed with what nobody would send: no panic, no hunger, and what is said holds.

mod limits;
mod mutate;
mod targets;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use limits::Watch;
use mutate::Mutator;
pub use targets::{TARGETS, Take, Target, messages};

/// An input that a target could not take.
#[derive(Debug)]
pub struct Finding {
    /// Where it lies from now on: a file of the corpus, which every run begins with.
    pub path: PathBuf,
    /// What went wrong.
    pub told: String,
}

/// An input of the corpus.
pub struct Seed {
    pub path: PathBuf,
    pub bytes: Vec<u8>,
}

impl Seed {
    /// Whether its name promises that the target understands it.
    pub fn is_good(&self) -> bool {
        self.path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("good"))
    }
}

/// Where the inputs lie that a target starts from.
pub fn corpus_folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target)
}

/// The inputs of a target, by name.
pub fn corpus(target: &str) -> anyhow::Result<Vec<Seed>> {
    let folder = corpus_folder(target);
    let entries = std::fs::read_dir(&folder).with_context(|| format!("no corpus in {}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    paths.sort();
    let seed = |path: PathBuf| Ok(Seed { bytes: std::fs::read(&path)?, path });
    paths.into_iter().map(seed).collect()
}

/// Feeds a target with its corpus and then with changed inputs for as long as `more` says.
///
/// With `keep`, each input is first written there: what kills the process stays.
pub fn feed(
    target: &Target,
    seed: u64,
    keep: Option<&Path>,
    mut more: impl FnMut(usize) -> bool,
) -> anyhow::Result<Option<Finding>> {
    let corpus = corpus(target.name)?;
    let bytes = corpus.iter().map(|seed| seed.bytes.clone()).collect();
    let mut mutator = Mutator::new(seed, bytes);
    let found = |fed: usize| corpus_folder(target.name).join(format!("found-{seed}-{fed}"));
    let watch = Watch::new();
    std::thread::scope(|scope| {
        let (_ends_with_us, end) = std::sync::mpsc::channel();
        let (watch, found) = (&watch, &found);
        scope.spawn(move || watch.over(target.name, &end, found));
        let mut fed = 0;
        while more(fed) {
            let input = corpus.get(fed).map_or_else(|| mutator.next(), |seed| seed.bytes.clone());
            if let Some(keep) = keep {
                std::fs::write(keep, &input)?;
            }
            let taken = catch_unwind(AssertUnwindSafe(|| watch.take(fed, &input, || (target.take)(&input))));
            let told = match taken {
                Ok(Ok(())) => None,
                Ok(Err(hunger)) => Some(hunger),
                Err(panic) => Some(text_of(panic.as_ref())),
            };
            if let Some(told) = told {
                let path = match corpus.get(fed) {
                    Some(seed) => seed.path.clone(),
                    None => found(fed),
                };
                std::fs::write(&path, &input)?;
                return Ok(Some(Finding { path, told }));
            }
            fed += 1;
        }
        Ok(None)
    })
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without a text");
    text.chars().take(1_000).collect()
}
