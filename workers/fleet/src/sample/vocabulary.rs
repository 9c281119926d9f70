//! Words for names: of a short list, and for long lists of clinics as many more as such lists have.

use std::borrow::Cow;

use super::dice::Dice;

/// From so many clinics on the short lists would give thousands the same name, as no list in the world has.
const LONG: usize = 5_000;

/// Names for each word of their own that a long list has: lists of companies and registers of clinics get a new word
/// with every second to fifth name, the later the fewer.
const NAMES_PER_WORD: usize = 5;

/// One of `words`; for a long list of `names` mostly one that is made, a few of them often and most of them seldom.
pub(super) fn word(words: &[&'static str], names: usize, dice: &mut Dice) -> Cow<'static, str> {
    if names <= LONG {
        return dice.pick(words).into();
    }
    let rank = often(names / NAMES_PER_WORD, dice);
    words.get(rank).map_or_else(|| made(rank).into(), |word| (*word).into())
}

/// A number below `bound`: the first of a million 1 in 100 times, the first hundred 1 in 20 times.
fn often(bound: usize, dice: &mut Dice) -> usize {
    const ONE: u128 = 1 << 40;
    let part = dice.below(ONE as usize) as u128;
    let cubed = part * part / ONE * part / ONE;
    ((cubed * bound as u128) / ONE) as usize
}

pub(super) fn made(rank: usize) -> String {
    const STARTS: &[&str] = &[
        "b", "br", "c", "ch", "d", "f", "g", "gl", "h", "j", "k", "l", "m", "n", "p", "r", "s", "sh", "t",
        "tr", "v", "w", "z",
    ];
    const MIDDLES: &[&str] = &["a", "e", "i", "o", "u", "ai", "ea", "ie", "ou", "ar", "en", "or"];
    const ENDS: &[&str] =
        &["l", "n", "r", "s", "tt", "ck", "nd", "sen", "mann", "ton", "wood", "bury", "ley", "vale", "ski"];
    let mut dice = Dice::new(0, 12, rank as u64);
    let mut word = String::new();
    for _ in 0..=dice.below(2) + 1 {
        word += dice.pick(STARTS);
        word += dice.pick(MIDDLES);
    }
    word += dice.pick(ENDS);
    word[..1].to_uppercase() + &word[1..]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn drawn(names: usize) -> Vec<Cow<'static, str>> {
        let mut dice = Dice::new(1, 1, 1);
        (0..names).map(|_| word(&["Agave", "Align"], names, &mut dice)).collect()
    }

    #[test]
    fn a_short_list_has_the_words_of_the_list() {
        assert_eq!(drawn(LONG).into_iter().collect::<HashSet<_>>().len(), 2);
    }

    #[test]
    fn a_long_list_has_many_words_and_a_few_of_them_often() {
        let words = drawn(100_000);
        let often = words.iter().filter(|word| *word == "Agave").count();
        let distinct = words.into_iter().collect::<HashSet<_>>().len();
        assert!((1_000..5_000).contains(&often), "{often}");
        assert!((10_000..20_000).contains(&distinct), "{distinct}");
    }
}
