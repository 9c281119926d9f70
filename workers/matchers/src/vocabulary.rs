//! The types of clinics: their slugs, the words for them, and when a word in a text means one (X16, X17).

/// A canonical slug and the phrases for it, as lower-case words.
type Kind = (&'static str, &'static [&'static [&'static str]]);

const KINDS: [Kind; 4] = [
    ("cash-based", &[&["cash"], &["out", "of", "pocket"], &["self", "pay"], &["private", "pay"]]),
    ("sports-medicine", &[&["sports"], &["athletic"], &["performance"]]),
    (
        "multi-location",
        &[
            &["multiple"],
            &["franchise"],
            &["chain"],
            &["multi", "location"],
            &["multi", "site"],
            &["multilocation"],
        ],
    ),
    ("solo-practice", &[&["solo"], &["single"], &["independent"]]),
];

/// Words that show that a text speaks of a clinic.
const CONTEXT: [&[&str]; 10] = [
    &["pt"],
    &["pts"],
    &["clinic"],
    &["clinics"],
    &["practice"],
    &["practices"],
    &["physical", "therapy"],
    &["physical", "therapist"],
    &["owner"],
    &["owners"],
];

/// Words between a keyword and what shows its meaning, plus one.
const NEAR: usize = 5;

pub(crate) const COUNT: usize = KINDS.len();

pub(crate) fn slug(kind: usize) -> &'static str {
    KINDS[kind].0
}

/// A type that a text names, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Naming {
    pub(crate) kind: usize,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// The types that free text names, each at its first naming; a keyword counts only near a word like "clinic",
/// for "cash" and "chain" are ordinary words.
pub(crate) fn in_text(text: &str) -> Vec<Naming> {
    let words = words(text);
    let mut first: [Option<Naming>; COUNT] = [None; COUNT];
    let mut contexts: Option<Vec<usize>> = None;
    for at in 0..words.len() {
        let Some((kind, length)) = keyword(text, &words[at..]) else { continue };
        if first[kind].is_some() {
            continue;
        }
        let contexts = contexts.get_or_insert_with(|| contexts_of(text, &words));
        let (low, high) = (at.saturating_sub(NEAR), at + length - 1 + NEAR);
        if contexts.iter().any(|context| (low..=high).contains(context)) {
            first[kind] = Some(Naming { kind, start: words[at].0, end: words[at + length - 1].1 });
        }
    }
    first.into_iter().flatten().collect()
}

/// The types that the name of a clinic shows, as bits; a name needs no context.
pub(crate) fn in_name(name: &str) -> u8 {
    let words = words(name);
    let kinds = (0..words.len()).filter_map(|at| keyword(name, &words[at..]));
    kinds.fold(0, |found, (kind, _)| found | 1 << kind)
}

/// The types that a `business_type` column means, as bits: a slug, or free text such as "Sports PT".
pub(crate) fn in_column(text: &str) -> u8 {
    in_name(text)
}

/// The type that begins at the first of the words, and how many words its phrase has.
fn keyword(text: &str, words: &[(usize, usize)]) -> Option<(usize, usize)> {
    for (kind, (_, phrases)) in KINDS.iter().enumerate() {
        if let Some(phrase) = phrases.iter().find(|phrase| begins(text, words, phrase)) {
            return Some((kind, phrase.len()));
        }
    }
    None
}

fn begins(text: &str, words: &[(usize, usize)], phrase: &[&str]) -> bool {
    words.len() >= phrase.len()
        && phrase.iter().zip(words).all(|(said, &(start, end))| text[start..end].eq_ignore_ascii_case(said))
}

fn contexts_of(text: &str, words: &[(usize, usize)]) -> Vec<usize> {
    let shows = |at: &usize| CONTEXT.iter().any(|phrase| begins(text, &words[*at..], phrase));
    (0..words.len()).filter(shows).collect()
}

/// Runs of letters and digits, as byte ranges.
fn words(text: &str) -> Vec<(usize, usize)> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices() {
        match (c.is_alphanumeric(), start) {
            (true, None) => start = Some(at),
            (false, Some(begin)) => {
                words.push((begin, at));
                start = None;
            }
            _ => {}
        }
    }
    words.extend(start.map(|begin| (begin, text.len())));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> = in_text(text).iter().map(|naming| slug(naming.kind)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[track_caller]
    fn check_column(text: &str, expected: &[&str]) {
        let found = in_column(text);
        let slugs: Vec<&str> = (0..COUNT).filter(|kind| found & 1 << kind != 0).map(slug).collect();
        assert_eq!(slugs, expected, "{text}");
    }

    #[test]
    fn tv01_cash_based_pt_is_a_type() {
        check("Cash-based PT in Arizona is tough", &["cash-based"]);
    }

    #[test]
    fn the_four_types_of_the_source_document_are_known() {
        check("Sports PT clinics", &["sports-medicine"]);
        check("a cash-based practice", &["cash-based"]);
        check("our multi-location group practice", &["multi-location"]);
        check("a solo practice", &["solo-practice"]);
    }

    #[test]
    fn ordinary_prose_is_no_type() {
        check("the supply chain broke and cash is short", &[]);
        check("not a single day without a call", &[]);
        check("performance of the new laptop is poor", &[]);
    }

    #[test]
    fn a_keyword_inside_a_word_is_none() {
        check("the cashier of the clinic", &[]);
        check("chained to the clinic", &[]);
    }

    #[test]
    fn the_context_may_be_five_words_away_and_no_more() {
        check("cash one two three four clinic", &["cash-based"]);
        check("cash one two three four five clinic", &[]);
        check("clinic one two three four cash", &["cash-based"]);
    }

    #[test]
    fn the_span_is_the_keyword() {
        let text = "é we are Out-of-Pocket owners";
        let naming = in_text(text)[0];
        assert_eq!(&text[naming.start..naming.end], "Out-of-Pocket");
    }

    #[test]
    fn a_column_is_read_whatever_its_spelling() {
        check_column("sports-medicine", &["sports-medicine"]);
        check_column("Sports PT", &["sports-medicine"]);
        check_column("multi location group", &["multi-location"]);
        check_column("Self-pay", &["cash-based"]);
        check_column("solo PT", &["solo-practice"]);
        check_column("Physical therapist", &[]);
    }
}
