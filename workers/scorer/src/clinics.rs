//! What the scorer remembers of a clinic: how it can be reached, and words in common kept once.

use std::collections::HashMap;

use proto::v1;

/// Reviews above which a clinic is popular (PT-070).
const POPULAR: u32 = 50;

/// How a clinic can be reached, and how many look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Reach {
    pub decision_maker: bool,
    pub email: bool,
    pub phone: bool,
    pub website: bool,
    pub popular: bool,
}

impl Reach {
    pub const NONE: Self =
        Self { decision_maker: false, email: false, phone: false, website: false, popular: false };

    /// The address of the decision maker is as good as the clinic's (X34).
    pub fn of(clinic: &v1::Clinic) -> Self {
        let given = |text: Option<&String>| text.is_some_and(|text| !text.trim().is_empty());
        let person = clinic.decision_maker.as_ref();
        Self {
            decision_maker: person.is_some(),
            email: given(clinic.email.as_ref()) || given(person.and_then(|person| person.email.as_ref())),
            phone: given(clinic.phone.as_ref()),
            website: given(clinic.website.as_ref()),
            popular: clinic.review_count > POPULAR,
        }
    }
}

/// A clinic in a few bytes: a run may have a million of them.
#[derive(Debug, Clone, Copy)]
pub struct Clinic {
    pub id: i64,
    pub state: Word,
    pub city: Word,
    pub kind: Word,
    pub reach: Reach,
}

/// A text that many clinics share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Word(u32);

/// The texts behind the words; the empty one is always there.
#[derive(Debug)]
pub struct Words {
    texts: Vec<String>,
    known: HashMap<String, Word>,
}

impl Default for Words {
    fn default() -> Self {
        Self { texts: vec![String::new()], known: HashMap::from([(String::new(), Word::default())]) }
    }
}

impl Words {
    pub fn keep(&mut self, text: Option<&str>) -> Word {
        let text = text.unwrap_or_default().trim();
        if let Some(word) = self.known.get(text) {
            return *word;
        }
        let word = Word(self.texts.len() as u32);
        self.texts.push(text.to_owned());
        self.known.insert(text.to_owned(), word);
        word
    }

    pub fn text(&self, word: Word) -> &str {
        &self.texts[word.0 as usize]
    }

    /// The text that occurs most often, the empty one left out; of several the first by alphabet.
    pub fn most_common(&self, words: impl Iterator<Item = Word>) -> &str {
        let mut counts: HashMap<Word, u32> = HashMap::new();
        for word in words.filter(|word| *word != Word::default()) {
            *counts.entry(word).or_default() += 1;
        }
        let best =
            counts.into_iter().max_by_key(|(word, count)| (*count, std::cmp::Reverse(self.text(*word))));
        best.map_or("", |(word, _)| self.text(word))
    }
}
