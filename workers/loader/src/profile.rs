//! The pain profile: mentions, mean severity, the most common text and the places of each category (PT-019 to PT-023).

use places::{Gazetteer, Hints};
use proto::v1::{CategoryProfile, PainPoint, PlaceCount};
use std::collections::{BTreeMap, HashMap};

/// Places a profile names per category.
const TOP_PLACES: usize = 20;

#[derive(Default)]
pub(crate) struct Profile {
    categories: BTreeMap<String, Category>,
    total: u32,
}

#[derive(Default)]
struct Category {
    pain_points: u32,
    mentions: u64,
    severity: f64,
    texts: HashMap<String, Text>,
    places: BTreeMap<String, u32>,
}

/// How often a text stands there; ties go to severity, then to the newest, then to the lowest id.
struct Text {
    count: u32,
    severity: f64,
    newest: i64,
    id: i64,
    written: String,
}

impl Profile {
    /// Counts one pain point; `created` orders the newest.
    pub(crate) fn add(&mut self, pain: &PainPoint, created: i64, hints: &Hints) {
        self.total += 1;
        let category = self.categories.entry(pain.category.clone()).or_default();
        category.pain_points += 1;
        category.mentions += u64::from(pain.mentions);
        category.severity += pain.severity;
        category.add_text(pain, created);
        let mut places: Vec<String> = Gazetteer::us()
            .mentions(&pain.text, hints)
            .into_iter()
            .filter_map(|mention| match (mention.kind, mention.state) {
                (places::Kind::State, state) => state.map(str::to_owned),
                (places::Kind::City, Some(state)) => Some(format!("{}, {state}", mention.name)),
                (places::Kind::City, None) => None,
            })
            .collect();
        places.sort_unstable();
        places.dedup();
        for place in places {
            *category.places.entry(place).or_default() += 1;
        }
    }

    pub(crate) fn total(&self) -> u32 {
        self.total
    }

    pub(crate) fn finish(self) -> Vec<CategoryProfile> {
        self.categories.into_iter().map(|(name, category)| category.finish(name)).collect()
    }
}

impl Category {
    fn add_text(&mut self, pain: &PainPoint, created: i64) {
        let normal = pain.text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let text = self.texts.entry(normal).or_insert_with(|| Text {
            count: 0,
            severity: 0.0,
            newest: i64::MIN,
            id: pain.id,
            written: pain.text.clone(),
        });
        text.count += 1;
        text.severity = text.severity.max(pain.severity);
        text.newest = text.newest.max(created);
        if pain.id < text.id {
            (text.id, text.written) = (pain.id, pain.text.clone());
        }
    }

    fn finish(self, category: String) -> CategoryProfile {
        let most_common = self.texts.into_values().max_by(|a, b| {
            (a.count.cmp(&b.count))
                .then(a.severity.total_cmp(&b.severity))
                .then(a.newest.cmp(&b.newest))
                .then(b.id.cmp(&a.id))
        });
        let mut places: Vec<PlaceCount> =
            self.places.into_iter().map(|(place, pain_points)| PlaceCount { place, pain_points }).collect();
        places.sort_by(|a, b| b.pain_points.cmp(&a.pain_points).then(a.place.cmp(&b.place)));
        places.truncate(TOP_PLACES);
        CategoryProfile {
            category,
            pain_points: self.pain_points,
            mentions: self.mentions,
            mean_severity: self.severity / f64::from(self.pain_points.max(1)),
            most_common_text: most_common.map(|text| text.written).unwrap_or_default(),
            places,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pain(id: i64, text: &str, severity: f64) -> PainPoint {
        PainPoint {
            id,
            category: "emr".into(),
            text: text.into(),
            severity,
            mentions: 2,
            ..PainPoint::default()
        }
    }

    #[track_caller]
    fn check_most_common(pains: &[(PainPoint, i64)], expected: &str) {
        let mut profile = Profile::default();
        for (pain, created) in pains {
            profile.add(pain, *created, &Hints::default());
        }
        assert_eq!(profile.finish()[0].most_common_text, expected);
    }

    #[test]
    fn mentions_and_severity_are_summed_per_category() {
        let mut profile = Profile::default();
        profile.add(&pain(1, "slow", 6.0), 0, &Hints::default());
        profile.add(&pain(2, "slower in Phoenix, AZ", 7.0), 0, &Hints::default());
        let emr = profile.finish().remove(0);
        assert_eq!((emr.pain_points, emr.mentions), (2, 4));
        assert!((emr.mean_severity - 6.5).abs() < 1e-9);
        assert!(emr.places.iter().any(|place| place.place == "Phoenix, AZ"), "{:?}", emr.places);
    }

    #[test]
    fn the_mode_wins_whatever_its_case_and_spaces() {
        check_most_common(
            &[(pain(1, "x", 9.0), 0), (pain(2, "A  b", 1.0), 0), (pain(3, "a b", 1.0), 0)],
            "A  b",
        );
    }

    #[test]
    fn ties_go_to_severity_then_newest_then_lowest_id() {
        check_most_common(&[(pain(1, "mild", 2.0), 9), (pain(2, "bad", 8.0), 1)], "bad");
        check_most_common(&[(pain(1, "old", 2.0), 1), (pain(2, "new", 2.0), 9)], "new");
        check_most_common(&[(pain(2, "second", 2.0), 1), (pain(1, "first", 2.0), 1)], "first");
    }
}
