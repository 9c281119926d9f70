//! Times the statistics of a million leads without a database: groups with intervals, tests and shrinkage, weights, ranking.
//!
//! `tests/bench/statistics.py` does the same with `polars` and `SciPy` over the same leads.

#![expect(clippy::print_stdout, reason = "measurements are printed")]
#![expect(clippy::disallowed_methods, reason = "measurements read the clock")]

use conversion::case::{Case, Lead, Outcome};
use conversion::gate::Before;
use conversion::{Detector, LEAST, Setting};
use stats::weights::Objective;
use std::time::Instant;

const LEADS: u64 = 1_000_000;
const BATCH: usize = 200_000;

fn main() {
    let setting = Setting {
        now: chrono::DateTime::UNIX_EPOCH,
        run_id: "bench".to_owned(),
        seed: 1,
        least: LEAST,
        objective: Objective::Centred,
        judged_since: None,
    };
    let mut detector = Detector::new(setting);
    let leads: Vec<Lead> = (0..LEADS).map(|n| lead(&mut detector, n)).collect();
    let started = Instant::now();
    for batch in leads.chunks(BATCH) {
        let cases: Vec<Case<'_>> = batch.iter().map(|lead| Case { lead, touches: &[] }).collect();
        detector.observe(&cases);
    }
    let counted = started.elapsed();
    let found = detector.findings(&Before::default());
    println!(
        "Rust: {} titles, {} industries, weights {:?}",
        found.who.title_rankings.len(),
        found.who.industry_rankings.len(),
        found.who.candidate_weights
    );
    println!(
        "Rust: counted (and with shuffled outcomes) {:.2} s, total {:.2} s",
        counted.as_secs_f64(),
        started.elapsed().as_secs_f64()
    );
}

/// The same lead as in Python: all from one multiplicative sequence.
fn lead(detector: &mut Detector, n: u64) -> Lead {
    let draw = (n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
    let booked = draw % 100 < 10 + n % 211 % 10;
    let points = |of: u64, shift: u64| ((draw >> shift) % (of + 1)) as f32 / of as f32;
    let lexicon = detector.lexicon();
    Lead {
        hash: draw,
        id: n.into(),
        title: Some(lexicon.titles.symbol(&format!("Title {}", n % 211))),
        industry: Some(lexicon.industries.symbol(&format!("Industry {}", n % 37))),
        employees: u32::try_from(n % 600).ok(),
        signals: [11, 7, 5].map(|every: u64| n.is_multiple_of(every)),
        outcome: if booked { Outcome::Booked } else { Outcome::Failed },
        known_since: n as i64,
        parts: Some([
            points(20, 0),
            points(25, 3),
            points(25, 6),
            if booked { 1.0 - points(15, 9) / 2.0 } else { points(15, 9) },
        ]),
        tier: (n % 3) as u8,
        ..Lead::default()
    }
}
