//! What is known of tiers, stages, focus areas and milestones: read from TOML, and refused with what is wrong.

use crate::ladder::{self, Ladder, Tier};
use crate::pattern::{ActionKind, PatternType};
use crate::record::Profile;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// The rules that hold where nothing else is said, as they are written.
pub const DEFAULTS: &str = include_str!("rules.toml");

/// Why a file of rules cannot be used.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum Error {
    #[error("the rules are no TOML: {}", .0.to_string().trim_end())]
    Toml(#[from] toml::de::Error),
    #[error("tier: {0}")]
    Ladder(#[from] ladder::Error),
    #[error("the stage {0:?} comes twice")]
    Stage(String),
    #[error("the name {0:?} is empty or comes twice; among actions a name or `also` may stand once")]
    Action(String),
}

/// Something that is not known of a contractor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Gap {
    CloseRate,
    LeadSources,
    CurrentCrm,
    TeamSize,
    CurrentStage,
    RevenueTier,
    FocusAreas,
}

impl Gap {
    pub fn is_open(self, profile: &Profile) -> bool {
        let empty = |text: &Option<String>| text.as_ref().is_none_or(|text| text.trim().is_empty());
        match self {
            Self::CloseRate => profile.close_rate.is_none(),
            Self::LeadSources => profile.lead_sources.is_empty(),
            Self::CurrentCrm => empty(&profile.current_crm),
            Self::TeamSize => profile.team_size.is_none(),
            Self::CurrentStage => empty(&profile.current_stage),
            Self::RevenueTier => empty(&profile.revenue_tier),
            Self::FocusAreas => profile.focus_areas.is_empty(),
        }
    }
}

/// What goals of a type say.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kind {
    pub(crate) description: String,
    pub(crate) target_milestone: String,
    pub(crate) data_gaps: Vec<Gap>,
    pub(crate) asks: Vec<Ask>,
}

/// A checklist item; with a gap only while that is open.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ask {
    pub(crate) item: String,
    pub(crate) gap: Option<Gap>,
}

/// A focus area or milestone that is known.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Action {
    name: String,
    #[serde(default)]
    also: Vec<String>,
    #[serde(rename = "type")]
    pub(crate) kind: PatternType,
    pub(crate) phrase: String,
    pub(crate) assess: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) target_milestone: Option<String>,
}

/// Everything that is configured of growth.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    ladder: Ladder,
    stages: Vec<String>,
    kinds: Kinds,
    actions: Vec<Action>,
    /// Every name of an action, with its place.
    names: BTreeMap<String, usize>,
}

/// One for each type of pattern.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kinds {
    lead_improvement: Kind,
    team_expansion: Kind,
    revenue_growth: Kind,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    stages: Vec<String>,
    tier: Vec<Written>,
    #[serde(rename = "type")]
    kinds: Kinds,
    #[serde(default)]
    action: Vec<Action>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    code: String,
    from: f64,
}

impl Rules {
    pub fn defaults() -> Result<Self, Error> {
        Self::parse(DEFAULTS)
    }

    pub fn parse(text: &str) -> Result<Self, Error> {
        let file: File = toml::from_str(text)?;
        let tiers = file.tier.into_iter().map(|tier| Tier { code: tier.code, from: tier.from });
        let ladder = Ladder::new(tiers.collect())?;
        let stages: Vec<String> = file.stages.iter().map(|stage| slug(stage)).collect();
        let mut seen = BTreeSet::new();
        if let Some(twice) = stages.iter().find(|stage| !seen.insert(stage.as_str())) {
            return Err(Error::Stage(twice.clone()));
        }
        let mut names = BTreeMap::new();
        for (place, action) in file.action.iter().enumerate() {
            for name in std::iter::once(&action.name).chain(&action.also) {
                let slug = slug(name);
                if slug.is_empty() || names.insert(slug, place).is_some() {
                    return Err(Error::Action(name.clone()));
                }
            }
        }
        Ok(Self { ladder, stages, kinds: file.kinds, actions: file.action, names })
    }

    /// The same rules over another ladder.
    #[must_use]
    pub fn with_ladder(self, ladder: Ladder) -> Self {
        Self { ladder, ..self }
    }

