//! What can be set for the matchers.

use std::str::FromStr;

#[derive(clap::Args, Debug, Clone)]
#[group(skip)]
pub struct Config {
    /// Which pattern of reviews shows which pain category.
    #[arg(
        long,
        env = "MATCHER_PATTERN_TYPES",
        value_delimiter = ',',
        default_value = "scheduling=scheduling_chaos,billing=billing_confusion,emr=emr_frustration,\
                         marketing=marketing_gap,operations=operations_strain,staffing=staffing_shortage"
    )]
    pub pattern_types: Vec<PatternType>,
}

/// A pain category and the type of pattern that shows it (PT-056).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternType {
    pub category: String,
    pub pattern_type: String,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is no pattern type: write category=pattern_type, as in scheduling=scheduling_chaos")]
pub struct BadPatternType(String);

impl FromStr for PatternType {
    type Err = BadPatternType;

    fn from_str(text: &str) -> Result<Self, BadPatternType> {
        match text.split_once('=').map(|(category, pattern)| (category.trim(), pattern.trim())) {
            Some((category, pattern)) if !category.is_empty() && !pattern.is_empty() => {
                Ok(Self { category: category.to_owned(), pattern_type: pattern.to_owned() })
            }
            _ => Err(BadPatternType(text.to_owned())),
        }
    }
}
