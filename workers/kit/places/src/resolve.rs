//! Decides for a whole text which names are places and in which state each lies.

use crate::context::{self, CAPITAL, Context};
use crate::lexicon::{Fame, Lexicon, Place};
use crate::load::WELL_KNOWN;
use crate::scan::{Case, Hit, Name};
use crate::state::{State, StateSet};
use crate::{Hints, Kind, Rule};

/// Points from which a name counts as a place.
const ENOUGH: i32 = 3;
/// What a state's own name is worth.
const STATE_NAME: i32 = 6;

/// Votes of a state that is named twice.
const PROOF: u16 = 6;

/// A name that was judged to be a place.
#[derive(Debug)]
pub(crate) struct Finding<'a> {
    pub(crate) hit: Hit<'a>,
    pub(crate) kind: Kind,
    pub(crate) state: Option<State>,
    pub(crate) candidates: StateSet,
    pub(crate) rule: Rule,
}

/// A hit with what is known about it so far.
struct Clue<'a> {
    hit: Hit<'a>,
    context: Context,
    points: i32,
    /// The state that stands right behind the city.
    tail: Option<State>,
    /// Where this city can be: the gazetteer's and the hints' states.
    candidates: StateSet,
    as_state: bool,
    /// The same name stood in the text before.
    repeated: bool,
    /// The candidates come from a tail elsewhere: "Paris, Texas … in Paris".
    inherited: bool,
}

impl Clue<'_> {
    /// "Normal people": a word, and capital only because it opens a sentence.
    fn is_only_a_word(&self) -> bool {
        self.context.opening && self.hit.place().is_some_and(|place| place.traits.word)
    }
}

/// How often each state is named or implied.
struct Votes {
    count: [u16; State::COUNT],
    states: StateSet,
}

pub(crate) fn resolve<'a>(text: &str, hits: Vec<Hit<'a>>, lexicon: &'a Lexicon, hints: &Hints) -> Vec<Finding<'a>> {
    if hits.is_empty() {
        return Vec::new();
    }
    let mut clues: Vec<Clue<'_>> = hits.into_iter().map(|hit| clue(text, hit, lexicon, hints)).collect();
    pair_with_tails(text, &mut clues);
    admit_codes(text, &mut clues, lexicon);
    for clue in &mut clues {
        clue.points += if clue.tail.is_some() { 6 } else { clue.context.left + clue.context.right };
    }
    same_name_same_thing(&mut clues);
    let votes = votes(&clues);
    lists_of_places(text, &mut clues);
    for clue in &mut clues {
        agree_with(clue, &votes);
    }
    lists_of_counties(text, &mut clues);
    settle(clues, &votes, hints)
}

fn clue<'a>(text: &str, hit: Hit<'a>, lexicon: &Lexicon, hints: &Hints) -> Clue<'a> {
    let blank = Clue {
        hit,
        context: Context::default(),
        points: 0,
        tail: None,
        candidates: StateSet::default(),
        as_state: true,
        repeated: false,
        inherited: false,
    };
    let Some(place) = hit.place() else { return blank };
    let mut context = context::judge(text, &hit, lexicon);
    if text.trim().len() == hit.end - hit.start {
        context.left += 4;
    }
    let hinted = hints.states(place.key);
    let mut candidates = place.cities.union(hinted);
    let mut as_state = place.state.is_some();
    if let Some(state) = place.state
        && place.population > CAPITAL
        && !place.cities.contains(state)
        && !text[hit.end..].starts_with(" state")
    {
        // "Washington": the state only with evidence, like any other candidate.
        candidates = StateSet::from(state);
        candidates.extend(place.largest);
        as_state = false;
    }
    let points = if !as_state {
        context::prior(place) + 2 * i32::from(!hinted.is_empty())
    } else if place.traits.dotted && !place.several_words {
        // "Miss.", "Mass." and "Ill." need a city or a preposition.
        STATE_NAME - 4
    } else {
        STATE_NAME - 2 * i32::from(place.traits.person)
    };
    Clue { context, points, candidates, as_state, ..blank }
}

