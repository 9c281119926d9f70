//! Reads the house number and the street out of a US street address.

use crate::normalise::fold;

/// Words of a street name beyond the third rarely tell streets apart.
pub(crate) const STREET_WORDS: usize = 3;

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Address {
    /// 0 when the address has none.
    pub(crate) number: u32,
    pub(crate) street: Vec<String>,
}

pub(crate) fn read(text: &str) -> Address {
    let mut folded = String::new();
    fold(text, &mut folded);
    let mut address = Address::default();
    let mut words = folded.split_ascii_whitespace().peekable();
    if let Some(first) = words.peek()
        && let Ok(number) = first.trim_end_matches(char::is_alphabetic).parse()
        && !is_ordinal(first)
    {
        address.number = number;
        words.next();
    }
    // "723-725 E 75th" and "1414 1/2 Oak": the rest of the number.
    while words.peek().is_some_and(|w| w.bytes().all(|b| b.is_ascii_digit())) && address.number > 0 {
        let mut rest = words.clone();
        rest.next();
        if rest.peek().is_none() {
            break;
        }
        words.next();
    }
    for word in words {
        if is_direction(word) {
            continue;
        }
        if is_unit(word) || (is_street_type(word) && !address.street.is_empty()) {
            break;
        }
        if is_street_type(word) || matches!(word, "jr" | "sr" | "the") {
            continue;
        }
        address.street.push(plain(word).to_owned());
        if address.street.len() == STREET_WORDS {
            break;
        }
    }
    address
}

/// "Fifth", "5th" and "5" are one street.
fn plain(word: &str) -> &str {
    if is_ordinal(word) {
        return &word[..word.len() - 2];
    }
    match word {
        "first" => "1",
        "second" => "2",
        "third" => "3",
        "fourth" => "4",
        "fifth" => "5",
        "sixth" => "6",
        "seventh" => "7",
        "eighth" => "8",
        "ninth" => "9",
        "tenth" => "10",
        "saint" => "st",
        "mount" => "mt",
        "fort" => "ft",
        _ => word,
    }
}

fn is_ordinal(word: &str) -> bool {
    ["st", "nd", "rd", "th"]
        .iter()
        .filter_map(|ending| word.strip_suffix(ending))
        .any(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

fn is_direction(word: &str) -> bool {
    matches!(
        word,
        "n" | "s"
            | "e"
            | "w"
            | "ne"
            | "nw"
            | "se"
            | "sw"
            | "north"
            | "south"
            | "east"
            | "west"
            | "northeast"
            | "northwest"
            | "southeast"
            | "southwest"
    )
}

fn is_street_type(word: &str) -> bool {
    matches!(
        word,
        "st" | "str"
            | "street"
            | "ave"
            | "av"
            | "avenue"
            | "aven"
            | "blvd"
            | "blv"
            | "boulevard"
            | "rd"
            | "road"
            | "dr"
            | "drive"
            | "ln"
            | "la"
            | "lane"
            | "pl"
            | "place"
            | "ct"
            | "court"
            | "cir"
            | "circle"
            | "ter"
            | "terrace"
            | "pkwy"
            | "parkway"
            | "way"
            | "hwy"
            | "highway"
            | "plz"
            | "plaza"
            | "sq"
            | "square"
            | "trl"
            | "trail"
            | "pike"
            | "sts"
    )
}

fn is_unit(word: &str) -> bool {
    matches!(
        word,
        "suite"
            | "ste"
            | "unit"
            | "apt"
            | "room"
            | "rm"
            | "fl"
            | "floor"
            | "bldg"
            | "building"
            | "between"
            | "at"
            | "near"
            | "site"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, number: u32, street: &str) {
        let address = read(text);
        assert_eq!((address.number, address.street.join(" ").as_str()), (number, street));
    }

    #[test]
    fn direction_and_type_go() {
        check("1009 N. Oakland Ave.", 1009, "oakland");
    }
    #[test]
    fn suites_and_corners_go() {
        check("228 Oak St. Suite 5", 228, "oak");
        check("102 5th ave. between 15th and 16th sts.", 102, "5");
    }
    #[test]
    fn ordinals_are_numbers() {
        check("854 Seventh Ave.", 854, "7");
        check("911 West 32nd Place", 911, "32");
    }
    #[test]
    fn a_range_is_its_first_number() {
        check("723-725 E 75th St.", 723, "75");
    }
    #[test]
    fn an_ordinal_alone_is_a_street() {
        check("3rd St.", 0, "3");
    }
    #[test]
    fn a_street_that_starts_with_a_type_keeps_its_name() {
        check("4910 S Dr. Ada Lovelace Dr", 4910, "ada lovelace");
        check("129 N. La Cienega Blvd.", 129, "cienega");
    }
    #[test]
    fn a_letter_after_the_number_goes() {
        check("16B Elm Rd", 16, "elm");
    }
    #[test]
    fn a_bare_number_street_stays() {
        check("10 W 5", 10, "5");
    }
    #[test]
    fn nothing_is_nothing() {
        check("", 0, "");
    }
}