    pub fn ladder(&self) -> &Ladder {
        &self.ladder
    }

    /// The one name of a focus area or milestone, however it is written.
    pub fn canonical(&self, name: &str) -> String {
        let slug = slug(name);
        self.names.get(&slug).map_or(slug, |place| self::slug(&self.actions[*place].name))
    }

    /// What is known of an action by its canonical name.
    pub(crate) fn action(&self, name: &str) -> Option<&Action> {
        self.names.get(name).map(|place| &self.actions[*place])
    }

    pub fn type_of(&self, name: &str) -> PatternType {
        self.action(name).map_or(PatternType::RevenueGrowth, |action| action.kind)
    }

    pub(crate) fn phrase(&self, kind: ActionKind, name: &str) -> String {
        match self.action(name) {
            Some(action) => action.phrase.clone(),
            None if kind == ActionKind::Milestone => words(name),
            None => format!("focused on {}", words(name)),
        }
    }

    /// What goals of a type say.
    pub(crate) fn kind(&self, kind: PatternType) -> &Kind {
        match kind {
            PatternType::LeadImprovement => &self.kinds.lead_improvement,
            PatternType::TeamExpansion => &self.kinds.team_expansion,
            PatternType::RevenueGrowth => &self.kinds.revenue_growth,
        }
    }

    /// The place of a stage in their order.
    pub(crate) fn stage(&self, stage: &str) -> Option<usize> {
        let slug = slug(stage);
        self.stages.iter().position(|one| *one == slug)
    }
}

/// Lower case with `_` between words: "Greenfield Growth" and "greenfield-growth" are the same.
pub(crate) fn slug(name: &str) -> String {
    let mut slug = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_alphanumeric() {
            slug.extend(c.to_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('_') {
            slug.push('_');
        }
    }
    slug.truncate(slug.trim_end_matches('_').len());
    slug
}

/// A name as it is read.
pub(crate) fn words(slug: &str) -> String {
    slug.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_has_one_name_however_it_is_written() {
        let rules = Rules::defaults().unwrap();
        for (written, name, kind) in [
            ("Hired Operations Manager", "hired_ops_manager", PatternType::TeamExpansion),
            ("hired-ops-manager ", "hired_ops_manager", PatternType::TeamExpansion),
            ("Greenfield Growth", "greenfield_growth", PatternType::RevenueGrowth),
            ("attended 2 events", "attended_2_events", PatternType::RevenueGrowth),
            ("CRM", "implemented_crm", PatternType::LeadImprovement),
        ] {
            assert_eq!(rules.canonical(written), name);
            assert_eq!(rules.type_of(name), kind, "{name}");
        }
        assert_eq!(rules.phrase(ActionKind::FocusArea, "lead_systems"), "improved lead systems");
        assert_eq!(rules.phrase(ActionKind::FocusArea, "solar_roofs"), "focused on solar roofs");
        assert_eq!(rules.phrase(ActionKind::Milestone, "attended_2_events"), "attended 2 events");
    }

    #[test]
    fn wrong_rules_are_refused_with_what_is_wrong() {
        let changed = |from: &str, to: &str| Rules::parse(&DEFAULTS.replacen(from, to, 1)).unwrap_err();
        assert_eq!(changed("also = [\"crm\",", "also = [\"lead_flow\","), Error::Action("lead_flow".into()));
        assert_eq!(
            changed("\"growth\", \"scaling\"", "\"growth\", \"growth\""),
            Error::Stage("growth".into())
        );
        assert_eq!(changed("from = 5\n", "from = 0\n"), ladder::Error::Order("5_10_million".into()).into());
        assert!(matches!(changed("[type.lead_improvement]", "[type.leads]"), Error::Toml(_)));
        assert!(matches!(changed("gap = \"close_rate\"", "gap = \"shoe_size\""), Error::Toml(_)));
        let without = DEFAULTS.split("[type.team_expansion]").next().unwrap();
        let error = Rules::parse(without).unwrap_err().to_string();
        assert!(error.contains("team_expansion"), "{error}");
    }
}
