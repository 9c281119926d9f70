//! What holds of every run, however odd its clinics and matches.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::strategy::Strategy as _;
use proto::Message as _;
use proto::v1::Strategy::{self, BusinessType, Geographic, PainPattern};
use proto::v1::{Clinic, DecisionMaker};

use super::{Made, assignments, names, published, signal};
use crate::dedup::Decision;
use crate::publication;
use crate::run::Run;

const CATEGORIES: [&str; 4] = ["billing", "emr", "marketing", "staffing"];
const LABELS: [(Strategy, &str, f64); 6] = [
    (Geographic, "AZ", 5.0),
    (Geographic, "TX", 3.0),
    (BusinessType, "cash-based", 5.0),
    (BusinessType, "general", 0.0),
    (PainPattern, "any", 8.0),
    (PainPattern, "other", 5.0),
];

/// Clinics with any reach and any signals.
fn anything() -> impl proptest::strategy::Strategy<Value = Made> {
    let clinic = (any::<bool>(), any::<bool>(), any::<bool>());
    let found = proptest::collection::vec((0..CATEGORIES.len(), 0..LABELS.len()), 0..7);
    proptest::collection::vec((clinic, found), 0..40).prop_map(|clinics| {
        clinics.into_iter().fold(Made::new(), |made, ((person, email, phone), found)| {
            let clinic = Clinic {
                decision_maker: person.then(DecisionMaker::default),
                email: email.then(|| "a@b.example".into()),
                phone: phone.then(|| "555".into()),
                ..Clinic::default()
            };
            let found: BTreeSet<(usize, usize)> = found.into_iter().collect();
            let signals: Vec<_> = found
                .into_iter()
                .map(|(category, at)| {
                    (LABELS[at].0, signal(CATEGORIES[category], LABELS[at].1, LABELS[at].2))
                })
                .collect();
            made.with(1, &clinic, &signals)
        })
    })
}

fn bytes(run: &Run, decision: &Decision) -> Vec<Vec<u8>> {
    let segments = published(run, decision);
    let all = assignments(run, decision);
    segments
        .iter()
        .map(proto::Message::encode_to_vec)
        .chain(all.iter().map(|one| one.encode_to_vec()))
        .collect()
}

proptest! {
    #[test]
    fn nobody_is_lost_and_nobody_is_twice(made in anything(), threshold in 1.0..10.0) {
        let (run, decision) = made.decide(threshold);
        let totals = &decision.totals;
        prop_assert_eq!(totals.matched + totals.unmatched(), made.clinics.len() as u32);
        let members: Vec<u32> = publication::members(&decision).into_iter().flatten().collect();
        let once: BTreeSet<u32> = members.iter().copied().collect();
        prop_assert_eq!(members.len(), once.len());
        prop_assert_eq!(members.len() as u32, totals.matched);
        let sizes: u32 = decision.segments.iter().map(|ranked| ranked.candidate.clinics).sum();
        prop_assert_eq!(sizes, totals.matched);
        prop_assert_eq!(assignments(&run, &decision).len(), made.clinics.len());
    }

    #[test]
    fn every_published_score_is_within_its_scale(made in anything(), threshold in 1.0..10.0) {
        let (run, decision) = made.decide(threshold);
        let reached = decision.proposal.threshold();
        for segment in published(&run, &decision) {
            prop_assert!((1.0..=10.0).contains(&segment.priority_score));
            prop_assert!((1.0..=10.0).contains(&segment.opportunity_index));
            prop_assert!(segment.clinics > 0);
        }
        for one in assignments(&run, &decision).into_iter().filter(|one| one.segment.is_some()) {
            prop_assert!(one.confidence <= 10.0 && one.confidence + 0.05 >= reached.min(10.0));
        }
    }

    #[test]
    fn names_of_segments_are_unique(made in anything()) {
        let (_, decision) = made.decide(3.0);
        let unique: BTreeSet<&str> = names(&decision).into_iter().collect();
        prop_assert_eq!(unique.len(), decision.segments.len());
    }

    #[test]
    fn the_order_in_which_parts_come_changes_no_byte(mut made in anything(), turn in 0..50_usize) {
        let (run, decision) = made.decide(5.0);
        let before = bytes(&run, &decision);
        let turn = turn.min(made.matches.len());
        made.matches.rotate_left(turn);
        made.matches.reverse();
        let (run, decision) = made.decide(5.0);
        prop_assert_eq!(bytes(&run, &decision), before);
    }
}