/// "Phoenix, AZ", "Norman, Okla.", "Dallas Texas", "Portland (Maine)".
fn pair_with_tails(text: &str, clues: &mut [Clue<'_>]) {
    for index in 1..clues.len() {
        let (city, state) = (&clues[index - 1], &clues[index]);
        let Some(code) = state.hit.state() else { continue };
        let gap = &text[city.hit.end..state.hit.start];
        if city.candidates.is_empty() || !matches!(gap, ", " | "," | " " | " (" | ",\n" | "\n") {
            continue;
        }
        let known = city.candidates.contains(code);
        let short = !matches!(state.hit.name, Name::Place(place) if !place.traits.dotted);
        let comma = gap.starts_with(',');
        let degree = matches!(state.hit.name, Name::Code(code) if code.code_is_also_a_degree());
        if city.context.person && degree {
            continue;
        }
        let dominant = city.hit.place().is_some_and(|place| place.dominant().is_some());
        // A place too small for the gazetteer, unless it is a list: "Phoenix, TX, Dallas".
        if known || (comma && short && !dominant) {
            clues[index - 1].tail = Some(code);
            clues[index - 1].as_state = false;
            clues[index].points += 6;
        }
    }
}

/// Two letters are a state beside a place, before a ZIP code or in a list; the unmistakable ones anywhere.
fn admit_codes<'a>(text: &str, clues: &mut [Clue<'a>], lexicon: &'a Lexicon) {
    for index in 0..clues.len() {
        let Name::Code(state) = clues[index].hit.name else { continue };
        let hit = clues[index].hit;
        let after_place = clues[index].points > 0;
        let before_zip = zip_follows(&text.as_bytes()[hit.end..]);
        let beside = |other: &Clue<'_>, gap: &str| !other.context.person && in_list(gap);
        let listed = index > 0 && beside(&clues[index - 1], &text[clues[index - 1].hit.end..hit.start])
            || clues.get(index + 1).is_some_and(|next| beside(next, &text[hit.end..next.hit.start]));
        let after_comma = !state.code_is_also_a_degree() && after_unknown_town(text, &hit);
        if after_place || before_zip || listed || after_comma || !state.code_is_also_a_word() {
            clues[index].points += 6;
        } else if state.code() == "LA"
            && context::leads(text, &hit, lexicon)
            && let Some(city) = lexicon.named("L.A.")
        {
            // "a clinic in LA" is not Louisiana.
            let clue = &mut clues[index];
            clue.hit.name = Name::Place(city);
            clue.candidates = city.cities;
            clue.as_state = false;
            clue.points = ENOUGH;
        }
    }
}

fn zip_follows(rest: &[u8]) -> bool {
    let rest = rest.strip_prefix(b",").unwrap_or(rest);
    matches!(rest, [b' ', zip @ ..] if zip.len() >= 5 && zip[..5].iter().all(u8::is_ascii_digit)
        && !zip.get(5).is_some_and(u8::is_ascii_digit))
}

/// Whether two names stand side by side in a list: `"Phoenix","TX"`, "OR/WA", "TX, OK and LA".
fn in_list(gap: &str) -> bool {
    let gap = gap.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '[' | ']'));
    matches!(gap, "," | "/" | "&" | ", and" | ", or" | "and" | "or" | ";" | "|" | "+")
}

/// "Smallville, OR." where the town is in no table: a capital word, a comma, the code, and an end.
fn after_unknown_town(text: &str, hit: &Hit<'_>) -> bool {
    let (start, end) = hit.before;
    let town = &text.as_bytes()[start..end];
    let ends = !text[hit.end..].trim_start_matches(' ').starts_with(|c: char| c.is_alphanumeric());
    let title = town.first().is_some_and(u8::is_ascii_uppercase) && town.iter().any(u8::is_ascii_lowercase);
    title && ends && hit.case == Case::Upper && &text[end..hit.start] == ", "
}

