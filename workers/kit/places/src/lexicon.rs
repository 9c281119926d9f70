//! Names and context words behind one hash table that is walked word by word.

use crate::state::{State, StateSet};

/// What a name can stand for.
#[derive(Debug, Default)]
pub(crate) struct Place {
    pub(crate) key: u64,
    pub(crate) name: Box<str>,
    /// Set for the name or an abbreviation of a state.
    pub(crate) state: Option<State>,
    pub(crate) cities: StateSet,
    pub(crate) counties: StateSet,
    /// Inhabitants of the largest city of this name.
    pub(crate) population: u32,
    /// Inhabitants of all cities of this name.
    pub(crate) namesakes: u32,
    /// The state of the largest.
    pub(crate) largest: Option<State>,
    /// The states of the largest and of those that are not much smaller.
    pub(crate) peers: StateSet,
    pub(crate) fame: Fame,
    pub(crate) several_words: bool,
    pub(crate) traits: Traits,
}

/// How far the largest city of a name outgrows its namesakes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fame {
    #[default]
    Contested,
    /// Meant unless the text points elsewhere.
    Dominant,
    /// Meant unless another state stands right behind the name.
    Absolute,
}

/// Why a name may not be a US place at all.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Traits {
    pub(crate) word: bool,
    pub(crate) person: bool,
    pub(crate) foreign: bool,
    /// "Ariz": a state only with its full stop.
    pub(crate) dotted: bool,
}

impl Place {
    /// The state of the city that nearly everybody means.
    pub(crate) fn dominant(&self) -> Option<State> {
        self.largest.filter(|_| self.fame >= Fame::Dominant)
    }

    pub(crate) fn is_city(&self) -> bool {
        !self.cities.is_empty()
    }

    pub(crate) fn is_county(&self) -> bool {
        self.cities.is_empty() && !self.counties.is_empty()
    }
}

/// What a word beside a name says about it; one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct WordClass(pub(crate) u32);

impl WordClass {
    pub(crate) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    hash: u64,
    place: u32,
    pub(crate) class: WordClass,
    /// A longer name starts with these words.
    pub(crate) prefix: bool,
}

const NO_PLACE: u32 = u32::MAX;
const TAG_BITS: u32 = 12;
const INDEX_BITS: u32 = 32 - TAG_BITS;
/// Entries that the index bits can tell apart, less the words of one long name.
const MOST_ENTRIES: usize = (1 << INDEX_BITS) - 64;

/// An open-addressing table over 64-bit hashes. The hash alone decides: with 50,000 entries a wrong
/// match is expected once in 10^14 words.
#[derive(Debug)]
pub(crate) struct Lexicon {
    /// Twelve bits of the hash and the index of the entry plus one, so that most misses touch four bytes.
    slots: Vec<u32>,
    entries: Vec<Entry>,
    places: Vec<Place>,
    /// Which openings belong to a name in capitals, and which to one that may be written in small letters.
    capital: Box<[u64; 2048]>,
    small: Box<[u64; 2048]>,
}

impl Lexicon {
    /// Makes room for `entries` entries at a load of at most one half.
    pub(crate) fn with_capacity(entries: usize) -> Self {
        Self {
            slots: vec![0; (entries * 2).next_power_of_two().max(16)],
            entries: Vec::with_capacity(entries),
            places: Vec::new(),
            capital: Box::new([0; 2048]),
            small: Box::new([0; 2048]),
        }
    }

