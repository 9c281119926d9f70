//! The 50 states and DC: their codes, names and newspaper abbreviations, and sets of them.

/// Code, name and the abbreviations that newspapers use, without dots.
const STATES: [(&str, &str, &[&str]); 51] = [
    ("AK", "Alaska", &[]),
    ("AL", "Alabama", &["Ala"]),
    ("AR", "Arkansas", &["Ark"]),
    ("AZ", "Arizona", &["Ariz"]),
    ("CA", "California", &["Calif", "Cal"]),
    ("CO", "Colorado", &["Colo"]),
    ("CT", "Connecticut", &["Conn"]),
    ("DC", "District of Columbia", &["D C"]),
    ("DE", "Delaware", &["Del"]),
    ("FL", "Florida", &["Fla"]),
    ("GA", "Georgia", &["Ga"]),
    ("HI", "Hawaii", &[]),
    ("IA", "Iowa", &[]),
    ("ID", "Idaho", &[]),
    ("IL", "Illinois", &["Ill"]),
    ("IN", "Indiana", &["Ind"]),
    ("KS", "Kansas", &["Kan", "Kans"]),
    ("KY", "Kentucky", &["Ky"]),
    ("LA", "Louisiana", &["La"]),
    ("MA", "Massachusetts", &["Mass"]),
    ("MD", "Maryland", &["Md"]),
    ("ME", "Maine", &[]),
    ("MI", "Michigan", &["Mich"]),
    ("MN", "Minnesota", &["Minn"]),
    ("MO", "Missouri", &["Mo"]),
    ("MS", "Mississippi", &["Miss"]),
    ("MT", "Montana", &["Mont"]),
    ("NC", "North Carolina", &["N C"]),
    ("ND", "North Dakota", &["N D", "N Dak"]),
    ("NE", "Nebraska", &["Neb", "Nebr"]),
    ("NH", "New Hampshire", &["N H"]),
    ("NJ", "New Jersey", &["N J"]),
    ("NM", "New Mexico", &["N M", "N Mex"]),
    ("NV", "Nevada", &["Nev"]),
    ("NY", "New York", &["N Y"]),
    ("OH", "Ohio", &[]),
    ("OK", "Oklahoma", &["Okla"]),
    ("OR", "Oregon", &["Ore"]),
    ("PA", "Pennsylvania", &["Pa", "Penn"]),
    ("RI", "Rhode Island", &["R I"]),
    ("SC", "South Carolina", &["S C"]),
    ("SD", "South Dakota", &["S D", "S Dak"]),
    ("TN", "Tennessee", &["Tenn"]),
    ("TX", "Texas", &["Tex"]),
    ("UT", "Utah", &[]),
    ("VA", "Virginia", &["Va"]),
    ("VT", "Vermont", &["Vt"]),
    ("WA", "Washington", &["Wash"]),
    ("WI", "Wisconsin", &["Wis", "Wisc"]),
    ("WV", "West Virginia", &["W Va"]),
    ("WY", "Wyoming", &["Wyo"]),
];

const NONE: u8 = u8::MAX;

/// The state of each pair of letters.
const INDEX: [u8; 26 * 26] = {
    let mut indexes = [NONE; 26 * 26];
    let mut index = 0;
    while index < STATES.len() {
        let code = STATES[index].0.as_bytes();
        indexes[slot(code[0], code[1])] = index as u8;
        index += 1;
    }
    indexes
};

const fn slot(first: u8, second: u8) -> usize {
    (first - b'A') as usize * 26 + (second - b'A') as usize
}

/// Codes that are also words, degrees or trade terms ("CT scan", "AR" for accounts receivable):
/// they name a state only beside another place.
const ALSO_A_WORD: StateSet = StateSet::of(&[
    "AL", "AR", "CO", "CT", "DC", "DE", "HI", "IA", "ID", "IN", "LA", "MA", "MD", "ME", "MI", "MO", "MS",
    "MT", "NC", "ND", "NE", "OH", "OK", "OR", "PA", "SC", "SD", "VA",
]);

/// Codes that people write behind their own name ("Jane Doe, MD").
const ALSO_A_DEGREE: StateSet = StateSet::of(&["DC", "MA", "MD", "MS", "ND", "PA"]);

/// One state, as its place in the table above.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct State(u8);

impl State {
    pub(crate) const DC: Self = Self::of("DC");
    pub(crate) const NY: Self = Self::of("NY");
    pub(crate) const CA: Self = Self::of("CA");

    pub(crate) const fn of(code: &str) -> Self {
        let index = INDEX[slot(code.as_bytes()[0], code.as_bytes()[1])];
        assert!(index != NONE, "no state has this code");
        Self(index)
    }

    pub(crate) const COUNT: usize = STATES.len();

    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }

    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..STATES.len() as u8).map(Self)
    }

    pub(crate) fn code(self) -> &'static str {
        STATES[usize::from(self.0)].0
    }

    pub(crate) fn name(self) -> &'static str {
        STATES[usize::from(self.0)].1
    }

    pub(crate) fn abbreviations(self) -> &'static [&'static str] {
        STATES[usize::from(self.0)].2
    }

    /// Reads two letters of any case.
    pub(crate) fn from_code(code: &[u8]) -> Option<Self> {
        let [first, second] = *code else { return None };
        if !first.is_ascii_alphabetic() || !second.is_ascii_alphabetic() {
            return None;
        }
        let index = INDEX[slot(first.to_ascii_uppercase(), second.to_ascii_uppercase())];
        (index != NONE).then_some(Self(index))
    }

    /// Reads what tables and forms contain: "AZ", "az", "Arizona", " arizona ", "Ariz.", "N. Mex.".
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let words = text.split(|c: char| c.is_whitespace() || c == '.').filter(|word| !word.is_empty());
        let text = words.collect::<Vec<_>>().join(" ");
        let squeezed = text.replace(' ', "");
        Self::from_code(squeezed.as_bytes()).or_else(|| {
            Self::all().find(|state| {
                state.name().eq_ignore_ascii_case(&text)
                    || state.abbreviations().iter().any(|short| short.eq_ignore_ascii_case(&text))
            })
        })
    }

    pub(crate) fn code_is_also_a_word(self) -> bool {
        ALSO_A_WORD.contains(self)
    }

    pub(crate) fn code_is_also_a_degree(self) -> bool {
        ALSO_A_DEGREE.contains(self)
    }
}

/// A set of states in one word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct StateSet(u64);

impl StateSet {
    const fn of(codes: &[&str]) -> Self {
        let mut bits = 0;
        let mut index = 0;
        while index < codes.len() {
            bits |= 1 << State::of(codes[index]).0;
            index += 1;
        }
        Self(bits)
    }

    pub(crate) fn insert(&mut self, state: State) {
        self.0 |= 1 << state.0;
    }

    pub(crate) fn contains(self, state: State) -> bool {
        self.0 & (1 << state.0) != 0
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The state, if there is exactly one.
    pub(crate) fn single(self) -> Option<State> {
        (self.0.count_ones() == 1).then(|| State(self.0.trailing_zeros() as u8))
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = State> {
        State::all().filter(move |state| self.contains(*state))
    }

    pub(crate) fn codes(self) -> Vec<&'static str> {
        self.iter().map(State::code).collect()
    }
}

impl Extend<State> for StateSet {
    fn extend<I: IntoIterator<Item = State>>(&mut self, states: I) {
        for state in states {
            self.insert(state);
        }
    }
}

impl From<State> for StateSet {
    fn from(state: State) -> Self {
        Self(1 << state.0)
    }
}
