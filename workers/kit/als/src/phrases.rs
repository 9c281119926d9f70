//! Whole words in free text: "vp" is in "VP of Sales" and not in "MVP".

/// The words of a text in small letters; `V.P.` is one word, `co-founder` two.
pub(crate) fn words(text: &str) -> Vec<String> {
    let text: String =
        text.chars().filter(|c| !matches!(c, '.' | '\'' | '’')).flat_map(char::to_lowercase).collect();
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// A word or several in a row.
pub(crate) type Phrase = Vec<String>;

pub(crate) fn holds(words: &[String], phrase: &Phrase) -> bool {
    !phrase.is_empty() && words.windows(phrase.len()).any(|window| window == phrase)
}

/// Where a phrase stands, and whose it is.
struct Place {
    start: usize,
    end: usize,
    owner: usize,
}

/// The owners whose phrases stand in a text and are not only a piece of another one's: "president" is a piece of "vice
/// president" and of nothing in "President".
pub(crate) fn owners<'a>(words: &[String], phrases: impl Iterator<Item = (usize, &'a Phrase)>) -> Vec<usize> {
    let mut places: Vec<Place> = Vec::new();
    for (owner, phrase) in phrases.filter(|(_, phrase)| !phrase.is_empty()) {
        for (start, window) in words.windows(phrase.len()).enumerate() {
            if window == phrase {
                places.push(Place { start, end: start + phrase.len(), owner });
            }
        }
    }
    let is_piece = |one: &Place| {
        places.iter().any(|other| {
            other.start <= one.start && one.end <= other.end && other.end - other.start > one.end - one.start
        })
    };
    places.iter().filter(|place| !is_piece(place)).map(|place| place.owner).collect()
}
