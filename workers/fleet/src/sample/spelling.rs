//! How the same name comes out of different hands: suffixes, abbreviations, cases, slips.

use super::dice::Dice;
use super::names::LEGAL_SUFFIXES;

const ABBREVIATIONS: &[(&str, &str)] = &[
    ("Physical Therapy", "PT"),
    ("Rehabilitation", "Rehab"),
    (" and ", " & "),
    (" & ", " and "),
    ("Orthopedic", "Ortho"),
    ("Centers", "Ctrs"),
    ("Center", "Ctr"),
    ("Mount", "Mt"),
];

/// The name as somebody else would write it.
pub(super) fn respelled(name: &str, dice: &mut Dice) -> String {
    let bare = without_suffix(name);
    match dice.weigh(&[(0, 24), (1, 22), (2, 16), (3, 12), (4, 10), (5, 8), (6, 8)]) {
        0 => suffixed(bare, dice),
        1 => abbreviated(bare),
        2 => without_service(bare),
        3 => suffixed(&abbreviated(bare), dice),
        4 => bare.to_uppercase(),
        5 => slip(bare, dice),
        _ => bare.to_owned(),
    }
}

pub(super) fn suffixed(name: &str, dice: &mut Dice) -> String {
    let suffix = dice.pick(LEGAL_SUFFIXES);
    if suffix.starts_with(',') { format!("{name}{suffix}") } else { format!("{name} {suffix}") }
}

/// One letter doubled, dropped or swapped with its neighbour.
pub(super) fn slip(name: &str, dice: &mut Dice) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    if letters.len() < 5 {
        return name.to_owned();
    }
    let at = 1 + dice.below(letters.len() - 3);
    match dice.below(3) {
        0 => letters.insert(at, letters[at]),
        1 => drop(letters.remove(at)),
        _ => letters.swap(at, at + 1),
    }
    letters.into_iter().collect()
}

pub(super) fn without_suffix(name: &str) -> &str {
    LEGAL_SUFFIXES
        .iter()
        .filter(|suffix| **suffix != "Group")
        .find_map(|suffix| name.strip_suffix(suffix))
        .unwrap_or(name)
        .trim_end_matches([' ', ','])
}

fn abbreviated(name: &str) -> String {
    let found = ABBREVIATIONS.iter().find(|(long, _)| name.contains(long));
    found.map_or_else(|| name.to_owned(), |(long, short)| name.replacen(long, short, 1))
}

/// People leave out what every clinic is called, unless nothing distinctive would be left.
fn without_service(name: &str) -> String {
    let cut = [" Physical Therapy", " PT", " Rehabilitation", " Rehab", " Therapy"]
        .iter()
        .find_map(|service| name.strip_suffix(service));
    cut.filter(|rest| rest.contains(' ')).unwrap_or(name).to_owned()
}

/// Letters and digits only, in lower case: for hosts and mailboxes.
pub(super) fn compact(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}