    pub(crate) fn get(&self, hash: u64) -> Option<&Entry> {
        let mask = self.slots.len() - 1;
        let tag = (hash >> (64 - TAG_BITS)) as u32;
        let mut at = hash as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                return None;
            }
            if slot >> INDEX_BITS == tag {
                let entry = &self.entries[(slot & ((1 << INDEX_BITS) - 1)) as usize - 1];
                if entry.hash == hash {
                    return Some(entry);
                }
            }
            at = (at + 1) & mask;
        }
    }

    pub(crate) fn at(&self, key: u64) -> Option<&Place> {
        self.get(key).and_then(|entry| self.place(entry))
    }

    pub(crate) fn place(&self, entry: &Entry) -> Option<&Place> {
        self.places.get(entry.place as usize)
    }

    /// The place with exactly this name, in any case and with any of its separators.
    pub(crate) fn named(&self, name: &str) -> Option<&Place> {
        self.at(hash_name(name))
    }

    pub(crate) fn at_mut(&mut self, key: u64) -> Option<&mut Place> {
        let index = self.get(key)?.place as usize;
        self.places.get_mut(index)
    }

    pub(crate) fn named_mut(&mut self, name: &str) -> Option<&mut Place> {
        self.at_mut(hash_name(name))
    }

    pub(crate) fn class_of(&self, word: &[u8]) -> WordClass {
        self.get(hash_word(SEED, word)).map_or_else(WordClass::default, |entry| entry.class)
    }

    #[inline]
    pub(crate) fn may_start(&self, opening: u32, capital: bool) -> bool {
        let filter = if capital { &self.capital } else { &self.small };
        filter[(opening >> 6) as usize] & (1 << (opening & 63)) != 0
    }

    pub(crate) fn places_mut(&mut self) -> &mut [Place] {
        &mut self.places
    }

    pub(crate) fn classify(&mut self, word: &str, class: WordClass) {
        let index = self.entry(hash_word(SEED, word.as_bytes()));
        self.entries[index].class.0 |= class.0;
    }

    /// Lets the name be found when it is written in small letters.
    pub(crate) fn allow_small(&mut self, name: &str) {
        allow(&mut self.small, name);
    }

    /// Lets the scan stop at this word when it is written with a capital.
    pub(crate) fn allow_capital(&mut self, name: &str) {
        allow(&mut self.capital, name);
    }

    /// The place of this name, made if it is new. None for a name without words and when the table is full.
    pub(crate) fn insert(&mut self, name: &str) -> Option<&mut Place> {
        if self.entries.len() > MOST_ENTRIES || words(name).count() > 32 {
            return None;
        }
        let mut hash = SEED;
        let mut last = None;
        let mut count = 0;
        for word in words(name) {
            if let Some(index) = last {
                let entry: &mut Entry = &mut self.entries[index];
                entry.prefix = true;
            }
            hash = hash_word(hash, word);
            last = Some(self.entry(hash));
            count += 1;
        }
        let index = last?;
        self.allow_capital(name);
        if self.entries[index].place == NO_PLACE {
            self.entries[index].place = u32::try_from(self.places.len()).ok()?;
            self.places.push(Place {
                key: hash,
                name: name.into(),
                several_words: count > 1,
                ..Place::default()
            });
        }
        self.places.get_mut(self.entries[index].place as usize)
    }

    fn entry(&mut self, hash: u64) -> usize {
        if let Some(index) = self.position(hash) {
            return index;
        }
        if (self.entries.len() + 1) * 2 > self.slots.len() {
            self.slots = vec![0; self.slots.len() * 2];
            for index in 0..self.entries.len() {
                self.occupy(index);
            }
        }
        self.entries.push(Entry { hash, place: NO_PLACE, class: WordClass::default(), prefix: false });
        self.occupy(self.entries.len() - 1);
        self.entries.len() - 1
    }

    fn position(&self, hash: u64) -> Option<usize> {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        while self.slots[at] != 0 {
            let index = (self.slots[at] & ((1 << INDEX_BITS) - 1)) as usize - 1;
            if self.entries[index].hash == hash {
                return Some(index);
            }
            at = (at + 1) & mask;
        }
        None
    }

    fn occupy(&mut self, index: usize) {
        let hash = self.entries[index].hash;
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        while self.slots[at] != 0 {
            at = (at + 1) & mask;
        }
        self.slots[at] = ((hash >> (64 - TAG_BITS)) as u32) << INDEX_BITS | (index as u32 + 1);
    }
}

pub(crate) const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
const MULTIPLIER: u64 = 0xd6e8_feb8_6659_fd93;
/// Sets the bit that tells small ASCII letters from capital ones; Latin-1 letters in UTF-8 follow it too.
const FOLD: u64 = 0x2020_2020_2020_2020;

/// Continues a hash with a word, eight bytes at a time. What stands between words does not count, so
/// "Winston-Salem", "winston salem" and "St. Louis", "St Louis" meet.
#[inline]
pub(crate) fn hash_word(seed: u64, word: &[u8]) -> u64 {
    let mut hash = seed.rotate_left(23) ^ (word.len() as u64) << 56;
    let (head, tail) = match (word.first_chunk::<8>(), word.first_chunk::<4>(), word.last_chunk::<4>()) {
        (Some(head), _, _) => {
            for chunk in word[8..].chunks(8) {
                hash = mix(hash ^ gather(chunk));
            }
            (u64::from_le_bytes(*head), 0)
        }
        (None, Some(head), Some(tail)) => {
            (u64::from(u32::from_le_bytes(*head)), u64::from(u32::from_le_bytes(*tail)))
        }
        _ => (gather(word), 0),
    };
    mix(hash ^ (head | tail << 32 | FOLD))
}

/// Up to eight bytes as one number.
#[inline]
fn gather(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(byte | 0x20))
}

#[inline]
fn mix(value: u64) -> u64 {
    let value = value.wrapping_mul(MULTIPLIER);
    value ^ value >> 32
}

pub(crate) fn hash_name(name: &str) -> u64 {
    words(name).fold(SEED, hash_word)
}

/// The words of a name, as the scan sees them.
pub(crate) fn words(name: &str) -> impl Iterator<Item = &[u8]> {
    let bytes = name.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        let (start, end) = crate::scan::next_word(bytes, at)?;
        at = end;
        Some(&bytes[start..end])
    })
}

fn allow(filter: &mut [u64; 2048], name: &str) {
    let opening = opening(name.as_bytes());
    if opening == 0 {
        // Numbers have no letters either, and are frequent.
        return;
    }
    filter[(opening >> 6) as usize] |= 1 << (opening & 63);
}

/// Hashes the first letters of a word, up to eight, to 17 bits: enough to pass over nearly every word that
/// opens no name without looking for its end.
#[inline]
pub(crate) fn opening(text: &[u8]) -> u32 {
    const BIT_6: u64 = 0x4040_4040_4040_4040;
    let eight = text.first_chunk::<8>().copied().unwrap_or_else(|| {
        let mut eight = [0; 8];
        eight[..text.len()].copy_from_slice(text);
        eight
    });
    let folded = u64::from_le_bytes(eight) | FOLD;
    // Bytes without bit 6 or with bit 7 are no letters; everything from the first of them on is cut off.
    let others = (!folded | folded >> 1) & BIT_6;
    let letters = folded & ((others & others.wrapping_neg()) >> 6).wrapping_sub(1);
    (letters.wrapping_mul(MULTIPLIER) >> 47) as u32
}
