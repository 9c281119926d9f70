//! Pain points: what scrapers of a forum and of a business network bring home.

use chrono::{DateTime, Utc};

use super::cities::{self, State};
use super::dice::Dice;
use super::texts::{CATEGORIES, Category, FORUM_CLOSERS, FORUM_OPENERS, NETWORK_CLOSERS, NETWORK_OPENERS};
use super::{Row, Sample, Table};

#[derive(Debug, Clone, PartialEq)]
pub struct PainPoint {
    pub pain_category: String,
    pub pain_text: String,
    /// 1 to 10.
    pub severity_score: u8,
    pub mentions: u32,
    /// `reddit` or `linkedin`.
    pub source: String,
    pub example_urls: Vec<String>,
    pub created_at: DateTime<Utc>,
}

pub(super) fn pain_point(sample: &Sample, at: Row) -> PainPoint {
    let mut dice = sample.dice(Table::PainPoints, at);
    let category = dice.weigh(CATEGORIES);
    let forum = dice.percent(70);
    let place = dice.percent(category.place_percent).then(|| place(category, &mut dice));
    // Where someone is can also show in where they post.
    let subreddit = match place {
        Some(Place::City(city, _)) if forum && dice.percent(30) => Some(city.replace(' ', "").to_lowercase()),
        _ => None,
    };
    let said = place.filter(|_| subreddit.is_none() || dice.percent(50));
    let (low, high) = category.severity;
    PainPoint {
        pain_category: category.name.to_owned(),
        pain_text: text(category, said, forum, &mut dice),
        severity_score: dice.between(low, high) as u8,
        mentions: if dice.percent(category.repeated_percent) {
            dice.weigh(&[(2, 6), (3, 3), (4, 1)])
        } else {
            1
        },
        source: if forum { "reddit" } else { "linkedin" }.to_owned(),
        example_urls: urls(at.index, forum, subreddit, &mut dice),
        created_at: sample.moment(&mut dice, at.left_out),
    }
}

#[derive(Clone, Copy)]
enum Place {
    City(&'static str, &'static State),
    State(&'static State),
}

fn place(category: &Category, dice: &mut Dice) -> Place {
    let state = dice.weigh(category.states);
    if dice.percent(55) { Place::City(state.city(dice).0, state) } else { Place::State(state) }
}

fn text(category: &Category, place: Option<Place>, forum: bool, dice: &mut Dice) -> String {
    let kind = dice.percent(category.type_percent).then(|| dice.pick(category.types));
    let (openers, closers) =
        if forum { (FORUM_OPENERS, FORUM_CLOSERS) } else { (NETWORK_OPENERS, NETWORK_CLOSERS) };
    let who = match (kind, place) {
        (Some(kind), Some(place)) => format!("we run a {kind} {}", within(place, dice)),
        (Some(kind), None) => format!("we run a {kind}"),
        (None, Some(place)) => format!("we are {}", within(place, dice)),
        (None, None) => {
            (dice.pick(&["we see full days", "I own a clinic", "we are busy", "I have done this for years"]))
                .to_owned()
        }
    };
    let mut text = dice.pick(openers).replace("{who}", &who).replace("{Who}", &capital(&who));
    text.push_str(dice.pick(category.problems));
    text.push('.');
    if dice.percent(1) && place.is_some() {
        let elsewhere = cities::other_state(dice, category.states[0].0);
        text.push_str(&format!(" Moved from {}, it was no better there.", elsewhere.name));
    }
    text.push_str(dice.pick(closers));
    text
}

fn within(place: Place, dice: &mut Dice) -> String {
    match (place, dice.below(4)) {
        (Place::City(city, state), 0 | 1) => format!("in {city}, {}", state.code),
        (Place::City(city, state), 2) => format!("in {city}, {}", state.name),
        (Place::City(city, state), _) => format!("near {city}, {}", state.code),
        (Place::State(state), 0) => format!("here in {}", state.name),
        (Place::State(state), 1) => format!("out in {}", state.name),
        (Place::State(state), _) => format!("in {}", state.name),
    }
}

fn urls(index: usize, forum: bool, subreddit: Option<String>, dice: &mut Dice) -> Vec<String> {
    if !forum {
        return vec![format!("https://www.linkedin.example/posts/sample-{index}")];
    }
    let home = subreddit
        .unwrap_or_else(|| (dice.pick(&["physicaltherapy", "PTowners", "smallbusiness"])).to_owned());
    let post =
        |group: &str, part: &str| format!("https://www.reddit.com/r/{group}/comments/sample{index}{part}/");
    let mut urls = vec![post(&home, "")];
    if dice.percent(15) {
        urls.push(post("physicaltherapy", "b"));
    }
    urls
}

fn capital(text: &str) -> String {
    text[..1].to_uppercase() + &text[1..]
}
