//! Writes the documents of a transition's patterns from the figures that may be told.

use crate::Rules;
use crate::cohort::{About, Cohort};
use crate::confidence;
use crate::facts::Key;
use crate::ladder::Tier;
use crate::pattern::*;
use crate::record::ContentKind;
use crate::release::{Line, Told};
use chrono::{DateTime, Utc};
use stats::anonymity::LEAST;
use stats::{Rate, fisher};
use std::collections::BTreeMap;

/// A later share that chance alone would make as low less often than this has fallen.
const LOWER: f64 = 0.05;

/// Where a transition leads from and to.
#[derive(Clone, Copy)]
pub(crate) struct Way<'a> {
    pub(crate) from: &'a Tier,
    pub(crate) to: &'a Tier,
}

/// The patterns of a transition: one for each type with something common, and every one there was.
pub(crate) fn patterns(
    rules: &Rules,
    way: Way<'_>,
    cohort: &Cohort,
    lines: &BTreeMap<Key, Line>,
    told: &Told<'_>,
    as_of: DateTime<Utc>,
) -> Vec<Pattern> {
    let mut patterns = Vec::new();
    for kind in PatternType::ALL {
        let before = told.pattern(kind);
        // The same people have the same in common.
        let kept = before.filter(|before| before.sample_size == cohort.n);
        let kept = kept.and_then(|kept| Some((kept.validation, kept.modal.clone()?)));
        let kept = kept.filter(|(_, modal)| {
            let figure = lines.get(&key_of(modal)).map(|line| &line.figure);
            figure.is_some_and(|figure| figure.is_common() || *figure == modal.figure)
        });
        let modal = match &kept {
            Some((_, modal)) => Some((key_of(modal), modal.clone())),
            None => modal(rules, kind, cohort, lines),
        };
        if modal.is_none() && before.is_none() {
            continue;
        }
        let mut pattern = document(rules, way, cohort, lines, (kind, told), as_of);
        if let Some((key, mut modal)) = modal {
            if let Some(line) = lines.get(&key) {
                modal.figure = line.figure.clone();
            }
            let validated = || validated(cohort, &key, &modal.figure);
            pattern.validation = kept.map_or_else(validated, |(validation, _)| validation);
            pattern.modal = Some(modal);
        }
        patterns.push(pattern);
    }
    let is_told = |pattern: &Pattern| pattern.modal.is_some() && pattern.validation != Validation::Failed;
    if !patterns.iter().any(is_told) {
        // Every transition that may be told of has a pattern, if only to say that nothing is common.
        let kind = PatternType::RevenueGrowth;
        patterns.retain(|pattern| pattern.pattern_type != kind);
        patterns.push(document(rules, way, cohort, lines, (kind, told), as_of));
    }
    for pattern in &mut patterns {
        pattern.earlier_sizes = told.earlier_sizes(cohort.n);
        write(pattern);
    }
    patterns
}

/// The action of a type that most of the older level-ups had, with what is told of it. The newest, which judge it, have no
/// say in it.
fn modal(
    rules: &Rules,
    kind: PatternType,
    cohort: &Cohort,
    lines: &BTreeMap<Key, Line>,
) -> Option<(Key, Modal)> {
    let older = |key: &Key| cohort.found.get(key).map_or(0, |found| found.older);
    let enough = |key: &Key| older(key) as f64 >= COMMON * cohort.older as f64;
    let mut common: Vec<(&Key, &Line)> =
        lines.iter().filter(|(key, _)| type_of(rules, key) == Some(kind) && enough(key)).collect();
    // Stable: of those that are as common the first by name is taken.
    common.sort_by_key(|(key, line)| std::cmp::Reverse((older(key), line.figure.count)));
    let (key, line) = common.first()?;
    let (kind, name) = match key {
        Key::FocusArea(name) => (ActionKind::FocusArea, name),
        Key::Milestone(name) => (ActionKind::Milestone, name),
        Key::Partner(_) | Key::Content(..) => return None,
    };
    let phrase = rules.phrase(kind, name);
    Some(((*key).clone(), Modal { kind, name: name.clone(), phrase, figure: line.figure.clone() }))
}

fn key_of(modal: &Modal) -> Key {
    match modal.kind {
        ActionKind::FocusArea => Key::FocusArea(modal.name.clone()),
        ActionKind::Milestone => Key::Milestone(modal.name.clone()),
    }
}

