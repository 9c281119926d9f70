//! What texts contain: signs, phrases of one to three words, and how long they are.

use std::collections::{BTreeMap, BTreeSet};

use super::columns::Column;
use super::factors::{Parted, Role, level};

/// A phrase in fewer rows, or a smaller share of them, is not looked at; nor one in nearly all of them.
const LEAST_ROWS: usize = 10;
const LEAST_SHARE: f64 = 0.04;
const MOST_SHARE: f64 = 0.96;
/// Each phrase that is looked at makes the others harder to tell from chance.
const MOST_PHRASES: usize = 24;
const LONGEST_PHRASE: usize = 3;
/// Signs are few: five rows are enough to look, though rarely to tell.
const LEAST_SIGNS: usize = 5;

/// Subject lines are cut at about 60 characters on a desk and 30 on a phone.
const SHORT: usize = 30;
const LONG: usize = 60;

/// A phrase of these alone says nothing.
const FUNCTION_WORDS: [&str; 32] = [
    "a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "has", "have", "how", "in", "is", "it",
    "its", "of", "on", "or", "our", "that", "the", "this", "to", "via", "was", "we", "what", "will", "with",
    "your",
];

type Holds = fn(&str) -> bool;

const SIGNS: [(&str, Holds); 8] = [
    ("contains a colon (:)", |text| text.contains(':')),
    ("contains a question mark (?)", |text| text.contains('?')),
    ("contains an exclamation mark (!)", |text| text.contains('!')),
    ("contains an ampersand (&)", |text| text.contains('&')),
    ("contains a number", |text| text.bytes().any(|byte| byte.is_ascii_digit())),
    ("contains a currency sign", |text| text.contains(['$', '€', '£'])),
    ("contains a percent sign (%)", |text| text.contains('%')),
    ("contains a word in capitals", |text| text.split(|c: char| !c.is_alphabetic()).any(is_shouted)),
];

fn is_shouted(word: &str) -> bool {
    word.len() >= 4 && word.chars().all(char::is_uppercase)
}

pub(super) fn signs(column: &Column) -> Vec<Parted> {
    let rows = column.codes.len();
    let mut found: Vec<(&str, Vec<bool>)> = Vec::new();
    for (label, holds) in SIGNS {
        let with: Vec<bool> = column.values.iter().map(|value| holds(value)).collect();
        let count = rows_with(column, &with);
        if (LEAST_SIGNS..=rows.saturating_sub(LEAST_SIGNS)).contains(&count)
            && found.iter().all(|one| one.1 != with)
        {
            found.push((label, with));
        }
    }
    found.into_iter().map(|(label, with)| either(column, label, &with)).collect()
}

pub(super) fn length(column: &Column) -> Vec<Parted> {
    let characters: Vec<usize> = column.values.iter().map(|value| value.trim().chars().count()).collect();
    let bin = |length: &usize| {
        if *length <= SHORT {
            0
        } else if *length <= LONG {
            1
        } else {
            2
        }
    };
    let labels = [
        format!("up to {SHORT} characters"),
        format!("{} to {LONG} characters", SHORT + 1),
        format!("longer than {LONG} characters"),
    ];
    let bins: Vec<usize> = characters.iter().map(bin).collect();
    let mut rows = [0; 3];
    column.codes.iter().for_each(|code| rows[bins[*code as usize]] += 1);
    let there: Vec<usize> = (0..3).filter(|bin| rows[*bin] >= LEAST_SIGNS).collect();
    if there.len() < 2 {
        return Vec::new();
    }
    // Fewer than five texts go with the nearest length.
    let nearest = |bin: usize| {
        (0..there.len()).min_by_key(|place| there[*place].abs_diff(bin)).unwrap_or_default() as u16
    };
    let of: Vec<u16> = bins.into_iter().map(nearest).collect();
    let levels = there.iter().map(|bin| level(labels[*bin].clone(), Role::Told)).collect();
    vec![Parted::by(column, levels, &of, true)]
}

