//! Finds the words of a vocabulary that are one typing error away.

use crate::vocabulary::{Vocabulary, hash};

/// Two words one insertion, deletion, substitution or swap apart share a form with at most one letter deleted.
///
/// So each word is filed under all such forms; a bucket holds a few strangers too, and the reader compares.
pub(crate) struct Neighbours {
    starts: Vec<u32>,
    ids: Vec<u32>,
    shift: u32,
}

/// Shorter words have too many neighbours that mean something else.
const SHORTEST: usize = 4;
const LONGEST: usize = 24;

impl Neighbours {
    pub(crate) fn build(words: &Vocabulary) -> Neighbours {
        let all = || (0..words.len() as u32).map(|id| (id, words.word(id)));
        let forms: usize = all().filter(|(_, w)| is_filed(w)).map(|(_, w)| w.len() + 1).sum();
        let bits = usize::BITS - forms.max(1).leading_zeros();
        let shift = 64 - bits;
        let mut starts = vec![0u32; (1usize << bits) + 2];
        for (_, word) in all() {
            each_form(word, |form| starts[(form >> shift) as usize + 2] += 1);
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut ids = vec![0u32; forms];
        for (id, word) in all() {
            each_form(word, |form| {
                let next = &mut starts[(form >> shift) as usize + 1];
                ids[*next as usize] = id;
                *next += 1;
            });
        }
        Neighbours { starts, ids, shift }
    }

    /// Calls `found` with every word that may be near; the same one may come several times.
    pub(crate) fn each(&self, word: &str, mut found: impl FnMut(u32)) {
        each_form(word, |form| {
            let bucket = (form >> self.shift) as usize;
            let range = self.starts[bucket] as usize..self.starts[bucket + 1] as usize;
            for id in &self.ids[range] {
                found(*id);
            }
        });
    }
}

fn is_filed(word: &str) -> bool {
    word.is_ascii() && (SHORTEST..=LONGEST).contains(&word.len()) && !word.bytes().any(|b| b.is_ascii_digit())
}

fn each_form(word: &str, mut form: impl FnMut(u64)) {
    if !is_filed(word) {
        return;
    }
    form(hash(word));
    let mut buffer = [0u8; LONGEST];
    let shorter = &mut buffer[..word.len() - 1];
    shorter.copy_from_slice(&word.as_bytes()[1..]);
    for skipped in 0..word.len() {
        if skipped > 0 {
            shorter[skipped - 1] = word.as_bytes()[skipped - 1];
        }
        // Always text: the word is ASCII.
        form(hash(std::str::from_utf8(shorter).unwrap_or_default()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(word: &str, typed: &str, near: bool) {
        let mut words = Vocabulary::default();
        words.intern("unrelated", hash("unrelated"));
        let id = words.intern(word, hash(word));
        let mut found = false;
        Neighbours::build(&words).each(typed, |i| found |= i == id);
        assert_eq!(found, near);
    }

    #[test]
    fn a_missing_letter_is_near() {
        check("riverbend", "rivrbend", true);
    }
    #[test]
    fn a_doubled_letter_is_near() {
        check("riverbend", "riverbendd", true);
    }
    #[test]
    fn a_wrong_letter_is_near() {
        check("riverbend", "riverbemd", true);
    }
    #[test]
    fn swapped_letters_are_near() {
        check("riverbend", "rievrbend", true);
    }
    #[test]
    fn short_words_have_no_neighbours() {
        check("oak", "oka", false);
    }
}