fn type_of(rules: &Rules, key: &Key) -> Option<PatternType> {
    match key {
        Key::FocusArea(name) | Key::Milestone(name) => Some(rules.type_of(name)),
        Key::Partner(_) | Key::Content(..) => None,
    }
}

/// Whether what was found on the older level-ups is so among the newest, too.
fn validated(cohort: &Cohort, key: &Key, told: &Figure) -> Validation {
    if !told.is_common() {
        return Validation::Failed;
    }
    let Some(found) = cohort.found.get(key).filter(|_| cohort.newer >= LEAST) else {
        return Validation::TooFew;
    };
    let (older, newer) = (Rate::new(found.older, cohort.older), Rate::new(found.newer, cohort.newer));
    let is_lower = newer.share() < older.share() && fisher::two_sided(newer, older) < LOWER;
    if is_lower { Validation::Failed } else { Validation::Passed }
}

/// A pattern without its action. The middle of the cohort stays as it was told where the cohort has the same size.
fn document(
    rules: &Rules,
    way: Way<'_>,
    cohort: &Cohort,
    lines: &BTreeMap<Key, Line>,
    (kind, told): (PatternType, &Told<'_>),
    as_of: DateTime<Utc>,
) -> Pattern {
    let mut pattern = Pattern {
        id: told.pattern(kind).map_or(0, |before| before.id),
        from_revenue_tier: way.from.code.clone(),
        to_revenue_tier: way.to.code.clone(),
        pattern_name: String::new(),
        pattern_description: String::new(),
        pattern_type: kind,
        common_focus_areas: Vec::new(),
        common_partners: Vec::new(),
        common_milestones: Vec::new(),
        common_books: Vec::new(),
        common_podcasts: Vec::new(),
        common_events: Vec::new(),
        avg_time_to_level_up_months: 0,
        median_time_to_level_up_months: 0,
        fastest_time_months: 0,
        success_indicators: Indicators::default(),
        sample_size: cohort.n,
        earlier_sizes: Vec::new(),
        confidence_score: 0.0,
        confidence_base: 0.0,
        confidence_low: 0.0,
        confidence_high: 1.0,
        success_rate: None,
        last_recalculated_at: as_of,
        status: Status::Served,
        status_reason: None,
        validation: Validation::TooFew,
        comparison: Basis::None,
        modal: None,
        common_focus_areas_stats: Vec::new(),
        common_milestones_stats: Vec::new(),
        months_stats: MonthsStats::default(),
        team_size: None,
        current_stage: None,
        from_label: String::new(),
        to_label: String::new(),
        reach_label: way.to.money(),
        outcomes: Counted::default(),
        released_at: as_of,
    };
    list(rules, &mut pattern, lines);
    describe(&mut pattern, way, &cohort.about);
    let months = cohort.about.months.as_ref();
    match (months.filter(|months| told.allows_months(months.stats.n, cohort.n)), told.patterns.first()) {
        (Some(months), _) => {
            pattern.avg_time_to_level_up_months = months.average;
            pattern.median_time_to_level_up_months = months.median;
            pattern.fastest_time_months = months.fastest;
            pattern.months_stats = months.stats.clone();
            (pattern.months_stats.of, pattern.months_stats.earlier) = (cohort.n, told.months());
        }
        (None, Some(before)) => keep_months(&mut pattern, before),
        (None, None) => {}
    }
    pattern
}

/// Fills the lists, the most common first.
fn list(rules: &Rules, pattern: &mut Pattern, lines: &BTreeMap<Key, Line>) {
    let mut sorted: Vec<(&Key, &Line)> = lines.iter().collect();
    let share = |line: &Line| line.figure.count as f64 / line.figure.n as f64;
    sorted.sort_by(|one, other| share(other.1).total_cmp(&share(one.1)).then(one.0.cmp(other.0)));
    for (key, line) in sorted {
        let figure = line.figure.clone();
        if figure.comparison.is_some() {
            pattern.comparison = Basis::Stayers;
        }
        match key {
            Key::Partner(partner_id) => pattern.common_partners.push(CommonPartner {
                partner_id: *partner_id,
                usage_rate: figure.rate,
                avg_satisfaction: line.rated.as_ref().map(|rated| rated.average),
                satisfaction_count: line.rated.as_ref().map(|rated| rated.n),
                earlier_satisfaction_counts: line
                    .rated
                    .as_ref()
                    .map_or_else(Vec::new, |rated| rated.earlier.clone()),
                figure,
            }),
            Key::Content(kind, ..) => {
                let (title, author) = line.written.clone();
                let list = match kind {
                    ContentKind::Book => &mut pattern.common_books,
                    ContentKind::Podcast => &mut pattern.common_podcasts,
                    ContentKind::Event => &mut pattern.common_events,
                };
                list.push(CommonContent { title, author, figure });
            }
            Key::FocusArea(name) | Key::Milestone(name) => {
                let kind = rules.type_of(name);
                if kind == PatternType::LeadImprovement && figure.is_common() {
                    pattern.success_indicators.lead_flow_improved = true;
                }
                if kind != pattern.pattern_type {
                    continue;
                }
                let (names, stats) = match key {
                    Key::FocusArea(_) => {
                        (&mut pattern.common_focus_areas, &mut pattern.common_focus_areas_stats)
                    }
                    _ => (&mut pattern.common_milestones, &mut pattern.common_milestones_stats),
                };
                if figure.is_common() {
                    names.push(name.clone());
                }
                stats.push(CommonAction { name: name.clone(), figure });
            }
        }
    }
}

/// Who the cohort was.
fn describe(pattern: &mut Pattern, way: Way<'_>, about: &About) {
    pattern.team_size = about.team_size;
    pattern.current_stage.clone_from(&about.stage);
    pattern.success_indicators.team_doubled = about.team_doubled;
    pattern.success_indicators.revenue_increased = about.revenue_increased;
    // In whole millions, and below where the next tier begins.
    let millions = about.revenue.map(|revenue| (revenue / 1e6).round());
    let millions = millions.map(|millions| if millions < way.to.from { millions } else { millions - 1.0 });
    (pattern.from_label, pattern.to_label) = match millions.filter(|millions| *millions >= 1.0) {
        Some(millions) => (format!("${millions}M"), way.to.money()),
        None => (format!("the {}", way.from.label()), format!("the {}", way.to.label())),
    };
}

/// Takes over what was told of the middle of a cohort: of the same number nothing may have changed.
pub(crate) fn keep(pattern: &mut Pattern, before: &Pattern) {
    keep_months(pattern, before);
    pattern.team_size = before.team_size;
    pattern.current_stage.clone_from(&before.current_stage);
    pattern.success_indicators.team_doubled = before.success_indicators.team_doubled;
    pattern.success_indicators.revenue_increased = before.success_indicators.revenue_increased;
    pattern.from_label.clone_from(&before.from_label);
    pattern.to_label.clone_from(&before.to_label);
    pattern.released_at =
        pattern.figures().map(|figure| figure.as_of).fold(before.released_at, DateTime::max);
    write(pattern);
}

fn keep_months(pattern: &mut Pattern, before: &Pattern) {
    pattern.avg_time_to_level_up_months = before.avg_time_to_level_up_months;
    pattern.median_time_to_level_up_months = before.median_time_to_level_up_months;
    pattern.fastest_time_months = before.fastest_time_months;
    pattern.months_stats = before.months_stats.clone();
}

/// What follows from the action, and the words.
fn write(pattern: &mut Pattern) {
    let title = match pattern.pattern_type {
        PatternType::LeadImprovement => "Lead improvement",
        PatternType::TeamExpansion => "Team expansion",
        PatternType::RevenueGrowth => "Revenue growth",
    };
    let (from, to, n) = (&pattern.from_label, &pattern.to_label, pattern.sample_size);
    pattern.pattern_name = format!("{title} from {from} to {to}");
    let Some(modal) = &pattern.modal else {
        pattern.pattern_description = format!(
            "{n} contractors went from {from} to {to}. Nothing that may be told of them was common to 30% before."
        );
        return;
    };
    let figure = &modal.figure;
    pattern.confidence_base = confidence::base(figure.count, figure.n);
    (pattern.confidence_low, pattern.confidence_high) = (figure.low, figure.high);
    pattern.success_rate = figure.comparison.as_ref().and_then(|with| with.levelled_with);
    let mut text = format!(
        "{} of {} contractors who went from {from} to {to} {} {}.",
        figure.count,
        figure.n,
        modal.phrase,
        figure.order()
    );
    if let Some(with) = &figure.comparison {
        text += &format!(" Of those who stayed as long, {} of {} did too.", with.stayed_with, with.stayed);
    }
    text += match figure.verdict {
        Verdict::CommonAmong => {
            " Common among those who levelled up; that it makes a difference is not shown."
        }
        Verdict::MoreCommon => " More common than among those at the same point who had not levelled up.",
    };
    pattern.pattern_description = text;
}
