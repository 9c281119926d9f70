//! Times the linker on made-up names and counts what it finds, as the truth is known.
//!
//! `cargo run --release -p link --example names -- 1000000` (or 50000): as many names on both sides, nine in ten left
//! names a respelling of a right one. Set `RAYON_NUM_THREADS=2` for two cores.

#![expect(clippy::print_stdout, reason = "a tool for the terminal")]
#![expect(clippy::disallowed_methods, reason = "the example times itself")]

use std::time::Instant;

use link::{Index, Options, Record, Verdict, link_all};
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

const COMMON: &str = "advanced premier elite total complete family community first active motion performance balance back \
    peak summit valley lake river mountain coastal north south east west central united national american new life hands \
    spine sport joint body core strength movement freedom hope harmony pinnacle apex alpha omega precision select \
    preferred integrated comprehensive professional progressive dynamic vital bright green blue silver golden oak pine \
    cedar maple willow park hill creek bay harbor bridge point view ridge meadow spring garden city town metro regional";
const TRADES: [&str; 12] = [
    "Physical Therapy",
    "Rehabilitation",
    "Sports Medicine",
    "Chiropractic",
    "Orthopedics",
    "Physical Therapy Center",
    "Therapy Services",
    "Rehab Associates",
    "Medical Center",
    "Health Care",
    "Dental Group",
    "Wellness Clinic",
];
const FORMS: [&str; 6] = ["", "", " LLC", " Inc", " PLLC", " PC"];

fn main() {
    let count: usize = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(50_000);
    let mut rng = SmallRng::seed_from_u64(1);
    let common: Vec<&str> = COMMON.split_whitespace().collect();
    let surnames: Vec<String> = (0..(count / 4).clamp(2_000, 150_000)).map(|_| made_word(&mut rng)).collect();
    let towns: Vec<String> = (0..(count / 25).clamp(300, 20_000)).map(|_| made_word(&mut rng)).collect();
    let right: Vec<String> = (0..count).map(|_| name(&mut rng, &common, &surnames, &towns)).collect();
    let left: Vec<(String, Option<u32>)> = (0..count)
        .map(|_| {
            if rng.random_bool(0.1) {
                return (name(&mut rng, &common, &surnames, &towns), None);
            }
            let row = rng.random_range(0..count);
            (respelled(&mut rng, &right[row]), Some(row as u32))
        })
        .collect();
    let named = |name| Record { name, ..Record::default() };

    let start = Instant::now();
    let index = Index::build(right.iter().map(|n| named(n.as_str())), &Options::default());
    let built = start.elapsed();
    let (mut linked, mut correct, mut ambiguous, mut among) = (0, 0, 0, 0);
    link_all(left.iter().map(|(n, _)| named(n.as_str())), &index, false, |row, verdict| {
        let truth = left[row as usize].1;
        // Two right rows with one text are the same answer to a name.
        let hit = |link: &link::Link| {
            truth.is_some_and(|t| t == link.right || right[t as usize] == right[link.right as usize])
        };
        match verdict {
            Verdict::Linked { link } => {
                linked += 1;
                correct += usize::from(hit(&link));
            }
            Verdict::Ambiguous { links } => {
                ambiguous += 1;
                among += usize::from(links.iter().any(hit));
            }
            Verdict::Unlinked { .. } => {}
        }
    });
    let total = start.elapsed();
    let truth = left.iter().filter(|(_, t)| t.is_some()).count();
    println!("{count} x {count}: build {built:.2?}, in all {total:.2?}, peak {}", peak_memory());
    println!(
        "linked {linked}: precision {:.3}, recall {:.3}",
        correct as f64 / linked as f64,
        correct as f64 / truth as f64
    );
    println!(
        "ambiguous {ambiguous}, the true one among them {among}; linked or among the candidates: recall {:.3}",
        (correct + among) as f64 / truth as f64
    );
}

fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|l| l.strip_prefix("VmHWM:"))
        .map_or("unknown".into(), |kib| kib.trim().to_owned())
}

