//! Turns the name of an organisation into comparable words.

use crate::lexicon::{canonical, is_dropped, joined};

/// The comparable form of a name: folded words, abbreviations resolved, legal forms gone.
///
/// It is a fixed point: normalising it again changes nothing.
pub fn normalise(name: &str) -> String {
    let mut words = Words::default();
    words.read(name);
    words.iter().collect::<Vec<_>>().join(" ")
}

/// The words of one text at a time, in buffers that are reused from text to text.
#[derive(Default)]
pub(crate) struct Words {
    text: String,
    ends: Vec<usize>,
    folded: String,
    /// Single letters in a row: "P. T." and "A & E" are the words "pt" and "ae".
    initials: String,
}

impl Words {
    pub(crate) fn read(&mut self, name: &str) {
        let mut folded = std::mem::take(&mut self.folded);
        fold(name, &mut folded);
        self.collect(&folded, true);
        if self.ends.is_empty() {
            // A name made of legal forms only ("The Company") has nothing better.
            self.collect(&folded, false);
        }
        self.folded = folded;
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|i| &self.text[self.start(i)..self.ends[i]])
    }

    fn start(&self, i: usize) -> usize {
        if i == 0 { 0 } else { self.ends[i - 1] }
    }

    fn collect(&mut self, folded: &str, drop: bool) {
        self.text.clear();
        self.ends.clear();
        for raw in folded.split_ascii_whitespace() {
            let word = canonical(raw);
            if drop && is_dropped(word) {
                continue;
            }
            if word.chars().nth(1).is_none() {
                self.initials.push_str(word);
                continue;
            }
            self.flush_initials(drop);
            self.push(word);
        }
        self.flush_initials(drop);
    }

    fn flush_initials(&mut self, drop: bool) {
        if self.initials.is_empty() {
            return;
        }
        let initials = std::mem::take(&mut self.initials);
        let word = canonical(&initials);
        if !(drop && is_dropped(word)) {
            self.push(word);
        }
        self.initials = initials;
        self.initials.clear();
    }

    fn push(&mut self, word: &str) {
        let count = self.ends.len();
        if count > 0 {
            let start = self.start(count - 1);
            if let Some(join) = joined(&self.text[start..], word) {
                self.text.truncate(start);
                self.text.push_str(join);
                self.ends[count - 1] = self.text.len();
                return;
            }
        }
        self.text.push_str(word);
        self.ends.push(self.text.len());
    }
}

/// Lower case without accents; apostrophes join, everything else that is no letter or digit separates.
pub(crate) fn fold(text: &str, out: &mut String) {
    out.clear();
    for c in text.chars() {
        match c {
            'a'..='z' | '0'..='9' => out.push(c),
            'A'..='Z' => out.push(c.to_ascii_lowercase()),
            '\'' | '\u{2018}' | '\u{2019}' | '`' | '\u{300}'..='\u{36f}' => {}
            _ if c.is_ascii() => out.push(' '),
            _ => fold_other(c, out),
        }
    }
}

fn fold_other(c: char, out: &mut String) {
    let plain = match c {
        'à'..='å' | 'À'..='Å' | 'ā' | 'Ā' | 'ă' | 'Ă' | 'ą' | 'Ą' => "a",
        'ç' | 'Ç' | 'ć' | 'Ć' | 'č' | 'Č' => "c",
        'ď' | 'Ď' | 'đ' | 'Đ' | 'ð' | 'Ð' => "d",
        'è'..='ë' | 'È'..='Ë' | 'ē' | 'Ē' | 'ę' | 'Ę' | 'ě' | 'Ě' => "e",
        'ğ' | 'Ğ' => "g",
        'ì'..='ï' | 'Ì'..='Ï' | 'ī' | 'Ī' | 'ı' | 'İ' => "i",
        'ł' | 'Ł' => "l",
        'ñ' | 'Ñ' | 'ń' | 'Ń' | 'ň' | 'Ň' => "n",
        'ò'..='ö' | 'Ò'..='Ö' | 'ø' | 'Ø' | 'ō' | 'Ō' | 'ő' | 'Ő' => "o",
        'ř' | 'Ř' => "r",
        'ś' | 'Ś' | 'š' | 'Š' | 'ş' | 'Ş' => "s",
        'ť' | 'Ť' | 'ţ' | 'Ţ' => "t",
        'ù'..='ü' | 'Ù'..='Ü' | 'ū' | 'Ū' | 'ů' | 'Ů' | 'ű' | 'Ű' => "u",
        'ý' | 'ÿ' | 'Ý' => "y",
        'ź' | 'Ź' | 'ż' | 'Ż' | 'ž' | 'Ž' => "z",
        'æ' | 'Æ' => "ae",
        'œ' | 'Œ' => "oe",
        'ß' => "ss",
        _ if c.is_alphanumeric() => {
            out.extend(c.to_lowercase().filter(|l| l.is_alphanumeric()));
            return;
        }
        _ => " ",
    };
    out.push_str(plain);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::normalise;

    #[track_caller]
    fn check(name: &str, expected: &str) {
        assert_eq!(normalise(name), expected);
    }

    #[test]
    fn case_and_punctuation_do_not_matter() {
        check("ACME--Spine, (North)", "acme spine north");
    }
    #[test]
    fn accents_fold() {
        check("Clínica Señor Muñoz", "clinica senor munoz");
    }
    #[test]
    fn legal_forms_go() {
        check("The Oak Company, P.L.L.C.", "oak");
        check("Oak Spine S.C.", "oak spine");
    }
    #[test]
    fn a_name_of_legal_forms_stays() {
        check("The Company", "the company");
    }
    #[test]
    fn ampersand_and_the_word_and_are_nothing() {
        check("Oak & Elm", "oak elm");
        check("Oak and Elm", "oak elm");
    }
    #[test]
    fn physical_therapy_is_pt_however_written() {
        check("Oak Physical Therapy", "oak pt");
        check("Oak P.T.", "oak pt");
        check("Oak Phys Ther", "oak pt");
        check("Oak Physiotherapy", "oak pt");
    }
    #[test]
    fn abbreviations_resolve() {
        check("Saint Ann Med Ctr", "st ann medical center");
        check("Mount Oak Univ", "mt oak university");
    }
    #[test]
    fn words_written_apart_join() {
        check("Oak Health Care", "oak healthcare");
        check("Oak Child Care", "oak childcare");
    }
    #[test]
    fn plurals_are_singular() {
        check("Keeper's Clinics", "keeper clinic");
        check("Campus Wellness", "campus wellness");
    }
    #[test]
    fn initials_join() {
        check("A & E Spine", "ae spine");
        check("J. C. C. Oak", "jcc oak");
    }

    proptest! {
        #[test]
        fn normalising_twice_is_normalising_once(name in r"([A-Za-z.&'éÉßİ]{1,6}|inc|p c|s|the|health|care|child|centers|phys|ther|st|,){0,8}", gap in "[ ]{0,1}") {
            let once = normalise(&name.replace(',', &gap));
            prop_assert_eq!(normalise(&once), once);
        }

        #[test]
        fn words_of_any_alphabet_are_a_fixed_point(name in r"(\PC{1,4} ?){0,5}") {
            let once = normalise(&name);
            prop_assert_eq!(normalise(&once), once);
        }
    }
}
