//! One segment for each clinic: that of many pains, else the best it is in (X18 to X20).

use crate::pairs;
use crate::proposal::{self, Candidate, Membership, Proposal, Tally, Wishes};
use crate::ranking::Adjustment;
use crate::run::Run;
use crate::segments::HOT_FROM;

/// Share of memberships removed above which segments overlap too much (PT-083).
const TOO_MANY_REMOVED: f64 = 0.5;
/// Share of clinics unmatched above which something is wrong (PT-133).
const TOO_MANY_UNMATCHED: f64 = 0.9;
/// Share of clinics with many pains above which matching is too broad (X19).
const TOO_MANY_HOT: f64 = 0.1;

/// The segments as they are published, and who is in each.
#[derive(Debug)]
pub struct Decision {
    pub proposal: Proposal,
    /// In order of priority, with the numbers of those who stayed.
    pub segments: Vec<Ranked>,
    /// Segment of each clinic, by place in the order of priority.
    pub kept: Vec<Option<u32>>,
    pub totals: Totals,
}

#[derive(Debug, Clone)]
pub struct Ranked {
    pub candidate: Candidate,
    pub adjustment: Option<Adjustment>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Totals {
    pub clinics: u32,
    pub matched: u32,
    /// Clinics with two or more pain categories.
    pub hot_leads: u32,
    /// Clinics with three or more.
    pub many_pains: u32,
    pub memberships: u32,
    pub removed: u32,
    pub mean_confidence: f64,
    /// Over all pairs of a clinic and a category that have points, sure enough or not (X35).
    pub mean_unfiltered: f64,
}

impl Totals {
    pub fn unmatched(&self) -> u32 {
        self.clinics - self.matched
    }

    pub fn is_over_segmented(&self) -> bool {
        exceeds(self.removed, self.memberships, TOO_MANY_REMOVED)
    }

    pub fn is_mostly_unmatched(&self) -> bool {
        exceeds(self.unmatched(), self.clinics, TOO_MANY_UNMATCHED)
    }

    pub fn has_too_many_hot_leads(&self) -> bool {
        exceeds(self.many_pains, self.clinics, TOO_MANY_HOT)
    }
}

fn exceeds(part: u32, whole: u32, share: f64) -> bool {
    f64::from(part) > f64::from(whole) * share
}

/// The order that decides who keeps a clinic comes from all memberships and Claude's adjustments;
/// the numbers that are published come from the clinics kept.
pub fn settle(
    run: &Run,
    wishes: &Wishes,
    proposal: Proposal,
    adjustments: &[Option<Adjustment>],
) -> Decision {
    let delta = |at: usize| adjustments.get(at).and_then(Option::as_ref).map_or(0.0, |found| found.delta);
    let deltas: Vec<f64> = (0..proposal.candidates.len()).map(delta).collect();
    let mut places = vec![0; deltas.len()];
    for (place, at) in proposal::order(run, wishes, &proposal.candidates, &deltas).into_iter().enumerate() {
        places[at] = place;
    }
    let mut tallies = vec![Tally::default(); places.len()];
    let mut kept = Vec::with_capacity(run.clinics.len());
    let mut totals = Totals { clinics: run.clinics.len() as u32, ..Totals::default() };
    let mut confidences = 0.0;
    for clinic in 0..run.clinics.len() as u32 {
        let mine = proposal.of_class(run.class(clinic));
        let chosen = choose(&proposal, mine, &places);
        kept.push(chosen.map(|(segment, ..)| segment));
        totals.memberships += mine.len() as u32;
        totals.hot_leads += u32::from(proposal::pains(mine) >= HOT_FROM);
        totals.many_pains += u32::from(proposal::has_many_pains(mine));
        let Some((segment, confidence, points)) = chosen else { continue };
        tallies[segment as usize].add(run, clinic, confidence, points);
        totals.matched += 1;
        confidences += confidence;
        totals.removed += mine.iter().filter(|membership| membership.segment != segment).count() as u32;
    }
    totals.mean_confidence = confidences / f64::from(totals.matched.max(1));
    totals.mean_unfiltered = mean_unfiltered(run);
    let (segments, kept) = publish(run, wishes, &proposal, adjustments, &tallies, kept);
    Decision { proposal, segments, kept, totals }
}

fn mean_unfiltered(run: &Run) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for class in run.classes() {
        let clinics = f64::from(run.size(class));
        for pair in pairs::of(run, class).filter(|pair| pair.points > 0.0) {
            sum += pair.confidence * clinics;
            count += clinics;
        }
    }
    if count > 0.0 { sum / count } else { 0.0 }
}

/// The segment, confidence and points of a clinic.
fn choose(proposal: &Proposal, mine: &[Membership], places: &[usize]) -> Option<(u32, f64, f64)> {
    if let Some(multi) = proposal.multi().filter(|_| proposal::has_many_pains(mine)) {
        let (confidence, points) = proposal::best(mine);
        return Some((multi, confidence, points));
    }
    let best = mine.iter().min_by_key(|membership| places[membership.segment as usize])?;
    Some((best.segment, best.confidence, best.points))
}

/// Values the segments again over those who stayed, drops the empty ones and puts them in order.
fn publish(
    run: &Run,
    wishes: &Wishes,
    proposal: &Proposal,
    adjustments: &[Option<Adjustment>],
    tallies: &[Tally],
    kept: Vec<Option<u32>>,
) -> (Vec<Ranked>, Vec<Option<u32>>) {
    let left: Vec<usize> = (0..tallies.len()).filter(|at| tallies[*at].clinics > 0).collect();
    let mut candidates: Vec<Candidate> = left.iter().map(|at| proposal.candidates[*at].clone()).collect();
    let tallies: Vec<Tally> = left.iter().map(|at| tallies[*at]).collect();
    proposal::value(run, &mut candidates, &tallies);
    let adjustment = |at: usize| adjustments.get(at).cloned().flatten();
    let delta = |at: &usize| adjustment(*at).map_or(0.0, |found| found.delta);
    let deltas: Vec<f64> = left.iter().map(delta).collect();
    let mut numbers: Vec<Option<u32>> = vec![None; proposal.candidates.len()];
    let mut segments = Vec::with_capacity(left.len());
    for at in proposal::order(run, wishes, &candidates, &deltas) {
        numbers[left[at]] = Some(segments.len() as u32);
        segments.push(Ranked { candidate: candidates[at].clone(), adjustment: adjustment(left[at]) });
    }
    let kept = kept.into_iter().map(|segment| numbers[segment? as usize]).collect();
    (segments, kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn removed(removed: u32, memberships: u32) -> Totals {
        Totals { removed, memberships, ..Totals::default() }
    }

    fn unmatched(unmatched: u32, clinics: u32) -> Totals {
        Totals { matched: clinics - unmatched, clinics, ..Totals::default() }
    }

    #[test]
    fn tv21_more_than_half_removed_is_over_segmented() {
        assert!(removed(51, 100).is_over_segmented());
        assert!(!removed(50, 100).is_over_segmented());
    }

    #[test]
    fn tv22_more_than_nine_tenths_unmatched_is_alarming() {
        assert!(unmatched(91, 100).is_mostly_unmatched());
        assert!(!unmatched(90, 100).is_mostly_unmatched());
    }

    #[test]
    fn nothing_of_nothing_alarms_nobody() {
        let none = Totals::default();
        assert!(!none.is_over_segmented() && !none.is_mostly_unmatched() && !none.has_too_many_hot_leads());
    }
}