fn made_word(rng: &mut SmallRng) -> String {
    const START: [&str; 20] = [
        "b", "br", "c", "ch", "d", "f", "g", "gr", "h", "k", "l", "m", "n", "p", "r", "s", "st", "t", "v",
        "w",
    ];
    const MIDDLE: [&str; 10] = ["a", "e", "i", "o", "u", "ai", "ea", "oo", "ar", "er"];
    const END: [&str; 14] =
        ["n", "r", "s", "t", "ll", "ck", "rd", "son", "man", "ton", "field", "berg", "ley", "ville"];
    let pick = |rng: &mut SmallRng, from: &[&'static str]| from.choose(rng).copied().unwrap_or_default();
    let mut word = String::new();
    for _ in 0..rng.random_range(1..3) {
        word += pick(rng, &START);
        word += pick(rng, &MIDDLE);
    }
    word += pick(rng, &START);
    word += pick(rng, &MIDDLE);
    word += pick(rng, &END);
    word[..1].to_uppercase() + &word[1..]
}

/// Some words are much more frequent than others, as in life.
fn skewed<'a, T>(rng: &mut SmallRng, from: &'a [T]) -> &'a T {
    let u: f64 = rng.random();
    &from[((u * u * from.len() as f64) as usize).min(from.len() - 1)]
}

fn name(rng: &mut SmallRng, common: &[&str], surnames: &[String], towns: &[String]) -> String {
    let surname = skewed(rng, surnames);
    let (town, trade) = (skewed(rng, towns), TRADES[rng.random_range(0..TRADES.len())]);
    let word = skewed(rng, common);
    let word = word[..1].to_uppercase() + &word[1..];
    let body = match rng.random_range(0..6) {
        0 => format!("{surname} {trade}"),
        1 => format!("{surname} & {} {trade}", skewed(rng, surnames)),
        2 => format!("{word} {trade} of {town}"),
        3 => format!("{town} {word} {trade}"),
        4 => format!("{surname} {word} {trade}"),
        _ => format!("{surname} {trade} of {town}"),
    };
    body + FORMS[rng.random_range(0..FORMS.len())]
}

fn respelled(rng: &mut SmallRng, name: &str) -> String {
    let mut name = name.to_owned();
    let swaps = [
        ("Physical Therapy", "PT"),
        ("Physical Therapy", "Phys Ther"),
        ("Rehabilitation", "Rehab"),
        ("Center", "Ctr"),
        ("Associates", "Assoc"),
        ("Health Care", "Healthcare"),
        (" & ", " and "),
        ("Orthopedics", "Ortho"),
        ("Services", "Svcs"),
        (" of ", " "),
    ];
    for (long, short) in swaps {
        if rng.random_bool(0.4) {
            name = name.replace(long, short);
        }
    }
    if rng.random_bool(0.5) {
        for form in FORMS {
            name = name.strip_suffix(form).unwrap_or(&name).to_owned();
        }
        name += FORMS[rng.random_range(0..FORMS.len())];
    }
    if rng.random_bool(0.25) {
        name = mistyped(rng, &name);
    }
    if rng.random_bool(0.1) {
        let words: Vec<&str> = name.split(' ').collect();
        let gone = rng.random_range(0..words.len());
        name = words
            .iter()
            .enumerate()
            .filter(|(i, _)| *i != gone || words.len() < 3)
            .map(|(_, w)| *w)
            .collect::<Vec<_>>()
            .join(" ");
    }
    if rng.random_bool(0.2) { name.to_uppercase() } else { name }
}

fn mistyped(rng: &mut SmallRng, name: &str) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    let at = rng.random_range(0..letters.len() - 1);
    match rng.random_range(0..4) {
        0 => drop(letters.remove(at)),
        1 => letters.insert(at, letters[at]),
        2 => letters.swap(at, at + 1),
        _ => letters[at] = char::from(b'a' + rng.random_range(0..26u8)),
    }
    letters.into_iter().collect()
}
