//! Which rules hold of tiers, focus areas and milestones.

use levels::{Ladder, Rules, ladder, rules};
use std::path::PathBuf;

#[derive(clap::Args, Clone, Debug, Default)]
#[group(skip)]
pub struct Config {
    /// A file with what is known of tiers, stages, focus areas and milestones, instead of what holds without it.
    #[arg(long, env = "GROWTH_RULES", value_name = "FILE")]
    pub growth_rules: Option<PathBuf>,

    /// Revenue tiers, each with its lower bound in millions of dollars, instead of those of the rules.
    #[arg(long, env = "GROWTH_TIERS", value_name = "CODE=FROM,…", value_parser = ladder)]
    pub growth_tiers: Option<Ladder>,
}

fn ladder(text: &str) -> Result<Ladder, ladder::Error> {
    text.parse()
}

/// Why the rules of growth cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    #[error("could not read the rules of growth from {path}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("the rules of growth in {path} cannot be used")]
    Wrong { path: PathBuf, source: rules::Error },
    #[error("the rules of growth cannot be used")]
    Defaults(#[from] rules::Error),
}

impl Config {
    pub fn rules(&self) -> Result<Rules, RulesError> {
        let rules = match &self.growth_rules {
            None => Rules::defaults()?,
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|source| RulesError::File { path: path.clone(), source })?;
                Rules::parse(&text).map_err(|source| RulesError::Wrong { path: path.clone(), source })?
            }
        };
        Ok(match &self.growth_tiers {
            Some(ladder) => rules.with_ladder(ladder.clone()),
            None => rules,
        })
    }
}
