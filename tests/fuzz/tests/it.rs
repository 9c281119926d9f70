//! The bounded run: the corpus of every target, and some inputs made of it.

use anyhow::Context as _;
use fuzz::{Seed, TARGETS, corpus, feed, messages};
use prost_reflect::DescriptorPool;

const SEED: u64 = 1;
const INPUTS: usize = 1_000;

#[track_caller]
fn check(name: &str) -> anyhow::Result<()> {
    let target = TARGETS.iter().find(|target| target.name == name).context("no such target")?;
    let found = feed(target, SEED, None, |fed| fed < INPUTS)?;
    assert!(found.is_none(), "{name}: {found:?}");
    // A target that understands nothing tests nothing.
    let good: Vec<_> = corpus(name)?.into_iter().filter(Seed::is_good).collect();
    assert!(!good.is_empty(), "{name} has no seed called good…");
    for seed in good {
        assert!((target.take)(&seed.bytes), "{name} does not understand {}", seed.path.display());
    }
    Ok(())
}

macro_rules! bounded_runs {
    ($($target:ident)*) => {
        const RUNS: &[&str] = &[$(stringify!($target)),*];
        $(#[test] fn $target() -> anyhow::Result<()> { check(stringify!($target)) })*
    };
}

bounded_runs! {
    subject traceparent envelope protobuf json backup
    claude_reply claude_error retry_after limit_reset
    import_pain_points import_clinics import_decision_makers import_clinic_patterns import_leads import_activities
    import_contractors import_revenue_history import_partner_usage import_milestones import_content
    patterns_learn patterns_stored patterns_told
    dead_letter dead_edit dead_sequences
    places csv_cells markdown slack mail prompt redaction
}

/// What no other message holds travels by itself, so somebody takes it.
#[test]
fn every_message_of_the_schemas_is_read() {
    let pool = DescriptorPool::decode(proto::DESCRIPTORS).unwrap();
    let fields = pool.all_messages().flat_map(|kind| kind.fields().collect::<Vec<_>>());
    let held: Vec<_> =
        fields.filter_map(|field| Some(field.kind().as_message()?.name().to_owned())).collect();
    let names = pool.all_messages().map(|kind| kind.name().to_owned());
    let unread = names.filter(|name| !held.contains(name) && !messages().contains(&name.as_str()));
    assert_eq!(unread.collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn every_target_has_its_run() {
    let targets: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
    assert_eq!(targets, RUNS);
}
