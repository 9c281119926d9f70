//! Scores the extraction against gold labels: `cargo run -p places --release --example score -- gold.jsonl [half]`.

use std::collections::BTreeSet;
use std::io::BufRead;

use places::{Gazetteer, Hints};
use serde_json::Value;

#[derive(Default)]
struct Tally {
    right: usize,
    said: usize,
    wanted: usize,
}

impl Tally {
    fn add<T: Ord>(&mut self, said: &BTreeSet<T>, wanted: &BTreeSet<T>) {
        self.right += said.intersection(wanted).count();
        self.said += said.len();
        self.wanted += wanted.len();
    }

    fn f1(&self) -> f64 {
        2.0 * self.right as f64 / (self.said + self.wanted).max(1) as f64
    }
}

#[expect(clippy::print_stdout, reason = "prints its measurement")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("name a file of gold lines")?;
    let half: Option<usize> = arguments.next().map(|half| half.parse()).transpose()?;
    let verbose = std::env::args().nth(3).is_some();
    let gazetteer = Gazetteer::us();
    let (mut spans, mut states) = (Tally::default(), Tally::default());
    let (mut cities, mut located, mut sure) = (0, 0, 0);
    for (line, text) in std::io::BufReader::new(std::fs::File::open(path)?).lines().enumerate() {
        if half.is_some_and(|half| half < 2 && line % 2 != half) {
            continue;
        }
        let gold: Value = serde_json::from_str(&text?)?;
        let text = gold["text"].as_str().unwrap_or_default();
        let mentions = gazetteer.mentions(text, &Hints::default());
        let wanted: Vec<&Value> = gold["toponyms"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|place| place["us"] == true && matches!(place["kind"].as_str(), Some("city" | "state")))
            .collect();
        let span = |place: &Value| {
            (place["start"].as_u64().unwrap_or(0) as usize, place["end"].as_u64().unwrap_or(0) as usize)
        };
        let said_spans = mentions.iter().map(|mention| (mention.char_start, mention.char_end)).collect();
        let gold_spans = wanted.iter().map(|place| span(place)).collect();
        spans.add(&said_spans, &gold_spans);
        states.add(
            &mentions.iter().filter_map(|mention| mention.state.map(str::to_owned)).collect(),
            &wanted.iter().filter_map(|place| place["state"].as_str().map(str::to_owned)).collect(),
        );
        for place in &wanted {
            let Some(mention) =
                mentions.iter().find(|mention| (mention.char_start, mention.char_end) == span(place))
            else {
                continue;
            };
            if place["kind"] == "city" {
                cities += 1;
                sure += usize::from(mention.state.is_some());
                located += usize::from(mention.state == place["state"].as_str());
                if verbose && mention.state.is_some() && mention.state != place["state"].as_str() {
                    println!(
                        "STATE {line} {} said {:?} {:?} gold {}",
                        mention.name, mention.state, mention.rule, place["state"]
                    );
                }
            }
        }
        if verbose {
            let around = |start: usize, end: usize| {
                text.chars()
                    .skip(start.saturating_sub(25))
                    .take(end + 50 - start)
                    .collect::<String>()
                    .replace('\n', " ")
            };
            for (start, end) in said_spans.difference(&gold_spans) {
                println!(
                    "EXTRA {line} {} | {}",
                    text.chars().skip(*start).take(end - start).collect::<String>(),
                    around(*start, *end)
                );
            }
            for (start, end) in gold_spans.difference(&said_spans) {
                println!(
                    "MISS {line} {} | {}",
                    text.chars().skip(*start).take(end - start).collect::<String>(),
                    around(*start, *end)
                );
            }
        }
    }
    println!(
        "mentions  f1 {:.3}  precision {:.3}  recall {:.3}",
        spans.f1(),
        spans.right as f64 / spans.said as f64,
        spans.right as f64 / spans.wanted as f64
    );
    println!(
        "state set f1 {:.3}  precision {:.3}  recall {:.3}",
        states.f1(),
        states.right as f64 / states.said as f64,
        states.right as f64 / states.wanted as f64
    );
    println!("cities found {cities}, with a state {sure}, with the right one {located}");
    Ok(())
}