/// One name means one thing in one text: what a full name or a clear context shows once holds for all.
fn same_name_same_thing(clues: &mut [Clue<'_>]) {
    let cities = clues.iter().enumerate().filter(|(_, clue)| clue.hit.is_city());
    let mut order: Vec<(u64, usize)> = cities.map(|(at, clue)| (clue.hit.place().map_or(0, |place| place.key), at)).collect();
    order.sort_unstable();
    for group in order.chunk_by(|one, other| one.0 == other.0) {
        let person = group.iter().any(|(_, at)| clues[*at].context.person);
        let place = group.iter().any(|(_, at)| {
            let clue = &clues[*at];
            clue.tail.is_some() || clue.context.left + clue.context.right >= 3
        });
        let tails = group.iter().filter_map(|(_, at)| clues[*at].tail);
        let tail = tails.fold(StateSet::default(), |all, state| all.union(state.into()));
        for (nth, (_, at)) in group.iter().enumerate() {
            let clue = &mut clues[*at];
            clue.repeated = nth > 0;
            if clue.tail.is_some() || clue.context.person {
                continue;
            }
            let clear = clue.context.left + clue.context.right;
            if person && !place {
                clue.points -= 4;
            } else if place && clear >= 0 && (clear > 0 || !clue.is_only_a_word()) {
                clue.points += if person { 1 } else { 3 };
            }
            if let Some(state) = tail.single() && !clue.as_state {
                clue.candidates = StateSet::from(state);
                clue.inherited = true;
            }
        }
    }
}

/// Full names count more than what a city or a county implies.
fn votes(clues: &[Clue<'_>]) -> Votes {
    let mut votes = Votes { count: [0; State::COUNT], states: StateSet::default() };
    for clue in clues {
        let Some((state, weight)) = vote(clue) else { continue };
        let count = &mut votes.count[state.index()];
        *count = count.saturating_add(weight);
        votes.states.insert(state);
    }
    votes
}

fn vote(clue: &Clue<'_>) -> Option<(State, u16)> {
    let place = clue.hit.place();
    if let Some(place) = place.filter(|place| place.is_county()) {
        return place.counties.single().map(|state| (state, 2));
    }
    if clue.points < ENOUGH || (clue.hit.case == Case::Lower && !clue.as_state && clue.tail.is_none()) {
        return None;
    }
    if clue.as_state {
        return clue.hit.state().map(|state| (state, 3));
    }
    if clue.repeated {
        return None;
    }
    let sure = clue.tail.or(clue.candidates.single());
    sure.or(place.and_then(Place::dominant)).map(|state| (state, 2))
}

/// "Dallas, Houston and Paris": a place in a list of places.
fn lists_of_places(text: &str, clues: &mut [Clue<'_>]) {
    for index in 1..clues.len() {
        let gap = &text[clues[index - 1].hit.end..clues[index].hit.start];
        if !in_list(gap) || clues[index].context.person || clues[index - 1].context.person {
            continue;
        }
        let (one, other) = (clues[index - 1].points, clues[index].points);
        // "Oregon, Washington and Idaho" lists states.
        if clues[index - 1].as_state && clues[index].hit.place().is_some_and(|place| place.state.is_some()) {
            clues[index].as_state = true;
        }
        if one >= ENOUGH && clues[index].tail.is_none() {
            clues[index].points += 2;
        }
        if other >= ENOUGH && clues[index - 1].tail.is_none() {
            clues[index - 1].points += 2;
        }
    }
}

/// A city that lies in a state the text speaks of is likelier, one that cannot lie there less likely.
fn agree_with(clue: &mut Clue<'_>, votes: &Votes) {
    if clue.as_state || clue.tail.is_some() {
        return;
    }
    let agrees = !clue.candidates.intersection(votes.states).is_empty();
    let foreign = clue.hit.place().is_some_and(|place| place.traits.foreign);
    clue.points += match agrees {
        true => 2,
        false => -3 * i32::from(foreign) - i32::from(!votes.states.is_empty()),
    };
}

/// "Harvey, Harper and Kingman counties" are no cities.
fn lists_of_counties(text: &str, clues: &mut [Clue<'_>]) {
    let mut county = false;
    for index in (0..clues.len()).rev() {
        let rest = &text[clues[index].hit.end..];
        county = rest.starts_with(" counties")
            || rest.starts_with(" Counties")
            || (county && clues.get(index + 1).is_some_and(|next| in_list(&text[clues[index].hit.end..next.hit.start])));
        if county && !clues[index].as_state {
            clues[index].points = 0;
        }
    }
}

fn settle<'a>(clues: Vec<Clue<'a>>, votes: &Votes, hints: &Hints) -> Vec<Finding<'a>> {
    let mut findings = Vec::with_capacity(clues.len());
    for clue in clues {
        if clue.points < ENOUGH || (clue.hit.case == Case::Lower && !clear_in_small_letters(&clue, votes)) {
            continue;
        }
        let hit = clue.hit;
        if clue.as_state {
            let rule = if matches!(hit.name, Name::Code(_)) { Rule::StateCode } else { Rule::StateName };
            findings.push(Finding { hit, kind: Kind::State, state: hit.state(), candidates: clue.candidates, rule });
        } else if hit.is_city() || !clue.candidates.is_empty() {
            let (state, rule) = locate(&clue, votes, hints);
            let kind = if state.is_some() && state == hit.state() { Kind::State } else { Kind::City };
            findings.push(Finding { hit, kind, state, candidates: clue.candidates, rule });
        }
    }
    findings
}

/// "clinic in phoenix", "phoenix az", and any larger city of a state the text speaks of.
fn clear_in_small_letters(clue: &Clue<'_>, votes: &Votes) -> bool {
    let Some(place) = clue.hit.place().filter(|_| !clue.as_state && clue.tail.is_none()) else { return true };
    let agrees = !clue.candidates.intersection(votes.states).is_empty();
    let led = clue.context.left >= 2 || clue.context.right >= 3;
    let well_known = place.population >= WELL_KNOWN && (led || agrees || place.several_words);
    !place.traits.word && (well_known || (led && agrees)) && (!place.traits.person || agrees)
}

/// The state of a city, and why. Without a reason there is none.
fn locate(clue: &Clue<'_>, votes: &Votes, hints: &Hints) -> (Option<State>, Rule) {
    let place = clue.hit.place();
    let dominant = place.and_then(Place::dominant);
    if let Some(tail) = clue.tail {
        return (Some(tail), Rule::CityState);
    }
    let hinted = place.map_or_else(StateSet::default, |place| hints.states(place.key));
    if let Some(only) = clue.candidates.single() {
        let rule = match place {
            _ if clue.inherited => Rule::StateElsewhere,
            // Only a name that came with the hints has no inhabitants.
            Some(Place { population: 0, .. }) => Rule::ClinicTable,
            _ => Rule::OnlySuchCity,
        };
        return (Some(only), rule);
    }
    if place.is_some_and(|place| place.fame == Fame::Absolute) {
        return (dominant, Rule::BestKnown);
    }
    let winner = votes.winner(clue.candidates);
    // Against the city that nearly everybody means, one other state in the text is a doubt, not a proof.
    let doubtful = dominant.is_some() && winner != dominant && winner.is_some_and(|state| votes.of(state) < PROOF);
    match (winner, hinted.single()) {
        (Some(state), _) if dominant == winner => (Some(state), Rule::BestKnown),
        (Some(state), _) if !doubtful => (Some(state), Rule::StateElsewhere),
        (_, Some(state)) => (Some(state), Rule::ClinicTable),
        _ if dominant.is_some() && !doubtful => (dominant, Rule::BestKnown),
        _ => (None, Rule::Unresolved),
    }
}

impl Votes {
    fn of(&self, state: State) -> u16 {
        self.count[state.index()]
    }

    /// The candidate with the most votes, unless two have as many.
    fn winner(&self, candidates: StateSet) -> Option<State> {
        let votes = |state: &State| self.of(*state);
        let best = candidates.intersection(self.states).iter().max_by_key(votes)?;
        let rivals = candidates.iter().filter(|state| votes(state) == votes(&best)).count();
        (rivals == 1).then_some(best)
    }
}
