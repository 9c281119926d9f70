//! Measures the extraction on made posts: `cargo run -p places --release --example scan_speed [-- text file]`.

use std::time::Instant;

use places::{Gazetteer, Hints};
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

const SENTENCES: [&str; 16] = [
    "We spend two hours a day on documentation and the EMR keeps crashing.",
    "Cash-based PT in {} is tough when everybody expects insurance to pay for it.",
    "Does anyone know a billing service that understands Medicare Part B and the 8-minute rule?",
    "I own a small clinic in {} and no-shows are killing my schedule.",
    "Our front desk books people twice, calls them back, and then they cancel anyway.",
    "We moved from {} to {} last spring and had to start the credentialing all over again.",
    "The prior authorisations take longer than the treatment itself, honestly.",
    "Dr. {} at the Memorial Hospital told me that referrals went down after the merger.",
    "How do you keep your PTAs motivated when the reimbursement gets cut every January?",
    "Looking for a mentor near {} who has opened a second location without a loan.",
    "WebPT support answered after three days with a link to a page that I had read before.",
    "anyone in {} hiring? i can do evenings and some weekends.",
    "My patients love the exercises, but they forget them as soon as they leave the building.",
    "We tried Google Ads, Facebook and flyers; word of mouth still brings nine out of ten.",
    "{} clinics pay better than the hospital does, at least that is what people say.",
    "It is not the work, it is the notes, the faxes and the phone that never stops ringing.",
];
const PLACES: [&str; 24] = [
    "Arizona",
    "Phoenix, AZ",
    "Dallas",
    "Springfield",
    "Columbus, Ohio",
    "St. Louis",
    "Winston-Salem, N.C.",
    "texas",
    "phoenix az",
    "NYC",
    "Jackson",
    "Portland",
    "Fort Worth",
    "Salt Lake City",
    "Coeur d'Alene, Idaho",
    "Florida",
    "Madison",
    "San Antonio",
    "Baton Rouge, LA",
    "Kansas City",
    "O'Fallon, MO",
    "Charlotte",
    "Boise",
    "Orange County",
];

#[expect(clippy::print_stdout, reason = "prints its measurement")]
#[expect(clippy::disallowed_methods, reason = "measures time")]
fn main() -> std::io::Result<()> {
    let start = Instant::now();
    let gazetteer = Gazetteer::us();
    println!("start: {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    let clinics = (0..5_000).map(|n| (format!("Hamlet {n}"), "AZ"));
    let hints: Hints = clinics.chain([("Springfield".to_owned(), "MO")]).collect();
    let mut corpora = vec![
        ("posts, a place in every third sentence", posts(4, 3)),
        ("posts, a place in every twelfth sentence", posts(4, 12)),
        ("long texts, a place in every twelfth sentence", posts(400, 12)),
    ];
    if let Some(path) = std::env::args().nth(1) {
        let lines: Vec<String> = std::fs::read_to_string(path)?.lines().map(str::to_owned).collect();
        corpora.push(("lines of the file", lines));
    }
    for (kind, texts) in corpora {
        let bytes: usize = texts.iter().map(String::len).sum();
        let start = Instant::now();
        let mentions: usize = texts.iter().map(|text| gazetteer.mentions(text, &hints).len()).sum();
        let speed = bytes as f64 / 1e6 / start.elapsed().as_secs_f64();
        println!("{kind}: {speed:.0} MB/s, a mention in {} bytes", bytes / mentions.max(1));
    }
    Ok(())
}

/// About 64 MB of posts of some sentences, of which one in `sparsity` names places.
fn posts(sentences: usize, sparsity: usize) -> Vec<String> {
    let (placed, plain): (Vec<&str>, Vec<&str>) =
        SENTENCES.iter().partition(|sentence| sentence.contains("{}"));
    let mut random = SmallRng::seed_from_u64(7);
    let mut posts = Vec::new();
    let mut written = 0;
    while written < 64 << 20 {
        let mut post = String::new();
        for _ in 0..random.random_range(1..=sentences * 2) {
            let kind = if random.random_range(0..sparsity) == 0 { &placed } else { &plain };
            let sentence = kind.choose(&mut random).copied().unwrap_or_default();
            for (index, part) in sentence.split("{}").enumerate() {
                if index > 0 {
                    post.push_str(PLACES.choose(&mut random).copied().unwrap_or_default());
                }
                post.push_str(part);
            }
            post.push(' ');
        }
        written += post.len();
        posts.push(post);
    }
    posts
}