/// Those that most rows have; of phrases that the same rows have the longest.
pub(super) fn phrases(column: &Column) -> Vec<Parted> {
    let rows = column.codes.len();
    let counts = column.counts();
    let mut with: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for (value, text) in (0..).zip(&column.values) {
        for phrase in phrases_of(text) {
            with.entry(phrase).or_default().push(value);
        }
    }
    let least = LEAST_ROWS.max((rows as f64 * LEAST_SHARE).ceil() as usize);
    let most = (rows as f64 * MOST_SHARE) as usize;
    let mut longest: BTreeMap<Vec<u32>, String> = BTreeMap::new();
    for (phrase, values) in with {
        let count: usize = values.iter().map(|value| counts[*value as usize]).sum();
        if (least..=most).contains(&count) {
            let known = longest.entry(values).or_default();
            if phrase.len() > known.len() {
                *known = phrase;
            }
        }
    }
    let count = |values: &[u32]| values.iter().map(|value| counts[*value as usize]).sum::<usize>();
    let mut found: Vec<(usize, String, Vec<u32>)> =
        longest.into_iter().map(|(values, phrase)| (count(&values), phrase, values)).collect();
    found.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    found.truncate(MOST_PHRASES);
    let parted = found.into_iter().map(|(_, phrase, values)| {
        let mut with = vec![false; counts.len()];
        values.iter().for_each(|value| with[*value as usize] = true);
        either(column, &format!("contains “{phrase}”"), &with)
    });
    parted.collect()
}

/// The phrases of a text, each once; none goes across a colon, a comma or a full stop.
fn phrases_of(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let lower = text.to_lowercase();
    for clause in lower.split([':', ',', ';', '.', '!', '?', '(', ')', '|', '–', '—']) {
        let words: Vec<&str> = clause
            .split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '-')
            .filter(|word| !word.is_empty())
            .collect();
        for length in 1..=LONGEST_PHRASE {
            for phrase in words.windows(length) {
                let says = |word: &&str| {
                    !FUNCTION_WORDS.contains(word) && word.chars().any(char::is_alphabetic) && word.len() > 1
                };
                // At its edges a phrase has words that say something.
                if says(&phrase[0]) && says(&phrase[length - 1]) {
                    found.insert(phrase.join(" "));
                }
            }
        }
    }
    found
}

fn rows_with(column: &Column, with: &[bool]) -> usize {
    column.codes.iter().filter(|code| with[**code as usize]).count()
}

fn either(column: &Column, label: &str, with: &[bool]) -> Parted {
    let levels = vec![level(label, Role::Told), level(format!("not: {label}"), Role::Rest)];
    let of: Vec<u16> = with.iter().map(|with| u16::from(!with)).collect();
    Parted::by(column, levels, &of, false)
}

#[cfg(test)]
mod tests {
    use super::super::columns::Builder;
    use super::*;

    fn column(cells: &[String]) -> Column {
        let mut builder = Builder::new(["subject".to_owned()]);
        cells.iter().for_each(|cell| builder.push([cell.as_str()]));
        builder.finish().columns.remove(0)
    }

    fn labels(parted: &[Parted]) -> Vec<&str> {
        parted.iter().map(|one| one.levels[0].label.as_str()).collect()
    }

    #[test]
    fn of_phrases_in_the_same_rows_the_longest_is_told() {
        let cells: Vec<String> = (0..100)
            .map(|row| {
                format!(
                    "{}Study {row} of the week and more",
                    if row % 4 == 0 { "Closing soon: " } else { "" }
                )
            })
            .collect();
        let column = column(&cells);
        assert_eq!(labels(&phrases(&column)), ["contains “closing soon”"]);
        // All have a number.
        assert_eq!(labels(&signs(&column)), ["contains a colon (:)"]);
        assert!(length(&column)[0].levels[0].label == "up to 30 characters");
    }

    #[test]
    fn a_phrase_does_not_go_across_a_colon_and_does_not_begin_with_an_article() {
        let found = phrases_of("Closing soon: the NSCLC study");
        let expected = ["closing", "closing soon", "nsclc", "nsclc study", "soon", "study"];
        assert_eq!(found.into_iter().collect::<Vec<_>>(), expected);
    }
}
